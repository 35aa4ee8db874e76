"""CSV files: columns by the names of a program's data and targets, or in their order.

Columns are the entries of the data, then of the targets, by name (`ξ_0`, `xi_0`, `ξ[2]_0`; for a
single entry also `y`) in any order, or, if no column has such a name, in the order of the
declarations, which is said in a TPWarning. Cells stand between commas, semicolons or tabs; a first
column without a name, such as the index that pandas writes, is left out.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tpgraph.errors import Source, Span, TPDataError, TPWarning
from tpgraph.program import Variable, canonical_variable

__all__ = ["arrays_of_csv"]

Array = npt.NDArray[np.float64]
Entry = tuple[str, int]

_COLUMN = re.compile(  # possessive: white space is never tried in two ways
    r"\s*+([^\[\]\s]+?\s*+(?:\[\s*+[-\d,\s]+\]\s*+)?)(?:_(\d++)\s*+)?"
)
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


def arrays_of_csv(
    source: Source, variables: Sequence[Variable], ignored: Sequence[Variable]
) -> dict[str, Array]:
    """The arrays (N, d) of these variables by source name; `ignored` may stand in the file too.

    Raises TPDataError with line and column for what is missing, no number or not finite.
    """
    if not source.text.strip():
        raise TPDataError(f"{source.name} is empty", expected="a header and a row for each sample")
    table = _Table(source)
    places = _places(table, variables, ignored)
    numbers = table.numbers()
    return {name: numbers[:, columns] for name, columns in places.items()}


@dataclass(frozen=True)
class _Table:
    """Cells of a text, and where they stand in it."""

    source: Source

    @cached_property
    def delimiter(self) -> str:
        """What stands most often between the names of the header."""
        header = re.sub(r'"[^"]*"|\[[^\]]*\]', "", self.source.text.lstrip("\n").partition("\n")[0])
        return max(_DELIMITERS, key=header.count)

    @cached_property
    def header(self) -> list[str]:
        """The names of the columns."""
        return [cell.strip() for cell in next(self.records())[1]]

    @cached_property
    def named(self) -> list[tuple[int, str]]:
        """Place and name of each column, without a first one that has no name."""
        columns = list(enumerate(self.header))
        return columns[1:] if columns[0][1] in ("", "Unnamed: 0") else columns

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """The number of the last line, and the cells, of every row. Raises TPDataError."""
        reader = csv.reader(io.StringIO(self.source.text, newline=""), delimiter=self.delimiter)
        try:
            for cells in reader:
                yield reader.line_num, cells
        except csv.Error as error:
            raise TPDataError(
                f"line {max(1, reader.line_num)} of {self.source.name} is not CSV: {error}",
                expected=f"cells between {_DELIMITERS[self.delimiter]}, with an even number of"
                " quotes",
            ) from None

    def numbers(self) -> Array:
        """All numbers below the header: numpy's reader; where it fails, a search for the cell."""
        width = len(self.header)
        body = self.source.text.partition("\n")[2]
        try:
            found = np.loadtxt(
                io.StringIO(body), delimiter=self.delimiter, comments=None, quotechar='"', ndmin=2
            ) if body.strip() else np.zeros((0, width))  # fmt: skip
        except ValueError:
            raise self._first_fault(width) from None
        if not len(found):
            raise TPDataError(f"{self.source.name} has a header but no samples")
        if found.shape[1] != width or not np.isfinite(found).all():
            raise self._first_fault(width)
        return np.asarray(found, dtype=np.float64)

    def _first_fault(self, width: int) -> TPDataError:
        """The first cell that is not a finite number, or the first row of a wrong length."""
        for number, cells in self._rows():
            if len(cells) != width:
                return TPDataError(
                    f"{len(cells)} cells in a table of {width} columns",
                    self.line(number),
                    f"{width} cells",
                )
            for place, cell in enumerate(cells):
                what = _fault(cell.strip())
                if what is not None:
                    mend = (
                        "write decimal points" if _DECIMAL_COMMA.fullmatch(cell.strip()) else None
                    )
                    return TPDataError(what, self._cell(number, place), "a finite number", mend)
        return TPDataError(f"{self.source.name} is not a CSV table of numbers")

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line number and cells of every row below the header."""
        records = self.records()
        next(records)
        return ((number, cells) for number, cells in records if cells)

    def line(self, number: int) -> Span:
        """A line, counted from 1."""
        start = 0
        for _ in range(number - 1):
            start = self.source.text.index("\n", start) + 1
        end = self.source.text.find("\n", start)
        end = len(self.source.text) if end < 0 else end
        return Span(self.source, start, min(end, start + 1))

    def _cell(self, number: int, place: int) -> Span:
        """A cell of a line, without regard to quoted delimiters."""
        start = self.line(number).start
        text = self.source.text
        end = text.find("\n", start)
        cells = text[start : len(text) if end < 0 else end].rstrip("\r").split(self.delimiter)
        before = sum(len(cell) + 1 for cell in cells[:place])
        length = len(cells[place]) if place < len(cells) else 1
        return Span(self.source, start + before, start + before + max(1, length))


def _fault(cell: str) -> str | None:
    """What is wrong with the text of a number, if anything."""
    if not cell:
        return "an empty cell"
    if not _is_number(cell):
        return f"{cell!r} is not a number"
    return None if np.isfinite(float(cell)) else f"{cell} is not finite"


def _places(
    table: _Table, variables: Sequence[Variable], ignored: Sequence[Variable]
) -> dict[str, list[int]]:
    """The columns of every variable."""
    line = table.line(1)
    wanted = [(v.name, i) for v in variables for i in range(v.dim.size({}))]
    known = {*wanted, *((v.name, i) for v in ignored for i in range(v.dim.size({})))}
    single = {v.name for v in (*variables, *ignored) if v.dim.size({}) == 1}
    columns: dict[Entry, int] = {}
    unknown = []
    for place, cell in table.named:
        entry = _entry(cell, known, single)
        if entry is None:
            unknown.append(cell)
        elif entry in columns:
            raise TPDataError(f"column {cell} stands twice in the header", line)
        else:
            columns[entry] = place
    if not columns:
        return _in_order(table, variables, ignored)
    missing = [_column_name(*entry) for entry in wanted if entry not in columns]
    if missing:
        raise TPDataError(
            f"no column {_some(missing)} in the header", line, f"columns {_ranges(variables)}"
        )
    if unknown:
        raise TPDataError(
            f"column {_some(unknown)} belongs to no data and no target",
            line,
            f"columns {_ranges(variables)}",
            "delete it from the file",
        )
    return {v.name: [columns[v.name, i] for i in range(v.dim.size({}))] for v in variables}


def _entry(cell: str, known: set[Entry], single: set[str]) -> Entry | None:
    """The variable and entry that a column's name stands for."""
    match = _COLUMN.fullmatch(cell)
    if match is None:
        return None
    if match[2] is not None:
        entry = canonical_variable(match[1]), int(match[2])
        if entry in known:
            return entry
    whole = canonical_variable(cell)
    return (whole, 0) if whole in single else None


