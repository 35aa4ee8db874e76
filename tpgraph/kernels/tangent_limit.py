"""The NTK from the limits of a network and its backward passes.

    K̊ = Σ_W Σ_{i,j} lim (M²/S²) n_h n_x · E[Z^{dh_i} Z^{dh̄_j}] E[Z^{x_i} Z^{x̄_j}]

Moments that samples tell depend on each other: one sum of all that is trained has the error that
its replicates show. Of exact ones the errors of all terms add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.kernels.kernel_values import Array, squeezed
from tpgraph.kernels.orders import Orders, orders_of
from tpgraph.kernels.row_passes import row_passes
from tpgraph.kernels.tangent import Row, Tangent
from tpgraph.limits import InputsLimit, Values
from tpgraph.limits.engines import Engine
from tpgraph.limits.many_inputs import MomentProduct, MomentSum, Pair
from tpgraph.limits.over_inputs import closed_over_inputs, samples_over_inputs
from tpgraph.program import Parameter, Program
from tpgraph.transform.gradients import (
    Gradient,
    GradientTerm,
    inner_product_factor,
    unordered_pairs,
)

__all__ = ["How", "TangentEnds", "TangentLimit"]

_CHANCE = 6.0
"""So many error bars may a mean be off 0 that is 0."""


@dataclass(frozen=True, slots=True)
class How:
    """How limits are taken."""

    name: Engine
    samples: int
    seed: int
    threads: int = 2

    def closed(
        self, program: Program, data: Mapping[str, Array], wanted: Iterable[Pair]
    ) -> InputsLimit | None:
        """The exact limit on all inputs; None where it is left to samples."""
        return closed_over_inputs(program, data, wanted, self.name)

    def sampled(
        self,
        program: Program,
        data: Mapping[str, Array],
        wanted: Iterable[Pair],
        sums: Iterable[MomentSum] = (),
    ) -> InputsLimit:
        """The limit by samples."""
        return samples_over_inputs(
            program,
            data,
            wanted,
            sums,
            samples=self.samples,
            seed=self.seed,
            threads=self.threads,
        )


@dataclass(frozen=True)
class TangentEnds:
    """What the NTK is made of, before its limit: N inputs, and rows of the kernel."""

    tangent: Tangent
    orders: Orders
    arrays: Mapping[str, Array]
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, found: Tangent, arrays: Mapping[str, Array], rows: Sequence[Row]) -> TangentEnds:
        """Of a network's backward passes, on these inputs."""
        return cls(found, orders_of(found), arrays, tuple(rows))

    @property
    def is_plain(self) -> bool:
        """Whether the network stands in the program as it is, in no other units."""
        return not self.orders.own.units

    def closed(self, how: How) -> TangentLimit | None:
        """Exactly: cotangents are data, so that inputs are the N samples once for each row."""
        data = self.tangent.repeated(self.arrays, self.rows)
        limit = how.closed(self.orders.own.program, data, self.orders.moments)
        return None if limit is None else TangentLimit(self, limit, ({},), self.alone)

    def sampled(
        self, how: How, others: Iterable[Pair] = (), *, is_apart: bool = False
    ) -> TangentLimit:
        """By samples, with `others` beside; errors are those of every param if they are apart."""
        passes = row_passes(self.tangent, self.orders.own.program, self.arrays, self.rows)
        names = passes.names
        wanted = [p for pair in self.orders.moments for p in _by_row(*pair, names)]
        groups = self.alone if is_apart else self._together
        sums = [
            self.sum(group, exponent, first, second)
            for group in groups
            for exponent in self.orders.counted()
            for first, second in _each_two(names)
        ]
        limit = how.sampled(passes.program, passes.data, [*others, *wanted], sums)
        return TangentLimit(self, limit, names, groups)

    @property
    def alone(self) -> tuple[tuple[Gradient, ...], ...]:
        """Every param by itself."""
        return tuple((gradient,) for gradient in self.tangent.gradients)

    @property
    def _together(self) -> tuple[tuple[Gradient, ...], ...]:
        """All params, but for those of which is judged by themselves whether they are 0."""
        usual = tuple(g for g in self.tangent.gradients if not any(map(is_number, g.terms)))
        apart = [(g,) for g in self.tangent.gradients if any(map(is_number, g.terms))]
        return (*([usual] if usual else []), *apart)

    def sum(
        self,
        gradients: Iterable[Gradient],
        exponent: Fraction,
        first: Mapping[str, str],
        second: Mapping[str, str],
    ) -> MomentSum:
        """The products of moments that count by n^exponent, between two rows of these names."""
        return tuple(self._products(gradients, exponent, first, second))

    def _products(
        self,
        gradients: Iterable[Gradient],
        exponent: Fraction,
        first: Mapping[str, str],
        second: Mapping[str, str],
    ) -> Iterator[MomentProduct]:
        for gradient in gradients:
            for a, b in unordered_pairs(gradient.terms):
                if self.orders.of(a, b) != exponent:
                    continue
                factor = inner_product_factor(a, b).constant
                pairs = _pairs(a, b, first, second)
                yield MomentProduct(factor, pairs)
                if a is not b and first is second:
                    yield MomentProduct(factor, pairs, is_turned=True)
                elif a is not b:
                    yield MomentProduct(factor, _pairs(b, a, first, second))


