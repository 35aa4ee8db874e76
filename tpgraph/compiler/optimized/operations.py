"""A training step as operations on arrays, before it is text.

Every value is an array of two axes, samples and coordinates: (batch or 1, size or 1). Numbers that
a step knows before its first operation are texts (`Known`). The same operation on the same
operands is one value, whoever asks for it: what the backward pass needs of the forward pass is not
computed again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from tpgraph.program import Variable
from tpgraph.types import Dimension, Fixed

__all__ = [
    "ONE",
    "Elementwise",
    "Known",
    "MatrixProduct",
    "MatrixUpdate",
    "Operand",
    "Operation",
    "SumAlong",
    "Tape",
    "Value",
    "VectorUpdate",
    "reads",
    "writes",
]


ONE = Fixed(1)
"""The size of what has no coordinates."""


@dataclass(frozen=True, slots=True)
class Known:
    """A number by its text: `0.5`, `rate`, `batch`."""

    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """An array (batch if `batched` else 1, `size`), by its number on the tape."""

    number: int
    batched: bool
    size: Dimension


Operand: TypeAlias = Value | Known


@dataclass(frozen=True, slots=True)
class Elementwise:
    """`call` at the operands, broadcast; its holes are {0}, {1}, … and {out}."""

    out: Value
    call: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class SumAlong:
    """The sum over samples (axis 0) or coordinates (axis 1)."""

    out: Value
    operand: Value
    axis: int


@dataclass(frozen=True, slots=True)
class MatrixProduct:
    """factor · x wᵀ for every operand x (transposed: factor · x w), in one product."""

    outs: tuple[Value, ...]
    matrix: Variable
    transposed: bool
    operands: tuple[Value, ...]
    factor: Known


@dataclass(frozen=True, slots=True)
class MatrixUpdate:
    """w −= factor · Σ_i leftsᵢᵀ rightsᵢ, in one product."""

    matrix: Variable
    lefts: tuple[Value, ...]
    rights: tuple[Value, ...]
    factor: Known


@dataclass(frozen=True, slots=True)
class VectorUpdate:
    """w −= change."""

    vector: Value
    change: Operand


Operation: TypeAlias = Elementwise | SumAlong | MatrixProduct | MatrixUpdate | VectorUpdate


def reads(operation: Operation) -> tuple[Value, ...]:
    """The arrays that an operation reads."""
    match operation:
        case Elementwise(_, _, operands):
            return tuple(v for v in operands if isinstance(v, Value))
        case SumAlong(_, operand):
            return (operand,)
        case MatrixProduct(_, _, _, operands):
            return operands
        case MatrixUpdate(_, lefts, rights):
            return (*lefts, *rights)
        case VectorUpdate(vector, change):
            return (vector, change) if isinstance(change, Value) else (vector,)


def writes(operation: Operation) -> tuple[Value, ...]:
    """The arrays that an operation makes."""
    match operation:
        case Elementwise(out) | SumAlong(out):
            return (out,)
        case MatrixProduct(outs):
            return outs
        case _:
            return ()


@dataclass
class Tape:
    """Operations in an order in which they can be done, with what they belong to.

    `titles`: by the position of an operation, the instruction that begins there; `names`: what a
    value is called, where it is a variable or its adjoint; `sources`: the values that no operation
    makes.
    """

    operations: list[Operation] = field(default_factory=list)
    titles: dict[int, str] = field(default_factory=dict)
    names: dict[Value, str] = field(default_factory=dict)
    sources: list[Value] = field(default_factory=list)
    _known: dict[tuple[object, ...], Value] = field(default_factory=dict)
    _values: int = 0

    def source(self, name: str, batched: bool, size: Dimension) -> Value:
        """An array that is there when the step begins."""
        value = self._new(batched, size)
        self.names[value] = name
        self.sources.append(value)
        return value

    def title(self, text: str) -> None:
        """What follows belongs to this instruction."""
        self.titles[len(self.operations)] = text

    def elementwise(self, call: str, *operands: Operand) -> Value:
        """`call` at operands, one of which at least is an array."""
        arrays = [v for v in operands if isinstance(v, Value)]
        return self.filled(call, any(v.batched for v in arrays), _size(arrays), *operands)

    def filled(self, call: str, batched: bool, size: Dimension, *operands: Operand) -> Value:
        """The same, of a shape that the operands are broadcast to."""
        key = (call, batched, size, *operands)
        if key not in self._known:
            out = self._new(batched, size)
            self._known[key] = out
            self.operations.append(Elementwise(out, call, operands))
        return self._known[key]

    def sum(self, operand: Value, axis: int) -> Value:
        """The sum over samples (axis 0) or coordinates (axis 1)."""
        key = ("sum", operand, axis)
        if key not in self._known:
            batched, size = operand.batched and axis == 1, ONE if axis == 1 else operand.size
            out = self._new(batched, size)
            self._known[key] = out
            self.operations.append(SumAlong(out, operand, axis))
        return self._known[key]

    def times(
        self, matrix: Variable, transposed: bool, operand: Value, factor: Known, size: Dimension
    ) -> Value:
        """factor · x wᵀ, or factor · x w; `size` is that of its coordinates."""
        key = ("times", matrix, transposed, operand, factor)
        if key not in self._known:
            out = self._new(operand.batched, size)
            self._known[key] = out
            self.operations.append(MatrixProduct((out,), matrix, transposed, (operand,), factor))
        return self._known[key]

    def _new(self, batched: bool, size: Dimension) -> Value:
        self._values += 1
        return Value(self._values, batched, size)


def _size(values: Iterable[Value]) -> Dimension:
    """The size that arrays broadcast to."""
    return next((v.size for v in values if v.size != ONE), ONE)
