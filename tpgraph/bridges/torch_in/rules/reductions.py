"""Sums, means, variances, softmax: over coordinates, over positions, or over both."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial, reduce
from typing import Any

import numpy as np

from tpgraph.bridges.torch_in.broadcasting import as_numbers, pointwise
from tpgraph.bridges.torch_in.cell_tensors import Cells, Tensor, filled, mapped
from tpgraph.bridges.torch_in.cells import Cell, Excluded, Num
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.rules.rule_table import NodeCall, rule
from tpgraph.bridges.torch_in.sizes import is_wide

__all__ = ["average", "softmax", "total", "variance"]


def _axes(x: Tensor, dims: Any) -> list[int]:
    """The axes meant, last first."""
    if dims is None or dims == []:
        return list(reversed(range(x.rank)))
    wanted = [dims] if isinstance(dims, int) else list(dims)
    return sorted({d % x.rank for d in wanted}, reverse=True)


def total(call: NodeCall, x: Tensor, dims: Any, keep: bool = False, mean: bool = False) -> Tensor:
    """Σ over axes, or the mean."""
    al, axes = call.al, _axes(x, dims)
    for axis in axes:
        if axis == x.axis:
            size = x.shape[axis]
            cells = mapped(x, lambda c: al.mean(c) if mean else al.sum(c, size)).cells  # noqa: B023
            x = Tensor(cells, None, x.shape[:axis] + x.shape[axis + 1 :])
            continue
        share = Fraction(1, np.shape(x.cells)[x.place(axis)]) if mean else Fraction(1)
        x = x.without(axis, _along(x, axis, lambda row: al.mul(share, call.sum(row))))  # noqa: B023
    for axis in reversed(axes if keep else []):
        x = x.with_axis(axis)
    return x


def _along(x: Tensor, axis: int, of: Callable[[Cells], Cell]) -> Cells:
    """What a function makes of every row of cells along an axis of positions."""
    if is_wide(x.shape[axis]):
        raise refusal("a sum runs over an axis that grows with the width and holds no vector")
    moved = np.moveaxis(x.cells, x.place(axis), -1)
    return filled(moved.shape[:-1], lambda i: of(moved[i]))


def average(call: NodeCall, x: Tensor, dims: Any, keep: bool = False) -> Tensor:
    """The mean over axes."""
    return total(call, x, dims, keep, mean=True)


def variance(call: NodeCall, x: Tensor, dims: Any, mean: Tensor, keep: bool = True) -> Tensor:
    """The mean of (x − mean)² over axes; `mean` has kept them."""
    al = call.al
    squares = pointwise(al, lambda c, m: al.power(al.sub(c, m), 2), x, mean)
    return average(call, squares, dims, keep)


@rule("sum")
def sum_(call: NodeCall, x: Any, dims: Any = None, keep: bool = False, **_: Any) -> Tensor:
    """Σ over axes."""
    return total(call, call.tensor(x, -1), dims, keep)


@rule("mean")
def mean(call: NodeCall, x: Any, dims: Any = None, keep: bool = False, **_: Any) -> Tensor:
    """The mean over axes."""
    return average(call, call.tensor(x, -1), dims, keep)


def _corrected(call: NodeCall, x: Tensor, dims: Any, correction: Any) -> Fraction:
    """N / (N − correction) for the N entries that a variance runs over."""
    if not correction:
        return Fraction(1)
    sizes = [x.shape[axis] for axis in _axes(x, dims)]
    if any(is_wide(size) for size in sizes):
        raise refusal(
            "a variance over a width with the correction n/(n − 1), which is no power of n",
            "take it with correction=0 (unbiased=False)",
        )
    count = math.prod(size[0] for size in sizes)
    return Fraction(count, count - int(correction))


@rule("var", "var_mean", "std", "std_mean")
def var(
    call: NodeCall, x: Any, dims: Any = None, correction: Any = None, keep: bool = False, **kw: Any
) -> Any:
    """The variance over axes, or its root, beside the mean."""
    al, x = call.al, call.tensor(x, -1)
    if isinstance(correction, bool):  # var.dim takes `unbiased` in its place
        correction = int(correction)
    correction = 1 if correction is None else correction
    middle = average(call, x, dims, keep=True)
    factor = _corrected(call, x, dims, correction)
    found = mapped(variance(call, x, dims, middle, keep), lambda c: al.mul(factor, c))
    if call.site.name.startswith("std"):
        found = mapped(found, lambda c: al.root(c))
    if not call.site.name.endswith("_mean"):
        return found
    return [found, average(call, x, dims, keep)]


@rule("linalg_vector_norm", "norm")
def vector_norm(
    call: NodeCall, x: Any, ord: Any = 2, dims: Any = None, keep: bool = False, **_: Any
) -> Tensor:
    """(Σ |x|^p)^(1/p) over axes, p = 1 or 2."""
    al, x = call.al, call.tensor(x, -1)
    if ord == 1:
        return total(call, mapped(x, lambda c: al.op("abs", c)), dims, keep)
    if ord != 2:
        raise refusal(f"a norm of order {ord}", "take the norm of order 1 or 2")
    squares = total(call, mapped(x, lambda c: al.power(c, 2)), dims, keep)
    return mapped(squares, lambda c: al.root(c))


@rule("amax", "max", "amin", "min")
def largest(call: NodeCall, x: Any, dims: Any = None, keep: bool = False) -> Any:
    """The largest or smallest over axes of positions, or of a vector of a fixed size."""
    x, word = call.tensor(x), "largest" if "max" in call.site.name else "smallest"
    choose = partial(reduce, call.al.largest if word == "largest" else call.al.smallest)
    for axis in _axes(x, dims):
        if axis == x.axis and x.size is not None and is_wide(x.size):
            raise refusal(
                f"the {word} coordinate of a vector is taken",
                "an extremum over a width grows without bound; take a mean, or a softmax over "
                "positions",
            )
        x = as_numbers(call.al, x) if axis == x.axis else x
        moved = np.moveaxis(x.cells, x.place(axis), -1)
        best = filled(moved.shape[:-1], lambda i: choose(list(moved[i])))  # noqa: B023
        x = x.without(axis, best)
        x = x.with_axis(axis) if keep else x
    return x if call.site.name.startswith("a") else [x, None]


@rule("prod")
def product_of(call: NodeCall, x: Any, dims: Any = None, keep: bool = False, **_: Any) -> Any:
    """The product over axes of positions."""
    x = call.tensor(x)
    for axis in _axes(x, dims):
        if axis == x.axis:
            raise refusal("the product of the coordinates of a vector is taken")
        moved = np.moveaxis(x.cells, x.place(axis), -1)
        whole = filled(moved.shape[:-1], lambda i: reduce(call.al.mul, list(moved[i])))  # noqa: B023
        x = x.without(axis, whole)
        x = x.with_axis(axis) if keep else x
    return x


# ---- softmax


def _by_coordinates(call: NodeCall, x: Tensor) -> tuple[Tensor, Tensor]:
    """exp(x), and its sum over the coordinates."""
    al = call.al
    assert x.size is not None
    size = x.size
    powers = mapped(x, lambda c: al.function("exp", math.exp, c))
    return powers, mapped(powers, lambda c: al.sum(c, size))


def softmax(call: NodeCall, x: Tensor, axis: int) -> Tensor:
    """exp(x − log Σ exp(x)) over an axis, in which nothing overflows; what is excluded gets 0.

    Over a width, where Σ exp(x) grows with it, exp(x) / Σ exp(x).
    """
    al = call.al
    if axis == x.axis:
        powers, sums = _by_coordinates(call, x)
        if x.size is not None and is_wide(x.size):
            cells = filled(x.cells.shape, lambda i: al.div(powers.cells[i], sums.cells[i]))
            return Tensor(cells, axis, x.shape)
        return mapped(log_shares(call, x, axis), lambda c: al.function("exp", math.exp, c))
    place = x.place(axis)
    rows = np.moveaxis(x.cells, place, -1)
    logs_of = _logs_along(call, x, axis)
    call.keep(x, "a")
    call.keep(Tensor(logs_of, None, ()), "s")

    def weight(i: tuple[int, ...]) -> Cell:
        if isinstance(rows[i], Excluded):
            return al.number(0)
        if rows[i] is logs_of[i[:-1]]:  # all others are excluded
            return al.number(1)
        return al.function("exp", math.exp, al.sub(rows[i], logs_of[i[:-1]]))

    cells = np.moveaxis(filled(rows.shape, weight), -1, place)
    return call.keep(Tensor(cells, x.axis, x.shape), "w")


def log_shares(call: NodeCall, x: Tensor, axis: int) -> Tensor:
    """X − log Σ exp(x) over an axis."""
    al, logs = call.al, _logs_along(call, x, axis)
    if axis == x.axis:
        cells = filled(x.cells.shape, lambda i: al.sub(x.cells[i], logs[i]))
        return Tensor(cells, axis, x.shape)
    place = x.place(axis)
    rows = np.moveaxis(x.cells, place, -1)

    def less(i: tuple[int, ...]) -> Cell:
        alone = rows[i] is logs[i[:-1]]
        return al.number(0) if alone else al.sub(rows[i], logs[i[:-1]])

    cells = filled(rows.shape, less)
    return Tensor(np.moveaxis(cells, -1, place), x.axis, x.shape)


def _logs_along(call: NodeCall, x: Tensor, axis: int) -> Cells:
    """Log Σ exp(x) over an axis, of its coordinates or of positions."""
    if axis != x.axis:
        return _along(x, axis, lambda row: _log_of_sum(call, row))
    sums = _by_coordinates(call, x)[1]
    return mapped(sums, lambda c: call.al.function("log", math.log, c)).cells


def _log_of_sum(call: NodeCall, cells: Cells) -> Cell:
    """log Σ exp of cells, of those that are not excluded; −∞ of none."""
    live = [c for c in np.ravel(cells) if not isinstance(c, Excluded)]
    numbers = [float(c.value) for c in live if isinstance(c, Num) and c.power == 0]
    if len(numbers) == len(live):
        top = max(numbers, default=-math.inf)
        return call.al.number(
            top + math.log(math.fsum(math.exp(x - top) for x in numbers)) if live else top
        )
    return call.al.op("logsumexp", *live) if len(live) > 1 else live[0]


@rule("_softmax", "softmax", "_safe_softmax")
def softmax_(call: NodeCall, x: Any, axis: int, *_: Any) -> Tensor:
    """Softmax over an axis."""
    x = call.tensor(x, -1)
    return softmax(call, x, axis % x.rank)


@rule("_log_softmax", "log_softmax")
def log_softmax(call: NodeCall, x: Any, axis: int, *_: Any) -> Tensor:
    """X − log Σ exp(x) over an axis."""
    x = call.tensor(x, -1)
    return log_shares(call, x, axis % x.rank)


@rule("logsumexp")
def logsumexp(call: NodeCall, x: Any, dims: Sequence[int], keep: bool = False) -> Tensor:
    """Log Σ exp(x) over axes."""
    found = call.tensor(x, -1)
    axes = _axes(found, dims)
    for axis in axes:
        logs = _logs_along(call, found, axis)
        if axis == found.axis:
            found = Tensor(logs, None, found.shape[:axis] + found.shape[axis + 1 :])
        else:
            found = found.without(axis, logs)
    for axis in reversed(axes if keep else []):
        found = found.with_axis(axis)
    return found


@rule("cumsum")
def cumsum(call: NodeCall, x: Any, axis: int, **_: Any) -> Tensor:
    """Running sums over positions."""
    x = call.tensor(x)
    axis %= x.rank
    if axis == x.axis:
        raise refusal("a running sum over the coordinates of a vector")
    moved = np.moveaxis(x.cells, x.place(axis), -1)
    out = filled(moved.shape, lambda i: call.sum(moved[i[:-1]][: i[-1] + 1]))
    return Tensor(np.moveaxis(out, -1, x.place(axis)), x.axis, x.shape)
