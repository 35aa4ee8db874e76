"""Edits of texts, as gestures on the picture make them: pure functions Reading × arguments → Edit.

The result parses; lines that are not concerned stay as they are, and so does the layout; comments
go only with the statement that they stand behind or directly above. What cannot be done is refused
by a TPError that says why.
"""

from tpgraph.language.editing.connect import connect, disconnect, replace
from tpgraph.language.editing.declare import declare, gate, multiply
from tpgraph.language.editing.delete import delete, dependants
from tpgraph.language.editing.edit import Edit, Patch, appearing
from tpgraph.language.editing.formulas import name, set_formula, set_function, set_loss, unname
from tpgraph.language.editing.mend import mend
from tpgraph.language.editing.rename import rename

__all__ = [
    "Edit",
    "Patch",
    "appearing",
    "connect",
    "declare",
    "delete",
    "dependants",
    "disconnect",
    "gate",
    "mend",
    "multiply",
    "name",
    "rename",
    "replace",
    "set_formula",
    "set_function",
    "set_loss",
    "unname",
]
