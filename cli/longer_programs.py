"""What is said where nothing folds: the same program with more layers or time steps that does."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import tpgraph as tp

__all__ = ["draws_folded", "folds"]

_MOST_NODES = 200  # of a picture beside which another one is tried
_LEAST, _MORE = 6, 3  # a value that is tried: so much at least, so much more than the program's
_UNFOLDED = "nothing is folded: "
_TOO_SHORT = f"{_UNFOLDED}nothing repeats three times"


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
    said = [warning.message for warning in caught]
    unfolded = [message for message in said if _UNFOLDED in str(message)]
    for message in said:
        if message not in unfolded:
            warnings.warn(message, stacklevel=2)
    if unfolded:
        setting = _setting(drawing, longer)
        if setting is not None:
            text = f"{_UNFOLDED}with --set {setting} what repeats is"
            warnings.warn(tp.TPWarning(text), stacklevel=2)
        elif _TOO_SHORT not in str(unfolded[0]):
            warnings.warn(unfolded[0], stacklevel=2)
    return drawing


def folds(draw: Callable[[], tp.Drawing]) -> bool:
    """Whether the picture that `draw` makes has a plate."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tp.TPWarning)
        try:
            return bool(draw().scene.plates)
        except tp.TPError:
            return False


def _setting(drawing: tp.Drawing, longer: Callable[[str, int], tp.Drawing]) -> str | None:
    """The first constant of a program with a larger value with which it folds, `L=6`."""
    if len(drawing.scene.nodes) > _MOST_NODES:
        return None
    for name, value in tp.language.whole_constants(drawing.source or "").items():
        more = max(_LEAST, value + _MORE)
        if folds(partial(longer, name, more)):
            return f"{name}={more}"
    return None
