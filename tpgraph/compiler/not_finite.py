"""Which instruction of a program first makes what is not finite, and of what: 0/0, sqrt(−1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tpgraph.compiler.runtime import Array, Module, Params
from tpgraph.errors import TPError
from tpgraph.functions import inline, innermost_not_finite
from tpgraph.program import Equation, MatMul
from tpgraph.program.formula_text import applied_text

__all__ = ["NotFinite", "first_not_finite"]


@dataclass(frozen=True, slots=True)
class NotFinite:
    """The first instruction whose result is not finite, and the function in it that is not.

    `part` is that function as text, `arguments` are the numbers that it got; a product with a
    matrix is its own part.
    """

    equation: Equation
    part: str
    arguments: tuple[float, ...]

    def error(self, when: str) -> TPError:
        """The mistake in the input that it is, `when` saying of which sample."""
        numbers = " and ".join(f"{a:.6g}" for a in self.arguments)
        what = f"{self.part} of {numbers}" if numbers else f"{self.part} is too large for a float"
        return TPError(
            f"{self.equation.out} is not finite {when}: {what}",
            self.equation.span,
            expected="functions that are finite at what they are given",
            mend="keep the argument away from there, as in x / sqrt(mean(x^2) + 1e-6), or leave"
            " that sample out",
        )


def first_not_finite(module: Module, params: Params, sample: Sequence[Array]) -> NotFinite | None:
    """The cause on one sample, the data and perhaps targets of it, each (d,).

    None where all is finite, or where what was given is not finite itself.
    """
    program = module.program
    values = _values(module, params, sample)
    for equation in program.equations:
        name = equation.out.name
        if name not in values or np.isfinite(values[name]).all():
            continue
        read = {**params, **values}
        if not all(np.isfinite(read[v.name]).all() for v in equation.inputs if v.name in read):
            return None
        if isinstance(equation, MatMul):
            turned = "'" if equation.transpose else ""
            return NotFinite(equation, f"{equation.matrix}{turned} {equation.operand}", ())
        inputs = [np.asarray(values[a.name]) for a in equation.arguments]
        with np.errstate(all="ignore"):
            found = innermost_not_finite(inline(equation.function), inputs)
        if found is None:
            return NotFinite(equation, f"the mean that {equation.out} is", ())
        part, arguments = found
        return NotFinite(equation, applied_text(program, part, equation.arguments), arguments)
    return None


def _values(module: Module, params: Params, sample: Sequence[Array]) -> dict[str, Array]:
    """Every vector (d,) and scalar () of the program, with W = M w."""
    factor = module.multipliers(params)
    with np.errstate(all="ignore"):
        found = dict(module.variables(params, *(a[None] for a in sample)))
    return {
        name: np.reshape(value, -1 if module.program.variables[name].is_vector else ())
        * factor.get(name, 1.0)
        for name, value in found.items()
        if not module.program.variables[name].is_matrix
    }
