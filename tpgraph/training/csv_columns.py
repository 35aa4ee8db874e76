"""CSV files: columns by the names of a program's data and targets, or in their order.

Columns are the entries of the data, then of the targets, by name (`ξ_0`, `xi_0`, `ξ[2]_0`; for a
single entry also `y`) in any order, or, if no column has such a name, in the order of the
declarations, which is said in a TPWarning, unless the names that were taken so before stand in the
header again; or they are chosen by the names of the header. One column of a target with several
entries, or of words, holds class labels (`class_labels`).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tpgraph.errors import Source, Span, TPDataError, TPWarning
from tpgraph.program import Variable, canonical_variable
from tpgraph.training.class_labels import as_label, classes_of, target_rows
from tpgraph.training.csv_cells import CsvCells, is_number

__all__ = ["CsvSamples", "arrays_of_csv"]

Array = npt.NDArray[np.float64]
Entry = tuple[str, int]
Names = Mapping[str, tuple[str, ...]]
"""Of columns, by variable."""

_COLUMN = re.compile(  # possessive: white space is never tried in two ways
    r"\s*+([^\[\]\s]+?\s*+(?:\[\s*+[-\d,\s]+\]\s*+)?)(?:_(\d++)\s*+)?"
)


_SHOWN = 5
_CHOOSE = "choose columns: --columns NAME=FIRST..LAST"
_LABEL = -1
"""In the place of an entry's number: the column of a whole target."""


@dataclass(frozen=True)
class CsvSamples:
    """Arrays (N, d) by source name; the classes of labels; the columns that were taken in order."""

    arrays: Mapping[str, Array]
    classes: Mapping[str, tuple[str, ...]]
    taken: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class _Wanted:
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


def arrays_of_csv(
    source: Source,
    variables: Sequence[Variable],
    ignored: Sequence[Variable],
    targets: Iterable[str] = (),
    chosen: Mapping[str, Sequence[str]] | None = None,
    classes: Mapping[str, Sequence[str]] | None = None,
    taken: Mapping[str, Sequence[str]] | None = None,
) -> CsvSamples:
    """The samples of these variables; `ignored` may stand in the file too.

    `targets` may be labels, of the `classes` that are known already, if any. `chosen` are names of
    columns, or `first..last`, by variable; `taken` those that another file had where columns were
    taken in order, which mean the same wherever they stand. Raises TPDataError with line and column
    for what is missing, no number or not finite.
    """
    if not source.text.strip():
        raise TPDataError(f"{source.name} is empty", expected="a header and a row for each sample")
    table = CsvCells(source)
    wanted = _Wanted(
        variables, ignored, frozenset(targets), chosen or {}, classes or {}, taken or {}
    )
    places, in_order = _places(table, wanted)
    labels = {v.name: places[v.name][0] for v in variables if _is_label(table, wanted, v, places)}
    read = [place for name, columns in places.items() if name not in labels for place in columns]
    numbers = table.numbers(read)
    arrays: dict[str, Array] = {}
    found: dict[str, tuple[str, ...]] = {}
    start = 0
    for variable in variables:
        name, size = variable.name, variable.dim.size({})
        if name in labels:
            arrays[name], found[name] = _of_labels(table, labels[name], size, wanted, name)
        else:
            arrays[name] = numbers[:, start : start + size]
            start += size
    return CsvSamples(arrays, found, in_order)


def _is_label(
    table: CsvCells, wanted: _Wanted, variable: Variable, places: Mapping[str, list[int]]
) -> bool:
    """Whether a variable's column holds classes: one for several entries, or different words."""
    if variable.name not in wanted.targets or len(places[variable.name]) != 1:
        return False
    if variable.dim.size({}) > 1 or variable.name in wanted.classes:
        return True
    cells = set(table.column(places[variable.name][0]))
    return len(cells) > 1 and all(cell[:1].isalpha() and not is_number(cell) for cell in cells)


def _of_labels(
    table: CsvCells, place: int, size: int, wanted: _Wanted, name: str
) -> tuple[Array, tuple[str, ...]]:
    """The entries of a target from its labels, and their classes."""
    cells = table.column(place)
    what = f"column {table.header[place]}"
    if not all(cells):
        empty = table.cell(cells.index(""), place)
        raise TPDataError(f"{what} has an empty cell", empty, "a class in every row")
    labels = [as_label(cell) for cell in cells]
    given = wanted.classes.get(name)
    classes = classes_of(labels, size, what, table.line(1)) if given is None else tuple(given)
    return target_rows(labels, classes, size, what, lambda row: table.cell(row, place)), classes


