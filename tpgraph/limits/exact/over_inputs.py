"""The limit of one network on N inputs, exactly: Gram matrices between its vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPNameError
from tpgraph.limits.exact.algebra import ExactAlgebra
from tpgraph.limits.exact.curves import CurveValues
from tpgraph.limits.exact.disturbance import (
    SEEDS,
    STILL,
    Disturbance,
    moved_by,
    of_those_that_close,
)
from tpgraph.limits.exact.forms import Array
from tpgraph.limits.many_inputs import MomentSum, Pair, Values, total_of
from tpgraph.limits.not_closed import NotClosed
from tpgraph.limits.rules import evaluate
from tpgraph.program import Program

__all__ = ["ExactInputs", "exact_inputs"]

Indices: TypeAlias = npt.NDArray[np.intp]

_MOST_PROBES = 12


@dataclass(frozen=True)
class ExactInputs:
    """What was asked for of a program on `count` inputs (`tpgraph.limits.many_inputs.InputsLimit`).

    Errors are those of `moved_by`, entry by entry: relative to √(K_ii K_jj) as large as on the
    `probes`, some of the inputs, on which evaluations `beside` had their numbers moved.
    """

    program: Program
    count: int
    evaluation: ExactAlgebra
    moments: Mapping[Pair, CurveValues]
    probes: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    beside: tuple[ExactInputs, ...] = ()
    engine: str = "exact"

    def scalar(self, name: str) -> Values:
        """θ̊(ξ_i), (N,). Raises TPNameError for what is no deterministic scalar."""
        if name not in self.evaluation.scalars:
            raise self._unknown(name, "scalar")
        return self._values(CurveValues(self._scalar(name)), [o._scalar(name) for o in self.beside])

    def _scalar(self, name: str) -> Array:
        return self.evaluation.scalars[name]

    def mean(self, x: str) -> Values:
        """E[Z^x(ξ_i)], (N,); of a readout its mean over initializations. Raises TPNameError."""
        return self._values(CurveValues(self._mean(x)), [o._mean(x) for o in self.beside])

    def _mean(self, x: str) -> Array:
        at = self.evaluation
        if x in at.sums:
            return at.blocks.expected(at.sums[x])
        if x in at.entries:
            means = [at.blocks.expected(entry) for entry in at.entries[x]]
            return np.asarray(sum(means, np.zeros(1)) / len(means))
        if x in at.outputs and not at.outputs[x].power:
            return np.asarray(at.outputs[x].values[0, :, :, 0].mean(axis=1))
        raise self._unknown(x, "vector")

    def _unknown(self, name: str, kind: str) -> TPNameError:
        return TPNameError(
            f"{name} is no {kind} of program {self.program.name} on which `wanted` depends"
        )

    def moment(self, x: str, y: str) -> Values:
        """E[Z^x(ξ_i) Z^y(ξ_j)], (N, N). Raises TPNameError for a pair that was not wanted."""
        return self._values(self._moment(x, y), [o._moment(x, y).value for o in self.beside])

    def _moment(self, x: str, y: str) -> CurveValues:
        if (x, y) in self.moments:
            return self.moments[x, y]
        if (y, x) in self.moments:
            found = self.moments[y, x]
            return CurveValues(found.value.T, found.error)
        raise TPNameError(
            f"the pair {x}, {y} was not asked for",
            mend=f'name it: limit_over_inputs(…, wanted=[("{x}", "{y}")])',
        )

    def covariance(self, f: str, g: str) -> Values:
        """Cov(f(ξ_i), g(ξ_j)) of readouts over initializations. Raises TPNameError as `moment`."""
        found = self._covariance(f, g)
        return self._values(found, [o._covariance(f, g).value for o in self.beside])

    def _covariance(self, f: str, g: str) -> CurveValues:
        moment = self._moment(f, g)
        at = self.evaluation
        if all(name in at.outputs or name in at.scalars for name in (f, g)):
            return CurveValues(np.zeros((1, 1)))
        if all(name in at.entries for name in (f, g)):
            centres = _over_entries(at, f, g, centres=True).value
        elif f in at.sums and g in at.sums:
            centres = np.outer(self._mean(f), self._mean(g))
        else:
            centres = np.zeros((1, 1))
        value = moment.value - centres if centres.any() else moment.value
        return CurveValues(value, moment.error)

    def total(self, products: MomentSum) -> Values:
        """Σ of products of moments, (N, N). Raises TPNameError as `moment`."""
        return total_of(self, products)

    def _values(self, found: CurveValues, others: Sequence[Array]) -> Values:
        value = found.value
        shape = (self.count,) * value.ndim
        size = _sizes(value)
        error = moved_by(value, (), size, self.evaluation.blocks.error + found.error)
        if others:
            probed = np.ix_(*(_on(self.probes, n) for n in value.shape))
            moved, scale = moved_by(value[probed], others), size[probed]
            shares = np.divide(moved, scale, out=np.zeros_like(moved), where=scale > 0)
            error = error + float(shares.max()) * size
        return Values(np.broadcast_to(value, shape), np.broadcast_to(error, shape))


def _on(probes: Indices, size: int) -> Indices:
    """The probes along an axis, of which one of length 1 has one entry."""
    return probes if size > 1 else np.zeros(1, dtype=np.intp)


def _sizes(value: Array) -> Array:
    """√(K_ii K_jj) of a symmetric block, or the largest of row and column of another."""
    size = np.abs(value)
    if value.ndim == 1:
        return size
    square = value.shape[0] == value.shape[1]
    rows = np.diag(size) if square else size.max(axis=1)
    columns = np.diag(size) if square else size.max(axis=0)
    return np.maximum(size, np.sqrt(np.outer(rows, columns)))


def exact_inputs(
    program: Program,
    needed: Program,
    arrays: Mapping[str, Array],
    pairs: Sequence[Pair],
    hurry: bool = False,
) -> ExactInputs:
    """`tpgraph.limits.limit_over_inputs`, of `needed`, the part that pairs depend on.

    Time and memory are O(N²) per pair and layer. Raises NotClosed; with `hurry` sooner.
    """
    found = _evaluated(program, needed, arrays, pairs, hurry, STILL)
    probes = np.unique(np.linspace(0, found.count - 1, min(found.count, _MOST_PROBES)).astype(int))
    own = {name: rows[probes] for name, rows in arrays.items()}

    def moved(seed: int) -> ExactInputs:
        return _evaluated(program, needed, own, pairs, hurry, Disturbance(seed))

    beside = of_those_that_close(moved, SEEDS)
    return replace(found, probes=probes, beside=tuple(beside))


def _evaluated(
    program: Program,
    needed: Program,
    arrays: Mapping[str, Array],
    pairs: Sequence[Pair],
    hurry: bool,
    disturbance: Disturbance,
) -> ExactInputs:
    """One evaluation, whose blocks are forgotten."""
    evaluation = ExactAlgebra(needed, arrays, hurry, disturbance)
    evaluate(evaluation)
    moments = {}
    for x, y in pairs:
        try:
            moments[x, y] = _moments(evaluation, x, y)
        except NotClosed as error:
            where = x if x == y else f"{x} and {y}"
            raise NotClosed(error.reason, error.where or where) from None
    evaluation.blocks.forget()
    return ExactInputs(program, evaluation.count, evaluation, moments)


def _moments(at: ExactAlgebra, x: str, y: str) -> CurveValues:
    """E[Z^x Z^y], (N or 1, N or 1); of several entries their mean."""
    for name in (x, y):
        at.require_bounded(name)
    if x in at.sums:
        return CurveValues(at.blocks.whole(x, y), at.blocks.error_of(x, y))
    if x in at.scalars and y in at.scalars:
        return CurveValues(np.outer(at.scalars[x], at.scalars[y]))
    if x in at.outputs and y in at.outputs:
        left, right = (at.outputs[name].values[0, :, :, 0] for name in (x, y))
        return CurveValues(np.asarray(left @ right.T / left.shape[1]))
    return _over_entries(at, x, y)


def _over_entries(at: ExactAlgebra, x: str, y: str, centres: bool = False) -> CurveValues:
    """The mean of E[x_a y_a] over entries, or of E x_a E y_a with `centres`."""
    pairs = list(zip(at.as_entries(x), at.as_entries(y), strict=True))
    if x in at.alike and y in at.alike:
        pairs = pairs[:1]
    total, error = np.zeros((1, 1)), 0.0
    for first, second in pairs:
        if centres:
            total = total + np.outer(at.blocks.expected(first), at.blocks.expected(second))
        else:
            found = at.blocks.of_sums(first, second)
            total, error = total + found.value, max(error, found.error)
    return CurveValues(np.asarray(total / len(pairs)), error)
