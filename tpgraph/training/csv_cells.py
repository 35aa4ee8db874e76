"""The cells of a CSV file, and where each stands in its text.

Cells stand between commas, semicolons, tabs or bars; a first column without a name, such as the
index that pandas writes, is left out. Above the header may stand blank lines, `# comments` and
Excel's `sep=;`. Between cells that no comma separates, numbers may have a decimal comma: 16,73.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
import numpy.typing as npt

from tpgraph.errors import Source, Span, TPDataError, TPWarning, warn
from tpgraph.training.csv_faults import Fault, as_number, fault_of, faults_said, is_missing
from tpgraph.training.csv_lead import DELIMITERS, lines_above
from tpgraph.training.missing import left_out_said

__all__ = ["CsvCells"]

Array = npt.NDArray[np.float64]

_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")


@dataclass(frozen=True)
class CsvCells:
    """Cells of a text, and where they stand in it; rows `left_out`, by line, are not read.

    `kept` are then the numbers of the rows below the header that are, from 1.
    """

    source: Source
    left_out: frozenset[int] = frozenset()
    kept: tuple[int, ...] | None = None

    @cached_property
    def _above(self) -> tuple[int, str | None]:
        return lines_above(self.source.text)

    @cached_property
    def delimiter(self) -> str:
        """What a line above the header names, or what stands most often between its names."""
        line = re.sub(r'"[^"]*"|\[[^\]]*\]', "", self._below.partition("\n")[0])
        return self._above[1] or max(DELIMITERS, key=line.count)

    @cached_property
    def _below(self) -> str:
        """The text from the header on."""
        return self.source.text[self.line(self._above[0] + 1).start :]

    @cached_property
    def header(self) -> list[str]:
        """The names of the columns; none where there is no header."""
        first = next(self.records(), (0, [""]))[1]
        return [first[0].removeprefix("# ").strip(), *(cell.strip() for cell in first[1:])]

    @cached_property
    def header_line(self) -> Span:
        """Where the header stands."""
        return self.line(self._above[0] + 1)

    @cached_property
    def named(self) -> list[tuple[int, str]]:
        """Place and name of each column, without a first one that has no name."""
        columns = list(enumerate(self.header))
        return columns[1:] if columns[0][1] in ("", "Unnamed: 0") else columns

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """The number of the last line, and the cells, of every row. Raises TPDataError."""
        reader = csv.reader(io.StringIO(self._below, newline=""), delimiter=self.delimiter)
        above = self._above[0]
        try:
            for cells in reader:
                yield above + reader.line_num, cells
        except csv.Error as error:
            between = DELIMITERS.get(self.delimiter, self.delimiter)
            raise TPDataError(
                f"line {above + max(1, reader.line_num)} of {self.source.name} is not CSV: {error}",
                expected=f"cells between {between}, with an even number of quotes",
            ) from None

    def numbers(self, columns: Sequence[int]) -> Array:
        """The numbers of columns below the header: numpy's reader; where it fails, cell by cell."""
        if not self._below.partition("\n")[2].strip():
            raise TPDataError(f"{self.source.name} has a header but no samples")
        found = None if self.left_out else self._by_numpy(columns)
        return self._by_cell(columns) if found is None else found

    def _by_numpy(self, columns: Sequence[int]) -> Array | None:
        """The numbers of columns; None where some row has other cells."""
        width, body = len(self.header), self._below.partition("\n")[2]
        whole = len(columns) == width and list(columns) == sorted(columns)
        try:
            found = np.loadtxt(
                io.StringIO(body), delimiter=self.delimiter, comments=None, quotechar='"', ndmin=2,
                usecols=None if whole else list(columns),
            ) if columns else np.zeros((0, 0))  # fmt: skip
        except ValueError:
            return None
        is_even = whole or all(len(cells) == width for _, cells in self._rows())
        fits = found.shape[1] == len(columns) and is_even
        return np.asarray(found, dtype=np.float64) if fits and np.isfinite(found).all() else None

    def _by_cell(self, columns: Sequence[int]) -> Array:
        """The numbers of columns, among them those with a decimal comma. Raises TPDataError."""
        rows = list(self._rows())
        comma = self.delimiter != ","
        faults: list[Fault] = []
        for number, cells in rows:
            if not faults:
                self._require_whole(number, cells)
            for place in sorted(place for place in columns if place < len(cells)):
                cell = cells[place].strip()
                what = fault_of(cell, comma)
                if what is not None:
                    faults.append(Fault(what, cell, number, place, self.header[place]))
        if faults:
            place_of = self._cell(faults[0].line, faults[0].place)
            raise faults_said(faults, place_of, comma)
        if comma:
            self._require_one_point(columns, rows)
        table = [[as_number(cells[place].strip(), comma) for place in columns] for _, cells in rows]
        return np.array(table, dtype=np.float64).reshape(len(rows), len(columns))

    def _require_whole(self, number: int, cells: Sequence[str]) -> None:
        """Raise TPDataError where a row has more cells than the header, or fewer."""
        width = len(self.header)
        if len(cells) != width:
            raise TPDataError(
                f"{len(cells)} cells in a table of {width} columns",
                self.line(number),
                f"{width} cells",
            )

    def _require_one_point(
        self, columns: Sequence[int], rows: Sequence[tuple[int, list[str]]]
    ) -> None:
        """Raise TPDataError where decimal points and commas both stand, of which one may be between
        thousands; warn where all commas could be.
        """
        read = [(n, p, cells[p].strip()) for n, cells in rows for p in sorted(columns)]
        commas = [(n, p, cell) for n, p, cell in read if "," in cell]
        points = [(n, p, cell) for n, p, cell in read if "." in cell]
        if commas and points:
            (first, _, one), (number, place, other) = sorted((commas[0], points[0]))
            raise TPDataError(
                f"{other!r} and {one!r} in line {first} have a comma and a point",
                self._cell(number, place),
                "decimal commas in all numbers, or decimal points",
            )
        if commas and all(_THOUSANDS.fullmatch(cell) for *_, cell in commas):
            number, place, cell = commas[0]
            text = f"{cell} is read as {as_number(cell, True):g}, as all commas are: decimal ones"
            warn(TPWarning(text, self._cell(number, place)))

    def without_missing(self, columns: Sequence[int], labels: Sequence[int]) -> CsvCells:
        """The table without the rows in which a number of `columns` or a class of `labels` is
        missing, said in a TPWarning. Raises TPDataError where none is left.
        """
        rows = list(self._rows())
        is_whole = [self._is_whole(cells, columns, labels) for _, cells in rows]
        if all(is_whole):
            return self
        gone = [line for (line, _), whole in zip(rows, is_whole, strict=True) if not whole]
        left_out_said(self.source.name, "line", gone, len(rows))
        kept = tuple(row for row, whole in enumerate(is_whole, 1) if whole)
        return CsvCells(self.source, frozenset(gone), kept)

    def _is_whole(
        self, cells: Sequence[str], columns: Sequence[int], labels: Sequence[int]
    ) -> bool:
        """Whether no number or class is missing; rows of another length are refused elsewhere."""
        if len(cells) != len(self.header):
            return True
        return not (
            any(is_missing(cells[place].strip()) for place in columns)
            or any(is_missing(cells[place].strip(), label=True) for place in labels)
        )

    def column(self, place: int) -> list[str]:
        """The cells of a column below the header. Raises TPDataError for rows of other lengths."""
        found = []
        for number, cells in self._rows():
            self._require_whole(number, cells)
            found.append(cells[place].strip())
        return found

    def cell(self, row: int, place: int) -> Span:
        """The cell of a row below the header, counted from 0, in a column."""
        return self._cell(next(islice(self._rows(), row, None))[0], place)

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line number and cells of every row below the header that is read."""
        records = self.records()
        next(records)
        gone = self.left_out
        return ((number, cells) for number, cells in records if cells and number not in gone)

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
