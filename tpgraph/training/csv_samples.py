"""Samples of a CSV file: numbers of data and targets, and classes of labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tpgraph.errors import Source, TPDataError
from tpgraph.program import Variable
from tpgraph.training.class_labels import as_label, classes_of, target_rows
from tpgraph.training.csv_cells import CsvCells
from tpgraph.training.csv_columns import columns_of
from tpgraph.training.csv_faults import is_missing, is_number
from tpgraph.training.missing import DROP, LEAVE_OUT, REFUSE
from tpgraph.training.wanted_columns import WantedColumns

__all__ = ["CsvSamples", "arrays_of_csv"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CsvSamples:
    """Arrays (N, d) by source name; the classes of labels; columns taken in order, and all; the
    numbers of the rows below the header, from 1, where some were left out.
    """

    arrays: Mapping[str, Array]
    classes: Mapping[str, tuple[str, ...]]
    taken: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, tuple[str, ...]]
    kept: tuple[int, ...] | None


def arrays_of_csv(
    source: Source,
    variables: Sequence[Variable],
    ignored: Sequence[Variable],
    targets: Iterable[str] = (),
    chosen: Mapping[str, Sequence[str]] | None = None,
    classes: Mapping[str, Sequence[str]] | None = None,
    taken: Mapping[str, Sequence[str]] | None = None,
    missing: str = REFUSE,
) -> CsvSamples:
    """The samples of these variables; `ignored` may stand in the file too.

    `targets` may be labels, of the `classes` that are known already, if any. `chosen` are names of
    columns, or `first..last`, by variable; `taken` those that another file had where columns were
    taken in order, which mean the same wherever they stand. Rows with missing cells are left out if
    `missing` is "drop". Raises TPDataError with line and column for what is missing, no number or
    not finite.
    """
    if not source.text.strip():
        raise TPDataError(f"{source.name} is empty", expected="a header and a row for each sample")
    table = CsvCells(source)
    wanted = WantedColumns(
        variables, ignored, frozenset(targets), chosen or {}, classes or {}, taken or {}
    )
    places, in_order = columns_of(table, wanted)
    labels = {v.name: places[v.name][0] for v in variables if _is_label(table, wanted, v, places)}
    read = [place for name, columns in places.items() if name not in labels for place in columns]
    if missing == DROP:
        table = table.without_missing(read, [*labels.values()])
    numbers = table.numbers(read)
    arrays: dict[str, Array] = {}
    found: dict[str, tuple[str, ...]] = {}
    start = 0
    for variable in variables:
        name, size = variable.name, variable.dim.size({})
        if name in labels:
            arrays[name], found[name] = _of_labels(table, labels[name], variable, wanted)
        else:
            arrays[name] = numbers[:, start : start + size]
            start += size
    names = {name: tuple(table.header[p] for p in own) for name, own in places.items()}
    return CsvSamples(arrays, found, in_order, names, table.kept)


def _is_label(
    table: CsvCells, wanted: WantedColumns, variable: Variable, places: Mapping[str, list[int]]
) -> bool:
    """Whether a variable's column holds classes: one for several entries, or different words."""
    if variable.name not in wanted.targets or len(places[variable.name]) != 1:
        return False
    if variable.dim.size({}) > 1 or variable.name in wanted.classes:
        return True
    cells = {c for c in table.column(places[variable.name][0]) if not is_missing(c, label=True)}
    return len(cells) > 1 and all(cell[:1].isalpha() and not is_number(cell) for cell in cells)


def _of_labels(
    table: CsvCells, place: int, variable: Variable, wanted: WantedColumns
) -> tuple[Array, tuple[str, ...]]:
    """The entries of a target from its labels, and their classes."""
    cells = table.column(place)
    what = f"column {table.header[place]}"
    if not all(cells):
        count = cells.count("")
        raise TPDataError(
            f"{what} has {'an empty cell' if count == 1 else f'{count} empty cells'}",
            table.cell(cells.index(""), place),
            "a class in every row",
            LEAVE_OUT,
        )
    labels = [as_label(cell) for cell in cells]
    given = wanted.classes.get(variable.name)
    if given is None:
        classes = classes_of(labels, variable.dim, what, table.header_line)
    else:
        classes = tuple(given)
    size = variable.dim.size({})
    return target_rows(labels, classes, size, what, lambda row: table.cell(row, place)), classes
