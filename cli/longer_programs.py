"""What is said where nothing folds: the same program with more layers or steps that does."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import tpgraph as tp

__all__ = ["draws_folded"]

_MOST_NODES = 200  # of a picture beside which another one is tried
_LEAST, _MORE = 6, 3  # a value that is tried: so much at least, so much more than the program's
_STEPS = 4  # of SGD, with which most programs fold


def draws_folded(
    draw: Callable[[], tp.Drawing],
    longer: Callable[[str, int], tp.Drawing],
    trained_longer: Callable[[int], tp.Drawing] | None,
) -> tp.Drawing:
    """The folded picture that `draw` makes; `longer` draws it with another value of a constant,
    `trained_longer` with so many steps of SGD, where it has any.

    Where nothing folds a warning says with which of them something does, or why nothing does.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", tp.TPWarning)
        drawing = draw()
    for said in (warning.message for warning in caught):
        if not isinstance(said, tp.notation.UnfoldedWarning):
            warnings.warn(said, stacklevel=2)
        elif setting := _setting(drawing, longer, trained_longer):
            warnings.warn(tp.notation.UnfoldedWarning(said.repeats, setting), stacklevel=2)
        else:
            warnings.warn(said, stacklevel=2)
    return drawing


def _setting(
    drawing: tp.Drawing,
    longer: Callable[[str, int], tp.Drawing],
    trained_longer: Callable[[int], tp.Drawing] | None,
) -> str | None:
    """The first larger value with which the program folds, `--set L=6` or `--steps 4`."""
    if len(drawing.scene.nodes) > _MOST_NODES:
        return None
    for name, value in tp.language.whole_constants(drawing.source or "").items():
        more = max(_LEAST, value + _MORE)
        if tp.notation.folds(partial(longer, name, more)):
            return f"--set {name}={more}"
    if trained_longer is not None and tp.notation.folds(partial(trained_longer, _STEPS)):
        return f"--steps {_STEPS}"
    return None
