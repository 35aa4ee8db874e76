"""Columns of a CSV file whose header names nothing of the program: in the order of declarations."""

from __future__ import annotations

from collections.abc import Sequence

from tpgraph.errors import Span, TPDataError, TPWarning, warn
from tpgraph.program import Variable
from tpgraph.training.csv_cells import CsvCells
from tpgraph.training.csv_faults import is_number
from tpgraph.training.wanted_columns import (
    CHOOSE,
    NoColumns,
    WantedColumns,
    between,
    of_size,
    ranges_of,
    some_of,
)

__all__ = ["columns_in_order"]


def columns_in_order(table: CsvCells, wanted: WantedColumns) -> dict[str, list[int]]:
    """The columns of every variable, said in a TPWarning. Raises TPDataError for another number of
    columns, and for a first row of numbers.
    """
    columns, line = table.named, table.header_line
    variables = wanted.variables
    if all(is_number(cell, table.delimiter != ",") for _, cell in columns):
        raise TPDataError("the first row holds numbers", line, f"a header: {ranges_of(variables)}")
    sizes = _sizes_in_order(len(columns), wanted)
    if sizes is None:
        raise _of_another_number(len(columns), wanted, line)
    found, said, start = {}, [], 0
    for variable, size in zip(variables, sizes, strict=False):
        own = columns[start : start + size]
        start += len(own)
        found[variable.name] = [place for place, _ in own]
        names = between([name for _, name in own])
        said.append(f"{names} → {ranges_of([variable]) if size > 1 else _single(variable)}")
    warn(
        TPWarning(
            f"{table.source.name}: no column is named after the program; taken in order:"
            f" {', '.join(said)}"
        )
    )
    return found


def _of_another_number(count: int, wanted: WantedColumns, line: Span) -> TPDataError:
    """The error for a file with more columns or fewer than there are entries."""
    total = sum(v.dim.size({}) for v in wanted.variables)
    targets = [v for v in wanted.variables if v.name in wanted.targets]
    of_data = total - sum(v.dim.size({}) for v in targets)
    if targets and count == of_data:
        classes = [name for v in targets for name in wanted.classes.get(v.name, ())]
        of = f", of the classes {some_of(classes)}" if classes else ""
        return NoColumns(
            f"the file has the {count} columns of the data, and none for"
            f" {', '.join(v.name for v in targets)}{of}",
            line,
            f"columns {ranges_of(wanted.variables)}",
        )
    return TPDataError(
        f"the file has {count} columns, but data and targets have {total} entries",
        line,
        f"columns {ranges_of(wanted.variables)}",
        CHOOSE if count > total else _smaller(count, wanted),
    )


def _smaller(count: int, wanted: WantedColumns) -> str:
    """What fits a program to so few columns: a choice, or fewer entries of its only data."""
    data = [v for v in wanted.variables if v.name not in wanted.targets]
    left = count - sum(_sizes(wanted, [v for v in wanted.variables if v not in data])[1])
    if len(data) != 1 or left < 1:
        return CHOOSE
    return f"{CHOOSE}, and {of_size(data[0].dim, left)} where it has so many entries"


def _sizes_in_order(count: int, wanted: WantedColumns) -> list[int] | None:
    """How many of so many columns are each variable's, and those ignored behind them."""
    entries, labels = _sizes(wanted, wanted.variables)
    behind, labels_behind = _sizes(wanted, wanted.ignored)
    for sizes in (entries, [*entries, *behind], [*entries, *labels_behind], labels):
        if sum(sizes) == count:
            return sizes
    return None


def _sizes(wanted: WantedColumns, variables: Sequence[Variable]) -> tuple[list[int], list[int]]:
    """The columns of variables by their entries, and with one for each that may be a label."""
    entries = [v.dim.size({}) for v in variables]
    labelled = [wanted.labelled(v) for v in variables]
    return entries, [1 if of else size for of, size in zip(labelled, entries, strict=True)]


def _single(variable: Variable) -> str:
    """The entry of a variable with one column, or its class."""
    return ranges_of([variable]) if variable.dim.size({}) == 1 else f"the class of {variable.name}"
