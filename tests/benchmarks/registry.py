"""What a benchmark is: cases that it measures, ways that it compares, goals that it has.

A row is a case with what was found, as plain data: {"N": 500, "ms": {"tpgraph": 4.1, "numpy": 12},
"times": {"numpy": 2.9}, …}. Goals and plots are read off rows, so that kept rows can be told again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from benchmarks.laboratory import Laboratory

__all__ = ["Benchmark", "Case", "Goal", "Plot", "Row", "Verdict", "row"]

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """What is asked, and how many seconds it takes on two cores, about."""

    asked: Row
    seconds: float


@dataclass(frozen=True)
class Verdict:
    """The figure of a goal: the worst of the rows that it is about, and that row."""

    figure: float
    met: bool
    deciding: Row


@dataclass(frozen=True)
class Goal:
    """`figure` of every row that it is about (None of others) is at least, or at most, `bound`."""

    text: str
    figure: Callable[[Row], float | None]
    bound: float
    sense: Literal["at least", "at most"] = "at least"
    unit: str = "×"

    def verdict(self, rows: Sequence[Row]) -> Verdict | None:
        """By the worst row; None where no row has the figure."""
        found = [(f, r) for r in rows if (f := self.figure(r)) is not None]
        if not found:
            return None
        worst = min if self.sense == "at least" else max
        figure, deciding = worst(found, key=lambda pair: pair[0])
        met = figure >= self.bound if self.sense == "at least" else figure <= self.bound
        return Verdict(figure, met, deciding)


@dataclass(frozen=True)
class Plot:
    """Values of every way against a number of the case; a panel for each value of `panels`."""

    title: str
    x: str
    y: str
    panels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Benchmark:
    """`cases(quick)` says what is measured, `measure` does it in a process of its own."""

    name: str
    compares: str
    cases: Callable[[bool], Sequence[Case]]
    measure: Callable[[Row, Laboratory], Row]
    goals: tuple[Goal, ...] = ()
    plots: tuple[Plot, ...] = ()
    by_name: bool = False
    """Whether it runs only when it is asked for by name."""


def row(path: str, **wanted: Any) -> Callable[[Row], float | None]:
    """The number at `path`, "times/numpy", of rows that have these values (or one of several)."""

    def figure(found: Row) -> float | None:
        for name, value in wanted.items():
            allowed = value if isinstance(value, tuple) else (value,)
            if found.get(name) not in allowed:
                return None
        place: Any = found
        for key in path.split("/"):
            place = place.get(key) if isinstance(place, Mapping) else None
        return place if isinstance(place, int | float) else None

    return figure
