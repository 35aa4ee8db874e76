"""Cells: what one position of a tensor holds, as an expression over vectors and scalars.

    cell ::= Num(c n^e) | Excluded | Given(an input) | Held(a vector of a parameter)
           | Product(block of a parameter, cell) | Op(function, cells) | Mean(cell)
           | Joined(cells)

A cell with a `size` is a vector of that size, one without is a scalar. Equal cells are one object:
the algebra that makes them keeps them by what they are made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

from tpgraph.bridges.torch_in.sizes import Cut, Size

__all__ = [
    "Block",
    "Cell",
    "CellMean",
    "CellProduct",
    "Excluded",
    "Given",
    "Held",
    "Input",
    "Joined",
    "Num",
    "Op",
    "Stored",
    "UnitSlices",
    "children",
    "reachable",
]


@dataclass(frozen=True, slots=True)
class UnitSlices:
    """What weight_norm makes of a weight: slices of norm 1 along `axis`, each times its `gain`."""

    axis: int
    gain: str


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A parameter of the module: its name, its shape, whether it is trained.

    A weight that is `normalized` by weight_norm stands divided by the norms of its slices.
    """

    name: str
    shape: tuple[Size, ...]
    trained: bool = True
    normalized: UnitSlices | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """An argument of the module: its name, and the shape of the array of positions."""

    name: str
    one_hot: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Rows and columns of a parameter, at an index of its other axes (None for those two)."""

    param: Stored
    index: tuple[int | None, ...]
    axes: tuple[int, int]
    rows: Cut
    columns: Cut


@dataclass(frozen=True, slots=True, eq=False)
class Num:
    """`value` · n^`power`."""

    value: Fraction
    power: Fraction = Fraction(0)

    @property
    def size(self) -> Size | None:
        """None: a scalar."""
        return None

    @classmethod
    def one(cls) -> Num:
        """The number 1."""
        return cls(Fraction(1))

    def is_number(self, value: int) -> bool:
        """Whether it is this number, at every width."""
        return self.value == value and (not self.power or not value)


@dataclass(frozen=True, slots=True, eq=False)
class Excluded:
    """−∞, as masks add it to logits."""

    size: None = None


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Entries `cut` of an input at a position; `shape` is that of its positions."""

    source: Input
    index: tuple[int, ...]
    cut: Cut
    whole: Size

    @property
    def size(self) -> Size | None:
        """That of the entries."""
        return self.cut.size


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Entries of a parameter along one axis, `index` giving the others (None for that one)."""

    param: Stored
    index: tuple[int | None, ...]
    cut: Cut

    @property
    def size(self) -> Size | None:
        """That of the entries."""
        return self.cut.size


@dataclass(frozen=True, slots=True, eq=False)
class CellProduct:
    """A block of a parameter, or its transpose, times a vector."""

    block: Block
    transpose: bool
    operand: Cell
    size: Size | None


@dataclass(frozen=True, slots=True, eq=False)
class Op:
    """A coordinatewise function of cells."""

    name: str
    arguments: tuple[Cell, ...]
    size: Size | None


@dataclass(frozen=True, slots=True, eq=False)
class CellMean:
    """The mean over the coordinates of a vector."""

    operand: Cell
    size: None = field(default=None)


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """Vectors one behind the other; `interleaved` ones take turns, entry by entry."""

    parts: tuple[Cell, ...]
    interleaved: bool
    size: Size | None


Cell: TypeAlias = Num | Excluded | Given | Held | CellProduct | Op | CellMean | Joined


def children(cell: Cell) -> tuple[Cell, ...]:
    """The cells that a cell is made of."""
    match cell:
        case CellProduct(operand=operand) | CellMean(operand=operand):
            return (operand,)
        case Op(arguments=arguments):
            return arguments
        case Joined(parts=parts):
            return parts
        case _:
            return ()


def reachable(roots: list[Cell]) -> Iterator[Cell]:
    """Every cell under the roots once, those below first."""
    done: set[int] = set()
    stack: list[tuple[Cell, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        cell, ready = stack.pop()
        if ready:
            yield cell
        elif id(cell) not in done:
            done.add(id(cell))
            stack.append((cell, True))
            stack.extend((child, False) for child in reversed(children(cell)))


def key_of(cell: Cell) -> tuple[Any, ...]:
    """What a cell is made of: equal for cells that are equal."""
    match cell:
        case Num(value, power):
            return "num", value, power
        case Excluded():
            return ("excluded",)
        case Given(source, index, cut):
            return "given", source.name, index, cut
        case Held(param, index, cut):
            return "held", param.name, index, cut
        case CellProduct(block, transpose, operand):
            return "product", block, transpose, id(operand)
        case Op(name, arguments):
            return "op", name, *map(id, arguments)
        case CellMean(operand):
            return "mean", id(operand)
        case Joined(parts, interleaved):
            return "joined", interleaved, *map(id, parts)