def _places(table: CsvCells, wanted: _Wanted) -> tuple[dict[str, list[int]], Names]:
    """The columns of every variable, and the names of those that were taken in order.

    One column of a target with several entries is its label.
    """
    line = table.line(1)
    found = {
        v.name: _chosen_columns(table, wanted, v)
        for v in wanted.variables
        if v.name in wanted.chosen
    }
    used = {place for columns in found.values() for place in columns}
    left = [v for v in wanted.variables if v.name not in found]
    columns, unknown = _by_name(table, wanted, used)
    if not columns and not found:
        places = _as_taken(table, wanted) or _in_order(table, wanted)
        return places, _names_of(table, places)
    for variable in left:
        if (variable.name, _LABEL) in columns:
            found[variable.name] = [columns[variable.name, _LABEL]]
            continue
        entries = [(variable.name, i) for i in range(variable.dim.size({}))]
        missing = [_column_name(*entry) for entry in entries if entry not in columns]
        if missing:
            raise TPDataError(
                f"no column {_some(missing)} in the header",
                line,
                f"columns {_ranges(wanted.variables)}",
                _choice_of(table, variable, wanted, columns, unknown),
            )
        found[variable.name] = [columns[entry] for entry in entries]
    if unknown and not wanted.chosen:
        raise TPDataError(
            f"column {_some(unknown)} belongs to no data and no target",
            line,
            f"columns {_ranges(wanted.variables)}",
            f"delete it from the file, or {_CHOOSE}",
        )
    return {v.name: found[v.name] for v in wanted.variables}, {}


def _as_taken(table: CsvCells, wanted: _Wanted) -> dict[str, list[int]] | None:
    """The columns that have the names of those of before; None where not all of them are there."""
    names = [wanted.taken.get(v.name, ()) for v in wanted.variables]
    if not all(names) or any(table.header.count(name) != 1 for some in names for name in some):
        return None
    return {
        v.name: [table.header.index(name) for name in some]
        for v, some in zip(wanted.variables, names, strict=True)
    }


def _names_of(table: CsvCells, places: Mapping[str, list[int]]) -> Names:
    """The names of columns, which tell where they are if each stands once."""
    names = {name: tuple(table.header[place] for place in own) for name, own in places.items()}
    several = [name for own in names.values() for name in own]
    return names if all(several.count(name) == 1 and name for name in several) else {}


def _choice_of(
    table: CsvCells,
    variable: Variable,
    wanted: _Wanted,
    columns: Mapping[Entry, int],
    unknown: Sequence[str],
) -> str | None:
    """How columns of other names are chosen for the entries that have none, if they suffice."""
    entries = [(variable.name, i) for i in range(variable.dim.size({}))]
    named = [columns.get(entry) for entry in entries]
    if wanted.labelled(variable) and not any(place is not None for place in named):
        named = [None]
    count = named.count(None)
    if count > len(unknown):
        return None
    if len(named) > _SHOWN:
        return _CHOOSE
    left = iter(unknown[-count:] if variable.name in wanted.targets else unknown)
    names = [next(left) if place is None else table.header[place] for place in named]
    return f"choose columns: --columns {variable.name}={','.join(names)}"


def _by_name(
    table: CsvCells, wanted: _Wanted, used: set[int]
) -> tuple[dict[Entry, int], list[str]]:
    """The place of every entry that a column is named after, and the other columns."""
    both = (*wanted.variables, *wanted.ignored)
    known = {(v.name, i) for v in both for i in range(v.dim.size({}))}
    known |= {(v.name, _LABEL) for v in both if wanted.labelled(v)}
    columns: dict[Entry, int] = {}
    unknown = []
    for place, cell in table.named:
        entry = _entry(cell, known)
        if place in used:
            continue
        if entry is None:
            unknown.append(cell)
        elif entry in columns:
            raise TPDataError(f"column {cell} stands twice in the header", table.line(1))
        else:
            columns[entry] = place
    return columns, unknown


def _chosen_columns(table: CsvCells, wanted: _Wanted, variable: Variable) -> list[int]:
    """The columns that somebody chose for a variable. Raises TPDataError."""
    places = [p for name in wanted.chosen[variable.name] for p in _span_of(table, name.strip())]
    size = variable.dim.size({})
    if len(places) == size or (len(places) == 1 and wanted.labelled(variable)):
        return places
    raise TPDataError(
        f"{len(places)} columns are chosen for {variable}, which has {size} entries",
        table.line(1),
        f"{size} columns",
        f"where its size is a dim d, change it: --set d={len(places)}",
    )


