"""Edits between the picture and the text: how one is meant there, and which places it is about."""

from __future__ import annotations

from typing import Any

from tpgraph.editor.answers import span_data
from tpgraph.editor.gestures import MAKING
from tpgraph.editor.pictures import Shown
from tpgraph.language.editing import Edit
from tpgraph.language.readings import Reading

__all__ = ["added_place", "meant", "selected_place"]

Data = dict[str, Any]


def meant(do: Data, reading: Reading, shown: Shown | None) -> Data:
    """An edit as it is meant on the picture: what is made of a mark that stands for many is made
    of all of them.
    """
    if shown is None or shown.many is None or do["edit"] not in MAKING:
        return do
    host = shown.many.host(do.get("vectors") or [do.get("vector", "")])
    return do if host not in reading.origin else do | {"beside": host}


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
