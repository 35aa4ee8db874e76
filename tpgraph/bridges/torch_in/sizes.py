"""Sizes and constants at two widths: what differs is a width, or a power of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.functions import number

__all__ = ["Cut", "Size", "exact", "is_wide", "power_of_width", "size_at", "whole"]

Size: TypeAlias = tuple[int, int]
"""A size at the width n, and at 2 n."""


def is_wide(size: Size) -> bool:
    """Whether the size grows with the width."""
    return size[0] != size[1]


def size_at(size: Size, n: int, width: int) -> int:
    """The size at another width; exported at n and 2 n, it is a + b · width."""
    value = size[0] + Fraction(size[1] - size[0], n) * (width - n)
    if value.denominator != 1:
        raise refusal(f"a size that is {size[0]} at n = {n} is no whole number at n = {width}")
    return int(value)


@dataclass(frozen=True, slots=True)
class Cut:
    """`size` entries of an axis from `start` on, every `step`-th."""

    start: Size
    size: Size
    step: int = 1

    def sub(self, inner: Cut) -> Cut:
        """The entries `inner` of those that this cut takes."""
        start = (
            self.start[0] + inner.start[0] * self.step,
            self.start[1] + inner.start[1] * self.step,
        )
        return Cut(start, inner.size, self.step * inner.step)

    def relative_to(self, base: Cut) -> Cut:
        """The same entries, counted from the beginning of a cut of step 1."""
        start = (self.start[0] - base.start[0], self.start[1] - base.start[1])
        return Cut(start, self.size)

    def within(self, place: Cut) -> Cut | None:
        """What of it lies in the block `place`, counted from its beginning."""
        found = [self._inside(place, which) for which in (0, 1)]
        if found[0] is None and found[1] is None:
            return None
        if found[0] is None or found[1] is None:
            raise refusal("a part of a joined vector lies elsewhere at another width")
        (start, count), (start2, count2) = found[0], found[1]
        return Cut((start, start2), (count, count2), self.step)

    def _inside(self, place: Cut, which: int) -> tuple[int, int] | None:
        low, high = place.start[which], place.start[which] + place.size[which]
        inside = [i for i in self.entries(which) if low <= i < high]
        return (inside[0] - low, len(inside)) if inside else None

    def slice(self, n: int, width: int) -> slice:
        """The entries as a slice, at a width."""
        start = size_at(self.start, n, width)
        count = size_at(self.size, n, width)
        return slice(start, start + (count - 1) * self.step + 1, self.step)

    def entries(self, which: int) -> range:
        """The indices at the first (0) or second (1) width."""
        start = self.start[which]
        return range(start, start + self.size[which] * self.step, self.step)

    def meets(self, other: Cut) -> bool:
        """Whether the two share an entry."""
        first, second = self.entries(0), other.entries(0)
        if self.step == other.step == 1:
            return first.start < second.stop and second.start < first.stop
        return bool(set(first) & set(second))


def whole(size: Size) -> Cut:
    """All of an axis."""
    return Cut((0, 0), size)


def blocks(size: Size, count: int) -> Iterator[Cut]:
    """An axis cut into `count` equal blocks."""
    part = (size[0] // count, size[1] // count)
    if (part[0] * count, part[1] * count) != size:
        raise refusal(f"an axis of {size[0]} is not cut into {count} equal parts")
    for k in range(count):
        yield Cut((part[0] * k, part[1] * k), part)


def every(size: Size, count: int) -> Iterator[Cut]:
    """An axis cut into `count` interleaved parts."""
    part = (size[0] // count, size[1] // count)
    if (part[0] * count, part[1] * count) != size:
        raise refusal(f"an axis of {size[0]} does not interleave {count} equal parts")
    for k in range(count):
        yield Cut((k, k), part, count)


def exact(value: float) -> Fraction:
    """The simplest fraction that is this float, or the decimal that it prints as."""
    simple = Fraction(value).limit_denominator(10_000)
    if simple and abs(float(simple) - value) <= 4e-16 * abs(value):
        return simple
    return number(float(value)).value


def power_of_width(pair: tuple[float, float], n: int) -> tuple[Fraction, Fraction]:
    """(c, e) of a constant that is c n^e at both widths.

    Raises TPImportError for a constant that depends on the width otherwise.
    """
    first, second = pair
    if first == second:
        return exact(first), Fraction(0)
    if first == 0 or second == 0 or (first < 0) != (second < 0):
        raise refusal(f"a constant is {first:g} at n = {n} and {second:g} at n = {2 * n}")
    power = math.log2(second / first)
    nearest = Fraction(power).limit_denominator(4)
    if abs(float(nearest) - power) > 1e-9:
        raise refusal(
            f"a constant depends on the width like n^{power:.4g}: {first:g} at n = {n}, "
            f"{second:g} at n = {2 * n}",
            "let it be a constant, or a power of a width such as 1/n or 1/sqrt(n)",
        )
    return exact(first / float(n) ** float(nearest)), nearest
