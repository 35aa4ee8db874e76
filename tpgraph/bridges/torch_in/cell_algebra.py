"""Arithmetic of cells: equal cells are one, cuts go down to parameters, sums over joined parts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial, reduce

from tpgraph.bridges.torch_in.cells import (
    Block,
    Cell,
    CellMean,
    CellProduct,
    Excluded,
    Given,
    Held,
    Joined,
    Num,
    Op,
    key_of,
)
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.seams import SeamNeeded, Seams
from tpgraph.bridges.torch_in.sizes import (
    Cut,
    Size,
    blocks,
    every,
    exact,
    is_wide,
    power_of_width,
    whole,
)

__all__ = ["CellAlgebra"]

_LEAST = -1e30
"""Logits below are excluded, as masks by the least float do."""


@dataclass(slots=True)
class CellAlgebra:
    """Makes cells at the widths `n` and 2 `n`; `seams` say where inputs and parameters are cut."""

    n: int
    seams: Seams
    _cells: dict[tuple[object, ...], Cell] = field(default_factory=dict)
    _cuts: dict[tuple[int, Cut], Cell] = field(default_factory=dict)
    _rests: dict[int, tuple[Fraction, Cell]] = field(default_factory=dict)

    def intern(self, cell: Cell) -> Cell:
        """The one cell that is equal to this one."""
        return self._cells.setdefault(key_of(cell), cell)

    # ---- numbers

    def number(self, value: object) -> Cell:
        """A cell, a number, or a pair of numbers at the two widths."""
        if isinstance(value, tuple):
            return self.intern(Num(*power_of_width((float(value[0]), float(value[1])), self.n)))
        if isinstance(value, int | float):
            if value <= _LEAST:
                return self.intern(Excluded())
            if not math.isfinite(value):
                raise refusal(f"a constant is {value}")
            return self.intern(Num(exact(float(value))))
        if isinstance(value, Fraction):
            return self.intern(Num(value))
        if isinstance(value, Num):
            return self.intern(value)
        assert isinstance(value, Excluded | Given | Held | CellProduct | Op | CellMean | Joined)
        return value

    def size(self, size: Size) -> Cell:
        """A size as a number: a multiple of n, or fixed."""
        return self.number(size)

    # ---- coordinatewise

    def op(self, name: str, *arguments: object) -> Cell:
        """A coordinatewise function; over joined vectors part by part."""
        cells = tuple(self.number(a) for a in arguments)
        if any(isinstance(c, Joined) for c in cells):
            return self._by_parts(cells, lambda *parts: self.op(name, *parts))
        if any(isinstance(c, Excluded) for c in cells):
            raise refusal(f"−∞ enters {name}", "masks are for logits in front of a softmax")
        return self.intern(Op(name, cells, self.common(cells)))

    def common(self, cells: Sequence[Cell]) -> Size | None:
        """The size that all vectors among the cells have."""
        sizes = list(dict.fromkeys(c.size for c in cells if c.size is not None))
        if len(sizes) > 1:
            shown = " and ".join(str(size[0]) for size in sizes)
            raise refusal(
                f"vectors of sizes {shown} meet in one coordinatewise operation",
                "a matrix leads from one size to another",
            )
        return sizes[0] if sizes else None

    def _by_parts(self, cells: tuple[Cell, ...], make: Callable[..., Cell]) -> Cell:
        first = next(c for c in cells if isinstance(c, Joined))
        size = self.common(cells)
        assert size is not None
        cuts = list(self.cuts_of(first))
        parts = tuple(
            make(*(c if c.size is None else self.cut(c, cut) for c in cells)) for cut in cuts
        )
        return self.joined(parts, first.interleaved)

    def cuts_of(self, cell: Joined) -> list[Cut]:
        """Where the parts of a joined vector stand in it."""
        assert cell.size is not None
        if cell.interleaved:
            return list(every(cell.size, len(cell.parts)))
        at, cuts = (0, 0), []
        for part in cell.parts:
            assert part.size is not None
            cuts.append(Cut(at, part.size))
            at = (at[0] + part.size[0], at[1] + part.size[1])
        return cuts

    def joined(self, parts: Sequence[Cell], interleaved: bool = False) -> Cell:
        """Vectors one behind the other; parts that are joined themselves are taken apart."""
        flat: list[Cell] = []
        for part in parts:
            nested = isinstance(part, Joined) and not part.interleaved and not interleaved
            flat += part.parts if isinstance(part, Joined) and nested else [part]
        if len(flat) == 1:
            return flat[0]
        sizes = [part.size for part in flat if part.size is not None]
        assert len(sizes) == len(flat)
        total = (sum(s[0] for s in sizes), sum(s[1] for s in sizes))
        return self.intern(Joined(tuple(flat), interleaved, total))

    def mul(self, a: object, b: object) -> Cell:
        """A product of two cells; numbers come first and are multiplied."""
        a, b = self.number(a), self.number(b)
        if isinstance(b, Num) and not isinstance(a, Num):
            a, b = b, a
        if isinstance(a, Num):
            return self._scaled(a, b)
        return self.op("mul", a, b)

    def _scaled(self, a: Num, b: Cell) -> Cell:
        if isinstance(b, Num):
            return self.intern(Num(a.value * b.value, a.power + b.power if a.value else a.power))
        if isinstance(b, Excluded):
            if a.value <= 0:
                raise refusal("−∞ is multiplied by a number that is not positive")
            return b
        if a.is_number(1):
            return b
        if a.value == 0:
            return self.number(0)
        power, rest = self._without_power(b) if a.power else (Fraction(0), b)
        if power * a.power < 0:
            return self.mul(Num(a.value, a.power + power), rest)
        match b:
            case Op("mul", (Num() as inner, rest)) if inner.is_number(-1) or not a.is_number(-1):
                return self.mul(self._scaled(a, inner), rest)
            case Op("div", (Num() as inner, rest)):
                return self.op("div", self._scaled(a, inner), rest)
            case Joined(parts, interleaved):
                return self.joined([self._scaled(a, p) for p in parts], interleaved)
        return self.op("mul", a, b)

    def _without_power(self, cell: Cell) -> tuple[Fraction, Cell]:
        """(e, rest) of a product n^e · rest, wherever in it the powers of the width stand."""
        known = self._rests.get(id(cell))
        if known is None:
            known = self._rests[id(cell)] = self._taken_out(cell)
        return known

    def _taken_out(self, cell: Cell) -> tuple[Fraction, Cell]:
        match cell:
            case Num(value, power) if power:
                return power, self.number(value)
            case Op("mul" | "add" as name, arguments):
                found = [self._without_power(a) for a in arguments]
                powers, rest = [p for p, _ in found], [r for _, r in found]
                if name == "mul" and any(powers):
                    return sum(powers, Fraction(0)), self.mul(*rest)
                if name == "add" and powers[0] and len(set(powers)) == 1:
                    return powers[0], self.add(*rest)
            case Op("div", (top, bottom)):
                power, rest_of_top = self._without_power(top)
                if power:
                    return power, self.div(rest_of_top, bottom)
        return Fraction(0), cell

    def add(self, *terms: object) -> Cell:
        """A sum of cells: zeros are left out, numbers of one power added."""
        cells = [self.number(t) for t in terms]
        excluded = [c for c in cells if isinstance(c, Excluded)]
        if excluded:
            return excluded[0]
        kept = [c for c in cells if not (isinstance(c, Num) and c.value == 0)]
        if len(kept) < 2:
            return kept[0] if kept else self.number(0)
        if all(isinstance(c, Num) for c in kept):
            return self._total([c for c in kept if isinstance(c, Num)])
        joined = [c for c in kept if isinstance(c, Joined)]
        if joined:
            self.common(kept)
            return self._by_parts(tuple(kept), self.add)
        return self.intern(Op("add", tuple(kept), self.common(kept)))

    def _total(self, numbers: list[Num]) -> Cell:
        if len({num.power for num in numbers}) > 1:
            return self.intern(Op("add", tuple(numbers), None))
        total = sum((num.value for num in numbers), Fraction(0))
        return self.intern(Num(total, numbers[0].power))

    def neg(self, a: object) -> Cell:
        """−a."""
        return self.mul(-1, a)

    def sub(self, a: object, b: object) -> Cell:
        """A − b."""
        return self.add(a, self.neg(b))

    def div(self, a: object, b: object) -> Cell:
        """A / b."""
        a, b = self.number(a), self.number(b)
        if isinstance(b, Num):
            if b.value == 0:
                raise refusal("a division by zero")
            return self.mul(Num(1 / b.value, -b.power), a)
        if isinstance(a, Num) and a.value == 0:
            return a
        match b:
            case Op("mul", (Num() as factor, rest)):
                return self.div(self.div(a, factor), rest)
        return self.op("div", a, b)

    def power(self, a: object, exponent: float) -> Cell:
        """A to the power of a number."""
        base = self.number(a)
        p = exact(float(exponent))
        if p == 1:
            return base
        if p == 0:
            return self.number(1)
        if isinstance(base, Num) and (p.denominator == 1 or base.value > 0):
            return self.intern(Num(exact(float(base.value) ** float(p)), base.power * p))
        if p == -1:
            return self.div(1, base)
        match base:
            case Op("mul", (Num() as factor, rest)) if p.denominator == 1 or factor.value > 0:
                return self.mul(self.power(factor, exponent), self.power(rest, exponent))
        return self.op("pow", base, p)

    def root(self, a: object) -> Cell:
        """√a; a positive factor comes in front."""
        cell = self.number(a)
        match cell:
            case Num(value, power) if value > 0 and power:
                return self.power(cell, 0.5)
            case Op("mul", (Num() as factor, rest)) if factor.value > 0:
                return self.mul(self.power(factor, 0.5), self.root(rest))
        return self.function("sqrt", math.sqrt, cell)

    def function(self, name: str, of: Callable[[float], float] | None, a: object) -> Cell:
        """A function of one argument; `of` gives its value at a number."""
        cell = self.number(a)
        if isinstance(cell, Num) and cell.power == 0 and of is not None:
            return self.number(of(float(cell.value)))
        return self.op(name, cell)

    def mean(self, a: Cell) -> Cell:
        """(1/n) Σ over the coordinates of a vector; a scalar is its own mean."""
        if a.size is None:
            return a
        match a:
            case Op("mul", (Num() as factor, rest)):
                return self.mul(factor, self.mean(rest))
            case Joined(parts, _, size):
                assert size is not None
                return self.add(*(self.mul(self._share(p, size), self.mean(p)) for p in parts))
        return self.intern(CellMean(a))

    def _share(self, part: Cell, size: Size) -> Fraction:
        assert part.size is not None
        share = Fraction(part.size[0], size[0])
        if Fraction(part.size[1], size[1]) != share:
            raise refusal(
                "a mean runs over a width and a fixed size joined",
                "take it over each by itself",
            )
        return share

    def sum(self, a: Cell, size: Size) -> Cell:
        """Σ over the coordinates of a vector, or a scalar times its size."""
        return self.mean(self.mul(self.size(size), a))

    # ---- parts of vectors

    def cut(self, cell: Cell, cut: Cut) -> Cell:
        """The coordinates `cut` of a vector, pushed down to its parameters."""
        if cell.size is None or cut == whole(cell.size):
            return cell
        key = (id(cell), cut)
        if key not in self._cuts:
            self._cuts[key] = self._cut(cell, cut)
        return self._cuts[key]

    def _cut(self, cell: Cell, cut: Cut) -> Cell:
        match cell:
            case Given(source, _, own):
                raise SeamNeeded(source.name, 0, own.sub(cut))
            case Held(param, index, own):
                return self.intern(Held(param, index, own.sub(cut)))
            case CellProduct(block, transpose, operand):
                rows = block.rows if transpose else block.rows.sub(cut)
                columns = block.columns.sub(cut) if transpose else block.columns
                smaller = Block(block.param, block.index, block.axes, rows, columns)
                return self.intern(CellProduct(smaller, transpose, operand, cut.size))
            case Op("add", arguments):
                return self.add(*(self.cut(a, cut) for a in arguments))
            case Op(name, arguments):
                return self.op(name, *(self.cut(a, cut) for a in arguments))
            case Joined(interleaved=True):
                return self._cut_interleaved(cell, cut)
            case Joined():
                return self._cut_joined(cell, cut)
        raise AssertionError(cell)

    def _cut_interleaved(self, cell: Joined, cut: Cut) -> Cell:
        count = len(cell.parts)
        if cut.step % count == 0 and cut.start[0] % count == cut.start[1] % count:
            which = cut.start[0] % count
            start = (cut.start[0] // count, cut.start[1] // count)
            return self.cut(cell.parts[which], Cut(start, cut.size, cut.step // count))
        ends = (*cut.start, *cut.size)
        if cut.step == 1 and all(end % count == 0 for end in ends):
            inner = Cut(
                (cut.start[0] // count, cut.start[1] // count),
                (cut.size[0] // count, cut.size[1] // count),
            )
            return self.joined([self.cut(p, inner) for p in cell.parts], True)
        raise refusal("a part is taken that runs across interleaved vectors")

    def _cut_joined(self, cell: Joined, cut: Cut) -> Cell:
        """The pieces of every part that the cut meets."""
        pieces: list[Cell] = []
        for part, place in zip(cell.parts, self.cuts_of(cell), strict=True):
            inner = cut.within(place)
            if inner is not None:
                pieces.append(self.cut(part, inner))
        return self.joined(pieces)

    # ---- maxima

    def largest(self, *cells: object) -> Cell:
        """The largest; −∞ is none."""
        kept: list[Cell] = [c for c in map(self.number, cells) if not isinstance(c, Excluded)]
        return reduce(partial(self._end, "max"), kept) if kept else self.number(-math.inf)

    def smallest(self, a: object, b: object) -> Cell:
        """The smaller of two."""
        return self._end("min", self.number(a), self.number(b))

    def _end(self, name: str, a: Cell, b: Cell) -> Cell:
        if isinstance(a, Num) and isinstance(b, Num) and a.power == b.power:
            return self.intern(Num((max if name == "max" else min)(a.value, b.value), a.power))
        return a if a is b else self.op(name, a, b)

    def split(self, cell: Cell, count: int) -> list[Cell]:
        """A vector in equal blocks."""
        assert cell.size is not None
        return [self.cut(cell, part) for part in blocks(cell.size, count)]

    def is_wide(self, cell: Cell) -> bool:
        """Whether the cell is a vector of a width."""
        return cell.size is not None and is_wide(cell.size)
