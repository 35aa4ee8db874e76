"""How long quadrature may take before an expectation is given up."""

from __future__ import annotations

from dataclasses import dataclass

from tpgraph.limits.not_closed import NotClosed

__all__ = ["HURRIED", "PATIENT", "Budget", "OverBudget"]

HURRIED, PATIENT = 1e9, 1e11
"""Evaluations of functions: where samples stand ready, and where they do not."""


class OverBudget(NotClosed):
    """There is an exact number, and it would take too long."""


@dataclass
class Budget:
    """What is left to spend on evaluations."""

    left: float

    def spend(self, amount: float, what: str) -> None:
        """Raises OverBudget where there is not enough."""
        if amount > self.left:
            raise OverBudget(what)
        self.left -= amount
