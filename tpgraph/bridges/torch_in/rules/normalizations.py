"""Normalizations: of layers, groups, batches; of weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from tpgraph.bridges.torch_in.broadcasting import pointwise
from tpgraph.bridges.torch_in.cell_tensors import Pending, Tensor, filled, mapped
from tpgraph.bridges.torch_in.cells import Cell, Stored, UnitSlices
from tpgraph.bridges.torch_in.export import python_path
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.rules.reductions import average, variance
from tpgraph.bridges.torch_in.rules.rule_table import NodeCall, rule
from tpgraph.bridges.torch_in.sizes import is_wide

__all__: list[str] = []


def _normalized(call: NodeCall, x: Tensor, m: Tensor, v: Tensor, eps: float) -> Tensor:
    """(x − m) / √(v + ε)."""
    al = call.al
    m, v = call.keep(m, "m"), call.keep(v, "v")
    return pointwise(al, lambda c, a, b: al.op("norm", c, a, b, eps), x, m, v)


def _affine(call: NodeCall, x: Tensor, weight: Any, bias: Any) -> Tensor:
    """Gain and bias."""
    al = call.al
    x = x if weight is None else pointwise(al, al.mul, weight, x)
    return x if bias is None else pointwise(al, al.add, x, bias)


@rule("native_layer_norm", "layer_norm")
def layer_norm(
    call: NodeCall, x: Any, shape: Sequence[Any], weight: Any, bias: Any, eps: float
) -> list[Any]:
    """Layer normalization over the last axes."""
    x = call.tensor(x, -1)
    dims = list(range(x.rank - len(shape), x.rank))
    m = average(call, x, dims, keep=True)
    normalized = _normalized(call, x, m, variance(call, x, dims, m), eps)
    return [_affine(call, normalized, weight, bias), None, None]


@rule("rms_norm", "_fused_rms_norm")
def rms_norm(
    call: NodeCall, x: Any, shape: Sequence[Any], weight: Any = None, eps: Any = None
) -> list[Any]:
    """X / √(mean x² + ε) over the last axes."""
    al, x = call.al, call.tensor(x, -1)
    dims = list(range(x.rank - len(shape), x.rank))
    squares = average(call, mapped(x, lambda c: al.power(c, 2)), dims, keep=True)
    small = 2.220446049250313e-16 if eps is None else eps
    roots = mapped(squares, lambda c: al.root(al.add(c, small)))
    found = pointwise(al, al.div, x, call.keep(roots, "r"))
    found = _affine(call, found, weight, None)
    return [found, None] if call.site.name == "_fused_rms_norm" else found  # type: ignore[return-value]


def _shaped(call: NodeCall, value: Any, x: Tensor) -> Any:
    """A parameter or buffer of channels, over the axes of x."""
    if value is None:
        return None
    if isinstance(value, Pending):
        behind = (None,) * (x.rank - 2)
        return replace(value, axes=(None, *value.axes, *behind))
    tensor = call.tensor(value)
    for _axis in range(x.rank - 2):
        tensor = tensor.with_axis(tensor.rank) if tensor.rank else tensor
    return tensor


@rule(
    "_native_batch_norm_legit_functional",
    "_native_batch_norm_legit",
    "native_batch_norm",
    "_native_batch_norm_legit_no_training",
    "batch_norm",
    "cudnn_batch_norm",
)
def batch_norm(
    call: NodeCall, x: Any, weight: Any, bias: Any, mean: Any, var: Any, *rest: Any
) -> list[Any]:
    """Batch normalization: by the batch and its positions, or by running statistics."""
    x = call.tensor(x, 1 - len(x.shape))
    if isinstance(mean, bool):  # the overload without running statistics
        rest, mean, var = (mean, var, *rest), None, None
    training = rest[0] is True
    numbers = [r for r in rest if isinstance(r, float)]
    eps = numbers[-1]
    if training:
        dims = [axis for axis in range(x.rank) if axis != 1]
        if math.prod(x.shape[d][0] for d in dims) < 2:
            raise refusal(
                "batch normalization over a batch of one",
                "give an example of several samples: they become positions of the program",
            )
        m = average(call, x, dims, keep=True)
        v = variance(call, x, dims, m)
    else:
        m, v = (_running(call, r, x) for r in (mean, var))
    found = _normalized(call, x, m, v, eps)
    weight, bias = _shaped(call, weight, x), _shaped(call, bias, x)
    return [_affine(call, found, weight, bias), None, None, None, None]


def _running(call: NodeCall, value: Any, x: Tensor) -> Tensor:
    """A running statistic: one number for all channels."""
    tensor = call.tensor(value)
    if tensor.cells.ndim > 0:
        kinds = {id(c) for c in tensor.cells.flat}
        if len(kinds) > 1:
            raise refusal(
                "running statistics differ from channel to channel",
                "import the module as it is initialized, or in training mode with a batch",
            )
    number = tensor.cells.flat[0]
    return Tensor(filled((), lambda _: number), None, ())


@rule("native_group_norm", "group_norm")
def group_norm(
    call: NodeCall,
    x: Any,
    weight: Any,
    bias: Any,
    batch: Any,
    channels: Any,
    positions: Any,
    groups: Any,
    eps: float,
) -> list[Any]:
    """Normalization of groups of channels over all positions of a sample."""
    al, x = call.al, call.tensor(x, 1 - len(x.shape))
    if x.axis != 1:
        raise refusal("group normalization over an axis that is not that of the vectors")
    if isinstance(groups, tuple):
        raise refusal(
            "the number of groups of a normalization grows with the width",
            "keep it fixed, or normalize every channel by itself: nn.InstanceNorm",
        )
    lead, *space = x.cells.shape
    parts = [[al.split(x.cells[i], groups) for i in np.ndindex(*x.cells.shape)]]
    split = filled((lead, groups, *space), lambda i: None)
    for index, pieces in zip(np.ndindex(*x.cells.shape), parts[0], strict=True):
        for g, piece in enumerate(pieces):
            split[(index[0], g, *index[1:])] = piece
    moments = filled((lead, groups), lambda i: _moments(call, list(np.ravel(split[i]))))
    call.keep(Tensor(filled(moments.shape, lambda i: moments[i][0]), None, ()), "m")
    call.keep(Tensor(filled(moments.shape, lambda i: moments[i][1]), None, ()), "v")

    def joined(i: tuple[int, ...]) -> Cell:
        pieces = [
            al.op("norm", split[(i[0], g, *i[1:])], *moments[i[0], g], eps) for g in range(groups)
        ]
        return al.joined(pieces)

    found = Tensor(filled(x.cells.shape, joined), 1, x.shape)
    weight, bias = _shaped(call, weight, x), _shaped(call, bias, x)
    return [_affine(call, found, weight, bias), None, None]


def _moments(call: NodeCall, cells: list[Cell]) -> tuple[Cell, Cell]:
    """Mean and variance over the coordinates of vectors."""
    al = call.al
    share = Fraction(1, len(cells))
    m = al.mul(share, al.add(*(al.mean(c) for c in cells)))
    squares = [al.mean(al.power(al.sub(c, m), 2)) for c in cells]
    return m, al.mul(share, al.add(*squares))


@rule("_weight_norm_interface", "_weight_norm")
def weight_norm(call: NodeCall, v: Any, g: Any, axis: int = 0) -> list[Any]:
    """G v / ‖v‖, slice by slice along an axis: a gain times a weight whose slices have norm 1.

    Norms over a width are constant in the limit, so v / ‖v‖ is trained in place of v. Norms over
    fixed sizes stay random: there v stands as vectors, which are divided coordinatewise.
    """
    if not (isinstance(v, Pending) and isinstance(g, Pending)):
        raise refusal(
            "weight_norm of a weight that is no parameter",
            "remove it: torch.nn.utils.parametrize.remove_parametrizations(layer, 'weight')",
        )
    axis %= len(v.shape)
    for other in reversed(range(len(v.shape))):
        g = g if other == axis else g.taken(other, 0)
    others = [size for k, size in enumerate(v.shape) if k != axis]
    if not any(is_wide(size) for size in others):
        return [_divided(call, v, g, axis), None]
    call.note(
        f"{python_path(v.param.name)}: the norms of its slices, which tend to a constant, are that "
        "constant throughout"
    )
    slices = UnitSlices(axis, g.param.name)
    stored = Stored(v.param.name, v.param.shape, v.param.trained, slices)
    return [replace(v, param=stored, gain=(axis, g)), None]


def _divided(call: NodeCall, v: Pending, g: Pending, axis: int) -> Tensor:
    """The vectors of v along an axis, times g over the root of the sum of their squares."""
    al, vectors = call.al, call.tensor(v)
    if vectors.axis != axis:
        raise refusal(
            f"weight_norm of {v.param.name}, which has no width",
            "let one of its sizes grow with the width",
        )
    call.note(
        f"{python_path(g.param.name)}: starts at norms of few entries, which stay random; here it "
        "is drawn apart from them, so that limits at the start are near the module's, not equal"
    )
    norms = filled((), lambda _: al.root(call.sum(mapped(vectors, lambda c: al.power(c, 2)).cells)))
    call.keep(Tensor(norms, 0, (v.shape[axis],)), "r")
    gain = al.div(call.tensor(g, -1).cells.item(()), norms.item(()))
    return mapped(vectors, lambda c: al.mul(gain, c))
