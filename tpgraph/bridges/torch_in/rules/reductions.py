"""Sums, means, variances, softmax: over coordinates, over positions, or over both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import partial, reduce
from typing import Any

import numpy as np

from tpgraph.bridges.torch_in.broadcasting import as_numbers, pointwise
from tpgraph.bridges.torch_in.cell_tensors import Tensor, filled, mapped
from tpgraph.bridges.torch_in.cells import Cell, Excluded
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
        if is_wide(x.shape[axis]):
            raise refusal("a sum runs over an axis that grows with the width and holds no vector")
        moved = np.moveaxis(x.cells, x.place(axis), -1)
        count = moved.shape[-1]
        share = Fraction(1, count) if mean else Fraction(1)
        sums = filled(moved.shape[:-1], lambda i: al.mul(share, call.sum(moved[i])))  # noqa: B023
        x = x.without(axis, sums)
    for axis in reversed(axes if keep else []):
        x = x.with_axis(axis)
    return x


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
    """exp(x) / Σ exp(x) over an axis; what is excluded gets 0."""
    al = call.al
    if axis == x.axis:
        powers, sums = _by_coordinates(call, x)
        cells = filled(x.cells.shape, lambda i: al.div(powers.cells[i], sums.cells[i]))
        return Tensor(cells, axis, x.shape)
    place = x.place(axis)
    rows = np.moveaxis(x.cells, place, -1)
    powers_of = filled(rows.shape, lambda i: _exponential(call, rows[i]))
    sums_of = filled(rows.shape[:-1], lambda i: call.sum(powers_of[i]))
    call.keep(Tensor(np.moveaxis(powers_of, -1, place), x.axis, x.shape), "e")
    call.keep(Tensor(sums_of, None, ()), "s")

    def weight(i: tuple[int, ...]) -> Cell:
        live = [c for c in rows[i[:-1]] if not isinstance(c, Excluded)]
        if len(live) == 1:
            return al.number(int(not isinstance(rows[i], Excluded)))
        return al.div(powers_of[i], sums_of[i[:-1]])

    cells = np.moveaxis(filled(rows.shape, weight), -1, place)
    return call.keep(Tensor(cells, x.axis, x.shape), "w")


def _exponential(call: NodeCall, cell: Cell) -> Cell:
    if isinstance(cell, Excluded):
        return call.al.number(0)
    return call.al.function("exp", math.exp, cell)


@rule("_softmax", "softmax", "_safe_softmax")
def softmax_(call: NodeCall, x: Any, axis: int, *_: Any) -> Tensor:
    """Softmax over an axis."""
    x = call.tensor(x, -1)
    return softmax(call, x, axis % x.rank)


@rule("_log_softmax", "log_softmax")
def log_softmax(call: NodeCall, x: Any, axis: int, *_: Any) -> Tensor:
    """X − log Σ exp(x) over an axis."""
    al, x = call.al, call.tensor(x, -1)
    axis %= x.rank
    if axis == x.axis:
        sums = _by_coordinates(call, x)[1]
        logs = mapped(sums, lambda c: al.function("log", math.log, c))
        cells = filled(x.cells.shape, lambda i: al.sub(x.cells[i], logs.cells[i]))
        return Tensor(cells, axis, x.shape)
    place = x.place(axis)
    rows = np.moveaxis(x.cells, place, -1)
    sums_of = filled(
        rows.shape[:-1],
        lambda i: al.function("log", math.log, call.sum(
            filled(rows[i].shape, lambda j: _exponential(call, rows[i][j])))),
    )  # fmt: skip
    cells = filled(rows.shape, lambda i: al.sub(rows[i], sums_of[i[:-1]]))
    return Tensor(np.moveaxis(cells, -1, place), x.axis, x.shape)


@rule("logsumexp")
def logsumexp(call: NodeCall, x: Any, dims: Sequence[int], keep: bool = False) -> Tensor:
    """Log Σ exp(x) over axes."""
    al = call.al
    powers = mapped(call.tensor(x, -1), lambda c: _exponential(call, c))
    summed = total(call, powers, dims, keep)
    return mapped(summed, lambda c: al.function("log", math.log, c))


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
