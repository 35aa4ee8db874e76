"""NNGP and NTK of networks of infinite width, by the Master Theorem.

    NNGP  Cov(f(ξ), f(ξ̄)) over initializations
    NTK   K̊(ξ, ξ̄) = Σ_W Σ_{i,j} lim (M²/S²) n_h n_x · E[Z^{dh_i} Z^{dh̄_j}] E[Z^{x_i} Z^{x̄_j}]

over the uses h_i = W x_i of every trained W, with n_h, n_x the lengths of the vectors: the kernel
of `tpgraph.kernels.tangent` with a limit for every Moment.
Source: Tensor Programs IIb (arXiv 2105.03703), Eqs. 97–100; TP II (arXiv 2006.14548).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.kernels.copies import are_copies, representative_rows
from tpgraph.kernels.inputs import Inputs, input_arrays, require_kernel_room, side_by_side
from tpgraph.kernels.kernel_values import Array, Kernel, row_labels, squeezed
from tpgraph.kernels.orders import Orders, orders_of
from tpgraph.kernels.plan.executing import Resources
from tpgraph.kernels.plan.planning import plan_kernel
from tpgraph.kernels.plan.whole import whole
from tpgraph.kernels.tangent import Kind, Row, Tangent, check_kind, network_outputs, tangent
from tpgraph.limits import InputsLimit, Values, limit_over_inputs
from tpgraph.limits.engines import Engine, check_engine
from tpgraph.limits.not_closed import NotClosed
from tpgraph.limits.planned.tape import NotPlanned
from tpgraph.program import Parameter, Program, Variable
from tpgraph.program.any_program import reads_program
from tpgraph.transform.gradients import (
    Gradient,
    GradientTerm,
    inner_product_factor,
    unordered_pairs,
)

__all__ = ["kernel", "parameter_kernels"]


_CHANCE = 6.0
"""So many error bars may a mean be off 0 that is 0."""


@dataclass(frozen=True, slots=True)
class _How:
    """How limits are taken."""

    name: Engine
    samples: int
    seed: int

    def limit(
        self, program: Program, data: Mapping[str, Array], wanted: Iterable[tuple[str, str]]
    ) -> InputsLimit:
        """The limit on all inputs."""
        return limit_over_inputs(
            program, data, wanted, engine=self.name, samples=self.samples, seed=self.seed
        )


@reads_program
def kernel(
    program: Program,
    X: Inputs,
    kind: str = "both",
    *,
    engine: Engine = "auto",
    samples: int = 2**16,
    seed: int = 0,
    Y: Inputs | None = None,
    resources: Resources | None = None,
) -> Kernel:
    """NNGP and NTK of a network of infinite width, at initialization, on N inputs.

    X is an array (N, d), arrays by source name or a data set; `kind` is ntk, nngp or both. Arrays
    are (N, N), or (N, m, N, m) for m outputs. The kernel of a readout of k rows is δ_ab K and K is
    given; components that are no independent copies are given as so many outputs. `engine` is
    "exact", "sampled" (with `samples` and `seed`, and error bars) or "auto", exact where that can
    be. Where the NTK grows, as in the standard parametrization, `ntk` is the coefficient of
    n^exponent, n the first width.

    With `Y` it is K(X, Y), between all inputs of two sets. Where the kernel's structure is the same
    for all inputs it is planned once (`tpgraph.kernels.plan`) and computed tile by tile on the
    `resources`: its threads, memory and precision; where not, or where these inputs need what the
    plan lacks, every pair of vectors has a limit of its own, and `unplanned` says why.

    Raises TPTypeError for programs without output, data or params or without a limit, TPDataError
    for arrays that do not fit.
    """
    wanted = check_kind(kind)
    network_outputs(program)
    check_engine(engine)
    arrays = input_arrays(program, X)
    others = None if Y is None else input_arrays(program, Y)
    rows = representative_rows(program)
    require_kernel_room(len(next(iter(arrays.values()))), len(rows))
    on = resources or Resources()
    reason = ""
    if engine != "sampled":
        try:
            return _by_plan(program, wanted, arrays, others, on)
        except (NotPlanned, NotClosed) as error:
            reason = error.reason
    how = _How(engine, samples, seed)
    if others is None:
        return replace(_unplanned(program, wanted, arrays, how, on.dtype), unplanned=reason)
    both = {name: np.concatenate([array, others[name]]) for name, array in arrays.items()}
    count = len(next(iter(arrays.values())))
    found = _between(_unplanned(program, wanted, both, how, on.dtype), count)
    return replace(found, unplanned=reason)


def _by_plan(
    program: Program,
    wanted: Kind,
    arrays: Mapping[str, Array],
    others: Mapping[str, Array] | None,
    resources: Resources,
) -> Kernel:
    """Raises NotPlanned and NotClosed."""
    plan = plan_kernel(program, wanted)
    found = whole(plan, arrays, others, resources)
    return Kernel(
        side_by_side(arrays),
        plan.outputs,
        "exact",
        ntk=found.arrays.get("ntk"),
        nngp=found.arrays.get("nngp"),
        errors=found.errors,
        exponent=plan.exponent,
        y=None if others is None else side_by_side(others),
    )


def _unplanned(
    program: Program, wanted: Kind, arrays: Mapping[str, Array], how: _How, dtype: str
) -> Kernel:
    """By limits of every pair of vectors, each a whole array."""
    rows = representative_rows(program)
    used: list[str] = []
    found: dict[str, Values] = {}
    exponent = Fraction(0)
    if wanted != "ntk":
        found["nngp"] = _nngp(program, arrays, how, used)
    if wanted != "nngp":
        limit = _TangentLimit.of(tangent(program, "ntk"), arrays, rows, how)
        found["ntk"], exponent = limit.total()
        used.append(limit.limit.engine)
    values = {name: one.value.astype(dtype, copy=False) for name, one in found.items()}
    return Kernel(
        side_by_side(arrays),
        row_labels(program.outputs, rows),
        "exact" if set(used) == {"exact"} else "sampled",
        ntk=values.get("ntk"),
        nngp=values.get("nngp"),
        errors={name: one.error for name, one in found.items()},
        exponent=exponent,
    )


def _between(found: Kernel, count: int) -> Kernel:
    """The first inputs against the others."""

    def part(array: Array | None) -> Array | None:
        if array is None:
            return None
        return array[:count, count:] if array.ndim == 2 else array[:count, :, count:]

    errors = {"ntk": part(found.ntk_error), "nngp": part(found.nngp_error)}
    return replace(
        found,
        x=found.x[:count],
        y=found.x[count:],
        ntk=part(found.ntk),
        nngp=part(found.nngp),
        errors={name: error for name, error in errors.items() if error is not None},
    )


@reads_program
def parameter_kernels(
    program: Program,
    X: Inputs,
    *,
    engine: Engine = "auto",
    samples: int = 2**16,
    seed: int = 0,
) -> dict[str, Values]:
    """What each param adds to the NTK, by name: the sum over its uses, as `kernel` counts it.

    In units of n^exponent, with the exponent of the whole kernel. Raises as `kernel`.
    """
    found = tangent(program, "ntk")
    how = _How(engine, samples, seed)
    limit = _TangentLimit.of(found, input_arrays(program, X), representative_rows(program), how)
    _, exponent = limit.total()
    return {g.parameter.variable.name: limit.of_parameter(g, exponent) for g in found.gradients}


def _nngp(program: Program, arrays: Mapping[str, Array], how: _How, used: list[str]) -> Values:
    """Cov(f, g) for every pair of outputs; 0 where they are of different dimensions.

    Those come from different readouts, or are scalars that do not vary.
    """
    outputs = program.outputs
    for output in outputs:
        if not are_copies(program, output):
            raise _no_covariance(
                program, output, f"the components of {output} are no independent copies"
            )
    places = [(i, j) for i in range(len(outputs)) for j in range(i + 1)]
    same = [(i, j) for i, j in places if outputs[i].type == outputs[j].type]
    limit = how.limit(program, arrays, [(outputs[i].name, outputs[j].name) for i, j in same])
    used.append(limit.engine)
    count = len(next(iter(arrays.values())))
    value = np.zeros((len(outputs), count, len(outputs), count))
    error = np.zeros_like(value)
    for i, j in same:
        found = limit.covariance(outputs[i].name, outputs[j].name)
        value[i, :, j], error[i, :, j] = found.value, found.error
        value[j, :, i], error[j, :, i] = found.value.T, found.error.T
    for i, output in enumerate(outputs):
        if output.is_scalar and len(same) < len(places) and value[i, :, i].any():
            raise _no_covariance(program, output, f"{output} varies beside vectors")
    return Values(squeezed(value), squeezed(error))


def _random_derivative(parameter: Parameter) -> TPTypeError:
    name = parameter.variable.name
    return TPTypeError(
        f"the derivative by {name} sums what every coordinate adds and stays random however wide "
        "the network: the NTK has no limit",
        parameter.span,
        mend=f"leave it untrained, with vector {name}; or train a number for each coordinate, a "
        "vector of the width",
    )


def _no_covariance(program: Program, output: Variable, what: str) -> TPTypeError:
    equation = program.equation_of.get(output.name)
    return TPTypeError(
        f"{what}: there is no NNGP of one component",
        None if equation is None else equation.span,
        "an output such as f = V x + c",
        "ask for the ntk kernel alone",
    )


@dataclass(frozen=True)
class _TangentLimit:
    """The limit of a network and its backward passes.

    Inputs are the N samples once for each row, with its cotangent.
    """

    tangent: Tangent
    orders: Orders
    rows: int
    limit: InputsLimit

    @classmethod
    def of(
        cls, found: Tangent, arrays: Mapping[str, Array], rows: Sequence[Row], how: _How
    ) -> _TangentLimit:
        """Ask for the moments of every pair of uses."""
        orders = orders_of(found)
        limit = how.limit(orders.own.program, found.repeated(arrays, rows), orders.moments)
        return cls(found, orders, len(rows) if found.cotangents else 1, limit)

    def total(self) -> tuple[Values, Fraction]:
        """The kernel's coefficient and exponent: what grows fastest of all that is not zero."""
        found = _add((), self._shape)
        for exponent in self.orders.counted():
            parts = (self.of_parameter(g, exponent) for g in self.tangent.gradients)
            found = _add(parts, self._shape)
            if found.value.any() or found.error.any():
                self._require_settled(exponent)
                self.orders.require_told(exponent, self._is_zero)
                return found, exponent
        self.orders.require_told(Fraction(0), self._is_zero)
        return found, Fraction(0)

    def _is_zero(self, x: str, y: str) -> bool:
        return not self.limit.moment(x, y).value.any()

    def _require_settled(self, exponent: Fraction) -> None:
        """Raise where the derivative by a trained number counts that stays random in the limit.

        (1/n) Σ of n terms with mean 0 is of order n^(−1/2): its square is a power of n below what
        the limit of the mean counts for.
        """
        for gradient in self.tangent.gradients:
            for term in filter(self._is_number, gradient.terms):
                if exponent <= inner_product_factor(term, term).exponent - 1:
                    raise _random_derivative(gradient.parameter)

    @staticmethod
    def _is_number(term: GradientTerm) -> bool:
        """Whether it is the derivative by a vector of fixed dimension that enters wide vectors."""
        return term.right is None and term.left.is_fixed and bool(term.coefficient.exponents)

    def of_parameter(self, gradient: Gradient, exponent: Fraction) -> Values:
        """The coefficient of n^exponent in the sum over pairs of uses."""
        found = self._blocks(_add(self._terms(gradient, exponent), self._flat))
        if any(map(self._is_number, gradient.terms)):  # a mean that is 0 up to chance is 0
            settled = np.abs(found.value) > _CHANCE * found.error
            found = Values(found.value * settled, found.error * settled)
        return found

    def _terms(self, gradient: Gradient, exponent: Fraction) -> Iterator[Values]:
        for a, b in unordered_pairs(gradient.terms):
            if self.orders.of(a, b) == exponent:
                term = self._product(inner_product_factor(a, b).constant, a, b)
                yield term
                if a is not b:
                    yield Values(term.value.T, term.error.T)

    def _product(self, factor: float, a: GradientTerm, b: GradientTerm) -> Values:
        """The product of factor and moments; |x| δy + |y| δx bounds the error of x y."""
        value, error = np.full(self._flat, factor), np.zeros(self._flat)
        for x, y in zip(a.ends, b.ends, strict=True):
            moment = self.limit.moment(x.name, y.name)
            error *= np.abs(moment.value)
            error += np.abs(value) * moment.error
            value *= moment.value
        return Values(value, error)

    @property
    def _flat(self) -> tuple[int, ...]:
        return self.limit.count, self.limit.count

    @property
    def _shape(self) -> tuple[int, ...]:
        count = self.limit.count // self.rows
        return (count, count) if self.rows == 1 else (count, self.rows, count, self.rows)

    def _blocks(self, found: Values) -> Values:
        count = self.limit.count // self.rows
        shape = (self.rows, count, self.rows, count)
        return Values(*(squeezed(a.reshape(shape)) for a in (found.value, found.error)))


def _add(terms: Iterable[Values], shape: tuple[int, ...]) -> Values:
    """The sum, with an error bar that holds however the terms' errors depend on each other."""
    value, error = np.zeros(shape), np.zeros(shape)
    for term in terms:
        value += term.value
        error += term.error
    return Values(value, error)
