"""The function `init` of a generated module: everything random, drawn in declaration order.

    param   W = M w     w ~ N(0, s n^(−2b))         the trained w is stored
    matrix  W : r × c   entries ~ N(0, s/c)
    vector  x¹, …, x^k  (x_α) ~ N(μ, Σ) = μ + A z,  A Aᵀ = Σ

Draws are float64 and then rounded to the module's dtype, so that one seed gives the same network
in both precisions; the reference interpreter's `sample` draws the same.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import assert_never

import numpy as np

from tpgraph.compiler.backends import JAX
from tpgraph.compiler.code_lines import Lines, quoted
from tpgraph.compiler.plan import Plan, power_text
from tpgraph.compiler.statement_comments import declared
from tpgraph.program import (
    Data,
    Declaration,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    Parameter,
    Target,
    Variable,
    layer_kind,
)
from tpgraph.types import Dimension, Width

__all__ = ["base_size_text", "covariance_factor", "emit_init", "wide_size_text"]

WIDTH_KEY = "width {0}"
"""Key under which `params` holds a base width that no array has as a dimension."""


def emit_init(plan: Plan, lines: Lines) -> None:
    """The body of `init(widths, seed)`."""
    lines.assign("rng", "np.random.default_rng(seed)")
    for width in plan.program.widths:
        _emit_width(plan, lines, width)
    lines.assign("params", "{}")
    for declaration in plan.program.declarations:
        _emit_declaration(plan, lines, declaration)
    if stored_width(plan) is not None:
        base = plan.program.widths[0]
        key = quoted(WIDTH_KEY.format(base.name))
        lines.assign(f"params[{key}]", f"np.array([{plan.size(base)}])")
    lines.returns("params")


def _emit_width(plan: Plan, lines: Lines, width: Width) -> None:
    name = plan.size(width)
    if width.base is None:
        lines.assign(name, [f"widths[{quoted(width.name)}]"])
        return
    p, q = width.ratio.numerator, width.ratio.denominator
    base = plan.width_names[width.base]
    if width.is_rounded:
        lines.add(f"{name} = ({2 * p} * {base} + {q}) // {2 * q}")
        lines.add(f"if {name} < 1:")
        says = f"width {width.name} = {width.ratio_text} {width.base} is less than 1"
        lines.add(f"    raise ValueError({quoted(says)})")
        return
    product = base if p == 1 else f"{p} * {base}"
    lines.add(f"{name} = {product}" if q == 1 else f"{name} = {product} // {q}")
    if q != 1:
        lines.add(f"if {q} * {name} != {product}:")
        says = f"width {width.name} = {width.ratio} {width.base} is not a whole number"
        lines.add(f"    raise ValueError({quoted(says)})")


def _emit_declaration(plan: Plan, lines: Lines, declaration: Declaration) -> None:
    says = declared(declaration)
    match declaration:
        case InitialScalar(variable, value, _, widths):
            text = plan.expressions.value(value).fill([plan.size(w) for w in widths])
            lines.assign(_stored(variable), f"np.array([{text}], dtype=DTYPE)", says)
        case InitialVectors():
            _emit_vectors(plan, lines, declaration)
        case InitialMatrix(variable, variance):
            rows, columns = variable.matrix.rows, variable.matrix.columns
            shape = f"({plan.size(rows)}, {plan.size(columns)})"
            deviation = _over_root(plan, variance, columns)
            lines.assign(_stored(variable), _draw(shape, deviation), says)
        case Parameter(variable):
            shape = _shape(plan, variable.type.dimensions)
            draw = _draw(shape, _deviation(plan, declaration))
            lines.assign(_stored(variable), draw, says)
        case Data() | Target():
            pass
        case _:
            assert_never(declaration)


def _stored(variable: Variable) -> str:
    return f"params[{quoted(variable.name)}]"


def _draw(shape: str, deviation: str) -> str:
    return f"_normal(rng, {shape}, {deviation})"


def _shape(plan: Plan, dimensions: tuple[Dimension, ...]) -> str:
    sizes = [plan.size(d) for d in dimensions]
    return sizes[0] if len(sizes) == 1 else f"({', '.join(sizes)})"


def _over_root(plan: Plan, variance: float, columns: Dimension) -> str:
    """The text of √(variance / columns)."""
    if isinstance(columns, Width):
        return power_text(variance**0.5, plan.size(columns), Fraction(-1, 2))
    return repr((variance / columns.value) ** 0.5)


def _deviation(plan: Plan, parameter: Parameter) -> str:
    """The text of the standard deviation of w, √s · n^(−b) [· 1/√d in standard]."""
    parametrization = plan.program.parametrization
    assert parametrization is not None, "checked by the builder"
    variable = parameter.variable
    kind = layer_kind(variable)
    _, b = parametrization.exponents(kind)
    constant = parameter.variance**0.5
    if not variable.is_matrix:
        dimension = variable.dim
    elif kind == "input":
        dimension = variable.matrix.rows
        if parametrization.name == "standard":
            constant /= variable.matrix.columns.size({}) ** 0.5
    else:
        dimension = variable.matrix.columns
    return power_text(
        constant, plan.size(dimension), -b if isinstance(dimension, Width) else Fraction(0)
    )


def _emit_vectors(plan: Plan, lines: Lines, declaration: InitialVectors) -> None:
    says = declared(declaration)
    n = plan.size(declaration.variables[0].dim)
    if len(declaration.variables) == 1:
        variable, mean = declaration.variables[0], declaration.mean[0]
        deviation = repr(declaration.covariance[0][0] ** 0.5)
        shift = f"DTYPE({mean!r}) + " if mean else ""
        lines.assign(_stored(variable), f"{shift}{_draw(n, deviation)}", says)
        return
    factor = covariance_factor(declaration.covariance).tolist()
    lines.comment(says)
    k = len(declaration.variables)
    text = f"np.array({factor}) @ rng.standard_normal(({k}, {n}))"
    if any(declaration.mean):
        text = f"np.array({[[m] for m in declaration.mean]}) + {text}"
    lines.assign("z", text)
    for i, variable in enumerate(declaration.variables):
        lines.assign(_stored(variable), f"z[{i}].astype(DTYPE)")


def covariance_factor(
    covariance: tuple[tuple[float, ...], ...],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The symmetric root A of Σ, A Aᵀ = Σ, which exists where Σ is singular too.

    >>> covariance_factor(((4.0, 0.0), (0.0, 1.0))).tolist()
    [[2.0, 0.0], [0.0, 1.0]]
    """
    values, vectors = np.linalg.eigh(np.array(covariance, dtype=float))
    root: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
    root = vectors * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    return root


