"""The limit over N inputs at once: what every engine can say about Z^x(ξ_i) for all i.

One network, its parameters drawn once, is evaluated on inputs ξ_1 … ξ_N. Whatever an engine does
inside, this is all that kernels need from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["InputsLimit", "MomentProduct", "MomentSum", "Pair", "Values", "total_of"]

Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Values:
    """An array and the standard deviation of each entry's estimator (0 where it is exact)."""

    value: npt.NDArray[np.float64]
    error: npt.NDArray[np.float64]


class MomentProduct(NamedTuple):
    """factor · Π E[Z^x(ξ_i) Z^y(ξ_j)] over the pairs (x, y); transposed where it `is_turned`."""

    factor: float
    pairs: tuple[Pair, ...]
    is_turned: bool = False


MomentSum: TypeAlias = tuple[MomentProduct, ...]


class InputsLimit(Protocol):
    """The limit of one program on N inputs."""

    @property
    def engine(self) -> str:
        """The engine, "exact" or "sampled"."""

    @property
    def count(self) -> int:
        """N."""

    def scalar(self, name: str) -> Values:
        """θ̊(ξ_i), (N,)."""

    def moment(self, x: str, y: str) -> Values:
        """E[Z^x(ξ_i) Z^y(ξ_j)], (N, N).

        Of vectors of fixed dimension d (data, constants) the mean of x_k(ξ_i) y_k(ξ_j) over k.
        """

    def mean(self, x: str) -> Values:
        """E[Z^x(ξ_i)], (N,); of a readout its mean over initializations."""

    def covariance(self, f: str, g: str) -> Values:
        """Cov(f_a(ξ_i), g_a(ξ_j)) over initializations, (N, N), of readouts f and g.

        One component a stands for all, which have one distribution; deterministic readouts have
        covariance 0.
        """

    def total(self, products: MomentSum) -> Values:
        """Σ of products of moments, (N, N)."""


def total_of(limit: InputsLimit, products: Iterable[MomentProduct]) -> Values:
    """The sum, with an error that holds however those of the moments depend on each other.

    |x| δy + |y| δx is that of x y.
    """
    shape = limit.count, limit.count
    total, errors = np.zeros(shape), np.zeros(shape)
    for factor, pairs, is_turned in products:
        value, error = np.full(shape, factor), np.zeros(shape)
        for x, y in pairs:
            moment = limit.moment(x, y)
            error *= np.abs(moment.value)
            error += np.abs(value) * moment.error
            value *= moment.value
        total += value.T if is_turned else value
        errors += error.T if is_turned else error
    return Values(total, errors)
