"""Vectors of parameters that read others out: Σ u x is the product of a 1 × n matrix with x.

A module that computes `h @ u` or `(h * u).sum(-1)` has a readout. On cells it is n times a mean of
u x; where u is drawn smaller the wider the module, or the factor stays, it is declared a matrix.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TypeAlias

from tpgraph.bridges.torch_in.cell_algebra import CellAlgebra
from tpgraph.bridges.torch_in.cell_products import product
from tpgraph.bridges.torch_in.cell_tensors import ONE, mapped
from tpgraph.bridges.torch_in.cells import (
    Block,
    Cell,
    CellMean,
    Held,
    Num,
    Op,
    children,
    reachable,
)
from tpgraph.bridges.torch_in.interpret import Graph
from tpgraph.bridges.torch_in.laws import Draws
from tpgraph.bridges.torch_in.multipliers import rebuilt
from tpgraph.bridges.torch_in.sizes import is_wide, whole

__all__ = ["with_readouts"]

ROWS = -1
"""The axis of the one row of a vector that is read as a matrix."""

Uses: TypeAlias = dict[int, list["_Use | None"]]


@dataclass(frozen=True, slots=True)
class _Use:
    """n^`power` · mean(u · `rest`); None in its place stands for any other use."""

    power: Fraction
    mean: CellMean
    rest: tuple[Cell, ...]


def with_readouts(graph: Graph, draws: Draws) -> None:
    """Take sums over coordinates of a vector of parameters for products, in place."""
    found = {
        id(use.mean): (held, use)
        for held, uses in _vectors(graph.roots)
        for use in uses
        if use is not None and _is_readout(held, uses, draws)
    }
    graph.outputs = [
        mapped(out, partial(_as_loss if out.shape == () else _as_vector, graph.al))
        for out in rebuilt(graph, lambda cell, made: _product(graph.al, cell, made, found))
    ]


def _factors(cell: Cell) -> Iterator[Cell]:
    """The factors of a product of coordinates."""
    if isinstance(cell, Op) and cell.name == "mul":
        for argument in cell.arguments:
            yield from _factors(argument)
    else:
        yield cell


def _vectors(roots: list[Cell]) -> Iterator[tuple[Held, list[_Use | None]]]:
    """Every vector of parameters along a width, with all uses of it."""
    cells = list(reachable(roots))
    inner, powers = _inside_means(cells), _powers(cells, roots)
    uses: Uses = {id(c): [] for c in cells if isinstance(c, Held) and is_wide(c.cut.size)}
    for cell in cells:
        if isinstance(cell, CellMean):
            factors = tuple(_factors(cell.operand))
            for k, factor in enumerate(factors):
                if id(factor) in uses:
                    rest = (*factors[:k], *factors[k + 1 :])
                    power = powers.get(id(cell), Fraction(0))
                    uses[id(factor)].append(_Use(power, cell, rest) if rest else None)
        elif id(cell) not in inner:
            for child in children(cell):
                if id(child) in uses:
                    uses[id(child)].append(None)
    yield from ((c, uses[id(c)]) for c in cells if isinstance(c, Held) and id(c) in uses)


def _inside_means(cells: list[Cell]) -> set[int]:
    """Products that means alone read, which are taken apart there."""
    parents: dict[int, list[Cell]] = {}
    for cell in cells:
        for child in children(cell):
            parents.setdefault(id(child), []).append(cell)
    inner: set[int] = set()
    for cell in reversed(cells):
        if isinstance(cell, Op) and cell.name == "mul":
            above = parents.get(id(cell), [])
            if above and all(isinstance(p, CellMean) or id(p) in inner for p in above):
                inner.add(id(cell))
    return inner


def _powers(cells: list[Cell], roots: list[Cell]) -> dict[int, Fraction]:
    """The power of the width in front of every mean: the smallest of its uses."""
    found: dict[int, Fraction] = {}
    scaled = {
        id(c.arguments[1]): c.arguments[0].power
        for c in cells
        if isinstance(c, Op) and c.name == "mul" and isinstance(c.arguments[0], Num)
    }
    plain = {id(child) for c in cells if not _is_scaled(c) for child in children(c)}
    plain |= {id(root) for root in roots}
    for key, power in scaled.items():
        found[key] = min(power, Fraction(0)) if key in plain else power
    return found


def _is_scaled(cell: Cell) -> bool:
    return isinstance(cell, Op) and cell.name == "mul" and isinstance(cell.arguments[0], Num)


def _is_readout(held: Held, uses: list[_Use | None], draws: Draws) -> bool:
    own = held.index.index(None) if held.index else 0
    if None in uses or not uses:
        return False
    law = draws.law(held.param.name, {own: held.cut}, held.index)
    if law.constant:
        return False
    grows = all(use.power > 0 for use in uses if use is not None)
    return grows or (law.variance > 0 and law.power > 0)


def _product(
    al: CellAlgebra, cell: Cell, made: dict[int, Cell], found: dict[int, tuple[Held, _Use]]
) -> Cell | None:
    """The mean as a product with a row, and the power of the width that its factor leaves."""
    match cell:
        case Op("mul", (Num() as factor, CellMean() as inner)) if id(inner) in found:
            return _read(al, *found[id(inner)], made, factor)
        case CellMean() if id(cell) in found:
            return _read(al, *found[id(cell)], made, Num.one())
    return None


def _read(al: CellAlgebra, held: Held, use: _Use, made: dict[int, Cell], factor: Num) -> Cell:
    own = held.index.index(None) if held.index else 0
    block = Block(held.param, held.index, (ROWS, own), whole(ONE), held.cut)
    operand: Cell = al.number(1)
    for cell in use.rest:
        operand = al.mul(operand, made[id(cell)])
    share = al.div(factor, al.size(held.cut.size))
    return al.intern(CellMean(al.mul(share, product(al, block, False, operand))))


def _as_loss(al: CellAlgebra, cell: Cell) -> Cell:
    """A loss as a vector, whose entries are summed, where it is a sum over them: (f − y)² / 2.

    c · mean(v) over k entries is Σ (c / k) v, which is written where c / k is the simpler number,
    or as simple and smaller.
    """
    found = _without_means_of_one(al, cell)
    if found.size == ONE:
        return found
    match cell:
        case Op("mul", (Num(value, power), CellMean(operand))) if not power:
            assert operand.size is not None
            each = value / operand.size[0]
            if not is_wide(operand.size) and _simpler(each, value):
                return al.mul(each, operand)
    return cell


def _simpler(a: Fraction, b: Fraction) -> bool:
    return (abs(a.numerator) + a.denominator, abs(a)) < (abs(b.numerator) + b.denominator, abs(b))


def _without_means_of_one(al: CellAlgebra, cell: Cell) -> Cell:
    match cell:
        case CellMean(operand) if operand.size == ONE:
            return operand
        case Op("add", arguments) if cell.size is None:
            return al.add(*(_without_means_of_one(al, a) for a in arguments))
        case Op(name, arguments) if cell.size is None:
            return al.op(name, *(_without_means_of_one(al, a) for a in arguments))
    return cell


def _as_vector(al: CellAlgebra, cell: Cell) -> Cell:
    """A number that is given out, as the vector of one entry that it is made of."""
    match cell:
        case CellMean(operand) if operand.size == ONE:
            return operand
        case Op("add" | "mul", arguments) if cell.size is None:
            parts = [_as_vector(al, a) for a in arguments]
            return al.add(*parts) if cell.name == "add" else al.mul(*parts)
    return cell
