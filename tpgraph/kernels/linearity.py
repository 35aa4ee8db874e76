"""Whether outputs are linear in what they are Gaussian by, so that their covariance is a kernel."""

from __future__ import annotations

from collections.abc import Iterable

from tpgraph.errors import TPTypeError
from tpgraph.functions import arguments_of, gradient
from tpgraph.kernels.tangent import Readout
from tpgraph.program import Equation, MatMul, Program
from tpgraph.program.reach import ancestors
from tpgraph.transform.error_scales import reads_out

__all__ = ["require_linear"]


def require_linear(program: Program, readouts: Iterable[Readout]) -> None:
    """Raise TPTypeError where an output is not linear in its readouts f = V x."""
    needed = ancestors(program, [v.name for v in program.outputs])
    names = {r.declaration.variable.name for r in readouts}
    random = {name for name in names if not program.variables[name].is_matrix}
    for equation in program.equations:
        if equation.out.name not in needed or not _depends(equation, random, names):
            continue
        if _bends(equation, random):
            raise TPTypeError(
                f"{equation.out} is not linear in the readout, or enters the network again",
                equation.span,
                "outputs such as f = V x + c",
                "ask for the ntk kernel, or make the readout itself the output",
            )
        random.add(equation.out.name)


def _depends(equation: Equation, random: set[str], matrices: set[str]) -> bool:
    match equation:
        case MatMul(_, matrix, _, operand):
            return (matrix.name in matrices and reads_out(equation)) or operand.name in random
        case _:
            return any(v.name in random for v in equation.inputs)


def _bends(equation: Equation, random: set[str]) -> bool:
    """Whether it is no linear function of its random arguments, or makes a wide vector of them."""
    if isinstance(equation, MatMul):
        return equation.operand.name in random
    places = {i for i, a in enumerate(equation.arguments) if a.name in random}
    slopes = gradient(equation.function)
    return equation.out.is_wide or any(
        places & set(arguments_of(slope)) for i, slope in slopes.items() if i in places
    )
