"""Whether the components of an output are independent copies of each other in the limit.

The rows of a readout V are, so that K_ab = δ_ab K for f = V x + c. Not so where V is also used from
its rows' side, as in V (…Vᵀ z), or where components are mixed or weighted behind the readout.
"""

from __future__ import annotations

from tpgraph.functions import arguments_of, gradient
from tpgraph.kernels.tangent import Row, components
from tpgraph.program import Equation, MatMul, Nonlin, Program, Variable
from tpgraph.program.reach import ancestors
from tpgraph.transform.error_scales import reads_out

__all__ = ["are_copies", "representative_rows"]


def representative_rows(program: Program) -> tuple[Row, ...]:
    """One component of every output of independent copies, all components of the others."""
    return tuple(
        (place, component)
        for place, output in enumerate(program.outputs)
        for component in range(1 if are_copies(program, output) else components(output))
    )


def are_copies(program: Program, output: Variable) -> bool:
    """Whether one component of an output stands for all."""
    if components(output) == 1:
        return True
    needed = ancestors(program, [output.name])
    used = [e for e in program.equations if e.out.name in needed]
    products = [e for e in used if isinstance(e, MatMul)]
    readouts = {e.matrix.name for e in products if reads_out(e)}
    if any(e.matrix.name in readouts and e.operand.is_fixed for e in products):
        return False
    behind: set[str] = set()
    for equation in used:
        match equation:
            case MatMul() if reads_out(equation):
                behind.add(equation.out.name)
            case _ if any(v.name in behind for v in equation.inputs):
                if not _keeps_apart(equation, behind):
                    return False
                behind.add(equation.out.name)
    return True


def _keeps_apart(equation: Equation, behind: set[str]) -> bool:
    """Whether it treats all components alike: Σ θ_i z_i + …, with scalars θ_i."""
    if not isinstance(equation, Nonlin):
        return False
    slopes = gradient(equation.function)
    places = [i for i, a in enumerate(equation.arguments) if a.name in behind and i in slopes]
    weights = {j for i in places for j in arguments_of(slopes[i])}
    return all(equation.arguments[j].is_scalar for j in weights)
