"""Edits of texts, as gestures on the picture make them: pure functions Reading × arguments → Edit.

The result parses; lines that are not concerned stay as they are, and so does the layout; comments
go only with the statement that they stand behind or directly above. What cannot be done is refused
by a TPError that says why.
"""

from tpgraph.language.editing.edit import Edit, Patch, appearing

__all__ = ["Edit", "Patch", "appearing"]
