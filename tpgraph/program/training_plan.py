"""How SGD moves the weights of a program that writes its steps out: as a sum of its gradients.

    u_{t+1} = μ u_t + g_t + λ w_t,    w_{t+1} = w_t − η_t u_{t+1},    u_0 = 0

(momentum μ, weight decay λ, as in torch.optim.SGD) is w_t = α_t w_0 − Σ_{s<t} β_{t,s} g_s with
numbers α, β that depend on the hyperparameters alone. g_s stands for n^(−c) times the gradient:
the width factor of the parametrization belongs to the gradient, not to the decay.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tpgraph.hyperparameters import require_momentum, require_schedule, require_weight_decay

__all__ = ["TrainingPlan", "require_plan"]


@dataclass(frozen=True)
class TrainingPlan:
    """The rates η_t of steps t = 0, 1, …, momentum μ and weight decay λ.

    >>> TrainingPlan((0.5, 0.25), momentum=0.5).beta
    ((), (0.5,), (0.625, 0.25))
    """

    rates: tuple[float, ...]
    momentum: float = 0.0
    weight_decay: float = 0.0

    @property
    def alpha(self) -> tuple[float, ...]:
        """α_t for t = 0 … T: what is left of the initial weights."""
        return self._sums[0]

    @property
    def beta(self) -> tuple[tuple[float, ...], ...]:
        """β_{t,s} for t = 0 … T and s < t: how far step s has moved the weights by time t."""
        return self._sums[1]

    @property
    def decays(self) -> bool:
        """Whether initial weights shrink: some α_t is not 1."""
        return any(a != 1.0 for a in self.alpha)

    @cached_property
    def _sums(self) -> tuple[tuple[float, ...], tuple[tuple[float, ...], ...]]:
        alpha: list[float] = [1.0]
        beta: list[tuple[float, ...]] = [()]
        kappa = 0.0  # u_t = κ w_0 + Σ γ_s g_s
        gamma: tuple[float, ...] = ()
        mu, decay = self.momentum, self.weight_decay
        for t, eta in enumerate(self.rates):
            kappa = mu * kappa + decay * alpha[t]
            older = (mu * u - decay * b for u, b in zip(gamma, beta[t], strict=True))
            gamma = (*older, 1.0)
            alpha.append(alpha[t] - eta * kappa)
            beta.append(tuple(b + eta * u for b, u in zip((*beta[t], 0.0), gamma, strict=True)))
        return tuple(alpha), tuple(beta)


def require_plan(plan: TrainingPlan) -> None:
    """Raise TPDataError for rates, momentum or decay that are none."""
    require_schedule(plan.rates)
    require_momentum(plan.momentum)
    require_weight_decay(plan.weight_decay)
