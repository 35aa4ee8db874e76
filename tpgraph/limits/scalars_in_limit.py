"""ψ in the limit of the scalars that vanish, and of vectors that vanish with them.

    mean((tanh(x + ε y) − tanh x)/ε)  →  E[tanh′(x) y]

One scalar goes by `vanishing`, several by one t = n^(−1/q) of which all are powers, a vector that
vanishes by its expression (`joint_scales`). What is lost where few coordinates count, or where they
come to lie at a jump, is looked for (`boundary_layers`, `atoms`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from tpgraph.errors import TPTypeError
from tpgraph.functions import (
    Argument,
    Expression,
    arguments_of,
    inline,
    inside_jumps,
    mul,
    operation_count,
    substitute,
)
from tpgraph.limits.algebra import Algebra
from tpgraph.limits.boundary_layers import may_have_layer
from tpgraph.limits.composition import with_expressions
from tpgraph.limits.fluctuations import fluctuating, require_settled, with_fluctuation
from tpgraph.limits.singular_scalars import require_regular
from tpgraph.limits.vanishing import at_limit, is_delicate, is_delicate_in
from tpgraph.program import InitialScalar, Moment, Nonlin, Variable

__all__ = ["in_limit", "in_powers", "require_convergence", "require_no_layer", "vanishing_in"]

Z = TypeVar("Z")

_LARGEST = 2000
"""Operations of an expression that is still put into others."""


def in_limit(at: Algebra[Z], equation: Nonlin | Moment) -> tuple[Nonlin | Moment, Nonlin | Moment]:
    """ψ before and in the limit of its vanishing scalars, and of vectors that vanish with them."""
    scales = at.joint_scales
    if _asks_how_fast(at, equation):
        equation = scales.whole(equation)
        if _asks_how_fast(at, equation):
            scales.require_told(equation)
    try:
        return equation, _alone_in_limit(at, equation)
    except TPTypeError:
        if not scales.reads(equation):
            raise
        equation = scales.whole(equation)
        return equation, _alone_in_limit(at, equation)


def vanishing_in(at: Algebra[Z], equation: Nonlin | Moment) -> list[int]:
    """The places of scalars that vanish."""
    return [i for i, a in enumerate(equation.arguments) if at.decays.get(a.name)]


def in_powers(at: Algebra[Z], equation: Nonlin | Moment) -> Nonlin | Moment:
    """With the powers of n of a scalar that vanishes, where n^(−k) is to be put in its place."""
    values: list[Expression] = [Argument(i) for i in range(len(equation.arguments))]
    for i in vanishing_in(at, equation):
        declared = _declared(at, equation, i)
        unit = 1 / at.scales.decay(declared)
        values[i] = at.scales.by_powers(declared, Argument(i), unit)
    if values == [Argument(i) for i in range(len(values))]:
        return equation
    return replace(equation, function=substitute(inline(equation.function), values))


def require_convergence(at: Algebra[Z], before: Nonlin | Moment, found: Nonlin | Moment) -> None:
    """Ask the algebra, where it need not be so, whether what comes `before` tends to what is found.

    ψ may be large on few coordinates before its scalars have vanished (raises Escapes), or jump
    where coordinates come to lie (raises Undecided). What reads a vector without a Z is not asked.
    """
    vanishing = vanishing_in(at, before)
    has_layer = bool(vanishing) and may_have_layer(before.function, vanishing)
    if has_layer and not at.densities.reads(before):
        at.require_dominated(before, {i: _declared(at, before, i) for i in vanishing})
    inside = [found.arguments[i] for i in inside_jumps(inline(found.function))]
    if found.vectors and any(map(at.may_lie, inside)):
        at.require_decided(found)


def require_no_layer(at: Algebra[Z], found: Nonlin | Moment, has_pole: bool) -> None:
    """Ask the algebra whether E ψ tends to its limit where Moments do, of ψ that `has_pole` there.

    They come there from both sides: |θ|/(θ² + x²) → 0 of a θ → 0, and its mean to π p_x(0). Raises
    Escapes.
    """
    if not has_pole or not found.vectors:
        return
    whole = _with_moments(at, found)
    moments = [i for i, a in enumerate(whole.arguments) if _is_moment(at, a)]
    if moments and may_have_layer(whole.function, moments):
        at.require_dominated(whole, {}, moments)


def _with_moments(at: Algebra[Z], found: Nonlin | Moment) -> Nonlin | Moment:
    """With the expressions of the Nonlins that read Moments, as deep as they are short."""
    while True:
        made = {a.name: at.program.equation_of.get(a.name) for a in found.arguments}
        told = {
            name: e
            for name, e in made.items()
            if isinstance(e, Nonlin)
            and any(_is_moment(at, a) for a in e.arguments)
            and not any(a.name in at.decays for a in e.arguments)
        }
        whole = with_expressions(found, told)
        if whole is found or operation_count(whole.function) > _LARGEST:
            return found
        found = whole


def _is_moment(at: Algebra[Z], variable: Variable) -> bool:
    return variable.name in at.program.equation_of and variable.name in at.scalars


def _declared(at: Algebra[Z], equation: Nonlin | Moment, index: int) -> InitialScalar:
    """The declaration of an argument that vanishes."""
    declaration = at.program.declaration_of[equation.arguments[index].name]
    assert isinstance(declaration, InitialScalar), "only those vanish"
    return declaration


def _asks_how_fast(at: Algebra[Z], equation: Nonlin | Moment) -> bool:
    """Whether vectors that vanish enter otherwise than by their limit."""
    own = at.joint_scales.vanishing_in(equation)
    places = [*own, *vanishing_in(at, equation)]
    return bool(own) and is_delicate_in(inline(equation.function), places)


def _alone_in_limit(at: Algebra[Z], equation: Nonlin | Moment) -> Nonlin | Moment:
    psi = equation.function
    vanishing = vanishing_in(at, equation)
    is_told = not is_delicate(inline(psi)) and not at.densities.reads(equation)
    if not vanishing or is_told:
        return equation
    alone = len(vanishing) == 1 and at.scales.is_positive(_declared(at, equation, vanishing[0]))
    try:
        found = at_limit(psi, vanishing[0]) if alone else _jointly(at, equation, vanishing)
    except TPTypeError:
        known = fluctuating(at, equation)
        if not known:
            raise
        found = _jointly(at, equation, vanishing, known)
    if set(arguments_of(psi)) - set(arguments_of(found)) - set(vanishing):
        require_regular(at, equation, psi, vanishing)  # 0 times what grows is no 0
    return replace(equation, function=found)


def _jointly(
    at: Algebra[Z],
    equation: Nonlin | Moment,
    vanishing: Sequence[int],
    known: Sequence[int] = (),
) -> Expression:
    """ψ where several scalars vanish, ε_i = Σ_k c_ik t^k with one t = n^{−1/q} → 0.

    Moments that are `known` come to their limit by t^{q/2} times something random.
    """
    declared = {i: _declared(at, equation, i) for i in vanishing}
    decays = [at.scales.decay(d) for d in declared.values()]
    unit = math.lcm(*(k.denominator for k in decays), 2 if known else 1)
    t = Argument(len(equation.arguments))
    values: list[Expression] = [Argument(i) for i in range(len(equation.arguments))]
    for i, scalar in declared.items():
        values[i] = at.scales.by_powers(scalar, t, Fraction(unit))
    random = {i: t.index + 1 + k for k, i in enumerate(known)}
    for i, place in random.items():
        own = mul(Argument(place), *[t] * (unit // 2))
        values[i] = with_fluctuation(at, equation.arguments[i], own)
    settled = at_limit(substitute(inline(equation.function), values), t.index)
    require_settled(at.program, equation, settled, random)
    return settled
