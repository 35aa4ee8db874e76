"""Broadcasting: tensors, parameters and numbers of different shapes meet coordinatewise.

Their vectors must lie along one axis; those of a fixed size that lie along another are numbers,
and so are those that meet numbers which differ from coordinate to coordinate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tpgraph.bridges.torch_in.cell_algebra import CellAlgebra
from tpgraph.bridges.torch_in.cell_tensors import (
    ONE,
    Cells,
    Pending,
    Shape,
    Tensor,
    as_tensor,
    filled,
    mapped,
)
from tpgraph.bridges.torch_in.cells import Cell
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.sizes import is_wide

__all__ = ["aligned", "as_numbers", "pointwise"]


def aligned(al: CellAlgebra, values: Sequence[object]) -> tuple[list[Cells], int | None, Shape]:
    """The cells of all values on one shape, with the vectors on one axis."""
    known = [v for v in values if isinstance(v, Tensor)]
    known += [as_tensor(al, v) for v in values if isinstance(v, Pending) and _is_wide(v)]
    own = _common_axis(al, known)
    unit = all(t.size in (ONE, None) for t in known)
    tensors = [as_tensor(al, v, own, unit) for v in values]
    fixed = not any(t.size is not None and is_wide(t.size) for t in tensors)
    if own is not None and fixed and any(_tells_coordinates_apart(t, own) for t in tensors):
        own = None
    rank = max(t.rank for t in tensors)
    tensors = [_with_numbers(al, t, own) for t in tensors]
    shape = _common_shape(tensors, rank)
    axis = None if own is None else rank + own
    return [_spread(al, t, axis, shape) for t in tensors], axis, shape


def _is_wide(value: Pending) -> bool:
    return any(is_wide(size) for size in value.shape)


def _common_axis(al: CellAlgebra, tensors: Sequence[Tensor]) -> int | None:
    """The axis of the vectors, counted from the right."""
    axes = [(t.axis - t.rank, t.size) for t in tensors if t.axis is not None and t.size is not None]
    wide = list(dict.fromkeys(axis for axis, size in axes if is_wide(size)))
    if len(wide) > 1:
        raise refusal(
            "two tensors meet whose vectors lie along different axes",
            "an outer product of vectors is no Tensor Program: let a matrix lead from one to the "
            "other",
        )
    if wide:
        return wide[0]
    fixed = list(dict.fromkeys(axis for axis, size in axes if size != ONE))
    if fixed:
        return fixed[0] if len(fixed) == 1 else None
    return next((axis for axis, _ in axes if _is_one_along(tensors, axis)), None)


def _tells_coordinates_apart(tensor: Tensor, own: int) -> bool:
    """Whether its numbers differ along the axis of the vectors."""
    if tensor.axis is not None or -own > tensor.rank:
        return False
    rows = np.moveaxis(tensor.cells, own, 0).reshape(tensor.shape[own][0], -1)
    return any(cell is not row[0] for row in rows.T for cell in row)


def _is_one_along(tensors: Sequence[Tensor], axis: int) -> bool:
    return all(t.shape[axis] == ONE for t in tensors if -axis <= t.rank)


def _with_numbers(al: CellAlgebra, tensor: Tensor, own: int | None) -> Tensor:
    """Vectors of a fixed size that stand along another axis than the others are numbers."""
    if tensor.axis is None or own == tensor.axis - tensor.rank:
        return tensor
    return as_numbers(al, tensor)


def as_numbers(al: CellAlgebra, tensor: Tensor) -> Tensor:
    """Vectors of a fixed size as numbers at positions."""
    assert tensor.size is not None
    assert tensor.axis is not None
    count = tensor.size[0]
    parts = filled(
        tensor.cells.shape, lambda i: [al.mean(c) for c in al.split(tensor.cells[i], count)]
    )
    cells = filled((*tensor.cells.shape, count), lambda i: parts[i[:-1]][i[-1]])
    return Tensor(np.moveaxis(cells, -1, tensor.axis), None, tensor.shape)


def _common_shape(tensors: Sequence[Tensor], rank: int) -> Shape:
    shape = [ONE] * rank
    for tensor in tensors:
        for k, size in enumerate(tensor.shape):
            at = rank - tensor.rank + k
            if size != ONE:
                shape[at] = size
    return tuple(shape)


def _spread(al: CellAlgebra, tensor: Tensor, axis: int | None, shape: Shape) -> Cells:
    """The cells of a tensor over all axes of `shape` but `axis`."""
    cells, rank = tensor.cells, len(shape)
    if axis is not None:
        at = axis - (rank - tensor.rank)
        if tensor.axis is None and at >= 0:
            cells = _equal_along(cells, at)
        elif tensor.size == ONE and shape[axis] != ONE:
            cells = mapped(tensor, al.mean).cells
    target = tuple(size[0] for k, size in enumerate(shape) if k != axis)
    cells = cells.reshape((1,) * (len(target) - cells.ndim) + cells.shape)
    spread: Cells = np.broadcast_to(cells, target)
    return spread


def _equal_along(cells: Cells, axis: int) -> Cells:
    """Numbers along the axis of the vectors: they must be equal."""
    rows = np.moveaxis(cells, axis, 0)
    first: Cells = rows[:1][0, ...]
    for k in range(1, len(rows)):
        if any(a is not b for a, b in zip(rows[:1].flat, rows[k : k + 1].flat, strict=True)):
            raise refusal(
                "numbers that differ meet the coordinates of a vector",
                "make them a parameter, or an input",
            )
    return first


def pointwise(al: CellAlgebra, make: Callable[..., Cell], *values: object) -> Tensor:
    """A coordinatewise operation on tensors, parameters and numbers."""
    cells, axis, shape = aligned(al, values)
    out = filled(cells[0].shape, lambda i: make(*(c[i] for c in cells)))
    return Tensor(out, axis, shape)
