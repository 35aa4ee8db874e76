"""The plan of a network's kernels: which numbers of inputs and of pairs they are made of.

    NNGP  Cov(f(ξ), f(ξ̄))
    NTK   Σ_W Σ_{i,j} lim (M²/S²) n_h n_x · E[Z^{dh_i} Z^{dh̄_j}] E[Z^{x_i} Z^{x̄_j}]

as nodes of one tape (`tpgraph.limits.planned`), whatever the inputs are. Sources: Tensor Programs
IIb (arXiv 2105.03703), Eqs. 97–100; the recursions that come out are those of Jacot et al. 2018.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tpgraph.errors import TPError
from tpgraph.kernels.copies import are_copies, representative_rows
from tpgraph.kernels.kernel_values import row_labels
from tpgraph.kernels.orders import Orders, orders_of
from tpgraph.kernels.tangent import Kind, Row, Tangent, check_kind, network_outputs, tangent
from tpgraph.limits.exact.forms import Array
from tpgraph.limits.not_closed import NotClosed
from tpgraph.limits.over_inputs import restricted
from tpgraph.limits.planned.algebra import PlanningAlgebra, planned
from tpgraph.limits.planned.factoring import factored
from tpgraph.limits.planned.tape import NotPlanned, PairTape
from tpgraph.limits.planned.unknowns import is_unknown, place_of
from tpgraph.program import Program, Variable
from tpgraph.transform.gradients import inner_product_factor

__all__ = ["Destination", "KernelPlan", "PlanPart", "is_planned", "open_plan", "plan_kernel"]

_MOST_KEPT = 16
_KEPT: dict[tuple[int, str], tuple[Program, KernelPlan | str]] = {}
"""The latest plans, each with its program, so that one of them has its own id."""


@dataclass(frozen=True)
class Destination:
    """Where a block of an array belongs: outputs i and j of the kernel `name`."""

    name: str
    i: int = 0
    j: int = 0


@dataclass(frozen=True, eq=False)
class PlanPart:
    """A tape, its ends and what they are; `written` is the tape before it was factored.

    `cotangents` are the data e_a of the rows, for each of which all inputs stand once.
    """

    tape: PairTape
    ends: tuple[int, ...]
    places: tuple[Destination, ...]
    written: PlanningAlgebra
    origins: tuple[int, ...]
    rows: tuple[Row, ...] = ()
    tangent: Tangent | None = None


@dataclass(frozen=True)
class KernelPlan:
    """What the kernels of a program are made of, for all inputs.

    `outputs` are the labels of their rows, `exponent` that of the first width in the NTK.
    """

    program: Program
    kind: str
    outputs: tuple[str, ...]
    parts: tuple[PlanPart, ...]
    exponent: Fraction


def plan_kernel(program: Program, kind: str = "both") -> KernelPlan:
    """The plan of a kernel. Raises NotPlanned where its structure depends on the inputs.

    Raises TPTypeError for programs without output, data or params.
    """
    wanted = check_kind(kind)
    network_outputs(program)
    key = id(program), wanted
    known = _KEPT.get(key)
    if known is None or known[0] is not program:
        while len(_KEPT) >= _MOST_KEPT:
            _KEPT.pop(next(iter(_KEPT)), None)
        known = _KEPT[key] = program, _attempt(program, wanted)
    return _required(known[1])


def open_plan(program: Program, kind: str = "both") -> KernelPlan:
    """The plan with expectations over pairs as they are, to be read. Raises as `plan_kernel`."""
    return _required(_attempt(program, check_kind(kind), closes=False))


def _required(found: KernelPlan | str) -> KernelPlan:
    if isinstance(found, str):
        raise NotPlanned(found)
    return found


def is_planned(program: Program, kind: str = "both") -> bool:
    """Whether a kernel has a plan. Raises TPTypeError as `plan_kernel`."""
    try:
        plan_kernel(program, kind)
    except NotPlanned:
        return False
    return True


def _attempt(program: Program, wanted: Kind, closes: bool = True) -> KernelPlan | str:
    """The plan, or why there is none."""
    found = tangent(program, "ntk") if wanted != "nngp" else None
    try:
        return _planned(program, wanted, found, closes)
    except NotPlanned as error:
        return error.reason
    except NotClosed as error:
        return f"{error.reason}{f', in {error.where}' if error.where else ''}"
    except TPError as error:
        return str(error.message)


def _planned(program: Program, kind: str, found: Tangent | None, closes: bool) -> KernelPlan:
    rows = representative_rows(program)
    labels = row_labels(program.outputs, rows)
    if found is None:
        return KernelPlan(program, kind, labels, (_of_readouts(program, closes),), Fraction(0))
    orders = orders_of(found)
    rescaled = any(orders.own.of(output) for output in found.outputs)  # the NNGP is of f itself
    if kind == "ntk" or found.cotangents or rescaled:
        ntk, exponent = _of_tangent(found, orders, rows, False, closes)
        first = () if kind == "ntk" else (_of_readouts(program, closes),)
        return KernelPlan(program, kind, labels, (*first, ntk), exponent)
    both, exponent = _of_tangent(found, orders, rows, True, closes)
    return KernelPlan(program, kind, labels, (both,), exponent)


def _of_readouts(program: Program, closes: bool) -> PlanPart:
    pairs = _output_pairs(program)
    names = [(program.outputs[i].name, program.outputs[j].name) for i, j in pairs]
    at = planned(restricted(program, names), closes)
    return _part(at, _covariances(at, program))


def _output_pairs(program: Program) -> list[tuple[int, int]]:
    """The pairs of outputs, both ways: K_ij(ξ, ξ̄) is K_ji(ξ̄, ξ), another number than K_ji(ξ, ξ̄).

    Raises NotPlanned where some are no copies or of other dimensions.
    """
    outputs = program.outputs
    if not all(are_copies(program, f) and f.type == outputs[0].type for f in outputs):
        raise NotPlanned("outputs of several kinds")
    places = range(len(outputs))
    return [(i, j) for i in places for j in places]


def _covariances(at: PlanningAlgebra, program: Program) -> list[tuple[Destination, Array]]:
    names = [f.name for f in program.outputs]
    return [
        (Destination("nngp", i, j), at.covariance_of(names[i], names[j]))
        for i, j in _output_pairs(program)
    ]


def _part(
    at: PlanningAlgebra,
    found: Sequence[tuple[Destination, Array]],
    rows: tuple[Row, ...] = (),
    tangent: Tangent | None = None,
) -> PlanPart:
    places = [place for place, _ in found]
    origins = [_end(at.tape, values) for _, values in found]
    tape, ends = factored(at.tape, origins, shares=at.closes)
    return PlanPart(tape, tuple(ends), tuple(places), at, tuple(origins), rows, tangent)


def _end(tape: PairTape, values: Array) -> int:
    """A node of pairs, of one number too: the NNGP of μP is 0."""
    place = place_of(tape, values)
    node = tape.nodes[place]
    if node.of_pairs:
        return place
    return tape.emit("lift", (place,), 0, True, node.low, node.high)


def _of_tangent(
    found: Tangent, orders: Orders, rows: tuple[Row, ...], with_nngp: bool, closes: bool
) -> tuple[PlanPart, Fraction]:
    """The NTK, beside it the NNGP where asked for, and its exponent."""
    terms = [t for g in found.gradients for t in g.terms]
    if any(t.right is None and t.left.is_fixed and t.coefficient.exponents for t in terms):
        raise NotPlanned("trained numbers that enter wide vectors")
    pairs = list(orders.moments)
    if with_nngp:
        names = [f.name for f in found.outputs]
        pairs += [(names[i], names[j]) for i, j in _output_pairs(found.network)]
    at = planned(restricted(orders.own.program, pairs), closes)
    ntk, exponent = _total(at, orders)
    ends = [(Destination("ntk"), ntk)]
    if with_nngp:
        ends = [*_covariances(at, found.network), *ends]
    return _part(at, ends, rows if found.cotangents else (), found), exponent


def _total(at: PlanningAlgebra, orders: Orders) -> tuple[Array, Fraction]:
    """What grows fastest of all that is not 0 by its structure, and its exponent."""

    def is_zero(x: str, y: str) -> bool:
        return not is_unknown(at.moment_of(x, y))

    for exponent in orders.counted():
        total = np.zeros(1)
        for a, b in orders.products(exponent):
            factor = inner_product_factor(a, b).constant
            total = total + factor * _product(at, a.ends, b.ends)
            if a is not b:
                total = total + factor * _product(at, b.ends, a.ends)
        if is_unknown(total):
            orders.require_told(exponent, is_zero)
            return total, exponent
        if total.any():
            raise NotPlanned("a kernel that is one number")
    raise NotPlanned("a kernel that is 0")


def _product(at: PlanningAlgebra, left: Iterable[Variable], right: Iterable[Variable]) -> Array:
    """Π E[x(ξ_i) y(ξ_j)] over the ends."""
    total = np.ones(1)
    for x, y in zip(left, right, strict=True):
        total = total * at.moment_of(x.name, y.name)
    return total
