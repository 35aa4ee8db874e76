"""The text of an optimized training step: arrays made once, then operations that fill them.

`_prepare(params, batch)` holds the arrays and returns the function that does a step with them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import assert_never

from tpgraph.compiler.code_lines import Lines, quoted
from tpgraph.compiler.identifiers import Identifiers
from tpgraph.compiler.initial import base_size_text
from tpgraph.compiler.module_text import argument_names, function_text
from tpgraph.compiler.optimized.array_places import Stack, places_of
from tpgraph.compiler.optimized.operations import (
    Elementwise,
    Known,
    MatrixProduct,
    MatrixUpdate,
    Operand,
    Operation,
    SumAlong,
    Value,
    VectorUpdate,
    writes,
)
from tpgraph.compiler.optimized.ordering import ordered
from tpgraph.compiler.optimized.texts import RUNNING, WEIGHT
from tpgraph.compiler.optimized.tracing import TracedStep, trace
from tpgraph.compiler.plan import Plan, inputs_of
from tpgraph.program import Variable
from tpgraph.types import Width

__all__ = ["step_functions"]

_IN_ROW = 6
"""Names in the place of one array, in one line."""


def step_functions(plan: Plan, loss: Variable) -> tuple[list[str], tuple[str, ...]]:
    """The classes and functions behind `sgd_step`, and the helpers that they need."""
    step = trace(plan, loss)
    return [
        WEIGHT.strip("\n") + "\n",
        _Writer(plan, loss, step).prepare(),
        RUNNING.strip("\n") + "\n",
        _sgd_step(plan),
    ], step.helpers


class _Writer:
    """The function `_prepare` being written."""

    def __init__(self, plan: Plan, loss: Variable, step: TracedStep) -> None:
        self._plan, self._loss, self._step = plan, loss, step
        order = ordered(step)
        self._operations, self._forward = order.operations, order.forward
        self._places = places_of([o for _, o in self._operations], step.loss)
        self._names: dict[Value, str] = {}
        self._stacks: dict[Stack, str] = {}

    def prepare(self) -> str:
        """The function."""
        self._name_all()
        lines = Lines()
        self._weights(lines)
        self._arrays(lines)
        inner = Lines(8)
        self._step_lines(inner)
        arguments = ", ".join([*argument_names(self._plan, targets=True), "lr"])
        matrices = ", ".join(self._plan.name(v) for v in self._matrices())
        lines.add("")
        lines.add(f"def step({arguments}):")
        tail = Lines()
        tail.add("")
        tail.returns(f"step, [{matrices}]")
        says = ["(step, weights): a step for these parameters and this batch size."]
        body = "".join(
            f"{row.rstrip()}\n" for row in (lines.text + inner.text + tail.text).splitlines()
        )
        return function_text("_prepare", ["params", "batch"], says, Lines()) + body

    def _matrices(self) -> list[Variable]:
        """The matrices that the step multiplies with, in the order of their declarations."""
        used = {
            o.matrix for _, o in self._operations if isinstance(o, MatrixProduct | MatrixUpdate)
        }
        every = [v for d in self._plan.program.declarations for v in d.variables if v.is_matrix]
        return [v for v in every if v in used]

    def _name_all(self) -> None:
        """Names of all values: variables and adjoints by their own, others t1, t2, …"""
        self._names = dict(self._step.tape.names)
        taken = {
            *self._plan.names.values(),
            *self._plan.width_names.values(),
            *self._names.values(),
        }
        taken.update(f"M_{name}" for name in self._plan.names.values())
        free, count = Identifiers(taken), itertools.count(1)
        for _, operation in self._operations:
            for value in writes(operation):
                if value not in self._names:
                    self._names[value] = free.take(f"t[{next(count)}]")
        for number, stack in enumerate(self._places.stacks, 1):
            self._stacks[stack] = free.take(f"stack[{number}]")

    def _weights(self, lines: Lines) -> None:
        """Parameters, sizes and multipliers from `params`, then the weights of matrices."""
        declared = [v for d in self._plan.program.declarations for v in d.variables]
        sources = {self._step.tape.names[v] for v in self._step.tape.sources}
        inputs = {d.variable.name for d in inputs_of(self._plan.program)}
        matrices = self._matrices()
        drawn = [
            v
            for v in declared
            if v.name not in inputs and (v in matrices or self._plan.name(v) in sources)
        ]
        for variable in drawn:
            lines.assign(self._plan.name(variable), [f"params[{quoted(variable.name)}]"])
        for width, text in self._sizes(drawn):
            lines.assign(self._plan.size(width), text)
        for variable in drawn:
            if variable.name in self._plan.multipliers:
                name = self._plan.name(variable)
                factor = self._plan.multipliers[variable.name]
                lines.assign(f"M_{name}", factor, f"multiplier of {variable}")
        for variable in drawn:
            name = self._plan.name(variable)
            if variable.is_matrix:
                lines.assign(name, f"_Weight({name}, {self._rows_of(variable)})")
            else:
                lines.assign(name, f"{name}.reshape(1, -1)")

    def _sizes(self, drawn: Sequence[Variable]) -> Iterator[tuple[Width, str]]:
        """Every width that an array has, by the shape of a parameter."""
        wanted = {v.size for _, o in self._operations for v in writes(o)}
        for variable in drawn:
            for axis, dimension in enumerate(variable.type.dimensions):
                if isinstance(dimension, Width) and dimension in wanted:
                    wanted.remove(dimension)
                    yield dimension, f"{self._plan.name(variable)}.shape[{axis}]"

    def _rows_of(self, matrix: Variable) -> str:
        """The most rows that a product or an update of a matrix has."""
        counts = []
        for _, operation in self._operations:
            match operation:
                case MatrixProduct(_, read, _, operands) if read == matrix:
                    counts.append(_rows(operands))
                case MatrixUpdate(changed, lefts) if changed == matrix:
                    counts.append(_rows(lefts))
        distinct = list(dict.fromkeys(counts))
        return distinct[0] if len(distinct) == 1 else f"max({', '.join(distinct)})"

    def _arrays(self, lines: Lines) -> None:
        """Every array of the step, once."""
        for stack in self._places.stacks:
            size = self._plan.size(stack.parts[0].size)
            lines.assign(self._stacks[stack], f"np.empty(({_rows(stack.parts)}, {size}), DTYPE)")
        for value, (stack, part) in self._places.homes.items():
            start, stop = _rows(stack.parts[:part]) or "0", _rows(stack.parts[: part + 1])
            lines.assign(self._names[value], f"{self._stacks[stack]}[{start} : {stop}]")
        followers: dict[Value, list[str]] = {owner: [] for owner in self._places.own}
        for value, owner in self._places.shared.items():
            followers[owner].append(self._names[value])
        for owner, names in followers.items():
            count = "batch" if owner.batched else "1"
            size = self._plan.size(owner.size)
            lines.assign(self._names[owner], f"np.empty(({count}, {size}), DTYPE)")
            for first in range(0, len(names), _IN_ROW):
                row = names[first : first + _IN_ROW]
                lines.add(" = ".join([*row, self._names[owner]]))

    def _step_lines(self, lines: Lines) -> None:
        name = self._names[self._step.loss]
        for argument in self._read_arguments():
            lines.assign(argument, f"np.ascontiguousarray({argument}, dtype=DTYPE)")
        title = ""
        for place, (says, operation) in enumerate(self._operations):
            if place == self._forward:
                self._loss_lines(lines, name)
            if says and says != title:
                lines.comment(says)
            title = says or title
            for text in self._texts(operation):
                lines.add(text)
        if self._forward == len(self._operations):
            self._loss_lines(lines, name)
        lines.returns("loss")

    def _read_arguments(self) -> list[str]:
        sources = {self._names[v] for v in self._step.tape.sources}
        return [a for a in argument_names(self._plan, targets=True) if a in sources]

    def _loss_lines(self, lines: Lines, name: str) -> None:
        batch = " / batch" if self._plan.is_batched(self._loss) else ""
        lines.assign("loss", f"{name}.sum(){batch}")
        lines.add("if not np.isfinite(loss):")
        lines.add("    return loss")
        rate = "float(lr)"
        size, parametrization = base_size_text(self._plan), self._plan.program.parametrization
        if size is not None and parametrization is not None:
            rate = f"{rate} * {size}**{float(-parametrization.c)!r}"
        lines.assign("rate", f"{rate}{batch}")

    def _texts(self, operation: Operation) -> Iterator[str]:
        """The statements of one operation."""
        names = self._names
        match operation:
            case Elementwise(out, call, operands):
                yield call.format(*map(self._text, operands), out=names[out])
            case SumAlong(out, operand, axis):
                where = f"axis={axis}, keepdims=True, out={names[out]}"
                yield f"np.add.reduce({names[operand]}, {where})"
            case MatrixProduct(outs, matrix, transposed, operands, factor):
                yield from self._gathered(operands)
                method = "transposed_times" if transposed else "times"
                arrays = f"{self._joined(operands)}, {self._joined(outs)}"
                yield f"{self._plan.name(matrix)}.{method}({factor.text}, {arrays})"
                yield from self._scattered(outs)
            case MatrixUpdate(matrix, lefts, rights, factor):
                yield from self._gathered(lefts)
                yield from self._gathered(rights)
                left, right = self._joined(lefts), self._joined(rights)
                yield f"{self._plan.name(matrix)}.subtract({factor.text}, {left}, {right})"
            case VectorUpdate(vector, change):
                w = names[vector]
                yield f"np.subtract({w}, {self._text(change)}, out={w})"
            case _:
                assert_never(operation)

    def _text(self, operand: Operand) -> str:
        return operand.text if isinstance(operand, Known) else self._names[operand]

    def _joined(self, values: tuple[Value, ...]) -> str:
        return self._names[values[0]] if len(values) == 1 else self._stacks[Stack(values)]

    def _gathered(self, values: tuple[Value, ...]) -> Iterator[str]:
        """Copies of what has no home in the stack of these values."""
        for text, part in self._elsewhere(values):
            yield f"{part}[...] = {text}"

    def _scattered(self, values: tuple[Value, ...]) -> Iterator[str]:
        for text, part in self._elsewhere(values):
            yield f"{text}[...] = {part}"

    def _elsewhere(self, values: tuple[Value, ...]) -> Iterator[tuple[str, str]]:
        """(value, part of the stack) of what lies elsewhere."""
        if len(values) == 1:
            return
        stack = Stack(values)
        for part, value in enumerate(values):
            if self._places.homes.get(value) != (stack, part):
                start, stop = _rows(values[:part]) or "0", _rows(values[: part + 1])
                yield self._names[value], f"{self._stacks[stack]}[{start} : {stop}]"


def _rows(values: Sequence[Value]) -> str:
    """How many rows arrays have under each other: `3 * batch + 1`."""
    batched = sum(v.batched for v in values)
    parts = []
    if batched:
        parts.append("batch" if batched == 1 else f"{batched} * batch")
    if len(values) > batched:
        parts.append(str(len(values) - batched))
    return " + ".join(parts)


def _sgd_step(plan: Plan) -> str:
    arguments = argument_names(plan, targets=True)
    lines = Lines()
    first = arguments[0] if arguments else None
    batch = f"len({first})" if first else "1"
    lines.returns(f"_running(params, {batch})({', '.join([*arguments, 'lr'])})")
    says = [
        "One step of gradient descent, in place; the loss before it.",
        "",
        "w −= lr · n^(−c) · ∂loss/∂w for every trained w. A loss that is not finite changes",
        "nothing. Updates of large matrices may be kept until `flush(params)`, or until another",
        "function of this module reads `params`.",
    ]
    return function_text("sgd_step", ["params", *arguments, "lr"], says, lines)
