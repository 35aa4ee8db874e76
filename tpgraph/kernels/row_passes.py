"""A backward pass of its own for every component of the outputs, beside one forward pass.

    dh^a = J_hᵀ e_a   for each a,   under names of its own

As data, cotangents would repeat the network's own vectors on N inputs once for each component.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tpgraph.kernels.kernel_values import Array
from tpgraph.kernels.tangent import Row, Tangent
from tpgraph.program import Data, Declaration, Equation, MatMul, Program, Variable, join_name
from tpgraph.program.graph import varied
from tpgraph.program.reach import descendants

__all__ = ["RowPasses", "row_passes"]


@dataclass(frozen=True)
class RowPasses:
    """`names` has for each row what vectors are called there that the cotangents reach."""

    program: Program
    names: tuple[Mapping[str, str], ...]
    data: Mapping[str, Array]


def row_passes(
    found: Tangent, program: Program, arrays: Mapping[str, Array], rows: Sequence[Row]
) -> RowPasses:
    """The passes of these rows in one program, of `program`, that of `found` in its own units."""
    if not found.cotangents:
        return RowPasses(program, ({},), dict(arrays))
    count = len(next(iter(arrays.values())))
    behind = descendants(program, found.cotangents)
    reached = [name for name in program.variables if name in behind]
    names = tuple({n: _name(program, n, row) for n in reached} for row in range(len(rows)))
    data = dict(arrays)
    for cotangent, seeds in found.seeds(rows).items():
        for own, seed in zip(names, seeds, strict=True):
            data[own[cotangent]] = np.tile(seed, (count, 1))
    variables = program.variables
    new = [{n: Variable(m, variables[n].type) for n, m in own.items()} for own in names]
    declarations: list[Declaration] = []
    for declaration in program.declarations:
        if isinstance(declaration, Data) and declaration.variable.name in behind:
            name = declaration.variable.name
            declarations += [replace(declaration, variable=own[name]) for own in new]
        else:
            declarations.append(declaration)
    equations: list[Equation] = []
    for equation in program.equations:
        is_reached = equation.out.name in behind
        equations += [_renamed(equation, own) for own in new] if is_reached else [equation]
    whole = varied(
        program,
        declarations=tuple(declarations),
        equations=tuple(equations),
        outputs=(),
        loss=None,
    )
    return RowPasses(whole, names, data)


def _name(program: Program, name: str, row: int) -> str:
    """What a variable is called in a row: as it is in the first."""
    if row == 0:
        return name
    base, index, temporary = program.variables[name].parts
    base = f"{base}_row{row}"
    while join_name(base, index, temporary) in program.variables:
        base += "_"
    return join_name(base, index, temporary)


def _renamed(equation: Equation, names: Mapping[str, Variable]) -> Equation:
    def own(variable: Variable) -> Variable:
        return names.get(variable.name, variable)

    if isinstance(equation, MatMul):
        return replace(equation, out=own(equation.out), operand=own(equation.operand))
    return replace(equation, out=own(equation.out), arguments=tuple(map(own, equation.arguments)))
