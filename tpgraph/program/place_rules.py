"""What places of equations and data may say."""

from __future__ import annotations

import unicodedata
from collections.abc import Container

from tpgraph.errors import Span, TPTypeError
from tpgraph.program.equations import Place
from tpgraph.program.naming import require_name, require_words
from tpgraph.program.passes import Pass, Step, Symbol, TimedName

__all__ = ["PlaceRules"]

_ROWS = ("forward", "backward", "between")
_KINDS = ("train", "test", "reference")


class PlaceRules:
    """The rules for places. What passed is not looked into again: a program has few passes, each
    many times.
    """

    def __init__(self) -> None:
        self._passes: dict[int, Pass] = {}
        self._names: set[str] = set()

    def require(self, place: Place, span: Span | None, bound: Container[str]) -> None:
        """Raise a TPError where a place, its pass or its timed name is none.

        Names that are `bound` are names.
        """
        if place.row not in _ROWS:
            raise TPTypeError(f"a place has the row {place.row!r}", span, ", ".join(_ROWS))
        context, timed = place.context, place.timed
        if context is not None and id(context) not in self._passes:
            if not isinstance(context, Pass):
                raise _none("the context of a place", span, "a Pass")
            _require_pass(context)
            self._passes[id(context)] = context  # kept, so that its identity stays its own
        if place.partner is not None:
            self._require_name(place.partner, span, bound)
        if timed is not None:
            if not isinstance(timed, TimedName):
                raise _none("the timed name of a place", span, "one")
            self._require_name(timed.of, span, bound)
            _require_looks(timed, span)

    def _require_name(self, name: str, span: Span | None, bound: Container[str]) -> None:
        if isinstance(name, str) and (name in bound or name in self._names):
            return
        require_name(name, span)
        self._names.add(name)


def _none(what: str, span: Span | None, expected: str) -> TPTypeError:
    return TPTypeError(f"{what} is none", span, expected)


def _require(holds: bool, what: str, span: Span | None, expected: str) -> None:
    if not holds:
        raise _none(what, span, expected)


def _require_pass(found: Pass) -> None:
    _require(found.kind in _KINDS, f"the kind {found.kind!r} of a pass", None, ", ".join(_KINDS))
    _require(found.of in (None, "train", "test"), f"{found.of!r}", None, "train or test")
    _require(found.time >= 0, f"the time {found.time} of a pass", None, "a whole number ≥ 0")
    if found.element is not None:
        what = f"the element {found.element} of a batch"
        _require(found.element >= 1, what, None, "a whole number ≥ 1")
    if found.letter is not None:
        _require(found.letter.isalpha(), f"the letter {found.letter!r}", None, "a letter")
    for part in found.caption:
        if isinstance(part, Symbol):
            require_name(part.name, None)
        elif not isinstance(part, Step):
            require_words(part, "the caption of a pass", None)


def _require_looks(timed: TimedName, span: Span | None) -> None:
    if timed.prefix != "":
        _require(timed.prefix == "δ", f"the prefix {timed.prefix!r}", span, "δ")
    if timed.accent != "":
        accents = all(unicodedata.category(c) == "Mn" for c in timed.accent)
        _require(accents, f"the accent {timed.accent!r}", span, "combining characters")
    if timed.mark != "":
        mark = all(c in "_0123456789" for c in timed.mark)
        _require(mark, f"the mark {timed.mark!r}", span, "digits and _")
    if timed.time is not None and not isinstance(timed.time, int):
        raise _none("a time", span, "a whole number")
