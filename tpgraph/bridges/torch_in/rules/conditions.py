"""Conditions, 1 where they hold and 0 elsewhere, and what is chosen by them."""

from __future__ import annotations

from typing import Any

import torch

from tpgraph.bridges.torch_in.broadcasting import pointwise
from tpgraph.bridges.torch_in.cell_tensors import Tensor, filled, mapped
from tpgraph.bridges.torch_in.cells import Cell, Excluded, Num
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.rules.rule_table import NodeCall, Rule, rule

__all__ = ["greater", "where"]


def greater(call: NodeCall, a: Any, b: Any, strict: bool = True) -> Tensor:
    """A > b, or a ≥ b."""
    al = call.al

    def step(u: Cell, v: Cell) -> Cell:
        if isinstance(u, Num) and isinstance(v, Num) and u.power == v.power == 0:
            return al.number(int(u.value > v.value if strict else u.value >= v.value))
        if strict:
            return al.op("step", al.sub(u, v))
        return al.sub(1, al.op("step", al.sub(v, u)))

    return pointwise(al, step, a, b)


_COMPARISONS: dict[str, Rule] = {
    "gt": greater,
    "lt": lambda call, a, b: greater(call, b, a),
    "ge": lambda call, a, b: greater(call, a, b, strict=False),
    "le": lambda call, a, b: greater(call, b, a, strict=False),
}

for _operation, _compared in _COMPARISONS.items():
    rule(_operation)(_compared)


@rule("eq")
def equal(call: NodeCall, a: Any, b: Any) -> Tensor:
    """A = b of constants; no class is a negative number, which stands for one to be left out."""
    al = call.al
    read = call.site.first.args[0]
    whole = isinstance(read, torch.fx.Node) and not read.meta["val"].dtype.is_floating_point
    if whole and isinstance(b, int) and b < 0:
        return Tensor(filled([s[0] for s in call.shape], lambda _: al.number(0)), None, call.shape)

    def same(u: Cell, v: Cell) -> Cell:
        if not (isinstance(u, Num) and isinstance(v, Num)):
            raise refusal(
                "numbers that vary are compared for equality",
                "compare by > or <: of random numbers no two are equal",
            )
        return al.number(int((u.value, u.power) == (v.value, v.power)))

    return pointwise(al, same, a, b)


@rule("ne")
def unequal(call: NodeCall, a: Any, b: Any) -> Tensor:
    """Where two are not equal."""
    return mapped(equal(call, a, b), lambda c: call.al.sub(1, c))


@rule("logical_not", "bitwise_not")
def logical_not(call: NodeCall, a: Any) -> Tensor:
    """Where it does not hold."""
    return mapped(call.tensor(a), lambda c: call.al.sub(1, c))


@rule("logical_and", "bitwise_and")
def logical_and(call: NodeCall, a: Any, b: Any) -> Tensor:
    """Where both hold."""
    return pointwise(call.al, call.al.mul, a, b)


@rule("logical_or", "bitwise_or")
def logical_or(call: NodeCall, a: Any, b: Any) -> Tensor:
    """Where one of the two holds."""
    al = call.al
    return pointwise(al, lambda u, v: al.sub(al.add(u, v), al.mul(u, v)), a, b)


@rule("where")
def where(call: NodeCall, condition: Any, a: Any, b: Any) -> Any:
    """A where the condition holds, b elsewhere."""
    al = call.al

    def chosen(c: Cell, u: Cell, v: Cell) -> Cell:
        if isinstance(c, Num):
            return u if c.value else v
        if isinstance(u, Excluded) or isinstance(v, Excluded):
            raise refusal("a mask depends on values", "masks may depend on positions alone")
        return al.add(al.mul(c, u), al.mul(al.sub(1, c), v))

    return pointwise(al, chosen, condition, a, b)


@rule("masked_fill")
def masked_fill(call: NodeCall, x: Any, mask: Any, value: Any) -> Any:
    """The value where the mask holds."""
    return where(call, mask, value, x)
