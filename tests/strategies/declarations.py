"""What a random program declares."""

from __future__ import annotations

from fractions import Fraction

from strategies.draft import Draft
from tpgraph.functions import (
    ADD,
    DIV,
    MUL,
    NEG,
    POW,
    PRIMITIVES,
    Apply,
    Argument,
    Defined,
    Number,
    number,
)
from tpgraph.program import (
    MUP,
    NTK,
    STANDARD,
    Data,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    Parameter,
    Parametrization,
    Variable,
)
from tpgraph.types import Fixed, Matrix, Scalar, Vector, Width

__all__ = ["declare"]

DATA = Fixed(3, "d")


def declare(draft: Draft) -> None:
    """Functions, and the parameters of a network or the initial objects of a raw program."""
    _functions(draft)
    if draft.network:
        _network(draft)
    if not draft.network or draft.chance(30):
        _raw(draft)


def _functions(draft: Draft) -> None:
    choose = draft.choose
    inner = Apply(choose.pick(draft.functions), (Argument(0),))
    body = Apply(MUL, (Number(draft.value()), inner)) if draft.chance(50) else inner
    phi = draft.builder.define(Defined("φ", ("z",), body))
    bounded = PRIMITIVES["tanh"]
    pair = Apply(ADD, (Apply(bounded, (Argument(0),)), Apply(phi, (Argument(1),))))
    if not draft.tame:
        order = choose.integer(0, 2)
        pair = Apply(DIV, (pair, Apply(POW, (Argument(0), number(order + 2)))))
    psi = draft.builder.define(Defined("ψ_2", ("a", "β"), pair))
    draft.functions += [phi] if draft.tame and not draft.smooth else [phi, psi]


def _network(draft: Draft) -> None:
    choose, builder = draft.choose, draft.builder
    custom = Parametrization(
        "abc",
        (Fraction(0), Fraction(1, 2), Fraction(1, 3)),
        (Fraction(0), Fraction(0), Fraction(1, 2)),
        Fraction(choose.integer(-1, 1)),
    )
    builder.parametrization = choose.pick((NTK, MUP, STANDARD, custom))
    data = [Variable(f"ξ[{i}]", Vector(DATA)) for i in range(1, choose.integer(1, 2) + 1)]
    for variable in data:
        builder.declare(Data(variable))
    draft.vectors[DATA] = data
    for dim in draft.dims:
        _param(draft, Matrix(dim, DATA))
        if draft.chance(60):
            _param(draft, Vector(dim))
    for _ in range(choose.integer(1, 3)):
        _param(draft, Matrix(choose.pick(draft.dims), choose.pick(draft.dims)))


def _param(draft: Draft, type_: Matrix | Vector) -> Variable:
    variable = Variable(draft.name(), type_)
    scale = draft.choose.pick((1.0, 2**0.5, 0.1))
    variance = draft.choose.pick((1.0, 0.5, 2.0))
    draft.builder.declare(Parameter(variable, variance, scale))
    if isinstance(type_, Matrix):
        draft.matrices.append(variable)
    else:
        draft.vectors[type_.dim].append(variable)
    return variable


def _raw(draft: Draft) -> None:
    choose, builder = draft.choose, draft.builder
    for dim in draft.dims:
        pair = tuple(Variable(draft.name(), Vector(dim)) for _ in range(2))
        correlation = choose.pick((0.0, 0.5, -0.25))
        covariance = ((1.0, correlation), (correlation, 1.0))
        as_x = not draft.network and draft.chance(20)
        builder.declare(InitialVectors(pair, (0.0, 0.5), covariance, as_x))
        draft.vectors[dim] += pair
    for _ in range(choose.integer(1, 3)):
        shape = Matrix(choose.pick(draft.dims), choose.pick(draft.dims))
        variable = Variable(draft.name(), shape)
        builder.declare(InitialMatrix(variable, choose.pick((1.0, 0.7, 2.0))))
        draft.matrices.append(variable)
    _scalar(draft, Number(Fraction(1, 2)), 0.5, ())
    root = Apply(PRIMITIVES["sqrt"], (Argument(0),))
    small = Apply(DIV, (number(1), root))
    _scalar(draft, small, 0.0, (draft.n,))
    if draft.chance(30):
        _scalar_of_functions(draft, small)


def _scalar_of_functions(draft: Draft, small: Apply) -> None:
    """Scalars 1 − f(1/√n) → 1 − f(0), by f of the table and by a function of the program's own."""
    name = draft.choose.pick(("erf", "sigmoid", "gelu", "silu", "tanh", "softplus"))
    function = PRIMITIVES[name]
    limit = 1 - float(function.evaluate(0.0))
    minus = Apply(NEG, (Apply(function, (Argument(0),)),))
    own = draft.builder.define(Defined("κ", ("s",), Apply(ADD, (number(1), minus))))
    written = Apply(ADD, (number(1), Apply(NEG, (Apply(function, (small,)),))))
    _scalar(draft, written, limit, (draft.n,))
    _scalar(draft, Apply(own, (small,)), limit, (draft.n,))


def _scalar(draft: Draft, value: Number | Apply, limit: float, widths: tuple[Width, ...]) -> None:
    variable = Variable(draft.name(), Scalar())
    draft.builder.declare(InitialScalar(variable, value, limit, widths))
    draft.scalars.append(variable)
