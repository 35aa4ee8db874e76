"""Programs in which every vector has coordinates of order 1: each in its own power of the width.

    x̃ = n^(−u) x,   u the order of x's coordinates at initialization

    y = ψ(x; θ)      ỹ = ψ(n^u x̃; n^v θ̃) / n^p,   n^p the first term in the series of ψ in n^(−1/2)
    h = W x          h̃ = W x̃,   and W (n^(−e) x̃) for x of fixed dimension, W's entries of order n^e

The powers are written with ε = 1/√n. What vanishes in the limit of a program has a limit here, so
that a sum of its squares over the n coordinates gets its order and its number:
n^(1 + 2u) E[Z^x̃ Z^x̃].
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from tpgraph.errors import TPTypeError
from tpgraph.functions import (
    Argument,
    Expression,
    Number,
    compact,
    div,
    has_density,
    inline,
    mul,
    number,
    power,
    simplify,
    substitute,
)
from tpgraph.functions.series import series
from tpgraph.program import (
    Declaration,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    MatMul,
    Moment,
    Nonlin,
    Parameter,
    Program,
    Variable,
)
from tpgraph.program.scales import DeclaredScales
from tpgraph.transform.emit import Emitter, Formula, start_builder
from tpgraph.transform.powers import size
from tpgraph.types import Width

__all__ = ["OwnUnits", "own_units"]

_DEEPEST = 6
"""Terms of a series, of which all but the last may cancel."""
_ZERO = Number(Fraction(0))


@dataclass(frozen=True)
class OwnUnits:
    """A program over the x̃, under the names of the x, and the exponents u of those with u ≠ 0."""

    program: Program
    units: Mapping[str, Fraction]

    @property
    def vanishing(self) -> tuple[str, ...]:
        """The wide vectors, and the numbers that are computed, that vanish as the width grows."""
        made = self.program.equation_of
        return tuple(
            name
            for name, unit in self.units.items()
            if unit < 0 and (self.program.variables[name].is_wide or name in made)
        )

    def of(self, variable: Variable) -> Fraction:
        """The u of x = n^u x̃."""
        return self.units.get(variable.name, Fraction(0))


def own_units(program: Program) -> OwnUnits:
    """The program with its vectors and scalars in their own units, at initialization.

    What has no series in n^(−1/2) stays as it is, with u = 0, and so do the means whose terms
    cancel by chance. A program over several widths without a given ratio is given back.
    """
    bases = {w.base or w.name for w in program.widths}
    if len(bases) != 1:
        return OwnUnits(program, {})
    (base,) = bases
    return _Rewriting(program, Width(base)).whole()


class _Rewriting:
    def __init__(self, program: Program, width: Width) -> None:
        self._program = program
        self._width = width
        self._scales = DeclaredScales(program)
        self._matrices: dict[str, Variable] = {}  # those that are drawn in their own unit
        self._turned: set[str] = set()  # of these the transposed
        self._count = 0
        self._units: dict[str, Fraction] = {}
        self._zeros: set[str] = set()
        self._numbers: dict[str, float] = {}  # of the scalars that are number · n^unit
        declarations = [self._declared(d) for d in program.declarations]
        self._builder = start_builder(program, f"{program.name}-units", declarations)
        self._emitter = Emitter(self._builder, program)

    def whole(self) -> OwnUnits:
        for equation in self._program.equations:
            match equation:
                case MatMul():
                    self._product(equation)
                case Nonlin() | Moment():
                    self._function(equation)
        for output in self._program.outputs:
            self._builder.output(output)
        return OwnUnits(self._builder.build(), {v: u for v, u in self._units.items() if u})

    def _declared(self, declaration: Declaration) -> Declaration:
        """What is declared, with its unit noted; trained vectors are drawn in theirs."""
        match declaration:
            case InitialScalar(variable):
                self._note_scalar(declaration)
            case InitialMatrix(variable, variance) | Parameter(variable, variance) if not variance:
                self._zeros.add(variable.name)
            case InitialMatrix(variable) | Parameter(variable) if variable.is_matrix:
                return self._summed(declaration)
            case Parameter(variable) if variable.is_wide:
                found = self._scales.entry_variance(variable)
                if found.exponent:
                    self._units[variable.name] = found.exponent / 2
                    return InitialVectors((variable,), (0.0,), ((found.coefficient,),))
        return declaration

    def _summed(self, declaration: InitialMatrix | Parameter) -> InitialMatrix | Parameter:
        """A matrix that sums over a width, with entries of variance s/n, as one of n columns."""
        variable = declaration.variable
        found = self._scales.entry_variance(variable)
        uses = [e for e in self._program.uses[variable.name] if isinstance(e, MatMul)]
        if found.exponent == -1 or not any(e.operand.is_wide for e in uses):
            return declaration
        self._units[variable.name] = (found.exponent + 1) / 2
        shape = variable.matrix
        if not isinstance(shape.columns, Width):
            shape = shape.transposed
            self._turned.add(variable.name)
        own = self._matrices[variable.name] = Variable(variable.name, shape)
        return InitialMatrix(own, found.coefficient * self._scales.size(shape.columns).coefficient)

    def _note_scalar(self, declaration: InitialScalar) -> None:
        if declaration.limit or not declaration.widths:
            return
        try:
            found = self._scales.leading(declaration)
        except TPTypeError:
            return
        name = declaration.variable.name
        self._units[name], self._numbers[name] = found.exponent, found.coefficient

    def _product(self, equation: MatMul) -> None:
        out, matrix, x = equation.out, equation.matrix, equation.operand
        unit = self._unit(x) + self._unit(matrix)
        if matrix.name in self._zeros or x.name in self._zeros:
            self._zeros.add(out.name)
        elif out.is_wide and not x.is_wide:
            entry = self._entry(matrix)
            if entry:
                equation = replace(equation, operand=self._times(x, -entry))
            unit += entry
        self._units[out.name] = unit
        self._emitter.add(
            replace(
                equation,
                matrix=self._matrices.get(matrix.name, matrix),
                transpose=equation.transpose != (matrix.name in self._turned),
            )
        )

    def _entry(self, matrix: Variable) -> Fraction:
        """The order of the entries of the matrix in its own unit."""
        if matrix.name in self._matrices:
            return Fraction(-1, 2)
        return self._scales.entry_variance(matrix).exponent / 2

    def _times(self, x: Variable, exponent: Fraction) -> Variable:
        """n^exponent x̃."""
        formula = Formula()
        factor = size(self._width) ** exponent
        expression = self._emitter.scaled(formula, factor, formula.ref(x))
        return self._emitter.bind(self._free(), formula, expression)

    def _free(self) -> str:
        """A name that the program does not bind."""
        self._count += 1
        while (name := f"own[{self._count}]") in self._program.variables:
            self._count += 1
        return name

    def _unit(self, variable: Variable) -> Fraction:
        return self._units.get(variable.name, Fraction(0))

    def _function(self, equation: Nonlin | Moment) -> None:
        if not any(self._unit(a) or a.name in self._zeros for a in equation.arguments):
            self._emitter.add(equation)
            return
        t = len(equation.arguments)
        own = [self._argument(i, a, t) for i, a in enumerate(equation.arguments)]
        psi = simplify(substitute(inline(equation.function), own))
        lead = _lead(psi, t)
        if lead is None:
            self._zeros.add(equation.out.name)
            self._emitter.add(equation)
            return
        self._units[equation.out.name] = -lead / 2
        root = power(Argument(t), number(abs(lead)))
        psi = div(psi, root) if lead > 0 else mul(root, psi) if lead < 0 else psi
        arguments = (*equation.arguments, self._emitter.root(self._width))
        function, read = compact(psi, arguments)
        if not any(a.is_vector for a in read):
            function, read = psi, arguments
        self._emitter.add(replace(equation, function=function, arguments=read))

    def _argument(self, index: int, variable: Variable, t: int) -> Expression:
        """x = n^u x̃ over x̃ and t = n^(−1/2)."""
        if variable.name in self._zeros:
            return _ZERO
        unit = self._unit(variable)
        inner: Expression = Argument(index)
        if variable.name in self._numbers:
            inner = number(self._numbers[variable.name])
        root = power(Argument(t), number(2 * abs(unit)))
        return inner if not unit else div(inner, root) if unit > 0 else mul(root, inner)


def _lead(expression: Expression, index: int) -> Fraction | None:
    """The first exponent in the series, 0 where there is no series; None of what is 0."""
    try:
        for depth in range(1, _DEEPEST):
            found = series(expression, index, depth).settled()
            if found.terms:
                exponent, coefficient = found.terms[0]
                return Fraction(0) if has_density(coefficient) else exponent
            if found.known == math.inf:
                return None
    except TPTypeError:
        pass
    return Fraction(0)
