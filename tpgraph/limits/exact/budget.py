"""How long quadrature may take before an expectation is given up."""

from __future__ import annotations

from dataclasses import dataclass

from tpgraph.limits.not_closed import NotClosed

__all__ = ["HURRIED", "PATIENT", "Budget"]

HURRIED, PATIENT = 1e9, 1e11
"""Evaluations of functions: where samples stand ready, and where they do not."""


@dataclass
class Budget:
    """What is left to spend on evaluations."""

    left: float

    def spend(self, amount: float, what: str) -> None:
        """Raises NotClosed where there is not enough."""
        if amount > self.left:
            raise NotClosed(what)
        self.left -= amount
