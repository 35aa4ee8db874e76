"""The plan of a training from what a user says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.hyperparameters import (
    require_momentum,
    require_rate,
    require_schedule,
    require_weight_decay,
)
from tpgraph.program.training_plan import TrainingPlan

__all__ = ["LearningRate", "difference", "training_plan"]

LearningRate: TypeAlias = float | Sequence[float] | Callable[[int], float]


def difference(after: Sequence[float], before: Sequence[float]) -> tuple[float, ...]:
    """β_{t,s} − β_{r,s} for s < t: what happened between two times.

    >>> difference((0.5, 0.25), (0.5,))
    (0.0, 0.25)
    """
    padded = (*before, *(0.0,) * (len(after) - len(before)))
    return tuple(b - a for b, a in zip(after, padded, strict=True))


def training_plan(
    steps: int, lr: LearningRate, weight_decay: float, momentum: float
) -> TrainingPlan:
    """The plan of so many steps; a learning rate for each, by number, list or function.

    Raises TPTypeError for a list that is too short, and TPDataError for numbers that are none.
    """
    rates = _rates(lr, steps)
    require_weight_decay(weight_decay)
    require_momentum(momentum)
    return TrainingPlan(rates, float(momentum), float(weight_decay))


def _rates(lr: LearningRate, steps: int) -> tuple[float, ...]:
    """The learning rate of every step."""
    if callable(lr):
        return require_schedule(map(lr, range(steps)))
    if np.ndim(lr) == 0:
        return (require_rate(lr),) * steps
    rates: list[float] = np.asarray(lr).tolist()
    if steps > len(rates):
        raise TPTypeError(
            f"the learning rate has {len(rates)} values, but there is a step {len(rates) + 1}",
            expected="one learning rate for every step",
        )
    return require_schedule(rates[:steps])