def _pairs(
    a: GradientTerm, b: GradientTerm, first: Mapping[str, str], second: Mapping[str, str]
) -> tuple[Pair, ...]:
    return tuple(
        (first.get(x.name, x.name), second.get(y.name, y.name))
        for x, y in zip(a.ends, b.ends, strict=True)
    )


def _each_two(
    names: Sequence[Mapping[str, str]],
) -> Iterator[tuple[Mapping[str, str], Mapping[str, str]]]:
    """Every row with itself and those behind it."""
    for place, first in enumerate(names):
        for second in names[place:]:
            yield first, second


def _by_row(x: str, y: str, names: Sequence[Mapping[str, str]]) -> Iterator[Pair]:
    """The pairs of two vectors in any two rows."""
    for first, second in _each_two(names) if x == y else product(names, repeat=2):
        yield first.get(x, x), second.get(y, y)


def is_number(term: GradientTerm) -> bool:
    """Whether it is the derivative by a vector of fixed dimension that enters wide vectors."""
    return term.right is None and term.left.is_fixed and bool(term.coefficient.exponents)


@dataclass(frozen=True)
class TangentLimit:
    """The limit of a network and its backward passes.

    Rows are passes of these `names`, or inputs where there is one pass. `groups` are the params of
    which sums have an error of their own.
    """

    ends: TangentEnds
    limit: InputsLimit
    names: tuple[Mapping[str, str], ...]
    groups: tuple[tuple[Gradient, ...], ...]

    def total(self) -> tuple[Values, Fraction]:
        """The kernel's coefficient and exponent: what grows fastest of all that is not zero."""
        orders = self.ends.orders
        found = _add((), self._shape)
        for exponent in orders.counted():
            found = _add((self.of(group, exponent) for group in self.groups), self._shape)
            if found.value.any() or found.error.any():
                self._require_settled(exponent)
                orders.require_told(exponent, self._is_zero)
                return found, exponent
        orders.require_told(Fraction(0), self._is_zero)
        return found, Fraction(0)

    def _is_zero(self, x: str, y: str) -> bool:
        return not any(
            self.limit.moment(first.get(x, x), second.get(y, y)).value.any()
            for first, second in (
                _each_two(self.names) if x == y else product(self.names, repeat=2)
            )
        )

    def _require_settled(self, exponent: Fraction) -> None:
        """Raise where the derivative by a trained number counts that stays random in the limit.

        (1/n) Σ of n terms with mean 0 is of order n^(−1/2): its square is a power of n below what
        the limit of the mean counts for.
        """
        for gradient in self.ends.tangent.gradients:
            for term in filter(is_number, gradient.terms):
                if exponent <= inner_product_factor(term, term).exponent - 1:
                    raise _random_derivative(gradient.parameter)

    def of(self, gradients: Sequence[Gradient], exponent: Fraction) -> Values:
        """The coefficient of n^exponent in the sum over pairs of uses."""
        size, count = len(self.names), self.limit.count
        value = np.zeros((size, count, size, count))
        error = np.zeros_like(value)
        for i, first in enumerate(self.names):
            for j, second in enumerate(self.names[i:], i):
                found = self.limit.total(self.ends.sum(gradients, exponent, first, second))
                value[i, :, j], error[i, :, j] = found.value, found.error
                value[j, :, i], error[j, :, i] = found.value.T, found.error.T
        rows = len(self.ends.rows) if self.ends.tangent.cotangents else 1
        shape = rows, size * count // rows, rows, size * count // rows
        whole = Values(squeezed(value.reshape(shape)), squeezed(error.reshape(shape)))
        if any(is_number(t) for g in gradients for t in g.terms):  # a mean that is 0 up to chance
            settled = np.abs(whole.value) > _CHANCE * whole.error
            whole = Values(whole.value * settled, whole.error * settled)
        return whole

    @property
    def _shape(self) -> tuple[int, ...]:
        rows = len(self.ends.rows) if self.ends.tangent.cotangents else 1
        count = len(self.names) * self.limit.count // rows
        return (count, count) if rows == 1 else (count, rows, count, rows)


def _random_derivative(parameter: Parameter) -> TPTypeError:
    name = parameter.variable.name
    return TPTypeError(
        f"the derivative by {name} sums what every coordinate adds and stays random however wide "
        "the network: the NTK has no limit",
        parameter.span,
        mend=f"leave it untrained, with vector {name}; or train a number for each coordinate, a "
        "vector of the width",
    )


def _add(terms: Iterable[Values], shape: tuple[int, ...]) -> Values:
    """The sum, with an error bar that holds however the terms' errors depend on each other."""
    value, error = np.zeros(shape), np.zeros(shape)
    for term in terms:
        value += term.value
        error += term.error
    return Values(value, error)
