"""Equations as lines of numpy.

MatMul  h = W x      h = M * (x @ W.T)          W = M w, the multiplier M on the O(n) result
        h = Wᵀ x     h = M * (x @ W)
Nonlin  y = ψ(…)     y = ψ(…)                   by broadcasting
Moment  θ = mean ψ   θ = ψ(…).mean(axis=-1, keepdims=True)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

from tpgraph.compiler.code_lines import Lines, quoted
from tpgraph.compiler.plan import Plan
from tpgraph.compiler.statement_comments import equation_text
from tpgraph.functions import Expression
from tpgraph.program import Data, Equation, MatMul, Moment, Nonlin, Target, Variable

__all__ = ["emit_equation", "emit_inputs", "equation_comment", "operand_names"]


def emit_inputs(plan: Plan, lines: Lines, variables: Iterable[Variable]) -> None:
    """Bind what equations read and no equation makes: parameters, random objects, data."""
    used = {v.name for v in variables}
    matrices = []
    for declaration in plan.program.declarations:
        for variable in declaration.variables:
            if variable.name not in used:
                continue
            name = plan.name(variable)
            if isinstance(declaration, Data | Target):
                lines.assign(name, plan.backend.array.format(name))
            elif variable.is_matrix:
                lines.assign(name, [f"params[{quoted(variable.name)}]"])
                matrices.append(variable)
            elif variable.name in plan.multipliers:
                lines.assign(name, [f"params[{quoted(variable.name)}]"])
                factor = plan.multipliers[variable.name]
                lines.assign(f"M_{name}", factor, f"multiplier of {variable}")
                lines.assign(name, f"M_{name} * {name}")
            else:
                lines.assign(name, [f"params[{quoted(variable.name)}]"])
    for variable in matrices:
        if variable.name in plan.multipliers:
            factor = plan.multipliers[variable.name]
            lines.assign(f"M_{plan.name(variable)}", factor, f"multiplier of {variable}")


def equation_comment(plan: Plan, equation: Equation) -> str:
    """`MatMul  h[2] = W[2] x[1]`."""
    return f"{type(equation).__name__}  {equation_text(equation, plan.expressions)}"


def emit_equation(plan: Plan, lines: Lines, equation: Equation) -> None:
    """The line that carries out one equation."""
    out = plan.name(equation.out)
    match equation:
        case MatMul(_, matrix, transpose, operand):
            w = plan.name(matrix)
            text = f"{plan.name(operand)} @ {w}{'' if transpose else '.T'}"
            if matrix.name in plan.multipliers:
                text = f"M_{w} * ({text})"
        case Nonlin(_, function, arguments):
            text = _coordinatewise(plan, function, arguments)
        case Moment(_, function, arguments):
            text = _coordinatewise(plan, function, arguments)
            if equation.vectors:
                bare = text.replace("_", "a").isalnum()
                text = f"{text if bare else f'({text})'}{plan.backend.mean}"
        case _:
            assert_never(equation)
    lines.assign(out, text, equation_comment(plan, equation))


def operand_names(plan: Plan, arguments: Sequence[Variable]) -> list[str]:
    """The identifiers of an instruction's arguments."""
    return [plan.names[a.name] for a in arguments]


def _coordinatewise(plan: Plan, function: Expression, arguments: Sequence[Variable]) -> str:
    """ψ(…) with the shape that its arguments broadcast to, even if it ignores some of them."""
    template = plan.expressions.value(function)
    names = operand_names(plan, arguments)
    text = template.fill(names)
    used = [arguments[i] for i in template.uses]
    shape = _shape(plan, arguments)
    if used and _shape(plan, used) == shape:
        return text
    if not arguments:
        return plan.backend.filled.format(shape=1, value=text)
    shapes = ", ".join(f"{name}.shape" for name in names)
    broadcast = f"{plan.backend.call('broadcast_shapes')}({shapes})"
    whole = f"{names[0]}.shape" if len(names) == 1 else broadcast
    return plan.backend.filled.format(shape=whole, value=text)


def _shape(plan: Plan, variables: Sequence[Variable]) -> tuple[bool, bool]:
    """Whether the variables together have a batch axis, and a coordinate axis."""
    return any(plan.is_batched(v) for v in variables), any(v.is_vector for v in variables)
