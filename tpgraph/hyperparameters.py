"""What hyperparameters of a training may be, asked alike by everything that takes them.

    learning rate of all steps   η > 0
    of one step                  η_t ≥ 0, as a schedule ends at 0
    schedule                     η_t ≥ 0 of every step t, not all of them 0
    momentum                     0 ≤ μ < 1
    weight decay                 λ ≥ 0
    steps, batch, seed, …        whole, at least 0 or 1

Each is a finite number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral
from typing import Any

from tpgraph.errors import TPDataError

__all__ = [
    "require_momentum",
    "require_rate",
    "require_schedule",
    "require_step_rate",
    "require_weight_decay",
    "require_whole",
    "require_wholes",
]


def require_rate(value: Any, name: str = "lr") -> float:
    """The learning rate η of all steps. Raises TPDataError unless it is finite and above 0."""
    rate = _number(value)
    if not rate > 0:
        raise TPDataError(f"{name} is {value!r}", expected="a finite number > 0")
    return rate


def require_step_rate(value: Any, name: str = "lr") -> float:
    """The learning rate η_t of one step. Raises TPDataError unless it is finite and at least 0."""
    rate = _number(value)
    if not rate >= 0:
        raise TPDataError(f"{name} is {value!r}", expected="a finite number ≥ 0")
    return rate


def require_schedule(values: Iterable[Any], name: str = "lr") -> tuple[float, ...]:
    """The learning rates η_t of steps t = 0, 1, ….

    Raises TPDataError unless each is finite and at least 0, and one of them above 0.
    """
    rates = tuple(
        require_step_rate(value, f"{name} of step {step + 1}") for step, value in enumerate(values)
    )
    if rates and not any(rates):
        raise TPDataError(f"{name} is 0 at every step", expected="a rate > 0 of some step")
    return rates


def require_momentum(value: Any) -> float:
    """The momentum μ. Raises TPDataError unless it is at least 0 and below 1."""
    momentum = _number(value)
    if not 0 <= momentum < 1:
        raise TPDataError(f"momentum is {value!r}", expected="a number ≥ 0 and below 1")
    return momentum


def require_weight_decay(value: Any) -> float:
    """The weight decay λ. Raises TPDataError unless it is finite and at least 0."""
    decay = _number(value)
    if not decay >= 0:
        raise TPDataError(f"weight_decay is {value!r}", expected="a finite number ≥ 0")
    return decay


def require_whole(value: Any, name: str, least: int) -> int:
    """A whole number. Raises TPDataError unless it is one, and at least `least`."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not (whole and value >= least):
        raise TPDataError(f"{name} is {value!r}", expected=f"a whole number ≥ {least}")
    return int(value)


def require_wholes(values: Any, name: str, least: int) -> tuple[int, ...]:
    """Whole numbers, such as widths. Raises TPDataError unless each is one, and at least `least`.

    >>> require_wholes([16, 32], "widths", 1)
    (16, 32)
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        expected = f"whole numbers ≥ {least}, such as (16, 32)"
        raise TPDataError(f"{name} are {values!r}", expected=expected)
    return tuple(require_whole(value, name, least) for value in values)


def _number(value: Any) -> float:
    """A finite real number, or NaN, which no comparison holds for."""
    if isinstance(value, bool | str | bytes):
        return math.nan
    try:
        rate = float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
    return rate if math.isfinite(rate) else math.nan
