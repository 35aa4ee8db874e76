"""Columns of a CSV file by the names of a program's data and targets, or in their order.

Columns are the entries of the data, then of the targets, by name (`ξ_0`, `xi_0`, `ξ[2]_0`; for a
single entry also `y`) in any order, or, if no column has such a name, in the order of the
declarations, which is said in a TPWarning, unless the names that were taken so before stand in the
header again; or they are chosen by the names of the header. One column of a target with several
entries, or of words, holds class labels (`class_labels`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from tpgraph.errors import TPArgumentError, TPDataError, TPWarning, warn
from tpgraph.program import Variable, canonical_variable
from tpgraph.program.near_names import did_you_mean
from tpgraph.training.columns_in_order import columns_in_order
from tpgraph.training.csv_cells import CsvCells
from tpgraph.training.wanted_columns import (
    CHOOSE,
    SHOWN,
    NoChosenColumns,
    NoColumns,
    WantedColumns,
    column_name,
    of_size,
    ranges_of,
    some_of,
)

__all__ = ["columns_of"]

Entry: TypeAlias = tuple[str, int]
Names: TypeAlias = Mapping[str, tuple[str, ...]]
"""Of columns, by variable."""

_COLUMN = re.compile(  # possessive: white space is never tried in two ways
    r"\s*+([^\[\]\s]+?\s*+(?:\[\s*+[-\d,\s]+\]\s*+)?)(?:_(\d++)\s*+)?"
)
_LABEL = -1
"""In the place of an entry's number: the column of a whole target."""


def columns_of(table: CsvCells, wanted: WantedColumns) -> tuple[dict[str, list[int]], Names]:
    """The columns of every variable, and the names of those that were taken in order.

    One column of a target with several entries is its label.
    """
    line = table.header_line
    found = {
        v.name: _chosen_columns(table, wanted, v)
        for v in wanted.variables
        if v.name in wanted.chosen
    }
    used = {place for columns in found.values() for place in columns}
    left = [v for v in wanted.variables if v.name not in found]
    columns, unknown = _by_name(table, wanted, used)
    if not columns and not found:
        places = _as_taken(table, wanted) or columns_in_order(table, wanted)
        return places, _names_of(table, places)
    for variable in left:
        if (variable.name, _LABEL) in columns:
            found[variable.name] = [columns[variable.name, _LABEL]]
            continue
        entries = [(variable.name, i) for i in range(variable.dim.size({}))]
        missing = [column_name(*entry) for entry in entries if entry not in columns]
        if missing:
            raise NoColumns(
                f"no column {some_of(missing)} in the header",
                line,
                f"columns {ranges_of(wanted.variables)}",
                _counted_from_one(table, wanted)
                or _choice_of(table, variable, wanted, columns, unknown)
                or _smaller(variable, missing, entries),
            )
        found[variable.name] = [columns[entry] for entry in entries]
    if unknown and not wanted.chosen:
        raise TPDataError(
            f"column {some_of(unknown)} belongs to no data and no target",
            line,
            f"columns {ranges_of(wanted.variables)}",
            f"delete it from the file, or {CHOOSE}",
        )
    _tell_shared(table, wanted, found)
    return {v.name: found[v.name] for v in wanted.variables}, {}


def _tell_shared(
    table: CsvCells, wanted: WantedColumns, found: Mapping[str, Sequence[int]]
) -> None:
    """A TPWarning where a column is an input and a target, which is then no task to learn."""
    own = {v.name for v in wanted.variables if v.name in wanted.targets}
    inputs = {place for name, places in found.items() if name not in own for place in places}
    shared = [table.header[p] for name in own for p in found[name] if p in inputs]
    if shared:
        text = f"column {some_of(sorted(shared))} is an input and a target too: leave it out of one"
        warn(TPWarning(text, table.header_line))


def _as_taken(table: CsvCells, wanted: WantedColumns) -> dict[str, list[int]] | None:
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
    wanted: WantedColumns,
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
    if len(named) > SHOWN:
        return CHOOSE
    if count < len(unknown):
        some = "COLUMN" if len(named) == 1 else "COLUMNS"
        number = "one" if len(named) == 1 else f"{len(named)}"
        return f"choose {number} of {some_of(unknown)}: --columns {variable.name}={some}"
    left = iter(unknown)
    names = [next(left) if place is None else table.header[place] for place in named]
    return f"choose columns: --columns {variable.name}={','.join(names)}"


def _by_name(
    table: CsvCells, wanted: WantedColumns, used: set[int]
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
            raise _twice(table, cell)
        else:
            columns[entry] = place
    return columns, unknown


def _counted_from_one(table: CsvCells, wanted: WantedColumns) -> str | None:
    """How columns are chosen that are numbered from 1, where those of every variable are."""
    places = {_numbered(cell): (place, cell) for place, cell in table.named}
    choices = []
    for variable in wanted.variables:
        name, size = variable.name, variable.dim.size({})
        found = [places.get((name, i + 1)) for i in range(size)]
        if found == [None] and (name, None) in places:
            continue
        if any(one is None for one in found):
            return None
        first, last = (one for one in (found[0], found[-1]) if one is not None)
        run = [place for one in found if one is not None for place in one[:1]]
        if run != list(range(first[0], last[0] + 1)):
            return None
        choices.append(f"--columns {name}={first[1]}{f'..{last[1]}' if size > 1 else ''}")
    return f"they count from 1 here: {' '.join(choices)}"


def _numbered(cell: str) -> tuple[str, int | None] | None:
    """A column's name as a variable's and a number: `ξ_1`, `y`."""
    match = _COLUMN.fullmatch(cell)
    if match is None:
        return None
    return canonical_variable(match[1]), None if match[2] is None else int(match[2])


def _smaller(variable: Variable, missing: Sequence[str], entries: Sequence[Entry]) -> str | None:
    """The size of a variable whose last entries have no columns."""
    there = len(entries) - len(missing)
    last = [column_name(*entry) for entry in entries[there:]]
    return of_size(variable.dim, there) if there and list(missing) == last else None


def _twice(table: CsvCells, name: str) -> TPDataError:
    return TPDataError(
        f"column {name} stands twice in the header", table.header_line, mend="give one another name"
    )


def _chosen_columns(table: CsvCells, wanted: WantedColumns, variable: Variable) -> list[int]:
    """The columns that somebody chose for a variable. Raises TPDataError."""
    places = [p for name in wanted.chosen[variable.name] for p in _span_of(table, name.strip())]
    size = variable.dim.size({})
    if len(places) == size or (len(places) == 1 and wanted.labelled(variable)):
        return places
    raise TPArgumentError(
        f"{len(places)} columns are chosen for {variable}, which has {size} entries",
        table.header_line,
        f"{size} columns",
        of_size(variable.dim, len(places)),
    )


def _span_of(table: CsvCells, name: str) -> list[int]:
    """The place of a column, or of all from one to another: `a..d`. Raises TPDataError."""
    if name in table.header:
        if table.header.count(name) > 1:
            raise _twice(table, name)
        return [table.header.index(name)]
    first, dots, last = name.partition("..")
    if not dots:
        mend = "each variable has a --columns of its own" if "=" in name else None
        raise NoChosenColumns(
            f"there is no column {name!r}",
            table.header_line,
            some_of(table.header),
            mend or did_you_mean(name, table.header),
        )
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
