"""Views: the same entries over other axes.

An axis of vectors with P positions before it and Q behind it in one group of axes is one sequence
of P · size · Q entries; a view with L positions before and R behind takes it as L · size′ · R.
Vectors are joined over P, interleaved over Q or cut every R-th, and cut in L blocks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tpgraph.bridges.torch_in.cell_tensors import ONE, Cells, Pending, Shape, Tensor, filled
from tpgraph.bridges.torch_in.cells import Cell
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.rules.rule_table import NodeCall
from tpgraph.bridges.torch_in.rules.stacked import stacked
from tpgraph.bridges.torch_in.sizes import Cut, Size, every, is_wide

__all__ = ["viewed"]


def viewed(call: NodeCall, x: Any, shape: Shape) -> Any:
    """The tensor over the axes of `shape`."""
    if tuple(x.shape) == shape:
        return x
    if isinstance(x, Pending):
        found = _pending(x, shape) or stacked(call.al, x, shape)
        if found is not None:
            return found
    x = call.tensor(x)
    if x.axis is None:
        return _scalars(x, shape)
    old, new = _group(x.shape, shape, x.axis)
    before = [k for k in old if k < x.axis]
    behind = [k for k in old if k > x.axis]
    left = [s[0] for k, s in enumerate(x.shape) if k < min(old)]
    right = [s[0] for k, s in enumerate(x.shape) if k > max(old)]
    target = _target(shape, new, x.shape[x.axis])
    lead = [k for k in new if k < target]
    trail = [k for k in new if k > target]
    P, Q = (math.prod(x.shape[k][0] for k in group) for group in (before, behind))
    L, R = (math.prod(shape[k][0] for k in group) for group in (lead, trail))
    flat = x.cells.reshape(math.prod(left), P, Q, math.prod(right))
    out = filled((flat.shape[0], L, R, flat.shape[3]), lambda _: None)
    for a, b in np.ndindex(flat.shape[0], flat.shape[3]):
        out[a, :, :, b] = _regrouped(call, flat[a, :, :, b], L, R)
    cells = out.reshape([s[0] for k, s in enumerate(shape) if k != target])
    return Tensor(cells, target, shape)


def _scalars(x: Tensor, shape: Shape) -> Tensor:
    """Numbers at positions; where a width is among the axes each stands for all coordinates."""
    wide = [k for k, s in enumerate(shape) if is_wide(s)]
    own = wide[0] if wide else None
    return Tensor(x.cells.reshape([s[0] for k, s in enumerate(shape) if k != own]), own, shape)


def _regrouped(call: NodeCall, cells: Cells, L: int, R: int) -> Cells:
    """(P, Q) vectors as (L, R)."""
    P, Q = cells.shape
    al = call.al
    if R % Q == 0:
        split = R // Q
        rows = [al.joined(list(cells[:, q])) if P > 1 else cells[0, q] for q in range(Q)]
        strided = [[_strided(call, row, split, r) for row in rows] for r in range(split)]
        columns = [vector for group in strided for vector in group]
    elif Q % R == 0:
        columns = [_woven(call, [list(cells[p, r::R]) for p in range(P)]) for r in range(R)]
    else:
        raise refusal(
            "a reshape interleaves positions and the coordinates of a vector",
            "permute the axes first, so that whole vectors are joined or split",
        )
    return filled((L, R), lambda i: al.split(columns[i[1]], L)[i[0]] if L > 1 else columns[i[1]])


def _strided(call: NodeCall, vector: Cell, count: int, which: int) -> Cell:
    if count == 1:
        return vector
    assert vector.size is not None
    cut: Cut = list(every(vector.size, count))[which]
    return call.al.cut(vector, cut)


def _woven(call: NodeCall, rows: Sequence[list[Cell]]) -> Cell:
    """Vectors that take turns entry by entry, for every row, rows one behind the other."""
    return call.al.joined([call.al.joined(row, interleaved=True) for row in rows])


def _group(old: Shape, new: Shape, axis: int) -> tuple[list[int], list[int]]:
    """The axes that are regrouped together with the axis of the vectors, old and new."""
    i = j = 0
    while i < len(old) or j < len(new):
        a, b = [i] if i < len(old) else [], [j] if j < len(new) else []
        p, q = old[i] if a else ONE, new[j] if b else ONE
        i, j = i + len(a), j + len(b)
        while p != q:
            if (p[0] < q[0] or p[1] < q[1]) and i < len(old):
                a.append(i)
                p = (p[0] * old[i][0], p[1] * old[i][1])
                i += 1
            elif j < len(new):
                b.append(j)
                q = (q[0] * new[j][0], q[1] * new[j][1])
                j += 1
            else:
                raise refusal("a reshape does not keep the number of entries")
        if axis in a:
            return a, b or [len(new) - 1]
    raise AssertionError(axis)


def _target(shape: Shape, group: Sequence[int], size: Size) -> int:
    """The axis of the vectors in the new group."""
    wide = [k for k in group if is_wide(shape[k])]
    if len(wide) > 1:
        raise refusal(
            "a reshape makes two axes that grow with the width",
            "keep the number of heads or groups fixed",
        )
    if wide:
        return wide[0]
    same = [k for k in group if shape[k] == size and size != ONE]
    long = [k for k in group if shape[k] != ONE]
    return (same or long or list(group))[-1]


def _pending(x: Pending, shape: Shape) -> Pending | None:
    """A parameter with axes of size 1 more or fewer; None where its entries are regrouped."""
    kept = [(a, s) for a, s in zip(x.axes, x.shape, strict=True) if s != ONE]
    if [s for _, s in kept] != [s for s in shape if s != ONE]:
        return None
    index = list(x.index)
    for a, s in zip(x.axes, x.shape, strict=True):
        if a is not None and s == ONE:
            index[a] = x.cuts[a].start[0]
    real = iter(a for a, _ in kept)
    axes = tuple(None if s == ONE else next(real) for s in shape)
    return replace(x, axes=axes, index=tuple(index))