def _in_order(
    table: _Table, variables: Sequence[Variable], ignored: Sequence[Variable]
) -> dict[str, list[int]]:
    total = sum(v.dim.size({}) for v in variables)
    columns, line = table.named, table.line(1)
    if all(_is_number(cell) for _, cell in columns):
        raise TPDataError("the first row holds numbers", line, f"a header: {_ranges(variables)}")
    if len(columns) not in (total, total + sum(v.dim.size({}) for v in ignored)):
        raise TPDataError(
            f"the file has {len(columns)} columns, but data and targets have {total} entries",
            line,
            f"columns {_ranges(variables)}",
        )
    found, said, start = {}, [], 0
    for variable in variables:
        own = columns[start : start + variable.dim.size({})]
        start += len(own)
        found[variable.name] = [place for place, _ in own]
        names = own[0][1] if len(own) == 1 else f"{own[0][1]} … {own[-1][1]}"
        said.append(f"{names} → {_ranges([variable])}")
    warnings.warn(
        TPWarning(
            f"{table.source.name}: no column is named after the program; taken in order:"
            f" {', '.join(said)}"
        ),
        stacklevel=5,
    )
    return found


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _column_name(name: str, index: int) -> str:
    return f"{name}_{index}"


def _ranges(variables: Sequence[Variable]) -> str:
    """`ξ_0 … ξ_63, y_0`."""
    parts = []
    for variable in variables:
        size = variable.dim.size({})
        last = f" … {_column_name(variable.name, size - 1)}" if size > 1 else ""
        parts.append(_column_name(variable.name, 0) + last)
    return ", ".join(parts)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown} (and {len(names) - 5} more)" if len(names) > 5 else shown
