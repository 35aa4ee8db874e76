"""The scales of error signals: dx = S ∂L/∂x, so that all of them are of order one.

`tpgraph.transform.reverse` says which they are, and how error signals pass through equations.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tpgraph.program import Equation, MatMul, Program, Variable
from tpgraph.program.reach import ancestors, descendants
from tpgraph.transform.powers import ONE, WidthPower, entry_exponent, size
from tpgraph.types import Width

__all__ = ["Scales", "reads_out", "scales_of"]


@dataclass(frozen=True, slots=True)
class Scales:
    """The scale S of every error signal: dx = S ∂L/∂x.

    `vector` is the s of wide vectors, `scalar` the s/n of scalars; `outer` names the vectors of
    fixed dimension and scalars that come after a readout.
    """

    vector: WidthPower
    scalar: WidthPower
    outer: frozenset[str]

    def of(self, variable: Variable) -> WidthPower:
        """S of one variable."""
        if variable.is_wide:
            return self.vector
        return ONE if variable.name in self.outer else self.scalar


def scales_of(program: Program, targets: Collection[str]) -> Scales:
    """The scales for differentiating the variables `targets`.

    s = n^(a+b) with the exponents of the readout (the least, if there are several that the targets
    depend on), so that dx = s Vᵀ df is of order one; s = n if all is read out by Moments.
    """
    needed = ancestors(program, targets)
    readouts = [
        (entry_exponent(program, e), e.operand.dim)
        for e in program.equations
        if isinstance(e, MatMul) and e.out.name in needed and reads_out(e)
    ]
    if not program.widths:
        return Scales(ONE, ONE, frozenset())
    n = size(program.widths[0])
    s = n
    if readouts:
        exponent, dim = min(readouts, key=lambda found: found[0])
        assert isinstance(dim, Width), dim
        n = size(Width(dim.base or dim.name))
        s = n**exponent
    return Scales(s, s / n, _outer(program))


def reads_out(product: MatMul) -> bool:
    """Whether f = V x takes a wide vector to one of fixed dimension."""
    return product.out.is_fixed and product.operand.is_wide


def _outer(program: Program) -> frozenset[str]:
    """Vectors of fixed dimension and scalars that no wide vector is made of, or after a readout.

    A scalar made from a wide vector is never among them.
    """
    wide = ancestors(program, [v.name for v in program.variables.values() if v.is_wide])
    read = descendants(program, [e.out.name for e in program.equations if _reads_out(e)])
    outer = {v.name for v in program.variables.values() if v.is_fixed}
    for equation in program.equations:
        inputs = equation.inputs
        after = any(v.is_fixed or v.name in outer for v in inputs)
        if equation.out.is_scalar and after and not any(v.is_wide for v in inputs):
            outer.add(equation.out.name)
    return frozenset(name for name in outer if name in read or name not in wide)


def _reads_out(equation: Equation) -> bool:
    return isinstance(equation, MatMul) and reads_out(equation)
