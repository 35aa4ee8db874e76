"""NNGP and NTK of networks of infinite width, by the Master Theorem.

    NNGP  Cov(f(ξ), f(ξ̄)) over initializations
    NTK   K̊(ξ, ξ̄) = Σ_W Σ_{i,j} lim (M²/S²) n_h n_x · E[Z^{dh_i} Z^{dh̄_j}] E[Z^{x_i} Z^{x̄_j}]

over the uses h_i = W x_i of every trained W, with n_h, n_x the lengths of the vectors: the kernel
of `tpgraph.kernels.tangent` with a limit for every Moment.
Source: Tensor Programs IIb (arXiv 2105.03703), Eqs. 97–100; TP II (arXiv 2006.14548).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np

from tpgraph.errors import TPTypeError, TPWarning, warn
from tpgraph.kernels.copies import are_copies, representative_rows
from tpgraph.kernels.inputs import Inputs, input_arrays, require_kernel_room, side_by_side
from tpgraph.kernels.kernel_values import Array, Kernel, row_labels, squeezed
from tpgraph.kernels.plan.executing import Resources
from tpgraph.kernels.plan.planning import plan_kernel
from tpgraph.kernels.plan.whole import whole
from tpgraph.kernels.tangent import Kind, check_kind, network_outputs, tangent
from tpgraph.kernels.tangent_limit import How, TangentEnds, TangentLimit
from tpgraph.limits import InputsLimit, Values
from tpgraph.limits.engines import Engine, check_engine
from tpgraph.limits.exact.budget import HURRIED, Budget, OverBudget
from tpgraph.limits.many_inputs import Pair
from tpgraph.limits.not_closed import NotClosed
from tpgraph.limits.planned.tape import NotPlanned
from tpgraph.program import Program, Variable
from tpgraph.program.any_program import reads_program

__all__ = ["kernel", "parameter_kernels"]

_HURRIED_AN_INPUT = 1e7


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
    be within some seconds of quadrature. Where the NTK grows, as in the standard parametrization,
    `ntk` is the coefficient of n^exponent, n the first width.

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
            return _by_plan(program, wanted, arrays, others, on, _budget(engine, arrays))
        except OverBudget as error:
            reason, engine = error.reason, "sampled"
        except (NotPlanned, NotClosed) as error:
            reason = error.reason
    _tell_unheeded(on, reason)
    how = How(engine, samples, seed, on.threads)
    if others is None:
        return replace(_unplanned(program, wanted, arrays, how, on.dtype), unplanned=reason)
    both = {name: np.concatenate([array, others[name]]) for name, array in arrays.items()}
    count = len(next(iter(arrays.values())))
    found = _between(_unplanned(program, wanted, both, how, on.dtype), count)
    return replace(found, unplanned=reason)


def _tell_unheeded(on: Resources, reason: str) -> None:
    """A TPWarning where what is asked of a plan's tiles is asked of a kernel without one."""
    asked = ["memory"] * (on.memory is not None) + ["jit"] * on.jit
    if asked:
        why = f" ({reason})" if reason else ""
        text = f"{' and '.join(asked)} without effect on a kernel that is not by a plan{why}"
        warn(TPWarning(text))


def _budget(engine: Engine, arrays: Mapping[str, Array]) -> Budget | None:
    """Of quadrature, where samples stand ready; they take longer for more inputs themselves."""
    if engine == "exact":
        return None
    return Budget(HURRIED + _HURRIED_AN_INPUT * len(next(iter(arrays.values()))))


def _by_plan(
    program: Program,
    wanted: Kind,
    arrays: Mapping[str, Array],
    others: Mapping[str, Array] | None,
    resources: Resources,
    budget: Budget | None = None,
) -> Kernel:
    """Raises NotPlanned and NotClosed."""
    plan = plan_kernel(program, wanted)
    found = whole(plan, arrays, others, resources, budget)
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
    program: Program, wanted: Kind, arrays: Mapping[str, Array], how: How, dtype: str
) -> Kernel:
    """By limits of every pair of vectors, each a whole array.

    Where neither kernel closes both are sampled at once.
    """
    rows = representative_rows(program)
    found: dict[str, Values] = {}
    exponent = Fraction(0)
    nngp: InputsLimit | None = None
    ntk: TangentLimit | None = None
    pairs = [] if wanted == "ntk" else _output_pairs(program)
    if wanted != "ntk":
        nngp = how.closed(program, arrays, pairs)
    if wanted != "nngp":
        ends = TangentEnds.of(tangent(program, "ntk"), arrays, rows)
        is_shared = nngp is None and ends.is_plain
        ntk = ends.closed(how) or ends.sampled(how, pairs if is_shared else ())
        if is_shared and ntk.limit.engine == "sampled":
            nngp = ntk.limit
        found["ntk"], exponent = ntk.total()
    if wanted != "ntk":
        nngp = nngp or how.sampled(program, arrays, pairs)
        found["nngp"] = _nngp(program, nngp, len(next(iter(arrays.values()))))
    engines = {limit.engine for limit in (nngp, ntk and ntk.limit) if limit}
    values = {name: one.value.astype(dtype, copy=False) for name, one in found.items()}
    return Kernel(
        side_by_side(arrays),
        row_labels(program.outputs, rows),
        "exact" if engines == {"exact"} else "sampled",
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
    how = How(engine, samples, seed)
    rows = representative_rows(program)
    ends = TangentEnds.of(tangent(program, "ntk"), input_arrays(program, X), rows)
    limit = ends.closed(how) or ends.sampled(how, is_apart=True)
    _, exponent = limit.total()
    return {g.parameter.variable.name: limit.of([g], exponent) for g in ends.tangent.gradients}


def _output_pairs(program: Program) -> list[Pair]:
    """The outputs whose covariances may not be 0: those of one dimension."""
    outputs = program.outputs
    for output in outputs:
        if not are_copies(program, output):
            raise _no_covariance(
                program, output, f"the components of {output} are no independent copies"
            )
    places = [(f, g) for i, f in enumerate(outputs) for g in outputs[: i + 1]]
    return [(f.name, g.name) for f, g in places if f.type == g.type]


def _nngp(program: Program, limit: InputsLimit, count: int) -> Values:
    """Cov(f, g) for every pair of outputs; 0 where they are of different dimensions.

    Those come from different readouts, or are scalars that do not vary.
    """
    names = [output.name for output in program.outputs]
    pairs = _output_pairs(program)
    value = np.zeros((len(names), count, len(names), count))
    error = np.zeros_like(value)
    for f, g in pairs:
        found, i, j = limit.covariance(f, g), names.index(f), names.index(g)
        value[i, :, j], error[i, :, j] = found.value, found.error
        value[j, :, i], error[j, :, i] = found.value.T, found.error.T
    is_whole = 2 * len(pairs) == len(names) * (len(names) + 1)
    for i, output in enumerate(program.outputs):
        if output.is_scalar and not is_whole and value[i, :, i].any():
            raise _no_covariance(program, output, f"{output} varies beside vectors")
    return Values(squeezed(value), squeezed(error))


def _no_covariance(program: Program, output: Variable, what: str) -> TPTypeError:
    equation = program.equation_of.get(output.name)
    return TPTypeError(
        f"{what}: there is no NNGP of one component",
        None if equation is None else equation.span,
        "an output such as f = V x + c",
        "ask for the ntk kernel alone",
    )
