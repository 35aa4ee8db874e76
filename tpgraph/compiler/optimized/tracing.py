"""A network's training step on a tape: forward, then adjoints from the loss, then updates.

    MatMul  h = M w x      d_x += M wᵀ d_h          w −= M d_h xᵀ
            h = M wᵀ x     d_x += M w d_h           w −= M x d_hᵀ
    Nonlin  y = ψ(…)       d_x += ∂_x ψ ⊙ d_y       summed where x has fewer axes
    Moment  θ = mean ψ     d_x += ∂_x ψ · d_θ/n

The adjoint of the loss is `rate`, the learning rate over the batch, so that adjoints are what is
subtracted. Factors M stand in the products. All uses of one matrix make one update.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from tpgraph.compiler.forward import equation_comment
from tpgraph.compiler.optimized.elementwise import Lowering, product
from tpgraph.compiler.optimized.operations import (
    ONE,
    Known,
    MatrixUpdate,
    Operand,
    Operation,
    Tape,
    Value,
    VectorUpdate,
)
from tpgraph.compiler.plan import Plan, equations_for, inputs_of
from tpgraph.functions import gradient, simplify
from tpgraph.program import Equation, MatMul, Moment, Nonlin, Variable
from tpgraph.types import Dimension

__all__ = ["TracedStep", "trace"]

_FILL = "np.copyto({out}, {0})"


@dataclass(frozen=True)
class TracedStep:
    """A step on a tape: `loss` is known before the operation number `forward`.

    `updates` may be done in any order that keeps what is read before it is written. `helpers` are
    definitions that texts of functions need.
    """

    tape: Tape
    loss: Value
    forward: int
    updates: tuple[Operation, ...]
    helpers: tuple[str, ...]


def trace(plan: Plan, loss: Variable) -> TracedStep:
    """The step of stochastic gradient descent of a network with this loss."""
    return _Tracer(plan).step(loss)


class _Tracer:
    """A step being traced: arrays as they are `stored`, `values` of variables, `adjoints` so far,
    and by matrix the `uses` that its update sums.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._tape = Tape()
        self._lowering = Lowering(self._tape)
        self._stored: dict[str, Value] = {}
        self._values: dict[str, Value] = {}
        self._adjoints: dict[str, Operand] = {}
        self._uses: dict[str, list[tuple[Value, Value]]] = {}

    def step(self, loss: Variable) -> TracedStep:
        equations = equations_for(self._plan.program, [loss])
        self._sources([*(v for e in equations for v in e.inputs), loss])
        for equation in equations:
            self._forward(equation)
        found, forward = self._values[loss.name], len(self._tape.operations)
        if loss.name in self._plan.active:
            self._adjoints[loss.name] = Known("rate")
        for equation in reversed(equations):
            self._backward(equation)
        updates = tuple(self._updates())
        return TracedStep(self._tape, found, forward, updates, tuple(self._lowering.helpers))

    def _sources(self, read: Sequence[Variable]) -> None:
        """Data, targets and what is drawn, with the multipliers of trained vectors."""
        names = {v.name for v in read}
        inputs = {d.variable.name for d in inputs_of(self._plan.program)}
        for declaration in self._plan.program.declarations:
            for variable in declaration.variables:
                if variable.name not in names or variable.is_matrix:
                    continue
                name, size = self._plan.name(variable), self._size(variable)
                value = self._tape.source(name, variable.name in inputs, size)
                self._stored[variable.name] = value
                if variable.name in self._plan.multipliers:
                    self._tape.title(f"w times its multiplier: {variable}")
                    scaled = product(self._tape, value, Known(f"M_{name}"))
                    assert isinstance(scaled, Value)
                    value = scaled
                self._values[variable.name] = value

    def _size(self, variable: Variable) -> Dimension:
        return variable.dim if variable.is_vector else ONE

    def _known(self, size: Dimension) -> Known:
        return Known(self._plan.size(size))

    def _one_over(self, size: Dimension) -> Known:
        return Known(f"(1 / {self._plan.size(size)})")

    def _shaped(self, operand: Operand, variable: Variable) -> Value:
        """The operand as an array of the variable's own shape."""
        batched, size = self._plan.is_batched(variable), self._size(variable)
        if isinstance(operand, Value) and (operand.batched, operand.size) == (batched, size):
            return operand
        return self._tape.filled(_FILL, batched, size, operand)

    def _forward(self, equation: Equation) -> None:
        self._tape.title(equation_comment(self._plan, equation))
        out = equation.out
        match equation:
            case MatMul(_, matrix, transpose, operand):
                x, factor = self._values[operand.name], self._factor(matrix)
                value = self._tape.times(matrix, transpose, x, factor, self._size(out))
            case Nonlin(_, function, arguments):
                operands = [self._values[a.name] for a in arguments]
                value = self._shaped(self._lowering.value(function, operands), out)
            case Moment(_, function, arguments):
                operands = [self._values[a.name] for a in arguments]
                value = self._shaped(self._mean(self._lowering.value(function, operands)), out)
            case _:
                assert_never(equation)
        self._values[out.name] = value
        self._tape.names.setdefault(value, self._plan.name(out))

    def _mean(self, value: Operand) -> Operand:
        if isinstance(value, Known) or value.size == ONE:
            return value
        return product(self._tape, self._tape.sum(value, 1), self._one_over(value.size))

    def _factor(self, matrix: Variable) -> Known:
        name = self._plan.name(matrix)
        return Known(f"M_{name}" if matrix.name in self._plan.multipliers else "1.0")

    def _backward(self, equation: Equation) -> None:
        out = equation.out
        adjoint = self._adjoints.get(out.name)
        if adjoint is None:
            return
        self._tape.title(f"adjoint of {equation_comment(self._plan, equation)}")
        if isinstance(adjoint, Value):
            self._tape.names.setdefault(adjoint, f"d_{self._plan.name(out)}")
        match equation:
            case MatMul():
                self._matmul(equation, self._shaped(adjoint, out))
            case Nonlin() | Moment():
                self._coordinatewise(equation, adjoint)
            case _:
                assert_never(equation)

    def _matmul(self, equation: MatMul, adjoint: Value) -> None:
        matrix, x = equation.matrix, equation.operand
        if x.name in self._plan.active:
            back, factor = not equation.transpose, self._factor(matrix)
            self._accumulate(x, self._tape.times(matrix, back, adjoint, factor, self._size(x)))
        if matrix.name in self._plan.active:
            pair = (adjoint, self._values[x.name])
            self._uses.setdefault(matrix.name, []).append(
                pair[::-1] if equation.transpose else pair
            )

    def _coordinatewise(self, equation: Nonlin | Moment, adjoint: Operand) -> None:
        out, arguments = equation.out, equation.arguments
        operands = [self._values[a.name] for a in arguments]
        averaged = isinstance(equation, Moment) and bool(equation.vectors)
        size = self._size(equation.vectors[0]) if averaged else self._size(out)
        if averaged:
            adjoint = product(self._tape, adjoint, self._one_over(size))
        for index, partial in sorted(gradient(equation.function).items()):
            variable = arguments[index]
            if variable.name not in self._plan.active:
                continue
            slope = self._lowering.value(simplify(partial), operands)
            contribution = product(self._tape, adjoint, slope)
            over_batch = self._plan.is_batched(out) and not self._plan.is_batched(variable)
            over_coordinates = variable.is_scalar and size != ONE
            contribution = self._summed(contribution, 0, Known("batch"), over_batch)
            contribution = self._summed(contribution, 1, self._known(size), over_coordinates)
            self._accumulate(variable, contribution)

    def _summed(self, value: Operand, axis: int, count: Known, wanted: bool) -> Operand:
        """The sum over an axis of what may be the same along it."""
        if not wanted:
            return value
        spread = isinstance(value, Value) and (value.batched if axis == 0 else value.size != ONE)
        if isinstance(value, Value) and spread:
            return self._tape.sum(value, axis)
        return product(self._tape, value, count)

    def _accumulate(self, variable: Variable, contribution: Operand) -> None:
        if contribution == Known("0.0"):
            return
        before = self._adjoints.get(variable.name)
        if before is not None:
            contribution = self._lowering.sum(before, contribution)
        self._adjoints[variable.name] = contribution

    def _updates(self) -> list[Operation]:
        found: list[Operation] = []
        for parameter in self._plan.program.parameters:
            variable = parameter.variable
            factor = self._factor(variable)
            if variable.name in self._uses:
                lefts, rights = zip(*self._uses[variable.name], strict=True)
                found.append(MatrixUpdate(variable, lefts, rights, factor))
            elif variable.name in self._adjoints and not variable.is_matrix:
                self._tape.title(f"update of {variable}")
                change = product(self._tape, self._adjoints[variable.name], factor)
                found.append(VectorUpdate(self._stored[variable.name], change))
        return found
