"""Convolutions and pooling: channels are vectors, places are positions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from tpgraph.bridges.torch_in.broadcasting import pointwise
from tpgraph.bridges.torch_in.cell_tensors import Pending, Tensor, as_operator, as_tensor, filled
from tpgraph.bridges.torch_in.cells import Cell
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.rules.rule_table import NodeCall, rule
from tpgraph.bridges.torch_in.sizes import Cut, is_wide

__all__: list[str] = []


@rule("convolution")
def convolution(
    call: NodeCall,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: Any,
) -> Tensor:
    """Σ over places of the kernel of W[k] x[place], in groups of channels, or its transpose."""
    x = call.tensor(x)
    if x.axis is None and isinstance(weight, Pending) and is_wide(weight.shape[0]):
        weight = call.tensor(weight)
    if isinstance(weight, Tensor):
        _require_channels(weight, groups, transposed)
    elif not isinstance(weight, Pending):
        raise refusal("a convolution whose kernel is no parameter")
    if x.axis != 1 and not (x.axis is None and isinstance(weight, Tensor)):
        raise refusal(
            "a convolution over channels that are no vector",
            "let the channels be one axis from the input on",
        )
    places = [size[0] for size in weight.shape[2:]]
    taps = {k: _tap(call, weight, k, groups, transposed) for k in np.ndindex(*places)}
    space = [s[0] for s in call.shape[2:]]
    channels = () if x.axis == 1 else (slice(None),)
    inner = x.cells.shape[1 + len(channels) :]
    window = _Window(stride, padding, dilation, transposed, inner)

    def entry(i: tuple[int, ...]) -> Cell:
        terms = []
        for k in np.ndindex(*places):
            at = window.place(i[1:], k)
            if at is not None:
                terms.append(taps[k](x.cells[(i[0], *channels, *at)]))
        return call.al.add(*terms) if terms else call.al.number(0)

    out = Tensor(filled((x.cells.shape[0], *space), entry), 1, call.shape)
    return out if bias is None else _with_bias(call, out, bias)


@dataclass(frozen=True, slots=True)
class _Window:
    """How the places of the output see those of the input, `inner` many along each axis."""

    stride: Sequence[int]
    padding: Sequence[int]
    dilation: Sequence[int]
    transposed: bool
    inner: tuple[int, ...]

    def place(self, i: tuple[int, ...], k: tuple[int, ...]) -> tuple[int, ...] | None:
        """The place of the input that the tap k brings to the place i of the output."""
        found = [self._along(axis, i[axis], k[axis]) for axis in range(len(i))]
        known = tuple(at for at in found if at is not None)
        return known if len(known) == len(found) else None

    def _along(self, axis: int, i: int, k: int) -> int | None:
        """The same along one axis; None beside the input, and between strides."""
        stride, padding, step = self.stride[axis], self.padding[axis], k * self.dilation[axis]
        if not self.transposed:
            at, rest = i * stride + step - padding, 0
        else:
            at, rest = divmod(i - step + padding, stride)
        return at if rest == 0 and 0 <= at < self.inner[axis] else None


def _with_bias(call: NodeCall, out: Tensor, bias: Any) -> Tensor:
    """The bias of every channel at all places."""
    assert isinstance(bias, Pending)
    axes = (None, *bias.axes, *(None,) * (out.rank - 2))
    spread = replace(bias, axes=axes)
    return pointwise(call.al, call.al.add, out, as_tensor(call.al, spread, 1 - out.rank))


def _tap(
    call: NodeCall, weight: Pending | Tensor, k: tuple[int, ...], groups: Any, transposed: bool
) -> Callable[[Any], Cell]:
    """What one place of the kernel does to a vector of channels, or to channels as numbers."""
    al = call.al
    if isinstance(weight, Tensor):
        vectors = [weight.cells[j, *k] for j in range(weight.cells.shape[0])]
        return _mixing(call, vectors, isinstance(groups, tuple))
    at = weight
    for entry in reversed(k):
        at = at.taken(len(at.shape) - 1, entry)
    if isinstance(groups, tuple):
        return _depthwise(call, at, groups)
    if groups == 1:
        matrix = as_operator(al, at)
        return matrix.backward if transposed else matrix.forward
    rows = at.shape[0]
    part = (rows[0] // groups, rows[1] // groups)
    cuts = [(part[0] * g, part[1] * g) for g in range(groups)]
    blocks = [as_operator(al, at.cut(0, Cut(start, part))) for start in cuts]

    def grouped(x: Cell) -> Cell:
        if x.size is None:  # a place of the padding
            return x
        pieces = al.split(x, groups)
        apply = [b.backward if transposed else b.forward for b in blocks]
        return al.joined([f(p) for f, p in zip(apply, pieces, strict=True)])

    return grouped


def _require_channels(weight: Tensor, groups: Any, transposed: bool) -> None:
    """A kernel of vectors, one for every channel that comes in: its number of those is fixed."""
    apart = isinstance(groups, tuple) and groups == weight.shape[0]
    if weight.axis != 0 or transposed or not (groups == 1 or apart):
        raise refusal(
            "a convolution whose kernel is made of vectors, in groups or transposed",
            "write the groups as convolutions of their own",
        )


def _mixing(call: NodeCall, vectors: list[Cell], apart: bool) -> Callable[[Any], Cell]:
    """Σ of the vectors of a kernel times the channels that come in, or channel by channel."""
    al = call.al

    def weighted(channels: Sequence[Cell]) -> Cell:
        return al.add(*(al.mul(c, v) for c, v in zip(channels, vectors, strict=True)))

    def mixed(x: Any) -> Cell:
        if isinstance(x, np.ndarray):
            return weighted(list(x))
        if x.size is None:  # a place of the padding
            padded: Cell = x
            return padded
        if apart:
            return al.mul(vectors[0], x)
        return weighted([al.mean(c) for c in al.split(x, len(vectors))])

    return mixed


def _depthwise(call: NodeCall, at: Pending, groups: tuple[int, int]) -> Callable[[Cell], Cell]:
    """As many groups as channels: every channel by a number of its own."""
    if at.shape[0] != groups or at.shape[1] != (1, 1):
        raise refusal(
            "the number of groups of a convolution grows with the width",
            "keep it fixed, or let every channel be a group of its own",
        )
    numbers = call.tensor(at.taken(1, 0), -1).cells[()]
    return lambda x: call.al.mul(numbers, x)


@rule("max_pool2d_with_indices", "max_pool3d_with_indices", "max_pool1d_with_indices")
def max_pool(
    call: NodeCall,
    x: Any,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    dilation: Sequence[int] = (1,),
    ceil: bool = False,
) -> list[Any]:
    """The largest of every window."""
    found = _pooled(
        call, call.tensor(x), kernel, stride, padding, dilation,
        lambda cells, _: call.al.largest(*cells),
    )  # fmt: skip
    return [found, None]


@rule("avg_pool1d", "avg_pool2d", "avg_pool3d")
def avg_pool(
    call: NodeCall,
    x: Any,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    ceil: bool = False,
    count_padding: bool = True,
    divisor: int | None = None,
) -> Tensor:
    """The mean of every window."""

    def mean(cells: list[Cell], whole: int) -> Cell:
        count = divisor or (whole if count_padding else len(cells))
        return call.al.mul(Fraction(1, count), call.al.add(*cells))

    if ceil:
        raise refusal("average pooling with ceil_mode", "pad the input instead")
    return _pooled(call, call.tensor(x), kernel, stride, padding, (1,), mean)


def _pooled(
    call: NodeCall,
    x: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    make: Callable[[list[Cell], int], Cell],
) -> Tensor:
    rank = len(kernel)
    if x.axis is not None and x.axis >= x.rank - rank:
        raise refusal("pooling over the coordinates of a vector", "pool over positions")
    steps = list(stride) or list(kernel)
    pads, spread = (list(v) * rank if len(v) == 1 else list(v) for v in (padding, dilation))
    steps = steps * rank if len(steps) == 1 else steps
    shape = [s[0] for k, s in enumerate(call.shape) if k != x.axis]
    lead, space = len(shape) - rank, x.cells.shape[-rank:]

    def window(i: tuple[int, ...]) -> Cell:
        cells = []
        for k in np.ndindex(*kernel):
            at = [i[lead + a] * steps[a] + k[a] * spread[a] - pads[a] for a in range(rank)]
            if all(0 <= p < s for p, s in zip(at, space, strict=True)):
                cells.append(x.cells[(*i[:lead], *at)])
        return make(cells, math.prod(kernel))

    return Tensor(filled(shape, window), x.axis, call.shape)


def _mean(call: NodeCall, cells: list[Cell]) -> Cell:
    return call.al.mul(Fraction(1, len(cells)), call.al.add(*cells))


def _covered(
    call: NodeCall, x: Tensor, size: Sequence[int], make: Callable[[list[Cell]], Cell]
) -> Tensor:
    """Windows that cover the positions evenly, each made one."""
    rank = len(size)
    if x.axis is not None and x.axis >= x.rank - rank:
        raise refusal("pooling over the coordinates of a vector", "pool over positions")
    shape = [s[0] for k, s in enumerate(call.shape) if k != x.axis]
    lead, space = len(shape) - rank, x.cells.shape[-rank:]

    def window(i: tuple[int, ...]) -> Cell:
        ranges = [
            range(i[lead + a] * space[a] // size[a], -(-(i[lead + a] + 1) * space[a] // size[a]))
            for a in range(rank)
        ]
        places: tuple[Any, ...] = (*i[:lead], *(slice(r.start, r.stop) for r in ranges))
        return make(list(np.ravel(x.cells[places])))

    return Tensor(filled(shape, window), x.axis, call.shape)


@rule("_adaptive_avg_pool2d", "adaptive_avg_pool1d", "_adaptive_avg_pool3d")
def adaptive_avg_pool(call: NodeCall, x: Any, size: Sequence[int]) -> Tensor:
    """The mean of windows that cover the positions evenly."""
    return _covered(call, call.tensor(x), size, lambda cells: _mean(call, cells))


@rule("adaptive_max_pool2d", "adaptive_max_pool3d")
def adaptive_max_pool(call: NodeCall, x: Any, size: Sequence[int]) -> list[Any]:
    """The largest of windows that cover the positions evenly."""
    return [_covered(call, call.tensor(x), size, lambda cells: call.al.largest(*cells)), None]


@rule("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d")
def upsample(call: NodeCall, x: Any, *_: Any) -> Tensor:
    """Positions repeated."""
    x = call.tensor(x)
    shape = [s[0] for k, s in enumerate(call.shape) if k != x.axis]
    old = x.cells.shape
    cells = filled(shape, lambda i: x.cells[tuple(a * o // s for a, o, s in
                                                  zip(i, old, shape, strict=True))])  # fmt: skip
    return Tensor(cells, x.axis, call.shape)


@rule("upsample_linear1d", "upsample_bilinear2d", "upsample_bicubic2d", "upsample_trilinear3d")
def interpolated(call: NodeCall, x: Any, *rest: Any, **options: Any) -> Tensor:
    """Positions between positions, with the weights that torch gives them."""
    x = call.tensor(x)
    if x.axis not in (0, 1):
        raise refusal("the coordinates of a vector are interpolated")
    old = x.cells.shape[1:]
    target: Any = call.site.first.target
    units = torch.eye(math.prod(old), dtype=torch.float64).reshape(-1, 1, *old)
    weights = target(units, *rest, **options)[:, 0].numpy()
    space = weights.shape[1:]

    def entry(i: tuple[int, ...]) -> Cell:
        terms = zip(weights[(slice(None), *i[1:])], x.cells[i[0]].flat, strict=True)
        return call.al.add(*(call.al.mul(float(w), c) for w, c in terms if w))

    return Tensor(filled((x.cells.shape[0], *space), entry), x.axis, call.shape)
