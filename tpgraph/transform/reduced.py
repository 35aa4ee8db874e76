"""Reduced programs: only G-vars enter a Nonlin (or Moment), only X-vars enter a MatMul.

Chains of Nonlins are collapsed into one, and an identity Nonlin is put between consecutive G-vars.
Source: Tensor Programs IIb (arXiv 2105.03703), Definition 5.4.
"""

from __future__ import annotations

from dataclasses import replace

from tpgraph.bounds import OPERATIONS
from tpgraph.functions import Argument, Expression, arguments_of, operation_count, substitute
from tpgraph.program import (
    Declaration,
    Equation,
    InitialVectors,
    MatMul,
    Moment,
    Nonlin,
    Place,
    Program,
    Variable,
    split_name,
)
from tpgraph.program.any_program import reads_program
from tpgraph.transform.emit import Emitter, Formula, keep_labels, start_builder

__all__ = ["reduce"]


@reads_program
def reduce(program: Program) -> Program:
    """The program in reduced form; every output has the value that it had.

    X-vars that only Nonlins read disappear into these; outputs and the loss stay. Vectors declared
    `as X` that enter a Nonlin are declared as the G-vars that initial vectors are. What has a fixed
    dimension stays as it is. Raises TPLimitError where a collapsed expression would be larger than
    100,000 operations: a chain in which every Nonlin reads its predecessor twice doubles each time.
    """
    declarations = [_declared(program, d) for d in program.declarations]
    builder = start_builder(program, program.name, declarations)
    emitter = Emitter(builder, program)
    for name in program.variables:
        emitter.reserve(name, split_name(name)[2] or 0)
    rewrite = _Reduction(emitter)
    kept = _kept(program)
    for equation in program.equations:
        rewrite.write(equation, kept)
    for output in program.outputs:
        builder.output(output)
    if program.loss is not None:
        builder.loss(program.loss)
    keep_labels(builder, program)
    return builder.build()


def _declared(program: Program, declaration: Declaration) -> Declaration:
    """Vectors `as X` that enter a Nonlin are G-vars."""
    if not (isinstance(declaration, InitialVectors) and declaration.as_x):
        return declaration
    for variable in declaration.variables:
        if any(not isinstance(e, MatMul) for e in program.uses[variable.name]):
            return replace(declaration, as_x=False)
    return declaration


def _kept(program: Program) -> set[str]:
    """X-vars that stay: what MatMuls read, outputs, and what nothing reads."""
    ends = {v.name for v in program.outputs}
    if program.loss is not None:
        ends.add(program.loss.name)
    operands = {e.operand.name for e in program.equations if isinstance(e, MatMul)}
    unread = {name for name, uses in program.uses.items() if not uses}
    return ends | operands | unread


class _Reduction:
    """Equations rewritten one by one."""

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter
        self.inner: dict[str, tuple[Expression, tuple[Variable, ...]]] = {}
        self.identities: dict[str, Variable] = {}
        self.sizes: dict[str, int] = {}

    def write(self, equation: Equation, kept: set[str]) -> None:
        """Add the reduced form of an equation; remember a Nonlin for its readers."""
        out = equation.out
        if isinstance(equation, MatMul):
            operand = equation.operand
            if operand.is_wide and self._is_g(operand):
                operand = self._identity(operand, equation.place)
            self.emitter.add(replace(equation, operand=operand))
            return
        collapsed = self._collapsed(equation)
        if isinstance(collapsed, Nonlin) and out.is_wide:
            self.inner[out.name] = collapsed.function, collapsed.arguments
            if out.name not in kept:
                return
        self.emitter.add(collapsed)

    def _is_g(self, variable: Variable) -> bool:
        program = self.emitter.program
        made = program.equation_of.get(variable.name)
        if made is not None:
            return isinstance(made, MatMul)
        declaration = program.declaration_of[variable.name]
        return not (isinstance(declaration, InitialVectors) and _stays_x(program, declaration))

    def _identity(self, g: Variable, place: Place | None) -> Variable:
        """The X-var of the same value as a G-var."""
        if g.name not in self.identities:
            name = self.emitter.temporary(g.name)
            identity = Nonlin(
                Variable(name, g.type), Argument(0), (g,), place and Place(place.row, place.context)
            )
            self.identities[g.name] = self.emitter.add(identity)
        return self.identities[g.name]

    def _collapsed(self, equation: Nonlin | Moment) -> Nonlin | Moment:
        """The equation with the Nonlins that it reads written into it."""
        if not any(a.name in self.inner for a in equation.arguments):
            self._measure(equation, operation_count(equation.function))
            return equation
        uses = arguments_of(equation.function)
        inside = sum(self.sizes.get(equation.arguments[i].name, 0) for i in uses)
        self._measure(equation, operation_count(equation.function) + inside)
        formula = Formula()
        values = [self._value(formula, a) for a in equation.arguments]
        function = self.emitter.builder.intern(substitute(equation.function, values))
        return replace(equation, function=function, arguments=tuple(formula.arguments))

    def _value(self, formula: Formula, argument: Variable) -> Expression:
        known = self.inner.get(argument.name)
        return formula.ref(argument) if known is None else formula.call(*known)

    def _measure(self, equation: Nonlin | Moment, operations: int) -> None:
        OPERATIONS.require(
            operations,
            f"the Nonlins that lead to {equation.out} collapse into one of {operations} operations",
            equation.span,
            "put a MatMul between them, or leave the program as it is",
        )
        if isinstance(equation, Nonlin):
            self.sizes[equation.out.name] = operations


def _stays_x(program: Program, declaration: InitialVectors) -> bool:
    declared = _declared(program, declaration)
    return isinstance(declared, InitialVectors) and declared.as_x
