"""What is read of a CSV file, and how its columns are named in messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tpgraph.errors import TPArgumentError, TPDataError
from tpgraph.program import Variable
from tpgraph.types import Dimension, Fixed

__all__ = [
    "CHOOSE",
    "SHOWN",
    "NoChosenColumns",
    "NoColumns",
    "WantedColumns",
    "between",
    "column_name",
    "of_size",
    "ranges_of",
    "some_of",
]

SHOWN = 5
CHOOSE = "choose columns: --columns NAME=FIRST..LAST"


class NoColumns(TPDataError):
    """Data without columns or arrays that a program reads."""


class NoChosenColumns(NoColumns, TPArgumentError):
    """Columns are chosen that a file does not have."""


@dataclass(frozen=True)
class WantedColumns:
    """What is read: variables, those that may stand in the file besides, which are targets."""

    variables: Sequence[Variable]
    ignored: Sequence[Variable] = ()
    targets: frozenset[str] = frozenset()
    chosen: Mapping[str, Sequence[str]] = field(default_factory=dict)
    classes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    taken: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def labelled(self, variable: Variable) -> bool:
        """Whether one column may stand for all entries, as a class."""
        return variable.name in self.targets and variable.dim.size({}) > 1


def column_name(name: str, index: int) -> str:
    """The name of the column of one entry: `ξ_0`."""
    return f"{name}_{index}"


def between(names: Sequence[str]) -> str:
    """`a`, `a, b`, `a … d`."""
    return ", ".join(names) if len(names) < 3 else f"{names[0]} … {names[-1]}"


def ranges_of(variables: Sequence[Variable]) -> str:
    """`ξ_0 … ξ_63, y_0`."""
    parts = []
    for variable in variables:
        size = variable.dim.size({})
        places = range(size) if size < 3 else (0, 1, size - 1)
        parts.append(between([column_name(variable.name, place) for place in places]))
    return ", ".join(parts)


def some_of(names: Sequence[str]) -> str:
    """Some names, and how many more there are."""
    shown = ", ".join(names[:SHOWN])
    return f"{shown} (and {len(names) - SHOWN} more)" if len(names) > SHOWN else shown


def of_size(dimension: Dimension, size: int) -> str:
    """How a variable gets another size: by the constant of its dimension, or in its declaration."""
    if isinstance(dimension, Fixed) and dimension.name is None:
        return f"declare {size} entries in the place of {dimension}"
    return f"--set {dimension}={size}"
