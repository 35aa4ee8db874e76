"""The learning rate of every step: η_t = η · ramp(t) · decay(t), t = 0, 1, … of T steps.

    ramp       (t + 1) / W below the W steps of warm-up, then 1
    constant   1
    linear     1 − s        with s = (t − W) / (T − W)
    cosine     (1 + cos π s) / 2
    warm-up    constant, with W = ⌈T / 10⌉ where no other W is given

They are those of torch's LinearLR and CosineAnnealingLR.
"""

from __future__ import annotations

import math

from tpgraph.errors import TPError

__all__ = ["SCHEDULES", "rate_factor", "scheduled_rates", "warm_up_steps"]

SCHEDULES = ("constant", "cosine", "linear", "warm-up")
"""The names of how a learning rate goes."""


def warm_up_steps(schedule: str, steps: int, given: int | None) -> int:
    """The steps of warm-up: those given, or those of the schedule."""
    if given is not None:
        return given
    return -(-steps // 10) if schedule == "warm-up" else 0


def rate_factor(schedule: str, step: int, steps: int, warm_up: int = 0) -> float:
    """What the learning rate is multiplied by at a step, counted from 0. Raises TPError.

    >>> [rate_factor("linear", t, 4) for t in range(4)], rate_factor("warm-up", 0, 9, warm_up=2)
    ([1.0, 0.75, 0.5, 0.25], 0.5)
    """
    if schedule not in SCHEDULES:
        raise TPError(f"there is no schedule {schedule!r}", expected=", ".join(SCHEDULES))
    if step < warm_up:
        return (step + 1) / warm_up
    if schedule in ("constant", "warm-up"):
        return 1.0
    part = min(1.0, (step - warm_up) / max(1, steps - warm_up))
    return 1.0 - part if schedule == "linear" else (1.0 + math.cos(math.pi * part)) / 2


def scheduled_rates(lr: float, schedule: str, steps: int) -> tuple[float, ...]:
    """The learning rates of all steps. Raises TPError for a schedule that there is not.

    >>> scheduled_rates(0.5, "linear", 4)
    (0.5, 0.375, 0.25, 0.125)
    """
    first = warm_up_steps(schedule, steps, None)
    return tuple(lr * rate_factor(schedule, step, steps, first) for step in range(steps))
