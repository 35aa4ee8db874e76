"""A straight-line program over numbers of inputs and of pairs of inputs, each written down once.

A `TapeNode` is a number for every input, (N,), or for every pair of inputs, (N₁, N₂); its arguments
are earlier nodes, and equal ones are one node. `low` and `high` bound its values. Operations:

    number            a number that all inputs share
    data, fixed, rows vectors of fixed dimension, (N, d): given ones, of all inputs, functions
    entry, average    of such a vector one entry, the mean of its entries
    dot, gram         ⟨x(ξ_i), y(ξ_i)⟩ and ⟨x(ξ_i), y(ξ_j)⟩
    value             a function of numbers of one input
    curve             f over a Gaussian form: an expression, its mean, variance and other numbers
    expected, both    E[f^(m)(u)], E[f(u) g(v)] on one input
    lift              a number of ξ_i (side 0) or of ξ_j (side 1) as one of the pair
    sum, product      Σ c_k x_k + c and c Π x_k^{e_k}
    sqrt, arcsin      functions of one node
    correlation       ρ within [−1, 1]; 1 on the diagonal where both forms are one
    named             the same number, which has a name
    series            E[f(u) g(v)] by Mehler's expansion and quadrature
    exponentials      E[f(u) g(v)] of polynomials times exponentials
    open              E[f(u) g(v)] as it is, on tapes that are read and not run
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from tpgraph.functions import Expression
from tpgraph.limits.regularity import Reach

__all__ = ["NotPlanned", "PairTape", "Regular", "TapeNode"]


class NotPlanned(Exception):
    """A plan does not reach here; `reason` says what for."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class TapeNode:
    """One operation; `data` is all of it but its arguments."""

    op: str
    args: tuple[int, ...]
    data: Any
    of_pairs: bool
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True, slots=True)
class Regular:
    """A function that must not be singular where its arguments lie: intervals, or nodes."""

    expression: Expression
    arguments: tuple[Reach | int, ...]


class PairTape:
    """Nodes in the order in which they can be computed.

    `positive` are variances that have to be positive, `gentle` curves that must not be steep,
    `regular` what must not be singular: all of it is asked when a plan runs. `steep` has
    the correlations that E[f(u) g(v)] of two jumps is of, whose slope is infinite at ±1, each with
    those expectations on the tape that was written first.
    """

    def __init__(self) -> None:
        self.nodes: list[TapeNode] = []
        self.positive: dict[int, None] = {}
        self.gentle: dict[int, None] = {}
        self.regular: list[Regular] = []
        self.steep: dict[int, tuple[int, ...]] = {}
        self._known: dict[tuple[str, tuple[int, ...], Hashable, bool], int] = {}

    def emit(
        self,
        op: str,
        args: Sequence[int] = (),
        data: Hashable = None,
        of_pairs: bool = False,
        low: float = -math.inf,
        high: float = math.inf,
    ) -> int:
        """The place of a node, a new one or the equal one that is there."""
        key = op, tuple(args), data, of_pairs
        if key not in self._known:
            self._known[key] = len(self.nodes)
            self.nodes.append(TapeNode(op, tuple(args), data, of_pairs, low, high))
        return self._known[key]

    def number(self, value: float) -> int:
        """A number that all inputs share."""
        return self.emit("number", (), float(value), False, value, value)

    @property
    def asked(self) -> list[int]:
        """The nodes of which something is asked."""
        inner = [a for r in self.regular for a in r.arguments if isinstance(a, int)]
        return [*self.positive, *self.gentle, *inner]

    def reached(self, ends: Sequence[int]) -> list[int]:
        """The nodes that some depend on, themselves included, in order."""
        found: set[int] = set()
        left = list(ends)
        while left:
            place = left.pop()
            if place not in found:
                found.add(place)
                left += self.nodes[place].args
        return sorted(found)
