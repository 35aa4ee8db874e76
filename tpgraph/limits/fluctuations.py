"""Quotients of centred means by scalars that vanish: how fast a Moment comes to its limit.

    θ = θ̊ + n^(−1/2) G,  G random of size 1,   mean(x) mean(y)/ε → 0,   mean(x)²/ε² stays random

for ε = 1/√n. It is so for means of polynomially bounded functions of vectors that no other scalar
enters (central limit theorem). With G in its place, the series of ψ tells which powers of n are
left: where none grows and G is not left, there is a limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.functions import Expression, add, arguments_of, number
from tpgraph.functions.divided import POLE_MEND
from tpgraph.limits.algebra import Algebra
from tpgraph.limits.regularity import Reach, reach_of
from tpgraph.program import InitialScalar, MatMul, Moment, Nonlin, Program, Variable
from tpgraph.program.formula_text import formula_text
from tpgraph.program.reach import ancestors

__all__ = ["fluctuating", "require_settled", "with_fluctuation"]

Z = TypeVar("Z")

_ROUNDING = 2.0**-50
_STAYS = (
    "{} comes to its limit as fast as what it is divided by, up to a random factor: what the"
    " quotient comes to is random"
)


def fluctuating(at: Algebra[Z], equation: Nonlin | Moment) -> list[int]:
    """The places of Moments that are known to be n^(−1/2) from a whole number.

    None where it reads another scalar that is no declared one: then not all is known.
    """
    made = [i for i, a in enumerate(equation.arguments) if a.name in at.program.equation_of]
    scalars = [i for i in made if equation.arguments[i].is_scalar]
    return scalars if all(_is_known(at, equation.arguments[i]) for i in scalars) else []


def with_fluctuation(at: Algebra[Z], scalar: Variable, factor: Expression) -> Expression:
    """θ̊ + `factor`, which stands for n^(−1/2) G."""
    known = at.closed_form(scalar.name)
    assert known is not None, "only those are known"
    return add(number(round(float(known.flat[0]))), factor)


def require_settled(
    program: Program, equation: Nonlin | Moment, found: Expression, factors: Mapping[int, int]
) -> None:
    """Raise TPTypeError where a G, by place the argument `factors`, is left in the limit."""
    used = set(arguments_of(found))
    for place, factor in factors.items():
        if factor in used:
            raise TPTypeError(
                _STAYS.format(formula_text(program, equation.arguments[place])),
                expected="a quotient by what tends to 0 more slowly",
                mend=POLE_MEND,
            )


def _is_known(at: Algebra[Z], scalar: Variable) -> bool:
    made = at.program.equation_of[scalar.name]
    if not isinstance(made, Moment) or made.scalars or scalar.name not in at.scalars:
        return False
    values = at.closed_form(scalar.name)
    if values is None:
        return False  # Samples do not tell 0 from what is small.
    whole = round(float(values.flat[0]))
    if not (np.abs(values - whole) <= _ROUNDING * abs(whole)).all():
        return False
    beneath = ancestors(at.program, [scalar.name])
    own = reach_of(made.function, [at.regularity.of(a) for a in made.arguments])
    return _is_tame(own) and all(_enters_evenly(at, name) for name in beneath)


def _is_tame(reach: Reach) -> bool:
    """Whether it is polynomially bounded."""
    return not reach.has_pole and not reach.exponent


def _enters_evenly(at: Algebra[Z], name: str) -> bool:
    """Whether it is a Moment, a matrix, or a vector that no scalar enters, of finite moments."""
    if isinstance(at.program.declaration_of.get(name), InitialScalar):
        return False
    variable = at.program.variables[name]
    made = at.program.equation_of.get(name)
    if isinstance(made, Nonlin) and made.scalars:
        return False
    if isinstance(made, MatMul) and not made.out.is_wide:
        return False
    return not variable.is_wide or _is_tame(at.regularity.of(variable))
