"""The limit of one network on N inputs, exactly: Gram matrices between its vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from tpgraph.errors import TPNameError, TPTypeError
from tpgraph.limits.exact.algebra import ExactAlgebra
from tpgraph.limits.exact.curves import CurveValues
from tpgraph.limits.exact.forms import Array
from tpgraph.limits.many_inputs import Values
from tpgraph.limits.not_closed import NotClosed
from tpgraph.limits.rules import evaluate
from tpgraph.program import Program

__all__ = ["ExactInputs", "exact_inputs"]

Pair: TypeAlias = tuple[str, str]

_ROUNDING = 2.0**-44


@dataclass(frozen=True)
class ExactInputs:
    """What was asked for of a program on `count` inputs (`tpgraph.limits.many_inputs.InputsLimit`).

    Errors are bounds of quadrature and rounding, the same for all entries of an array.
    """

    program: Program
    count: int
    evaluation: ExactAlgebra
    moments: Mapping[Pair, CurveValues]
    engine: str = "exact"

    def scalar(self, name: str) -> Values:
        """θ̊(ξ_i), (N,). Raises TPNameError for what is no deterministic scalar."""
        if name not in self.evaluation.scalars:
            raise self._unknown(name, "scalar")
        return self._values(CurveValues(self.evaluation.scalars[name]), (self.count,))

    def mean(self, x: str) -> Values:
        """E[Z^x(ξ_i)], (N,); of a readout its mean over initializations. Raises TPNameError."""
        return self._values(CurveValues(self._mean(x)), (self.count,))

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
        return self._values(self._moment(x, y), (self.count, self.count))

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
        moment = self._moment(f, g)
        at = self.evaluation
        if all(name in at.outputs or name in at.scalars for name in (f, g)):
            return self._values(CurveValues(np.zeros((1, 1))), (self.count, self.count))
        if all(name in at.entries for name in (f, g)):
            centres = _over_entries(at, f, g, centres=True).value
        elif f in at.sums and g in at.sums:
            centres = np.outer(self._mean(f), self._mean(g))
        else:
            centres = np.zeros((1, 1))
        value = moment.value - centres if centres.any() else moment.value
        return self._values(CurveValues(value, moment.error), (self.count, self.count))

    def _values(self, found: CurveValues, shape: tuple[int, ...]) -> Values:
        share = _ROUNDING + self.evaluation.blocks.error + found.error
        size = max(float(found.value.max()), -float(found.value.min()))
        error = np.full((1,) * len(shape), share * (1.0 + size))
        return Values(np.broadcast_to(found.value, shape), np.broadcast_to(error, shape))


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
    evaluation = ExactAlgebra(needed, arrays, hurry=hurry)
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
        if name in at.outputs and at.outputs[name].power:
            raise TPTypeError(f"{name} grows like n^{at.outputs[name].power}: it has no moments")
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
