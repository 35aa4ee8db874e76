"""What is said where nothing folds: the same program with more layers or time steps that does."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import tpgraph as tp

__all__ = ["draws_folded"]

_MOST_NODES = 200  # of a picture beside which another one is tried
_LEAST, _MORE = 6, 3  # a value that is tried: so much at least, so much more than the program's


def draws_folded(
    draw: Callable[[], tp.Drawing], longer: Callable[[str, int], tp.Drawing]
) -> tp.Drawing:
    """The folded picture that `draw` makes; `longer` draws it with another value of a constant.

    Where nothing folds a warning says with which value something does, or why what repeats does
    not; none is given where nothing repeats with any value.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", tp.TPWarning)
        drawing = draw()
    for said in (warning.message for warning in caught):
        if not isinstance(said, tp.notation.UnfoldedWarning):
            warnings.warn(said, stacklevel=2)
        elif setting := _setting(drawing, longer):
            text = f"nothing is folded: with --set {setting} what repeats is"
            warnings.warn(tp.TPWarning(text), stacklevel=2)
        elif said.repeats:
            warnings.warn(said, stacklevel=2)
    return drawing


def _setting(drawing: tp.Drawing, longer: Callable[[str, int], tp.Drawing]) -> str | None:
    """The first constant of a program with a larger value with which it folds, `L=6`."""
    if len(drawing.scene.nodes) > _MOST_NODES:
        return None
    for name, value in tp.language.whole_constants(drawing.source or "").items():
        more = max(_LEAST, value + _MORE)
        if tp.notation.folds(partial(longer, name, more)):
            return f"{name}={more}"
    return None
