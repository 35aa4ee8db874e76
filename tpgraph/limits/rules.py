"""The Master Theorem: one rule for each instruction, over any algebra of Z.

    ZInit     (Z^x)_x ~ N(μ, Σ);  θ → θ̊
    ZNonlin   Z^{ψ(x¹, …; θ)} = ψ(Z^{x¹}, …; θ̊)
    ZMoment   θ̊ = E ψ(Z^{x¹}, …; θ̊)
    ZMatMul   Z^{Wx} = Ẑ^{Wx} + Ż^{Wx}
    ZHat      Cov(Ẑ^{Wx}, Ẑ^{Wy}) = σ² E[Z^x Z^y]
    ZDot      Ż^{Wx} = σ² Σ_i Z^{y_i} E[∂Z^x/∂Ẑ^{Wᵀy_i}]

For W of r × c with entries of variance s: σ² = s c for Wx and s r for Wᵀy. Source: Tensor Programs
IIb (arXiv 2105.03703), Definition B.3; unequal widths: Tensor Programs II (arXiv 2006.14548).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar, assert_never

import numpy as np

from tpgraph.errors import TPRandomError, TPTypeError
from tpgraph.functions import has_density
from tpgraph.limits.algebra import Algebra
from tpgraph.limits.estimates import Array
from tpgraph.limits.given import given_value, in_limit_of
from tpgraph.limits.logistic import stable
from tpgraph.limits.outputs import STAYS_RANDOM, OutputLimit
from tpgraph.limits.scalars_in_limit import (
    in_limit,
    in_powers,
    require_convergence,
    require_no_layer,
    vanishing_in,
)
from tpgraph.limits.singular_scalars import reaches, require_regular, vanishes
from tpgraph.program import (
    Data,
    Declaration,
    Equation,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    MatMul,
    Moment,
    Nonlin,
    Parameter,
    Target,
)
from tpgraph.program.formula_text import formula_text
from tpgraph.program.scales import Asymptotic
from tpgraph.progress import counted

__all__ = ["evaluate"]

Z = TypeVar("Z")


def evaluate(
    at: Algebra[Z],
    independent: Collection[str] = (),
    after: Callable[[int], None] = lambda number: None,
) -> None:
    """Apply the rules to every declaration and equation of the algebra's program, in order.

    The products named in `independent` have no Ż, as if their matrix were drawn anew. `after` is
    called with −1 behind the declarations, and with the number of every equation behind it. Raises
    TPError, and NotClosed where the algebra gives up, which name the equation.
    """
    for declaration in at.program.declarations:
        z_init(at, declaration)
    after(-1)
    for index, equation in enumerate(counted("limits", at.program.equations)):
        if any(v.name in at.unknown for v in equation.inputs):
            at.unknown.add(equation.out.name)
        elif isinstance(equation, MatMul) and at.densities.multiplies(equation):
            at.densities.keep(equation)
        else:
            with in_limit_of(at.program, equation):
                _apply(at, equation, independent)
        after(index)
    at.densities.require_none_last()


def _apply(at: Algebra[Z], equation: Equation, independent: Collection[str]) -> None:
    if not isinstance(equation, MatMul):
        function = stable(equation.function)
        if function is not equation.function:
            equation = replace(equation, function=function)
    match equation:
        case MatMul():
            z_matmul(at, equation, independent)
        case Nonlin() | Moment() if _is_outside(at, equation):
            if not any(at.decays.get(a.name) for a in equation.arguments):
                require_regular(at, equation, equation.function)
            decays = [at.decays.get(a.name, Fraction(0)) for a in equation.arguments]
            at.outside(in_powers(at, equation), decays)
            if equation.out in at.program.outputs:
                at.require_bounded(equation.out.name)
        case Nonlin():
            z_nonlin(at, equation)
        case Moment():
            z_moment(at, equation)
        case _:
            assert_never(equation)


def z_init(at: Algebra[Z], declaration: Declaration) -> None:
    """ZInit: initial vectors are jointly Gaussian, an initial scalar has its declared limit."""
    match declaration:
        case InitialScalar(variable, _, limit):
            at.scales.require_limit(declaration)
            at.scalars[variable.name] = at.to_scalar(np.full((at.replicates, 1, 1, 1), limit))
        case InitialVectors(variables, mean, covariance):
            at.draw(variables, mean, np.array(covariance))
        case Parameter(variable):
            if variable.is_vector:
                variance = at.scales.entry_variance(variable)
                s = variance.limit(f"the variance of {variable}", declaration.span)
                at.draw((variable,), (0.0,), np.array([[s]]))
        case InitialMatrix():
            pass
        case Data() | Target():
            _given(at, declaration)
        case _:
            assert_never(declaration)


def _given(at: Algebra[Z], declaration: Data | Target) -> None:
    name, value = declaration.variable.name, given_value(declaration, at.data)
    if value is None:
        at.unknown.add(name)
        return
    shape = at.replicates, *value.shape, 1
    at.outputs[name] = OutputLimit(np.broadcast_to(value[None, :, :, None], shape))


def z_nonlin(at: Algebra[Z], equation: Nonlin) -> None:
    """ZNonlin: Z^{ψ(x¹, …; θ)} = ψ(Z^{x¹}, …; θ̊)."""
    whole = at.densities.composed(equation)
    before, found = in_limit(at, whole)
    if at.densities.reads(found) or has_density(found.function):
        at.densities.keep(equation, whole)
        return
    assert isinstance(found, Nonlin), "as the equation is"
    _require_regular_limit(at, before, found)
    reach = at.regularity.add(found, found.function, reaches(at, found.arguments))
    at.joint_scales.keep(equation, vanishes(reach), bool(vanishing_in(at, equation)))
    at.nonlin(found, found.function, at.arguments(found))
    require_no_layer(at, found, reach.has_pole)
    require_convergence(at, before, found)


def z_moment(at: Algebra[Z], equation: Moment) -> None:
    """ZMoment: θ̊ = E ψ(Z^{x¹}, …; θ̊)."""
    before, found = in_limit(at, at.densities.composed(equation))
    if at.densities.reads(found):
        at.densities.keep(equation)
        return
    assert isinstance(found, Moment), "as the equation is"
    _require_regular_limit(at, before, found)
    reach = at.regularity.add(found, found.function, reaches(at, found.arguments))
    require_no_layer(at, found, reach.has_pole)
    at.scalars[equation.out.name] = at.moment(found, at.arguments(found), reach)
    require_convergence(at, before, found)


def _require_regular_limit(at: Algebra[Z], before: Nonlin | Moment, found: Nonlin | Moment) -> None:
    """Raise TPTypeError where ψ is singular at the limits of its other scalars.

    What jumps may be no function of the text: tanh(θ/ε) → sign(θ).
    """
    try:
        require_regular(at, found, found.function)
    except TPTypeError as error:
        if found.function == before.function:
            raise
        raise TPTypeError(
            f"as what vanishes has its limit another function is left, of which {error.message}",
            error.span,
            expected=error.expected,
            mend=error.mend,
        ) from None


def _is_outside(at: Algebra[Z], equation: Nonlin | Moment) -> bool:
    """Whether the theorem has no rule for it: it is made of data and readouts."""
    arguments = equation.arguments
    return not any(a.is_wide for a in arguments) and any(at.is_outside(a) for a in arguments)


def z_matmul(at: Algebra[Z], equation: MatMul, independent: Collection[str] = ()) -> None:
    """ZMatMul: Z^{Wx} = Ẑ^{Wx} + Ż^{Wx}, input layers and readouts included.

    Raises TPTypeError where there is no limit.
    """
    name, products = equation.out.name, at.products
    key = equation.matrix.name, equation.transpose, equation.operand.name
    if key in products.made:
        products.repeats[name] = products.made[key]
        products.repeat(name, products.made[key])
    else:
        products.made[key] = name
        at.scales.require_one_base(equation.matrix, equation.span)
        _product(at, equation, name in independent)
    at.joint_scales.keep_product(equation)
    if equation.out.is_wide:
        at.regularity.add_product(equation, products.dots[name])


def _product(at: Algebra[Z], equation: MatMul, is_independent: bool) -> None:
    wide_in, wide_out = equation.operand.is_wide, equation.out.is_wide
    if wide_in and wide_out:
        sigma2 = _variance(at, equation)
        dot = {} if is_independent else z_dot(at, equation, sigma2)
        at.products.bind(equation.out.name, at.products.hidden(equation, sigma2), dot)
    elif wide_out:
        hat = at.products.input(equation, _scaled_operand(at, equation))
        at.products.bind(equation.out.name, hat, {})
    elif wide_in:
        _readout(at, equation)
    else:
        raise TPTypeError(f"{equation.matrix} has no width: it has no limit")


def _variance(at: Algebra[Z], equation: MatMul) -> float:
    """σ² = s c of a product with W, s r of one with Wᵀ, over the coordinates of the operand."""
    return _growth(at, equation).limit(f"the variance of {formula_text(at.program, equation.out)}")


def _growth(at: Algebra[Z], equation: MatMul) -> Asymptotic:
    growth = at.scales.entry_variance(equation.matrix)
    return growth * at.scales.size(equation.operand.dim)


def z_dot(at: Algebra[Z], equation: MatMul, sigma2: float) -> dict[str, Array]:
    """ZDot: the coefficients σ² E[∂Z^x/∂Ẑ^{Wᵀy}] of Ż^{Wx}, by y, but those that are 0."""
    dot: dict[str, Array] = {}
    for made, slope in (at.products.slopes(equation) or {}).items():
        earlier = at.program.equation_of[made]
        assert isinstance(earlier, MatMul), made
        y = earlier.operand.name
        dot[y] = dot.get(y, np.zeros(1)) + at.coefficient(sigma2, slope)
    return {y: c for y, c in dot.items() if c.any()}


def _scaled_operand(at: Algebra[Z], equation: MatMul) -> Array:
    """√s ξ of an input layer with entries of variance s, (B, M, d); 0 of one that starts at 0."""
    s = at.scales.entry_variance(equation.matrix)
    if not s.coefficient:
        return np.zeros((1, 1, equation.operand.dim.size({})))
    if at.stays_random(equation.operand):
        raise TPRandomError(
            f"{formula_text(at.program, equation.operand)} depends on a readout,"
            " which stays random in the limit",
            mend=STAYS_RANDOM,
        )
    operand = at.outputs[equation.operand.name]
    growth = Asymptotic(s.coefficient, s.exponent + 2 * operand.power)
    root = np.sqrt(growth.limit(f"the variance of {formula_text(at.program, equation.out)}"))
    return np.asarray(root * operand.values[..., 0])


def _readout(at: Algebra[Z], equation: MatMul) -> None:
    """Gaussian over initializations, also where it grows, or where x knows V a deterministic mean.

    V x = n E[V_α Z^x_α], and E[V_α Z^x] = Σ_i Cov(V_α, Ẑ^{Vᵀy_i}) E[∂Z^x/∂Ẑ^{Vᵀy_i}].
    """
    slopes = at.products.slopes(equation)
    if slopes is None:
        growth = _growth(at, equation)
        if equation.out in at.program.outputs:
            growth.limit(f"the variance of {formula_text(at.program, equation.out)}")
        variance = growth.lasting
        at.products.readout(equation, variance.coefficient, variance.exponent / 2)
        return
    s = at.scales.entry_variance(equation.matrix)
    size = at.scales.size(equation.operand.dim)
    growth = Asymptotic(np.sqrt(s.coefficient), s.exponent / 2) * size
    if equation.out in at.program.outputs:
        growth.limit(
            f"{equation.out} reads {formula_text(at.program, equation.operand)}, which depends on"
            f" {equation.matrix}: it"
        )
    at.outputs[equation.out.name] = at.products.aligned(equation, growth.lasting, slopes)
