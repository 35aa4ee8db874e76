"""Where in the new text is what an edit made: what it selects, what it added."""

from __future__ import annotations

from typing import Any

from tpgraph.editor.answers import span_data
from tpgraph.language.editing import Edit
from tpgraph.language.readings import Reading

__all__ = ["added_place", "selected_place"]

Data = dict[str, Any]


def selected_place(after: Reading, edit: Edit) -> list[int] | None:
    """The place in the new text of what an edit selects."""
    name = edit.select or ""
    origin = after.origin.get(name)
    if origin is None or after.program is None:
        defining = (one.span for one in after.statements if name in one.binds)
        return span_data(next(defining, None))
    equation = after.program.equation_of.get(name)
    return span_data(origin.span if equation is None else equation.span)


def added_place(after: Reading, do: Data) -> list[int] | None:
    """The place of what was connected, in the new text."""
    equation = None if after.program is None else after.program.equation_of.get(do.get("gate", ""))
    if do["edit"] != "connect" or equation is None:
        return None
    places = equation.places(do["vector"])
    return span_data(places[-1]) if places else None
