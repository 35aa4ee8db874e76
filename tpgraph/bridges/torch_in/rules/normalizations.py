"""Normalizations: of layers, groups, batches; of weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from tpgraph.bridges.torch_in.cell_tensors import (
    Operator,
    Pending,
    Tensor,
    as_operator,
    filled,
    mapped,
    pointwise,
)
from tpgraph.bridges.torch_in.cells import Cell, Stored
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
    groups: int,
    eps: float,
) -> list[Any]:
    """Normalization of groups of channels over all positions of a sample."""
    al, x = call.al, call.tensor(x, 1 - len(x.shape))
    if x.axis != 1:
        raise refusal("group normalization over an axis that is not that of the vectors")
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
    """G v / ‖v‖, row by row: a gain times a matrix whose rows have norm 1.

    Norms of rows over a width are constant in the limit, so v / ‖v‖ is trained in place of v.
    """
    al = call.al
    if not isinstance(v, Pending) or axis % len(v.shape) != 0 or len(v.shape) != 2:
        raise refusal(
            "weight_norm of a weight that is no matrix, or over other axes than rows",
            "remove it: torch.nn.utils.parametrize.remove_parametrizations(layer, 'weight')",
        )
    rows, columns = v.shape
    if not is_wide(columns):
        raise refusal(
            f"weight_norm divides {v.param.name} by norms of rows of {columns[0]} entries, which "
            "stay random however wide the layer",
            "use it on layers whose inputs grow with the width, and plain layers elsewhere",
        )
    stored = Stored(v.param.name, v.param.shape, v.param.trained, normalized=True)
    matrix = as_operator(al, replace(v, param=stored))
    gain = call.tensor(_gains(g), -1).cells.reshape(-1)[0]

    def forward(x: Cell) -> Cell:
        return al.mul(gain, matrix.forward(x))

    def backward(y: Cell) -> Cell:
        return matrix.backward(al.mul(gain, y))

    return [Operator(rows, columns, forward, backward), None]


def _gains(g: Any) -> Any:
    """The gains (rows, 1) as a vector."""
    if isinstance(g, Pending):
        return g.taken(1, 0)
    return g
