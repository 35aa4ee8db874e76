"""Types of the objects of a Tensor Program: dimensions, scalars, vectors, matrices.

A *width* goes to infinity, with fixed ratios among widths of one base (m = 2 n); a *fixed*
dimension does not.

    dimension ::= Width | Fixed
    type      ::= Scalar | Vector(dimension) | Matrix(rows, columns)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from tpgraph.errors import TPArgumentError, TPDataError

__all__ = ["Dimension", "Fixed", "Matrix", "Scalar", "Type", "Vector", "Width"]


_LARGEST_DENOMINATOR = 1000


@dataclass(frozen=True, slots=True)
class Width:
    """A dimension that goes to infinity; `ratio` times the width `base` if `base` is named."""

    name: str
    ratio: Fraction = Fraction(1)
    base: str | None = None

    def __hash__(self) -> int:
        return hash(self.name)  # the hash of a Fraction takes a modular inverse

    def __str__(self) -> str:
        return self.name

    def size(self, widths: Mapping[str, int]) -> int:
        """The width's size, given the sizes of the base widths.

        One `is_rounded` is, halves up. Raises TPDataError if the base has no size or the ratio does
        not give a whole number ≥ 1.
        """
        base = self.base or self.name
        if base not in widths:
            raise TPArgumentError(
                f"no size was given for width {base}",
                mend=f"give one: --width {base}=1000, in Python widths={{{base!r}: 1000}}",
            )
        size = self.ratio * widths[base]
        if self.is_rounded:
            size = Fraction(math.floor(size + Fraction(1, 2)))
        if base == self.name and size < 1:
            raise TPDataError(
                f"width {base} = {widths[base]} is not a whole number ≥ 1",
                mend=f"give a size: --width {base}=1000, in Python widths={{{base!r}: 1000}}",
            )
        if size.denominator != 1 or size < 1:
            least = f"at least {math.ceil(1 / self.ratio)}"
            multiple = f"as a positive multiple of {self.ratio.denominator}"
            raise TPDataError(
                f"width {self.name} = {self.ratio_text} {base} is not a whole number ≥ 1"
                f" at {base} = {widths[base]}",
                mend=f"choose {base} {least if self.is_rounded else multiple}",
            )
        return int(size)

    @property
    def is_rounded(self) -> bool:
        """Whether sizes are rounded to whole numbers: no width is a multiple of the denominator.

        So a ratio of √2, a decimal of 16 digits, holds up to 1/2; one of 3/2 holds exactly.
        """
        return self.ratio.denominator > _LARGEST_DENOMINATOR

    @property
    def ratio_text(self) -> str:
        """The ratio as the language reads it: 3/2, or a decimal where no fraction is short."""
        decimal = repr(float(self.ratio)) if self.is_rounded else ""
        return decimal if decimal and Fraction(decimal) == self.ratio else str(self.ratio)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A dimension that stays as it is; its `name`, if any, is only for reading."""

    value: int
    name: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.name or str(self.value)

    def size(self, widths: Mapping[str, int]) -> int:
        """The dimension's size, whatever the widths."""
        return self.value


Dimension: TypeAlias = Width | Fixed


@dataclass(frozen=True, slots=True)
class Scalar:
    """A real number; in the limit a deterministic one."""

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """None."""
        return ()

    def __str__(self) -> str:
        return "scalar"


@dataclass(frozen=True, slots=True)
class Vector:
    """A vector of R^dim."""

    dim: Dimension

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """Its one dimension."""
        return (self.dim,)

    def __str__(self) -> str:
        return f"vector of {self.dim}"


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix of R^(rows × columns)."""

    rows: Dimension
    columns: Dimension

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """Rows and columns."""
        return (self.rows, self.columns)

    def __str__(self) -> str:
        return f"matrix of {self.rows} × {self.columns}"

    @property
    def transposed(self) -> Matrix:
        """The type of the transpose."""
        return Matrix(self.columns, self.rows)


Type: TypeAlias = Scalar | Vector | Matrix