def _needs_base_size(plan: Plan) -> bool:
    program = plan.program
    return bool(
        program.parametrization is not None
        and program.parametrization.c
        and program.widths
        and program.parameters
        and program.loss is not None
    )


def stored_width(plan: Plan) -> Width | None:
    """The base width, where the learning rate needs its size and no array's shape tells it."""
    if not _needs_base_size(plan) or _place_of_base(plan) is not None:
        return None
    return plan.program.widths[0]


def base_size_text(plan: Plan) -> str | None:
    """The text of the base width's size in terms of `params`; None if nothing needs it."""
    if not _needs_base_size(plan):
        return None
    place = _place_of_base(plan)
    key = quoted(WIDTH_KEY.format(plan.program.widths[0].name))
    stored = f"params[{key}][0]"
    return place or (stored if plan.backend is JAX else f"float({stored})")  # jit keeps no floats


def wide_size_text(plan: Plan) -> str | None:
    """The text of a width's size, of the base width where an array has it; None without widths."""
    return _place_of_base(plan) or _place(plan, lambda width: True)


def _place_of_base(plan: Plan) -> str | None:
    base = plan.program.widths[0].name if plan.program.widths else None
    return _place(plan, lambda width: width.name == base)


def _place(plan: Plan, fits: Callable[[Width], bool]) -> str | None:
    """Where the size of a width that fits stands among the parameters."""
    for declaration in plan.program.declarations:
        if not isinstance(declaration, Parameter | InitialMatrix | InitialVectors):
            continue
        variable = declaration.variables[0]
        for axis, dimension in enumerate(variable.type.dimensions):
            if isinstance(dimension, Width) and fits(dimension):
                return f"{_stored(variable)}.shape[{axis}]"
    return None
