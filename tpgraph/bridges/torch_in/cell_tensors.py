"""Tensors of cells: one axis is that of the vectors, all others are positions.

`Tensor` holds cells over all axes but `axis`. `Pending` is a parameter whose role is not known
yet: a product takes it as a matrix, all else as vectors or numbers at positions. `Operator` is a
linear map made of matrices: a sum, a product, rows with gains.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.bridges.torch_in.cell_algebra import CellAlgebra
from tpgraph.bridges.torch_in.cell_products import product
from tpgraph.bridges.torch_in.cells import Block, Cell, Held, Stored
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.sizes import Cut, Size, is_wide, whole

__all__ = [
    "Cells",
    "Operator",
    "Pending",
    "Shape",
    "Tensor",
    "as_operator",
    "as_tensor",
    "filled",
    "mapped",
    "require_a_width",
]

Cells: TypeAlias = npt.NDArray[Any]
Shape: TypeAlias = tuple[Size, ...]
ONE: Size = (1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """`cells` over all axes of `shape` but `axis`, which is the vectors' own (None for scalars)."""

    cells: Cells
    axis: int | None
    shape: Shape

    @property
    def rank(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    @property
    def size(self) -> Size | None:
        """That of its vectors."""
        return None if self.axis is None else self.shape[self.axis]

    def place(self, axis: int) -> int:
        """The axis of `cells` that an axis of positions is."""
        return axis if self.axis is None or axis < self.axis else axis - 1

    def without(self, axis: int, cells: Cells | Cell) -> Tensor:
        """The tensor after an axis of positions is gone; of the last one numpy gives the cell."""
        if not isinstance(cells, np.ndarray):
            cells = filled((), lambda _: cells)
        own = None if self.axis is None else self.axis - (axis < self.axis)
        return Tensor(cells, own, self.shape[:axis] + self.shape[axis + 1 :])

    def with_axis(self, axis: int) -> Tensor:
        """With a new axis of size 1."""
        own = None if self.axis is None else self.axis + (axis <= self.axis)
        shape = (*self.shape[:axis], ONE, *self.shape[axis:])
        at = axis if own is None or axis < own else axis - 1
        return Tensor(np.expand_dims(self.cells, at), own, shape)

    def permuted(self, order: Sequence[int]) -> Tensor:
        """Axis k becomes the old axis order[k]."""
        own = None if self.axis is None else list(order).index(self.axis)
        kept = [self.place(a) for a in order if a != self.axis]
        return Tensor(self.cells.transpose(kept), own, tuple(self.shape[a] for a in order))


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """A parameter: `axes` are its own axes in the order they have now, None for new ones of size 1.

    `cuts` are what is taken of each of its axes, `index` the places taken of those that are gone,
    `factor` a number that it is multiplied by; `gain` is an axis of its own, and a vector: the
    slices along that axis are multiplied by its entries.
    """

    param: Stored
    axes: tuple[int | None, ...]
    cuts: tuple[Cut, ...]
    index: tuple[int | None, ...]
    factor: Cell | None = None
    gain: tuple[int, Pending] | None = None

    @property
    def shape(self) -> Shape:
        """The sizes of the axes."""
        return tuple(ONE if a is None else self.cuts[a].size for a in self.axes)

    def permuted(self, order: Sequence[int]) -> Pending:
        """Axis k becomes the old axis order[k]."""
        return replace(self, axes=tuple(self.axes[a] for a in order))

    def taken(self, axis: int, at: int) -> Pending:
        """The entry `at` of an axis, which is gone then."""
        of = self.axes[axis]
        index = self.index
        if of is not None:
            cut = self.cuts[of]
            place = cut.start[0] + at * cut.step
            index = (*index[:of], place, *index[of + 1 :])
        gain = self.gain
        if gain is not None and gain[0] == of:
            gain = (gain[0], gain[1].taken(0, at))
        return replace(self, axes=self.axes[:axis] + self.axes[axis + 1 :], index=index, gain=gain)

    def cut(self, axis: int, part: Cut) -> Pending:
        """Entries of an axis."""
        of = self.axes[axis]
        if of is None:
            return self
        cuts = (*self.cuts[:of], self.cuts[of].sub(part), *self.cuts[of + 1 :])
        gain = self.gain
        if gain is not None and gain[0] == of:
            gain = (gain[0], gain[1].cut(0, part))
        return replace(self, cuts=cuts, gain=gain)


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """A linear map from vectors of `columns` to vectors of `rows`, and its transpose.

    Where its rows (or columns) are of a fixed number, `row` (`column`) gives one as a vector.
    """

    rows: Size
    columns: Size
    forward: Callable[[Cell], Cell]
    backward: Callable[[Cell], Cell]
    row: Callable[[int], Cell] | None = None
    column: Callable[[int], Cell] | None = None

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def T(self) -> Operator:
        """The transpose."""
        return Operator(self.columns, self.rows, self.backward, self.forward, self.column, self.row)

    def then(self, outer: Callable[[Cell], Cell], inner: Callable[[Cell], Cell]) -> Operator:
        """With `outer` behind it, `inner` behind its transpose: coordinatewise on both sides."""
        row, column = self.row, self.column
        return Operator(
            self.rows,
            self.columns,
            lambda x: outer(self.forward(x)),
            lambda x: inner(self.backward(x)),
            None if row is None else lambda k: inner(row(k)),
            None if column is None else lambda k: outer(column(k)),
        )


def pending(param: Stored) -> Pending:
    """A whole parameter."""
    rank = len(param.shape)
    cuts = tuple(whole(size) for size in param.shape)
    return Pending(param, tuple(range(rank)), cuts, (None,) * rank)


def filled(shape: Sequence[int], make: Callable[[tuple[int, ...]], Any]) -> Cells:
    """An array of what `make` gives at every index."""
    cells: Cells = np.empty(tuple(shape), dtype=object)
    for index in np.ndindex(*cells.shape):
        cells[index] = make(index)
    return cells


def mapped(tensor: Tensor, make: Callable[[Cell], Cell]) -> Tensor:
    """Another cell for every cell."""
    cells = filled(tensor.cells.shape, lambda i: make(tensor.cells[i]))
    return Tensor(cells, tensor.axis, tensor.shape)


def as_operator(al: CellAlgebra, matrix: Pending | Operator) -> Operator:
    """A parameter of two axes as the matrix that it is."""
    if isinstance(matrix, Operator):
        return matrix
    if len(matrix.axes) != 2:
        raise refusal(f"{matrix.param.name} has {len(matrix.axes)} axes in a product of matrices")
    first, second = matrix.axes
    if first is None or second is None:
        raise refusal(
            f"{matrix.param.name} is multiplied as a matrix after it was reshaped",
            "multiply it as it is declared",
        )
    index = tuple(None if k in (first, second) else i for k, i in enumerate(matrix.index))
    rows, columns = sorted((first, second))
    block = Block(matrix.param, index, (rows, columns), matrix.cuts[rows], matrix.cuts[columns])
    require_a_width(block)
    flip = first > second

    found = Operator(
        matrix.shape[0],
        matrix.shape[1],
        lambda x: product(al, block, flip, x),
        lambda x: product(al, block, not flip, x),
        _lines(al, matrix, 0),
        _lines(al, matrix, 1),
    )
    found = _with_gain(al, matrix, found)
    factor = matrix.factor
    if factor is None:
        return found
    return found.then(partial(al.mul, factor), partial(al.mul, factor))


def _with_gain(al: CellAlgebra, matrix: Pending, found: Operator) -> Operator:
    """D W or W D, with the gains on the diagonal of D; its lines have them already."""
    if matrix.gain is None:
        return found
    axis, gains = matrix.gain
    gain = as_tensor(al, gains, -1).cells.item(())
    if matrix.axes[0] != axis:
        return _with_rows_gained(al, gain, found.T).T
    return _with_rows_gained(al, gain, found)


def _with_rows_gained(al: CellAlgebra, gain: Cell, found: Operator) -> Operator:
    return replace(
        found,
        forward=lambda x: al.mul(gain, found.forward(x)),
        backward=lambda y: found.backward(al.mul(gain, y)),
    )


def _lines(al: CellAlgebra, matrix: Pending, axis: int) -> Callable[[int], Cell] | None:
    """The rows (or columns) of a parameter as vectors, where their number is fixed."""
    if is_wide(matrix.shape[axis]) or not is_wide(matrix.shape[1 - axis]):
        return None
    vectors = replace(matrix, factor=None)
    return lambda k: as_tensor(al, vectors.taken(axis, k)).cells.item(())


def require_a_width(block: Block) -> None:
    """Raise TPImportError for a trained matrix between two fixed sizes."""
    if not is_wide(block.rows.size) and not is_wide(block.columns.size):
        raise refusal(
            f"{block.param.name} leads from {block.columns.size[0]} to {block.rows.size[0]}, "
            "both fixed",
            "let one of the two grow with the width: a trained matrix of a Tensor Program does",
        )


def as_tensor(al: CellAlgebra, value: object, axis: int | None = None, unit: bool = True) -> Tensor:
    """A tensor of cells from anything that the graph holds.

    Of a parameter the axis that grows with width is that of the vectors; where none does, `axis`
    (counted from the right) is, and without it its entries are numbers at positions. One of size 1
    is that of vectors where `unit` says so.
    """
    match value:
        case Tensor():
            return value
        case Pending():
            return _of_parameter(al, value, axis, unit)
        case Operator():
            return _of_operator(value)
    array = np.asarray(value)
    if array.dtype == object or isinstance(value, tuple):
        return Tensor(filled((), lambda _: al.number(value)), None, ())
    cells = filled(array.shape, lambda i: al.number(array[i].item()))
    return Tensor(cells, None, tuple((k, k) for k in array.shape))


def _of_operator(matrix: Operator) -> Tensor:
    """The rows or columns of a matrix, of which there is a fixed number, as vectors."""
    lines, own = (matrix.row, 1) if matrix.row is not None else (matrix.column, 0)
    if lines is None:
        raise refusal(
            "a matrix made of matrices is used coordinatewise",
            "only products with vectors read it",
        )
    cells = filled([matrix.shape[1 - own][0]], lambda i: lines(i[0]))
    return Tensor(cells, own, matrix.shape)


def _of_parameter(al: CellAlgebra, value: Pending, axis: int | None, unit: bool) -> Tensor:
    shape = value.shape
    wide = [k for k, size in enumerate(shape) if is_wide(size)]
    if len(wide) > 1:
        raise refusal(
            f"{value.param.name} has two widths and is used coordinatewise",
            "only a product with a vector reads a matrix",
        )
    own = wide[0] if wide else None
    if own is None and axis is not None and -len(shape) <= axis < 0:
        own = len(shape) + axis
        own = None if value.axes[own] is None or (shape[own] == ONE and not unit) else own
    others = [k for k in range(len(shape)) if k != own]

    def cell(index: tuple[int, ...]) -> Cell:
        places = list(value.index)
        for k, i in zip(others, index, strict=True):
            of = value.axes[k]
            if of is not None:
                cut = value.cuts[of]
                places[of] = cut.start[0] + i * cut.step
        axis = None if own is None else value.axes[own]
        found = _vector(al, value.param, tuple(places), axis, value.cuts)
        if value.gain is not None:
            found = al.mul(_gain(al, value.gain, axis, places), found)
        return found if value.factor is None else al.mul(value.factor, found)

    return Tensor(filled([shape[k][0] for k in others], cell), own, shape)


def _gain(
    al: CellAlgebra, gain: tuple[int, Pending], own: int | None, places: Sequence[int | None]
) -> Cell:
    """The gains along the axis of the vectors, or the one of the place along another."""
    axis, gains = gain
    if axis != own:
        index = (*gains.index[:axis], places[axis], *gains.index[axis + 1 :])
        gains = replace(gains, axes=(), index=index)
    cell: Cell = as_tensor(al, gains, -1).cells.item(())
    return cell


def _vector(
    al: CellAlgebra,
    param: Stored,
    index: tuple[int | None, ...],
    own: int | None,
    cuts: tuple[Cut, ...],
) -> Cell:
    """A vector of a parameter, or the one number at an index."""
    if own is not None:
        index = (*index[:own], None, *index[own + 1 :])
        parts = al.seams.parts(param.name, own, cuts[own])
        return al.joined([al.intern(Held(param, index, part)) for part in parts])
    if not index:
        return al.mean(al.intern(Held(param, (), Cut((0, 0), ONE))))
    last = index[-1]
    assert last is not None
    return al.mean(al.intern(Held(param, (*index[:-1], None), Cut((last, last), ONE))))
