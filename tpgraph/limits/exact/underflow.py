"""Products too small for a float: 10⁻¹⁷⁰ · 10⁻¹⁷⁰ is 0 there, and 10³⁴⁰ times it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tpgraph.limits.estimates import LEAST, Array
from tpgraph.limits.not_closed import NotClosed
from tpgraph.limits.planned.unknowns import is_unknown

__all__ = ["lost_in", "noticed", "product"]

_PRODUCTS = ("mul", "div", "pow")


def lost_in(a: Array, b: Array, found: Array) -> Array:
    """Where a b, as it was `found`, has lost digits or all of them."""
    return np.asarray((np.abs(found) < LEAST) & (a != 0) & (b != 0))


def product(a: Array, b: Array) -> Array:
    """The product. Raises NotClosed where it is lost."""
    found = a * b
    if not is_unknown(found) and lost_in(a, b, found).any():
        raise _too_small()
    return found


def noticed(name: str, value: Callable[[], Array]) -> Array:
    """The value of a function of numbers. Raises NotClosed where it, or a part of it, is lost."""
    try:
        with np.errstate(all="ignore", under="raise"):
            return value()
    except FloatingPointError:
        with np.errstate(all="ignore"):
            found = value()
    if name in _PRODUCTS or (np.abs(found) < LEAST).any():
        raise _too_small()
    return found


def _too_small() -> NotClosed:
    return NotClosed(f"a product or function of numbers that is below {LEAST:.1e}, not 0")
