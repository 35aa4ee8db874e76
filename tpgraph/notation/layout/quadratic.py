"""The least of a convex quadratic form under linear conditions.

    minimize ½ xᵀH x − cᵀx   subject to   E x = d,   G x ≥ h

The equations are solved first, x = x₀ + N u; what is left has the dual  minimize ½ λᵀAλ − bᵀλ  over
λ ≥ 0  with  A = G H⁻¹ Gᵀ, which an active set solves in finitely many steps (Lawson and Hanson,
*Solving Least Squares Problems*, chapter 23).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "QuadraticProblem", "independent"]

Array = NDArray[np.floating[Any]]

_TINY = 1e-9
_DAMPED = 1e-12  # relative, on the diagonal of A, whose rows may depend on each other


@dataclass(frozen=True)
class QuadraticProblem:
    """H (n × n, positive definite), c (n), G (m × n), h (m)."""

    form: Array
    pull: Array
    conditions: Array
    least: Array

    def solved(self, equations: Array, values: Array) -> Array | None:
        """x, if any x meets all conditions; the rows of E are independent."""
        if not len(equations):
            return _least(self.form, self.pull, self.conditions, self.least)
        first, null = _solutions(equations, values)
        if not null.shape[1]:
            inside = (self.conditions @ first >= self.least - _TINY).all()
            return first if inside else None
        free = _least(
            null.T @ self.form @ null,
            null.T @ (self.pull - self.form @ first),
            self.conditions @ null,
            self.least - self.conditions @ first,
        )
        if free is None:
            return None
        found: Array = first + null @ free
        return found


def _solutions(equations: Array, values: Array) -> tuple[Array, Array]:
    """One x with E x = d, and in columns all x with E x = 0, by elimination."""
    rows = np.column_stack([equations, values])
    leads: list[int] = []
    for number in range(len(rows)):
        lead = int(np.abs(rows[number, :-1]).argmax())
        rows[number] /= rows[number, lead]
        factors = rows[:, lead].copy()
        factors[number] = 0.0
        rows -= np.outer(factors, rows[number])
        leads.append(lead)
    count = equations.shape[1]
    others = [place for place in range(count) if place not in set(leads)]
    first, null = np.zeros(count), np.zeros((count, len(others)))
    first[leads] = rows[:, -1]
    null[leads] = -rows[:, others]
    null[others, range(len(others))] = 1.0
    return first, null


def _least(form: Array, pull: Array, conditions: Array, least: Array) -> Array | None:
    start: Array = np.linalg.solve(form, pull)
    if not len(conditions):
        return start
    spread = np.linalg.solve(form, conditions.T)
    prices = _prices(conditions @ spread, least - conditions @ start)
    found: Array = start + spread @ prices
    missed = float((least - conditions @ found).max())
    return found if missed < 1e-5 * (1 + float(np.abs(found).max())) else None


def _prices(gram: Array, missing: Array) -> Array:
    """λ ≥ 0 with the least ½ λᵀAλ − bᵀλ."""
    count = len(missing)
    damped = gram + _DAMPED * max(1.0, float(np.trace(gram))) * np.eye(count)
    held = np.zeros(count, dtype=bool)
    prices = np.zeros(count)
    for _ in range(3 * count + 10):
        slope = np.where(held, -np.inf, missing - gram @ prices)
        if slope.max() <= _TINY:
            break
        held[int(slope.argmax())] = True
        while True:
            own = np.flatnonzero(held)
            wanted = np.linalg.solve(damped[np.ix_(own, own)], missing[own])
            if wanted.min() > 0:
                prices[:] = 0.0
                prices[own] = wanted
                break
            falling = wanted <= 0
            old = prices[own]
            with np.errstate(divide="ignore", invalid="ignore"):
                step = np.where(falling, old / np.maximum(old - wanted, _TINY * _TINY), np.inf)
            moved = old + step.min() * (wanted - old)
            moved[int(step.argmin())] = 0.0
            prices[own] = np.maximum(moved, 0.0)
            held[own] = prices[own] > 0
            if not held.any():
                break
    return prices


def independent(equations: Array, values: Array) -> list[int]:
    """The first rows of E x = d that neither follow from those before nor contradict them."""
    kept: list[int] = []
    basis: list[Array] = []
    for number, (row, value) in enumerate(zip(equations, values, strict=True)):
        rest = np.append(row, value)
        for known in basis:
            lead = int(np.flatnonzero(np.abs(known[:-1]) > _TINY)[0])
            rest = rest - known * (rest[lead] / known[lead])
        if np.abs(rest[:-1]).max(initial=0.0) > _TINY:
            kept.append(number)
            basis.append(rest)
    return kept
