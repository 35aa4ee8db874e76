"""What would fold where nothing does: the same program with more layers or time steps."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import tpgraph as tp

__all__ = ["propose_longer"]

_MOST_NODES = 200  # of a picture beside which another one is tried
_LEAST, _MORE = 6, 3  # a value that is tried: so much at least, so much more than the program's


def propose_longer(drawing: tp.Drawing, longer: Callable[[str, int], tp.Drawing]) -> None:
    """Warn with the first constant of a program that folds if it is larger, where it does not fold
    as it is; `longer` draws it with another value of a constant.
    """
    if drawing.scene.plates or len(drawing.scene.nodes) > _MOST_NODES:
        return
    for name, value in tp.language.whole_constants(drawing.source or "").items():
        more = max(_LEAST, value + _MORE)
        if _folds(longer, name, more):
            said = f"with --set {name}={more} what repeats is folded"
            warnings.warn(tp.TPWarning(said), stacklevel=2)
            return


def _folds(longer: Callable[[str, int], tp.Drawing], name: str, value: int) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tp.TPWarning)
        try:
            return bool(longer(name, value).scene.plates)
        except tp.TPError:
            return False
