"""The mend of an error as an edit."""

from __future__ import annotations

from tpgraph.errors import TPError
from tpgraph.language.editing.edit import Edit, Patch, as_given
from tpgraph.language.readings import Reading

__all__ = ["mend"]


def mend(reading: Reading, error: TPError) -> Edit:
    """The edit that mends one of the reading's errors, whose mend is a change of the text.

    Other errors may be left, and what could not be seen before it may come to light.
    """
    assert error.edits, "the mend is no change of the text"
    patches = [Patch(e.span.start, e.span.end, e.replacement) for e in error.edits]
    return Edit(tuple(as_given(reading, patches)), f"mend: {error.mend or error.message}")
