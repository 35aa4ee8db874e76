"""The parts of the parameters that a program declares.

A parameter that is used whole is one matrix or vector; cut into rows, columns or places it is a
family.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from tpgraph.bridges.torch_in.cells import (
    Block,
    Cell,
    CellProduct,
    Held,
    Num,
    Stored,
    UnitSlices,
    reachable,
)
from tpgraph.bridges.torch_in.laws import Draws, Law
from tpgraph.bridges.torch_in.parameter_names import parameter_names
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.sizes import Cut, Size, exact, is_wide

__all__ = ["Key", "ParameterPart", "key_of", "pieces_of"]

Key = tuple[str, tuple[int | None, ...], tuple[tuple[int, Cut], ...]]
"""A part of a parameter: its path, the places of the other axes, the entries of its own axes."""

_STARTS = 0.1
"""Gains that start this near to the norms of their slices start at these norms."""


@dataclass(frozen=True, slots=True)
class ParameterPart:
    """A part of a parameter as the program declares it.

    `flipped` says that it is declared as the transpose of what torch holds. `modules` counts the
    indices that are places in lists of modules. `factor` is what the module multiplies it by; of
    weight_norm it has 1 / `norm` in it, the limit of the norms of the slices.
    """

    param: Stored
    index: tuple[int | None, ...]
    cuts: tuple[tuple[int, Cut], ...]
    base: str
    indices: tuple[int, ...]
    modules: int
    law: Law
    flipped: bool = False
    factor: Num = field(default_factory=Num.one)
    norm: float = 1.0

    @property
    def key(self) -> Key:
        """What it is a part of."""
        return self.param.name, self.index, self.cuts

    @property
    def sizes(self) -> tuple[Size, ...]:
        """Of a vector its size, of a matrix rows and columns as the program declares them."""
        sizes = tuple(cut.size for _, cut in self.cuts)
        return sizes[::-1] if self.flipped else sizes

    @property
    def name(self) -> str:
        """The name with its indices."""
        return self.base + (f"[{','.join(map(str, self.indices))}]" if self.indices else "")


def key_of(cell: CellProduct | Held) -> Key:
    """The part of a parameter that a cell reads."""
    if isinstance(cell, CellProduct):
        block: Block = cell.block
        cuts = zip(block.axes, (block.rows, block.columns), strict=True)
        return block.param.name, block.index, tuple(cuts)
    own = cell.index.index(None) if cell.index else 0
    return cell.param.name, cell.index, ((own, cell.cut),)


def pieces_of(
    roots: list[Cell], params: Iterable[Stored], draws: Draws, factors: Mapping[Key, Num]
) -> dict[Key, ParameterPart]:
    """Every part of a parameter that the outputs read, in the order of the module."""
    found: dict[str, dict[Key, Stored]] = {}
    for cell in reachable(roots):
        if isinstance(cell, CellProduct | Held):
            param = cell.block.param if isinstance(cell, CellProduct) else cell.param
            found.setdefault(param.name, {})[key_of(cell)] = param
    order = [p.name for p in params if p.name in found]
    names = parameter_names(order)
    norms = _norms(found, draws)
    pieces: dict[Key, ParameterPart] = {}
    for path in order:
        keys = sorted(found[path], key=_place)
        grid = _grid(keys)
        base, places = names[path]
        for key, at in zip(keys, grid, strict=True):
            _, index, cuts = key
            param = found[path][key]
            law, norm = _law(draws, param, cuts, index, norms)
            _require_mean_zero(path, cuts, law)
            factor = factors.get(key, Num.one())
            factor = replace(factor, value=factor.value / exact(norm))
            piece = ParameterPart(
                param, index, cuts, base, (*places, *at), len(places), law, factor=factor, norm=norm
            )
            pieces[key] = _oriented(piece)
    return pieces


def _require_mean_zero(path: str, cuts: tuple[tuple[int, Cut], ...], law: Law) -> None:
    """Raise TPImportError for a matrix whose entries have another mean, or are not random."""
    if len(cuts) > 1 and law.constant:
        raise refusal(
            f"the entries of the matrix {path} start with the mean {float(law.constant):.3g}",
            "draw them at random with mean 0; write a shortcut as x + W x, a sum over coordinates "
            "as x.mean(-1)",
            "a matrix of entries N(0, σ²), or of zeros",
        )


def _law(
    draws: Draws,
    param: Stored,
    cuts: tuple[tuple[int, Cut], ...],
    index: tuple[int | None, ...],
    norms: Mapping[str, float],
) -> tuple[Law, float]:
    """How a part is drawn, and the limit of the norms that weight_norm divides it by."""
    if param.normalized is None:
        law, norm = draws.law(param.name, dict(cuts), index), norms.get(param.name)
        starts = norm is not None and abs(float(law.constant) / norm - 1) < _STARTS
        return (Law(exact(float(f"{norm:.6g}")), 0.0, Fraction(0)) if starts else law), 1.0
    norm = norms.get(param.normalized.gain)
    if norm is None or not param.trained:
        return _unit_slices(draws.n, param, param.normalized), 1.0
    return draws.law(param.name, dict(cuts), index), norm


def _norms(found: Mapping[str, Mapping[Key, Stored]], draws: Draws) -> dict[str, float]:
    """By gain, what the norms of the slices of its weight tend to, where that is a constant."""
    norms: dict[str, float] = {}
    for path, parts in found.items():
        (_, index, cuts), param = next(iter(parts.items()))
        if param.normalized is None:
            continue
        law = draws.law(path, dict(cuts), index)
        unit = _unit_slices(draws.n, param, param.normalized)
        if law.power == unit.power and not law.constant and law.variance:
            norms[param.normalized.gain] = math.sqrt(law.variance / unit.variance)
    return norms


def _unit_slices(n: int, param: Stored, slices: UnitSlices) -> Law:
    """The law of entries whose slices have norm 1: of variance 1 over the size of a slice."""
    others = [size for k, size in enumerate(param.shape) if k != slices.axis]
    power = sum(is_wide(size) for size in others)
    return Law(Fraction(0), float(n) ** power / math.prod(s[0] for s in others), Fraction(power))


def _oriented(piece: ParameterPart) -> ParameterPart:
    """A matrix between a width and a fixed size, declared so that its kind fits how it is drawn.

    Entries that do not depend on the width are an input layer's, others a readout's.
    """
    if len(piece.cuts) < 2:
        return piece
    rows, columns = (is_wide(cut.size) for _, cut in piece.cuts)
    if rows == columns:
        return piece
    constant = piece.law.power == 2 * piece.factor.power and piece.law.variance > 0
    is_input = rows if piece.law.variance == 0 else constant
    flipped = rows != is_input
    return replace(piece, flipped=flipped)


def _place(key: Key) -> tuple[tuple[int, ...], ...]:
    _, index, cuts = key
    return tuple(i if i is not None else -1 for i in index), tuple(c.start[0] for _, c in cuts)


def _coordinates(key: Key) -> tuple[int, ...]:
    places = _place(key)
    return (*places[0], *places[1])


def _grid(keys: Sequence[Key]) -> list[tuple[int, ...]]:
    """The indices of the parts of one parameter: along every axis that tells them apart."""
    rows = [_coordinates(key) for key in keys]
    columns = [sorted(set(column)) for column in zip(*rows, strict=True)]
    telling = [k for k, values in enumerate(columns) if len(values) > 1]
    return [tuple(columns[k].index(row[k]) + 1 for k in telling) for row in rows]
