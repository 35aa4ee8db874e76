"""What places of equations and data may say."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from tpgraph.errors import Span, TPTypeError
from tpgraph.program.equations import Place
from tpgraph.program.naming import require_name, require_words
from tpgraph.program.passes import Pass, Step, Symbol, TimedName

__all__ = ["require_place"]

_ROWS = ("forward", "backward", "between")
_KINDS = ("train", "test", "reference")


def require_place(place: Place, span: Span | None) -> None:
    """Raise a TPError where a place, its pass or its timed name is none."""
    if place.row not in _ROWS:
        raise TPTypeError(f"a place has the row {place.row!r}", span, ", ".join(_ROWS))
    if place.context is not None:
        _require(isinstance(place.context, Pass), "the context of a place", span, "a Pass")
        _require_pass(place.context)
    if place.partner is not None:
        require_name(place.partner, span)
    if place.timed is not None:
        _require(isinstance(place.timed, TimedName), "the timed name of a place", span, "one")
        _require_timed(place.timed, span)


def _require(holds: bool, what: str, span: Span | None, expected: str) -> None:
    if not holds:
        raise TPTypeError(f"{what} is none", span, expected)


@lru_cache(maxsize=4096)
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


def _require_timed(timed: TimedName, span: Span | None) -> None:
    require_name(timed.of, span)
    _require(timed.prefix in ("", "δ"), f"the prefix {timed.prefix!r}", span, "δ")
    accents = all(unicodedata.category(c) == "Mn" for c in timed.accent)
    _require(accents, f"the accent {timed.accent!r}", span, "combining characters")
    mark = all(c in "_0123456789" for c in timed.mark)
    _require(mark, f"the mark {timed.mark!r}", span, "digits and _")
    _require(timed.time is None or isinstance(timed.time, int), "a time", span, "a whole number")
