"""Places, passes and timed names in the JSON document of a program."""

from __future__ import annotations

from typing import Any, assert_never

from tpgraph.errors import TPNameError
from tpgraph.language.schema import (
    Document,
    PassModel,
    PlaceModel,
    StepModel,
    SymbolModel,
    TimedModel,
)
from tpgraph.program import Pass, Place, Step, Symbol, TimedName

__all__ = ["PlaceReader", "PlaceWriter"]


class PlaceWriter:
    """Writes places; `passes` are those that they are in, each once."""

    def __init__(self) -> None:
        self._numbers: dict[Pass, int] = {}

    @property
    def passes(self) -> list[dict[str, Any]]:
        """The passes of the places that have been written, in order."""
        return [_pass(found) for found in self._numbers]

    def place(self, place: Place) -> dict[str, Any]:
        """A place as it stands in the document."""
        context = place.context
        number = None if context is None else self._numbers.setdefault(context, len(self._numbers))
        found: dict[str, Any] = {"row": place.row, "context": number, "partner": place.partner}
        if place.timed is not None:
            found["timed"] = _timed(place.timed)
        return found


def _pass(found: Pass) -> dict[str, Any]:
    caption: list[Any] = []
    for part in found.caption:
        match part:
            case Step(offset):
                caption.append({"step": offset})
            case Symbol(name, timed):
                caption.append({"symbol": name, "timed": timed})
            case str():
                caption.append(part)
            case _:
                assert_never(part)
    written: dict[str, Any] = {"kind": found.kind, "time": found.time, "element": found.element}
    return {**written, "caption": caption, "letter": found.letter, "of": found.of}


def _timed(timed: TimedName) -> dict[str, Any]:
    return {
        "of": timed.of,
        "time": timed.time,
        "prefix": timed.prefix,
        "accent": timed.accent,
        "mark": timed.mark,
        "element": timed.element,
        "latex": timed.latex,
    }


class PlaceReader:
    """Reads the places of a document.

    Where an older one has captions instead of passes, a pass trains if it has a backward row.
    """

    def __init__(self, document: Document) -> None:
        self._passes = [_read_pass(item) for item in document.passes]
        places = [item.place for item in document.equations]
        self._returning = {p.context for p in places if p is not None and p.row == "backward"}

    def place(self, item: PlaceModel | None) -> Place | None:
        """The place. Raises TPNameError for a pass that there is not."""
        if item is None:
            return None
        timed = _read_timed(item.timed) if item.timed is not None else None
        return Place(item.row, self._context(item.context), item.partner, timed)

    def _context(self, context: int | str | None) -> Pass | None:
        if isinstance(context, str):
            return Pass("train" if context in self._returning else "test", caption=(context,))
        if context is None:
            return None
        if context < len(self._passes):
            return self._passes[context]
        raise TPNameError(
            f"there is no pass {context}", expected=f"one of the {len(self._passes)} of `passes`"
        )


def _read_pass(item: PassModel) -> Pass:
    caption = tuple(_read_part(part) for part in item.caption)
    return Pass(item.kind, item.time, item.element, caption, item.letter, item.of)


def _read_part(part: str | StepModel | SymbolModel) -> str | Step | Symbol:
    match part:
        case StepModel():
            return Step(part.step)
        case SymbolModel():
            return Symbol(part.symbol, part.timed)
        case _:
            return part


def _read_timed(item: TimedModel) -> TimedName:
    return TimedName(
        item.of, item.time, item.prefix, item.accent, item.mark, item.element, item.latex
    )
