"""Jumps where coordinates come to lie: step(h) of an h that tends to 0 is 0 or 1 by how it tends.

    m = mean(y),   step(m x²),   step(relu(x) + m),   step(W (m x))

have no limit, or another one than step(0), as the theorem asks for functions that are continuous
almost everywhere under Z. What a program makes is at its limit up to O(1/√n) only; where moving it
by so little changes ψ on a share of the coordinates, the limit is no limit.
"""

from __future__ import annotations

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.limits.estimates import Array

__all__ = ["MOVED", "Undecided", "require_decided", "undecided"]

MOVED = 1e-7
"""By how much it is moved: less than samples are apart, more than they are rounded."""
_CHANGED, _SHARE = 1e-3, 1e-3


class Undecided(TPTypeError):
    """A jump at a point where a share of the coordinates comes to lie."""


def require_decided(limit: Array, moved: Array) -> None:
    """Raise Undecided where values (B, M, S) differ on a share of the samples."""
    size = _CHANGED * np.abs(limit).max(initial=0.0) + _CHANGED * np.abs(moved).max(initial=0.0)
    if (np.abs(moved - limit) > size).mean() > _SHARE:
        raise undecided()


def undecided() -> Undecided:
    """What is said of a jump where coordinates come to lie."""
    return Undecided(
        "it jumps at 0, to which its argument tends on a share of the coordinates: what it"
        " comes to is random, or told by how fast that tends",
        expected="functions that are continuous where the limits of their arguments lie",
        mend="keep the argument away from the jump, as in step(z - 0.1)",
    )