def _span_of(table: CsvCells, name: str) -> list[int]:
    """The place of a column, or of all from one to another: `a..d`. Raises TPDataError."""
    if name in table.header:
        if table.header.count(name) > 1:
            raise TPDataError(f"column {name} stands twice in the header", table.line(1))
        return [table.header.index(name)]
    first, dots, last = name.partition("..")
    if not dots:
        raise TPDataError(f"there is no column {name!r}", table.line(1), _some(table.header), None)
    start, end = _span_of(table, first.strip())[0], _span_of(table, last.strip())[0]
    return list(range(start, end + 1))


def _entry(cell: str, known: set[Entry]) -> Entry | None:
    """The variable and entry that a column's name stands for."""
    match = _COLUMN.fullmatch(cell)
    if match is None:
        return None
    if match[2] is not None:
        entry = canonical_variable(match[1]), int(match[2])
        if entry in known:
            return entry
    whole = canonical_variable(cell)
    if (whole, 0) in known and (whole, 1) not in known:
        return whole, 0
    return (whole, _LABEL) if (whole, _LABEL) in known else None


def _in_order(table: CsvCells, wanted: _Wanted) -> dict[str, list[int]]:
    columns, line = table.named, table.line(1)
    variables = wanted.variables
    if all(is_number(cell) for _, cell in columns):
        raise TPDataError("the first row holds numbers", line, f"a header: {_ranges(variables)}")
    sizes = _sizes_in_order(len(columns), wanted)
    if sizes is None:
        raise _of_another_number(len(columns), wanted, line)
    found, said, start = {}, [], 0
    for variable, size in zip(variables, sizes, strict=False):
        own = columns[start : start + size]
        start += len(own)
        found[variable.name] = [place for place, _ in own]
        names = _between([name for _, name in own])
        said.append(f"{names} → {_ranges([variable]) if size > 1 else _single(variable)}")
    warnings.warn(
        TPWarning(
            f"{table.source.name}: no column is named after the program; taken in order:"
            f" {', '.join(said)}"
        ),
        stacklevel=5,
    )
    return found


def _of_another_number(count: int, wanted: _Wanted, line: Span) -> TPDataError:
    """The error for a file with more columns or fewer than there are entries."""
    total = sum(v.dim.size({}) for v in wanted.variables)
    targets = [v for v in wanted.variables if v.name in wanted.targets]
    of_data = total - sum(v.dim.size({}) for v in targets)
    if targets and count == of_data:
        classes = [name for v in targets for name in wanted.classes.get(v.name, ())]
        of = f", of the classes {_some(classes)}" if classes else ""
        return TPDataError(
            f"the file has the {count} columns of the data, and none for"
            f" {', '.join(v.name for v in targets)}{of}",
            line,
            f"columns {_ranges(wanted.variables)}",
        )
    return TPDataError(
        f"the file has {count} columns, but data and targets have {total} entries",
        line,
        f"columns {_ranges(wanted.variables)}",
        _CHOOSE if count > total else None,
    )


def _sizes_in_order(count: int, wanted: _Wanted) -> list[int] | None:
    """How many of so many columns are each variable's, and those ignored behind them."""
    entries = [v.dim.size({}) for v in wanted.variables]
    labelled = [1 if wanted.labelled(v) else v.dim.size({}) for v in wanted.variables]
    ignored = [v.dim.size({}) for v in wanted.ignored]
    as_labels = [1 if wanted.labelled(v) else v.dim.size({}) for v in wanted.ignored]
    for sizes in (entries, [*entries, *ignored], [*entries, *as_labels], labelled):
        if sum(sizes) == count:
            return sizes
    return None


def _single(variable: Variable) -> str:
    """The entry of a variable with one column, or its class."""
    return _ranges([variable]) if variable.dim.size({}) == 1 else f"the class of {variable.name}"


def _between(names: Sequence[str]) -> str:
    """`a`, `a, b`, `a … d`."""
    return ", ".join(names) if len(names) < 3 else f"{names[0]} … {names[-1]}"


def _column_name(name: str, index: int) -> str:
    return f"{name}_{index}"


def _ranges(variables: Sequence[Variable]) -> str:
    """`ξ_0 … ξ_63, y_0`."""
    parts = []
    for variable in variables:
        size = variable.dim.size({})
        places = range(size) if size < 3 else (0, 1, size - 1)
        parts.append(_between([_column_name(variable.name, place) for place in places]))
    return ", ".join(parts)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} (and {len(names) - _SHOWN} more)" if len(names) > _SHOWN else shown
