"""What is known of a variable and written beside its mark: a distribution, some numbers.

Annotations have no place yet; `Note` is one that the layout has given room. Whoever knows the
values makes them; the notation says how they look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

__all__ = ["QUANTITIES", "Annotation", "Atom", "Density", "Histogram", "Quantity", "QuantityKind"]

QuantityKind: TypeAlias = Literal["value", "mean", "var", "hat", "dot", "size"]
"""θ of a scalar; of a vector E Z, Var Z, Var Ẑ, a coefficient of Ż, and √(E Z²)."""

QUANTITIES: tuple[QuantityKind, ...] = get_args(QuantityKind)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number at finite width, in the limit, or both; `error` is the bar of the limit's.

    `of` is the LaTeX label of the vector whose Z a coefficient (`dot`) multiplies.
    """

    kind: QuantityKind
    finite: float | None = None
    limit: float | None = None
    error: float = 0.0
    of: str = ""


@dataclass(frozen=True, slots=True)
class Atom:
    """A value that is taken with a positive probability, its `mass`."""

    at: float
    mass: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """The coordinates of one vector: `counts` in bins of equal width from `low` to `high`.

    The counts sum to the number n of coordinates, those at `atoms` included, whose masses are
    shares of n; `mean` and `var` are those of the coordinates.
    """

    low: float
    high: float
    counts: tuple[int, ...]
    mean: float
    var: float
    atoms: tuple[Atom, ...] = ()


@dataclass(frozen=True, slots=True)
class Density:
    """The law of Z: `points` (z, density) of its continuous part by increasing z, and atoms.

    The curve covers all but a thousandth on either side; its integral is 1 minus the atoms.
    """

    points: tuple[tuple[float, float], ...]
    atoms: tuple[Atom, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotation:
    """What stands beside a mark: a plot where there is a distribution, and lines of numbers, above
    them the `dimension` of the vector in LaTeX.
    """

    histogram: Histogram | None = None
    density: Density | None = None
    quantities: tuple[Quantity, ...] = ()
    dimension: str = ""

    @property
    def has_plot(self) -> bool:
        """Whether there is a distribution to plot."""
        return self.histogram is not None or self.density is not None
