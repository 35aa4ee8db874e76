"""Losses: mean squared error, cross-entropy."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from tpgraph.bridges.torch_in.broadcasting import pointwise
from tpgraph.bridges.torch_in.cell_tensors import Tensor, filled
from tpgraph.bridges.torch_in.cells import Cell
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.rules.reductions import total
from tpgraph.bridges.torch_in.rules.rule_table import NodeCall, rule

__all__: list[str] = []

_NONE, _MEAN, _SUM = 0, 1, 2
"""Torch's numbers of reductions."""


def _reduced(call: NodeCall, x: Tensor, reduction: int) -> Tensor:
    if reduction == _NONE:
        return x
    return total(call, x, None, mean=reduction == _MEAN)


@rule("mse_loss")
def mse_loss(call: NodeCall, a: Any, b: Any, reduction: int = _MEAN) -> Tensor:
    """(a − b)², its mean or its sum."""
    al = call.al
    squares = pointwise(
        al, lambda u, v: al.power(al.sub(u, v), 2), call.tensor(a, -1), call.tensor(b, -1)
    )
    return _reduced(call, squares, reduction)


@rule("nll_loss_forward", "nll_loss", "nll_loss2d_forward")
def nll_loss(
    call: NodeCall,
    x: Any,
    target: Any,
    weight: Any = None,
    reduction: int = _MEAN,
    ignore: int = -100,
) -> list[Any]:
    """−x at the target, whose classes are given by one-hot vectors."""
    al, x, y = call.al, call.tensor(x, -1), call.tensor(target)
    if weight is not None:
        raise refusal("a loss with weights of classes", "take the loss without")
    if x.axis is None or x.axis != min(1, x.rank - 1):
        raise refusal("a cross-entropy whose classes are no vector", "let them be a readout")
    assert x.size is not None
    size = x.size

    def picked(i: tuple[int, ...]) -> Cell:
        return al.neg(al.sum(al.mul(y.cells[i], x.cells[i]), size))

    losses = filled(x.cells.shape, picked)
    if reduction == _NONE:
        return [Tensor(losses, None, call.shape), None]
    count = math.prod(losses.shape)
    share = Fraction(1, count) if reduction == _MEAN else Fraction(1)
    found = al.mul(share, al.add(*losses.flat))
    return [Tensor(filled((), lambda _: found), None, ()), None]
