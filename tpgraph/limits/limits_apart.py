"""Programs in which a scalar that tends to a number other than 0 is told apart from that number.

    scalar s -> 2 = 2 + 1/n    s = 2 + s′,  s′ = s − 2 → 0

so that (s − 2)/ε and step(s − 2) are told by how fast s comes to its limit, and from which side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tpgraph.functions import Argument, Expression, add, inline, neg, substitute
from tpgraph.program import Declaration, InitialScalar, MatMul, Moment, Nonlin, Program, Variable
from tpgraph.program.scales import DeclaredScales

__all__ = ["with_limits_apart"]


def with_limits_apart(program: Program) -> Program | None:
    """The program in which they are; None where no scalar tends to another number than 0."""
    scales = DeclaredScales(program)
    apart: dict[str, Expression] = {}
    rest: dict[str, Variable] = {}
    declarations: list[Declaration] = []
    for declaration in program.declarations:
        declarations.append(declaration)
        if not isinstance(declaration, InitialScalar):
            continue
        if not declaration.limit or not declaration.widths:
            continue
        limit = scales.constant(declaration)
        if limit is None:
            continue
        variable = declaration.variable
        own = replace(variable, name=_fresh(program, len(program.variables) + len(rest)))
        value = add(declaration.value, neg(limit))
        declarations.append(replace(declaration, variable=own, value=value, limit=0.0))
        apart[variable.name], rest[variable.name] = limit, own
    if not apart:
        return None
    equations = tuple(
        e if isinstance(e, MatMul) else _told_apart(e, apart, rest) for e in program.equations
    )
    return replace(program, declarations=tuple(declarations), equations=equations)


def _told_apart(
    equation: Nonlin | Moment, apart: Mapping[str, Expression], rest: Mapping[str, Variable]
) -> Nonlin | Moment:
    """An equation that reads L + s′ for s."""
    names = [a.name for a in equation.arguments]
    if not apart.keys() & set(names):
        return equation
    values = [
        add(apart[n], Argument(i)) if n in apart else Argument(i) for i, n in enumerate(names)
    ]
    function = substitute(inline(equation.function), values)
    arguments = tuple(rest.get(a.name, a) for a in equation.arguments)
    return replace(equation, function=function, arguments=arguments)


def _fresh(program: Program, count: int) -> str:
    """The first name from `count` on that the program does not use: what is declared is named."""
    while (name := f"rest[{count}]") in program.variables:
        count += 1
    return name
