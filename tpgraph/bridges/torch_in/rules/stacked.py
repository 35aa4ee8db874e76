"""Matrices of one parameter, stacked: what a view makes of one that has further axes.

    W of e × n × m as e·n rows:  x ↦ (W₁ x, …, W_e x),   its transpose  y ↦ Σ_k W_kᵀ y_k

so that einsum over a parameter that holds several matrices is a product by each of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from tpgraph.bridges.torch_in.cell_algebra import CellAlgebra
from tpgraph.bridges.torch_in.cell_tensors import (
    ONE,
    Operator,
    Pending,
    Shape,
    as_operator,
)
from tpgraph.bridges.torch_in.cells import Cell
from tpgraph.bridges.torch_in.sizes import Size, blocks, every, is_wide

__all__ = ["stacked"]


def stacked(al: CellAlgebra, x: Pending, shape: Shape) -> Operator | None:
    """The parameter over the two axes of `shape`, each of neighbouring axes that it has.

    None where `shape` has other than two axes with sizes, or takes an axis of a width apart.
    """
    wanted = [size for size in shape if size != ONE]
    kept = [axis for axis, size in enumerate(x.shape) if size != ONE]
    if len(wanted) != 2 or sum(is_wide(x.shape[axis]) for axis in kept) != 2:
        return None
    for axis in reversed([a for a in range(len(x.shape)) if a not in kept]):
        x = x.taken(axis, 0)
    for rows in range(1, len(x.shape)):
        groups = x.shape[:rows], x.shape[rows:]
        if [_size(group) for group in groups] == wanted:
            return _stack(al, x, rows) if all(_wide(g) == 1 for g in groups) else None
    return None


def _size(axes: Sequence[Size]) -> Size:
    first = second = 1
    for size in axes:
        first, second = first * size[0], second * size[1]
    return first, second


def _wide(axes: Sequence[Size]) -> int:
    return sum(is_wide(size) for size in axes)


def _stack(al: CellAlgebra, x: Pending, rows: int) -> Operator:
    """The parameter whose first `rows` axes are those of the rows."""
    if rows > 1:
        return _along(al, x, rows)
    if len(x.shape) > 2:
        order = [*range(1, len(x.shape)), 0]
        return _along(al, x.permuted(order), len(order) - 1).T
    return as_operator(al, x)


def _along(al: CellAlgebra, x: Pending, rows: int) -> Operator:
    """The matrices at the places of a fixed axis of the rows: in blocks, or entry by entry."""
    interleaved = is_wide(x.shape[0])
    axis = rows - 1 if interleaved else 0
    count = x.shape[axis][0]
    parts = [_stack(al, x.taken(axis, k), rows - 1) for k in range(count)]
    total = _size(x.shape[:rows])
    cuts = list(every(total, count) if interleaved else blocks(total, count))

    def forward(v: Cell) -> Cell:
        return al.joined([part.forward(v) for part in parts], interleaved)

    def backward(v: Cell) -> Cell:
        of_parts = zip(parts, cuts, strict=True)
        return al.add(*(part.backward(al.cut(v, cut)) for part, cut in of_parts))

    return Operator(total, parts[0].columns, forward, backward)
