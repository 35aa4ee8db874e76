"""The Gaussians beneath a program and their covariances, block by block and only when asked for.

    {Ẑ^{Wx}}_x:  Cov(Ẑ^{Wx}(ξ_i), Ẑ^{Wy}(ξ_j)) = σ² E[Z^x(ξ_i) Z^y(ξ_j)]

A family is what is jointly Gaussian: the Ẑ of one matrix, W and Wᵀ counting as two, or the initial
vectors of one declaration; Gaussians of different families are independent. Source: Tensor Programs
IIb (arXiv 2105.03703), Definition B.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from tpgraph.limits.exact.disturbance import STILL, Disturbance
from tpgraph.limits.exact.forms import Array, CentredGaussian

__all__ = ["Drawn", "Gaussians", "JointGaussians", "Operands", "ProductGaussians", "Window", "cut"]

Window: TypeAlias = tuple[slice, slice]
"""The inputs i of rows and j of columns."""


def cut(values: Array, part: slice) -> Array:
    """The values of some inputs; what all inputs share stays."""
    return values if values.size == 1 else values[part]


class VectorMoments(Protocol):
    """E[Z^x Z^y] of the vectors of a program."""

    def same(self, x: str, y: str) -> Array:
        """On the same input, (N,) or (1,)."""

    def block(self, x: str, y: str, window: Window) -> Array:
        """On two inputs, rows and columns of a window or 1."""

    def vanishes(self, x: str, y: str) -> bool:
        """Whether it is 0 by its structure."""


class JointGaussians(Protocol):
    """Jointly Gaussian variables by name."""

    names: list[str]

    def related(self, a: CentredGaussian, b: CentredGaussian) -> bool:
        """Whether their covariance is not 0 by structure."""

    def same(self, a: CentredGaussian, b: CentredGaussian) -> Array:
        """Cov(a(ξ_i), b(ξ_i))."""

    def block(self, a: CentredGaussian, b: CentredGaussian, window: Window) -> Array:
        """Cov(a(ξ_i), b(ξ_j))."""


@dataclass
class Drawn:
    """Initial vectors, the same for all inputs, with iid entries."""

    names: list[str]
    covariance: Array

    def related(self, a: CentredGaussian, b: CentredGaussian) -> bool:
        """Whether their covariance is not 0 by structure."""
        return a.entry == b.entry and bool(self._of(a, b))

    def _of(self, a: CentredGaussian, b: CentredGaussian) -> float:
        return float(self.covariance[self.names.index(a.name), self.names.index(b.name)])

    def same(self, a: CentredGaussian, b: CentredGaussian) -> Array:
        """Cov(a, b)."""
        return np.full(1, self._of(a, b))

    def block(self, a: CentredGaussian, b: CentredGaussian, window: Window) -> Array:
        """Cov(a, b)."""
        return np.full((1, 1), self._of(a, b))


@dataclass
class ProductGaussians:
    """Ẑ of products of one matrix with wide operands; of a readout every entry by itself."""

    names: list[str]
    operand: dict[str, str]
    sigma2: float
    moments: VectorMoments
    disturbance: Disturbance = STILL

    def related(self, a: CentredGaussian, b: CentredGaussian) -> bool:
        """Whether their covariance is not 0 by structure."""
        x, y = self.operand[a.name], self.operand[b.name]
        return a.entry == b.entry and self.sigma2 != 0 and not self.moments.vanishes(x, y)

    def same(self, a: CentredGaussian, b: CentredGaussian) -> Array:
        """σ² E[Z^x(ξ_i) Z^y(ξ_i)]."""
        return self._scaled(self.moments.same(self.operand[a.name], self.operand[b.name]))

    def block(self, a: CentredGaussian, b: CentredGaussian, window: Window) -> Array:
        """σ² E[Z^x(ξ_i) Z^y(ξ_j)]."""
        x, y = self.operand[a.name], self.operand[b.name]
        return self._scaled(self.moments.block(x, y, window))

    def _scaled(self, moment: Array) -> Array:
        if not self.disturbance.seed:
            return self.sigma2 * moment
        return self.disturbance.product(np.full(1, self.sigma2), moment)


@dataclass
class Operands:
    """Products of one matrix with vectors of fixed dimension: covariance ⟨y(ξ_i), y(ξ_j)⟩.

    `operand` is (N, d) or (1, d), the entries' standard deviation included.
    """

    names: list[str]
    operand: dict[str, Array]

    def related(self, a: CentredGaussian, b: CentredGaussian) -> bool:
        """Whether neither operand is 0."""
        return bool(self.operand[a.name].any() and self.operand[b.name].any())

    def same(self, a: CentredGaussian, b: CentredGaussian) -> Array:
        """⟨y(ξ_i), y(ξ_i)⟩."""
        return np.asarray((self.operand[a.name] * self.operand[b.name]).sum(axis=1))

    def block(self, a: CentredGaussian, b: CentredGaussian, window: Window) -> Array:
        """⟨y(ξ_i), y(ξ_j)⟩."""
        x, y = self.operand[a.name], self.operand[b.name]
        left = x if len(x) == 1 else x[window[0]]
        right = y if len(y) == 1 else y[window[1]]
        return np.asarray(left @ right.T)


class Gaussians:
    """Every Gaussian of a program by the family that it belongs to."""

    def __init__(self) -> None:
        self.family_of: dict[str, JointGaussians] = {}
        self._known: dict[tuple[CentredGaussian, CentredGaussian], bool] = {}

    def related(self, a: CentredGaussian, b: CentredGaussian) -> bool:
        """Whether their covariance is not 0 by structure."""
        if (a, b) not in self._known:
            family = self.family_of[a.name]
            joint = family is self.family_of[b.name]
            self._known[a, b] = joint and (a == b or family.related(a, b))
        return self._known[a, b]

    def related_pairs(
        self, first: Iterable[CentredGaussian], second: Iterable[CentredGaussian]
    ) -> Iterator[tuple[CentredGaussian, CentredGaussian]]:
        """The pairs of both that are related, looked for in one family each."""
        families: dict[int, list[CentredGaussian]] = {}
        for b in second:
            families.setdefault(id(self.family_of[b.name]), []).append(b)
        for a in first:
            for b in families.get(id(self.family_of[a.name]), ()):
                if self.related(a, b):
                    yield a, b

    def same(self, a: CentredGaussian, b: CentredGaussian) -> Array:
        """Cov(a(ξ_i), b(ξ_i)), (N,) or (1,)."""
        return self.family_of[a.name].same(a, b)

    def block(self, a: CentredGaussian, b: CentredGaussian, window: Window) -> Array:
        """Cov(a(ξ_i), b(ξ_j)), rows and columns of the window or 1."""
        return self.family_of[a.name].block(a, b, window)
