"""Stochastic gradient descent as a linear combination of gradients.

    u_{t+1} = μ u_t + g_t + λ w_t,    w_{t+1} = w_t − η_t u_{t+1},    u_0 = 0

(momentum μ, weight decay λ, as in torch.optim.SGD) is w_t = α_t w_0 − Σ_{s<t} β_{t,s} g_s with
numbers α, β that depend on the hyperparameters alone. g_s stands for n^(−c) times the gradient:
the width factor of the parametrization belongs to the gradient, not to the decay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.hyperparameters import (
    require_momentum,
    require_rate,
    require_schedule,
    require_weight_decay,
)

__all__ = ["Coefficients", "LearningRate", "coefficients", "difference"]

LearningRate: TypeAlias = float | Sequence[float] | Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Coefficients:
    """α_t and β_{t,s} for t = 0 … T."""

    alpha: tuple[float, ...]
    beta: tuple[tuple[float, ...], ...]

    @property
    def decays(self) -> bool:
        """Whether initial weights shrink: some α_t is not 1."""
        return any(a != 1.0 for a in self.alpha)


def difference(after: Sequence[float], before: Sequence[float]) -> tuple[float, ...]:
    """β_{t,s} − β_{r,s} for s < t: what happened between two times.

    >>> difference((0.5, 0.25), (0.5,))
    (0.0, 0.25)
    """
    padded = (*before, *(0.0,) * (len(after) - len(before)))
    return tuple(b - a for b, a in zip(after, padded, strict=True))


def coefficients(
    steps: int, lr: LearningRate, weight_decay: float, momentum: float
) -> Coefficients:
    """The coefficients of so many steps; a learning rate for each, by number, list or function.

    Raises TPTypeError for a list that is too short, and TPDataError for numbers that are none.
    """
    rates = _rates(lr, steps)
    require_weight_decay(weight_decay)
    require_momentum(momentum)
    alpha: list[float] = [1.0]
    beta: list[tuple[float, ...]] = [()]
    kappa = 0.0  # u_t = κ w_0 + Σ γ_s g_s
    gamma: tuple[float, ...] = ()
    for t, eta in enumerate(rates):
        kappa = momentum * kappa + weight_decay * alpha[t]
        older = (momentum * u - weight_decay * b for u, b in zip(gamma, beta[t], strict=True))
        gamma = (*older, 1.0)
        alpha.append(alpha[t] - eta * kappa)
        beta.append(tuple(b + eta * u for b, u in zip((*beta[t], 0.0), gamma, strict=True)))
    return Coefficients(tuple(alpha), tuple(beta))


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
