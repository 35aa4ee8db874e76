"""Operations that move cells: permutations, views, slices, joins, padding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

import numpy as np
import torch

from tpgraph.bridges.torch_in.cell_tensors import (
    ONE,
    Operator,
    Pending,
    Shape,
    Tensor,
    as_operator,
    filled,
    mapped,
)
from tpgraph.bridges.torch_in.cells import Cell
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.rules.rule_table import NodeCall, rule
from tpgraph.bridges.torch_in.rules.views import viewed
from tpgraph.bridges.torch_in.sizes import Cut, Size

__all__: list[str] = []


@rule("permute")
def permute(call: NodeCall, x: Any, dims: Sequence[int]) -> Any:
    """Axes in another order."""
    if isinstance(x, Operator):
        rows, columns = (d % len(dims) for d in dims[-2:])
        return x.T if rows > columns else x
    x = x if isinstance(x, Pending) else call.tensor(x)
    return x.permuted([d % len(x.shape) for d in dims])


@rule("transpose", "t", "swapaxes")
def transpose(call: NodeCall, x: Any, first: int = 0, second: int = 1) -> Any:
    """Two axes exchanged."""
    dims = list(range(len(x.shape)))
    if len(dims) > 1:
        dims[first], dims[second] = dims[second], dims[first]
    return permute(call, x, dims)


@rule("_to_copy", "to")
def to(call: NodeCall, x: Any, *_: Any, **__: Any) -> Any:
    """The tensor itself, in whatever precision."""
    read = call.site.first.args[0]
    assert isinstance(read, torch.fx.Node)
    before, after = (node.meta["val"].dtype for node in (read, call.site.first))
    if before.is_floating_point and not (after.is_floating_point or after.is_complex):
        raise refusal(
            f"numbers are taken for {str(after).removeprefix('torch.')}",
            "leave them what they are; conditions are written as x > 0",
        )
    return x


@rule("clone", "contiguous", "detach", "alias", "lift_fresh_copy", "lift_fresh", "dropout",
      "view_as_real")  # fmt: skip
def same(call: NodeCall, x: Any, *_: Any, **__: Any) -> Any:
    """The tensor itself."""
    return x


@rule("_assert_tensor_metadata", "_assert_async", "sym_constrain_range_for_size")
def nothing(call: NodeCall, *_: Any, **__: Any) -> None:
    """What only checks."""


@rule("native_dropout")
def native_dropout(call: NodeCall, x: Any, p: float, train: bool) -> Any:
    """Dropout: nothing in evaluation."""
    if train and p:
        raise refusal(
            f"dropout with p = {p} draws at random in every pass",
            "import the module in evaluation mode, or set p = 0",
        )
    return [x, None]


@rule("unsqueeze")
def unsqueeze(call: NodeCall, x: Any, axis: int) -> Any:
    """A new axis of size 1."""
    axis %= len(x.shape) + 1
    if isinstance(x, Pending):
        axes = (*x.axes[:axis], None, *x.axes[axis:])
        return replace(x, axes=axes)
    return call.tensor(x).with_axis(axis)


@rule("squeeze")
def squeeze(call: NodeCall, x: Any, axes: int | Sequence[int] | None = None) -> Any:
    """Axes of size 1 taken away."""
    rank = len(x.shape)
    wanted = range(rank) if axes is None else [axes] if isinstance(axes, int) else axes
    for axis in sorted({a % rank for a in wanted if x.shape[a] == ONE}, reverse=True):
        if isinstance(x, Pending):
            x = x.taken(axis, 0)
            continue
        x = call.tensor(x)
        x = _scalars(call, x) if axis == x.axis else x
        x = x.without(axis, np.take(x.cells, 0, axis=x.place(axis)))
    return x


def _scalars(call: NodeCall, x: Tensor) -> Tensor:
    """Vectors of one entry as numbers at a position."""
    assert x.axis is not None
    return Tensor(np.expand_dims(mapped(x, call.al.mean).cells, x.axis), None, x.shape)


@rule("expand")
def expand(call: NodeCall, x: Any, size: Sequence[Any], **_: Any) -> Any:
    """Axes of size 1 repeated, new ones in front."""
    shape = call.shape
    if isinstance(x, Pending) and x.shape == shape[-len(x.shape) :]:
        new = len(shape) - len(x.shape)
        if all(s == ONE for s in shape[:new]):
            return replace(x, axes=(None,) * new + x.axes)
    x = call.tensor(x)
    for _axis in range(len(shape) - x.rank):
        x = x.with_axis(0)
    if x.axis is not None and x.size != shape[x.axis]:
        x = _scalars(call, x)
    target = [s[0] for k, s in enumerate(shape) if k != x.axis]
    wide = [k for k, s in enumerate(shape) if s[0] != s[1]]
    if x.axis is None and wide:  # the same number at every coordinate
        target = [s[0] for k, s in enumerate(shape) if k != wide[0]]
        return Tensor(np.broadcast_to(np.squeeze(x.cells, wide[0]), target), wide[0], shape)
    return Tensor(np.broadcast_to(x.cells, target), x.axis, shape)


@rule("repeat")
def repeat(call: NodeCall, x: Any, repeats: Sequence[int]) -> Any:
    """Positions repeated."""
    x = call.tensor(x)
    for _axis in range(len(repeats) - x.rank):
        x = x.with_axis(0)
    for axis, count in enumerate(repeats):
        if count == 1:
            continue
        if axis == x.axis:
            raise refusal("the coordinates of a vector are repeated")
        cells = np.concatenate([x.cells] * count, axis=x.place(axis))
        size = x.shape[axis][0] * count
        shape = (*x.shape[:axis], (size, size), *x.shape[axis + 1 :])
        x = Tensor(cells, x.axis, shape)
    return x


@rule("view", "reshape", "_unsafe_view", "flatten", "unflatten")
def view(call: NodeCall, x: Any, *_: Any) -> Any:
    """Other axes over the same entries."""
    return viewed(call, x, call.shape)


@rule("select")
def select(call: NodeCall, x: Any, axis: int, at: int) -> Any:
    """One place of an axis."""
    axis %= len(x.shape)
    at = at + x.shape[axis][0] if at < 0 else at
    if isinstance(x, Pending):
        return x.taken(axis, at)
    x = call.tensor(x)
    if axis == x.axis:
        if x.shape[axis][0] != x.shape[axis][1]:
            raise refusal(
                "one coordinate of a vector of a width is taken",
                "coordinates are alike in a Tensor Program: read one out by a layer of its own",
            )
        part = mapped(x, lambda c: call.al.cut(c, Cut((at, at), ONE)))
        return squeeze(call, Tensor(part.cells, axis, _with(x.shape, axis, ONE)), axis)
    return x.without(axis, np.take(x.cells, at, axis=x.place(axis)))


def _with(shape: Shape, axis: int, size: Size) -> Shape:
    return (*shape[:axis], size, *shape[axis + 1 :])


@rule("slice", "narrow")
def slice_(
    call: NodeCall, x: Any, axis: int = 0, start: Any = None, end: Any = None, step: int = 1
) -> Any:
    """Entries of an axis."""
    axis %= len(x.shape)
    size = call.shape[axis]
    if size == x.shape[axis]:
        return x
    begin = (0, 0) if start is None else start if isinstance(start, tuple) else (start, start)
    first = tuple(b + s if b < 0 else b for b, s in zip(begin, x.shape[axis], strict=True))
    cut = Cut((first[0], first[1]), size, step)
    return _part(call, x, axis, cut)


def _part(call: NodeCall, x: Any, axis: int, cut: Cut) -> Any:
    if isinstance(x, Pending):
        return x.cut(axis, cut)
    x = call.tensor(x)
    shape = _with(x.shape, axis, cut.size)
    if axis == x.axis:
        return Tensor(mapped(x, lambda c: call.al.cut(c, cut)).cells, axis, shape)
    return Tensor(np.take(x.cells, list(cut.entries(0)), axis=x.place(axis)), x.axis, shape)


@rule("split_with_sizes", "split", "chunk")
def split_with_sizes(call: NodeCall, x: Any, sizes: Sequence[Any], axis: int = 0) -> list[Any]:
    """Consecutive parts of an axis."""
    pairs = [s if isinstance(s, tuple) else (s, s) for s in sizes]
    starts = [(0, 0), *accumulate(pairs, lambda a, b: (a[0] + b[0], a[1] + b[1]))]
    return [
        _part(call, x, axis % len(x.shape), Cut(at, size))
        for at, size in zip(starts, pairs, strict=False)
    ]


@rule("unbind")
def unbind(call: NodeCall, x: Any, axis: int = 0) -> list[Any]:
    """Every place of an axis."""
    return [select(call, x, axis, k) for k in range(x.shape[axis][0])]


@rule("getitem")
def getitem(call: NodeCall, x: Any, k: int) -> Any:
    """One of several results."""
    return x[k]


@rule("cat")
def cat(call: NodeCall, tensors: Sequence[Any], axis: int = 0) -> Tensor:
    """Tensors joined along an axis: of vectors, or of positions."""
    wide = [t for t in tensors if isinstance(t, Tensor) and t.axis is not None]
    own = wide[0].axis - wide[0].rank if wide and wide[0].axis is not None else None
    parts = [call.tensor(t, own) for t in tensors]
    axis %= parts[0].rank
    axes = list(dict.fromkeys(p.axis for p in parts))
    if len(axes) > 1:
        raise refusal("tensors are joined whose vectors lie along different axes")
    if axis == axes[0]:
        cells = filled(parts[0].cells.shape, lambda i: call.al.joined([p.cells[i] for p in parts]))
        return Tensor(cells, axis, call.shape)
    place = parts[0].place(axis)
    return Tensor(np.concatenate([p.cells for p in parts], place), axes[0], call.shape)


@rule("stack")
def stack(call: NodeCall, tensors: Sequence[Any], axis: int = 0) -> Any:
    """Tensors joined along a new axis of positions."""
    axis %= len(tensors[0].shape) + 1
    return cat(call, [unsqueeze(call, t, axis) for t in tensors], axis)


@rule("flip")
def flip(call: NodeCall, x: Any, axes: Sequence[int]) -> Tensor:
    """Positions in reverse order."""
    x = call.tensor(x)
    places = [a % x.rank for a in axes]
    if x.axis in places:
        raise refusal("the coordinates of a vector are reversed")
    return Tensor(np.flip(x.cells, tuple(x.place(a) for a in places)), x.axis, x.shape)


@rule("copy")
def copy(call: NodeCall, _: Any, source: Any, *__: Any) -> Any:
    """What is written over a tensor."""
    return expand(call, source, call.shape)


@rule("slice_scatter")
def slice_scatter(
    call: NodeCall,
    x: Any,
    part: Any,
    axis: int = 0,
    start: Any = None,
    end: Any = None,
    step: int = 1,
) -> Tensor:
    """A tensor of which a part of an axis of positions is another one."""
    own = part.axis if isinstance(part, Tensor) else None
    x, part = _over(call, x, own), call.tensor(part)
    axis %= x.rank
    if axis == x.axis:
        raise refusal("some coordinates of a vector are written over", "join its parts by cat")
    cells = x.cells.copy()
    place = (slice(None),) * x.place(axis) + (slice(start, end, step),)
    cells[place] = part.cells
    return Tensor(cells, x.axis, x.shape)


@rule("select_scatter")
def select_scatter(call: NodeCall, x: Any, part: Any, axis: int, at: int) -> Any:
    """A tensor of which one place of an axis of positions is another one."""
    axis %= len(call.shape)
    at %= call.shape[axis][0]
    return slice_scatter(call, x, call.tensor(part).with_axis(axis), axis, at, at + 1)


def _over(call: NodeCall, x: Any, own: int | None) -> Tensor:
    """A tensor, of which numbers that are written over by vectors stand for all coordinates."""
    tensor = call.tensor(x)
    if tensor.axis is not None or own is None:
        return tensor
    return Tensor(np.take(tensor.cells, 0, axis=own), own, tensor.shape)


@rule("index_select")
def index_select(call: NodeCall, x: Any, axis: int, at: Any) -> Any:
    """Places of an axis of positions."""
    return index(call, x, [None] * (axis % len(x.shape)) + [at])


@rule("index")
def index(call: NodeCall, x: Any, places: Sequence[Any]) -> Any:
    """Known places of axes of positions; of a table those of tokens."""
    if isinstance(x, Pending) and len(places) == 1 and isinstance(places[0], Tensor):
        return embedding(call, x, places[0])
    x = call.tensor(x, -1)
    taken = [k for k, at in enumerate(places) if at is not None]
    if x.axis in taken:
        raise refusal("coordinates of a vector are picked one by one")
    if any(isinstance(places[k], Tensor) for k in taken):
        raise refusal("places are picked that depend on values")
    kept = [k for k in range(x.rank) if k not in taken]
    moved = x.cells.transpose([x.place(k) for k in (*taken, *kept) if k != x.axis])
    cells = moved[tuple(np.asarray(places[k]) for k in taken)]
    count = cells.ndim - len([k for k in kept if k != x.axis])
    front = taken[0] if taken == list(range(taken[0], taken[-1] + 1)) else 0
    own = None if x.axis is None else kept.index(x.axis) + (count if x.axis > front else 0)
    lead = [count + i for i in range(front - (own is not None and own < front))]
    order = [*lead, *range(count), *range(count + len(lead), cells.ndim)]
    return Tensor(cells.transpose(order), own, call.shape)


@rule("embedding")
def embedding(call: NodeCall, weight: Any, tokens: Any, *_: Any) -> Any:
    """Rows of a table: of tokens that are given by one-hot vectors, or of known places."""
    if not isinstance(weight, Pending):
        raise refusal("an embedding whose table is no parameter")
    if not isinstance(tokens, Tensor):
        table = call.tensor(weight, -1)
        return Tensor(table.cells[np.asarray(tokens)], len(call.shape) - 1, call.shape)
    operator = as_operator(call.al, weight)
    return Tensor(mapped(tokens, operator.backward).cells, len(call.shape) - 1, call.shape)


@rule("constant_pad_nd", "pad")
def pad(call: NodeCall, x: Any, pads: Sequence[int], *rest: Any) -> Tensor:
    """Constants around the positions."""
    numbers = [r for r in rest if isinstance(r, int | float)]
    x = call.tensor(x)
    margins = [(0, 0)] * x.rank
    for k in range(len(pads) // 2):
        margins[x.rank - 1 - k] = (pads[2 * k], pads[2 * k + 1])
    if x.axis is not None and margins[x.axis] != (0, 0):
        raise refusal("a vector is padded along its coordinates")
    spaces = [m for k, m in enumerate(margins) if k != x.axis]
    if any(side < 0 for m in spaces for side in m):
        raise refusal("positions are cut off by a negative padding", "slice them")
    value = call.al.number(numbers[0] if numbers else 0)
    shape = tuple(s + a + b for s, (a, b) in zip(x.cells.shape, spaces, strict=True))
    cells = filled(shape, lambda _: value)
    inner = tuple(slice(a, a + s) for s, (a, _) in zip(x.cells.shape, spaces, strict=True))
    cells[inner] = x.cells
    return Tensor(cells, x.axis, call.shape)


@rule("full", "full_like", "new_full")
def full(call: NodeCall, *arguments: Any, **_: Any) -> Tensor:
    """One number everywhere."""
    return _constant(call, arguments[-1])


@rule("zeros", "zeros_like", "new_zeros", "empty_like", "empty", "new_empty")
def zeros(call: NodeCall, *_: Any, **__: Any) -> Tensor:
    """Zero everywhere."""
    return _constant(call, 0)


@rule("ones", "ones_like", "new_ones", "scalar_tensor")
def ones(call: NodeCall, *_: Any, **__: Any) -> Tensor:
    """One everywhere."""
    return _constant(call, 1)


def _constant(call: NodeCall, value: Any) -> Tensor:
    wide = [k for k, s in enumerate(call.shape) if s[0] != s[1]]
    own = wide[0] if wide else None
    number: Cell = call.al.number(value)
    shape = [s[0] for k, s in enumerate(call.shape) if k != own]
    assert math.prod(shape) >= 0
    return Tensor(filled(shape, lambda _: number), own, call.shape)
