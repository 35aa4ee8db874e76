"""E[Z^x(ξ_i) Z^y(ξ_j)] of the vectors of a program, kept as blocks over inputs.

A block is (N, N), or has 1 where all inputs share the vector; it is made tile by tile when it is
first asked for, of a symmetric one the upper half alone. The error of a block is what
quadrature states, added up along the blocks beneath it, relative to the largest value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import numpy as np

from tpgraph.limits.estimates import Basis
from tpgraph.limits.exact.curves import CurveValues
from tpgraph.limits.exact.descent import Descent
from tpgraph.limits.exact.disturbance import STILL, Disturbance
from tpgraph.limits.exact.expectations import Expectations
from tpgraph.limits.exact.forms import Array
from tpgraph.limits.exact.gaussians import Gaussians, Window
from tpgraph.limits.exact.terms import Sum
from tpgraph.limits.not_closed import NotClosed

__all__ = ["MomentBlocks"]

T = TypeVar("T")

_TILE = 256


class MomentBlocks:
    """Moments of vectors, each computed once.

    `error` is what quadrature left in expectations on one input so far, relative.
    """

    def __init__(
        self,
        gaussians: Gaussians,
        count: int,
        sums: Mapping[str, Sum],
        hurry: bool = False,
        disturbance: Disturbance = STILL,
    ) -> None:
        self.gaussians = gaussians
        self.count = count
        self.sums = sums
        self.expectations = Expectations(gaussians, hurry, disturbance)
        self.varying: set[str] = set()
        self.error = 0.0
        self._same: dict[tuple[str, str], tuple[Array, Basis]] = {}
        self._blocks: dict[tuple[str, str], CurveValues] = {}
        self._beneath = 0.0
        self._zero: dict[tuple[str, str], bool] = {}
        self._descent = Descent()

    def expected(self, found: Sum, is_sure: bool = True) -> Array:
        """E of a sum on every input; unless it `is_sure` to exist its terms are integrated."""
        outer, self.expectations.error = self.expectations.error, 0.0
        try:
            value = _finite(self._one(found, is_sure))
            self.error += self.expectations.error
        finally:
            self.expectations.error = outer
        return value

    def with_basis(self, make: Callable[[], T]) -> tuple[T, Basis]:
        """What is made, and how the expectations in it are known."""
        outer, self.expectations.basis = self.expectations.basis, Basis.CLOSED_FORM
        try:
            return make(), self.expectations.basis
        finally:
            self.expectations.basis = outer

    def _one(self, found: Sum, is_sure: bool) -> Array:
        return self.expectations.one(found) if is_sure else self.expectations.integrated(found)

    def same(self, x: str, y: str) -> Array:
        """E[Z^x Z^y] on every input."""
        key = (x, y) if x <= y else (y, x)
        value, basis = self._descent.value(
            self._same,
            key,
            lambda: self.with_basis(lambda: self.expected(self.sums[x] * self.sums[y])),
        )
        self.expectations.basis = max(self.expectations.basis, basis)
        return value

    def vanishes(self, x: str, y: str) -> bool:
        """Whether it is 0 by its structure."""
        key = (x, y) if x <= y else (y, x)
        return self._descent.value(
            self._zero, key, lambda: not self.expectations.plan(self.sums[x], self.sums[y])
        )

    def block(self, x: str, y: str, window: Window) -> Array:
        """E[Z^x(ξ_i) Z^y(ξ_j)] over a window."""
        found = self.whole(x, y)
        rows = slice(None) if found.shape[0] == 1 else window[0]
        columns = slice(None) if found.shape[1] == 1 else window[1]
        return found[rows, columns]

    def whole(self, x: str, y: str) -> Array:
        """E[Z^x(ξ_i) Z^y(ξ_j)], (N or 1, N or 1)."""
        if (y, x) in self._blocks and x != y:
            return self.whole(y, x).T
        found = self._descent.value(
            self._blocks, (x, y), lambda: self.of_sums(self.sums[x], self.sums[y])
        )
        self._beneath = max(self._beneath, found.error)
        return found.value

    def error_of(self, x: str, y: str) -> float:
        """The relative error of `whole`."""
        self.whole(x, y)
        key = (x, y) if (x, y) in self._blocks else (y, x)
        return self._blocks[key].error

    def of_sums(self, x: Sum, y: Sum) -> CurveValues:
        """E[x(ξ_i) y(ξ_j)] of two sums; its error has those of the blocks beneath it."""
        plan = self.expectations.plan(x, y)
        outer = self.expectations.error, self._beneath
        self.expectations.error = self._beneath = 0.0
        shape = self.size(x), self.size(y)
        found = np.zeros(shape)
        try:
            for window in self._windows(shape, x is y):
                found[window] = self.expectations.pairs(plan, window)
                if x is y and window[0] != window[1]:
                    found[window[1], window[0]] = found[window].T
            error = self.expectations.error + self._beneath
        finally:
            self.expectations.error, self._beneath = outer
        return CurveValues(_finite(found), error)

    def forget(self) -> None:
        """Leave the blocks to those who have asked for them."""
        self._blocks.clear()

    def _windows(self, shape: tuple[int, int], symmetric: bool) -> Iterator[Window]:
        """Tiles of pairs that fit a cache; those above the diagonal of a symmetric block."""
        rows, columns = (
            [slice(k, min(k + _TILE, size)) for k in range(0, size, _TILE)] for size in shape
        )
        for left in rows:
            for right in columns:
                if not symmetric or left.start <= right.start:
                    yield left, right

    def size(self, found: Sum) -> int:
        """N of what depends on the input, 1 of what all inputs share."""
        arrays = [t.coefficient for t in found.terms]
        for term in found.terms:
            for factor in term.factors:
                for form in factor.forms:
                    arrays += [form.constant, *form.coefficients.values()]
        varies = any(a.size > 1 for a in arrays)
        return self.count if varies or any(g.name in self.varying for g in found.gaussians) else 1


def _finite(values: Array) -> Array:
    """The values themselves. Raises NotClosed where one is too large for a float."""
    bad = values[~np.isfinite(values)]
    if bad.size:
        raise NotClosed(f"an expectation that is {bad.flat[0]:g}")
    return values
