"""The cells of a CSV file, and where each stands in its text.

Cells stand between commas, semicolons or tabs; a first column without a name, such as the index
that pandas writes, is left out.
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

from tpgraph.errors import Source, Span, TPDataError

__all__ = ["CsvCells", "is_number"]

Array = npt.NDArray[np.float64]

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_MISSING = ("", "nan", "na", "n/a", "null", "none", "?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


@dataclass(frozen=True)
class CsvCells:
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

    def numbers(self, columns: Sequence[int]) -> Array:
        """The numbers of columns below the header: numpy's reader; where it fails, a search."""
        width = len(self.header)
        body = self.source.text.partition("\n")[2]
        whole = len(columns) == width and list(columns) == sorted(columns)
        try:
            found = np.loadtxt(
                io.StringIO(body), delimiter=self.delimiter, comments=None, quotechar='"', ndmin=2,
                usecols=None if whole else list(columns),
            ) if body.strip() and columns else np.zeros((0, len(columns)))  # fmt: skip
        except ValueError:
            raise self._first_fault(width, columns) from None
        if not body.strip():
            raise TPDataError(f"{self.source.name} has a header but no samples")
        fits = found.shape[1] == len(columns) and (whole or not self._uneven(width))
        if not fits or not np.isfinite(found).all():
            raise self._first_fault(width, columns)
        return np.asarray(found, dtype=np.float64)

    def column(self, place: int) -> list[str]:
        """The cells of a column below the header. Raises TPDataError for rows of other lengths."""
        width = len(self.header)
        if self._uneven(width):
            raise self._first_fault(width, ())
        return [cells[place].strip() for _, cells in self._rows()]

    def cell(self, row: int, place: int) -> Span:
        """The cell of a row below the header, counted from 0, in a column."""
        return self._cell(next(islice(self._rows(), row, None))[0], place)

    def _uneven(self, width: int) -> bool:
        return any(len(cells) != width for _, cells in self._rows())

    def _first_fault(self, width: int, columns: Sequence[int]) -> TPDataError:
        """The first cell that is not a finite number, or the first row of a wrong length."""
        read = set(columns)
        for number, cells in self._rows():
            if len(cells) != width:
                return TPDataError(
                    f"{len(cells)} cells in a table of {width} columns",
                    self.line(number),
                    f"{width} cells",
                )
            for place, cell in enumerate(cells):
                what = _fault(cell.strip()) if place in read else None
                if what is not None:
                    place_of = self._cell(number, place)
                    return TPDataError(what, place_of, "a finite number", _mend(cell.strip()))
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
    if not is_number(cell):
        return f"{cell!r} is not a number"
    return None if np.isfinite(float(cell)) else f"{cell} is not finite"


def _mend(cell: str) -> str | None:
    """What makes a number of a text that is none."""
    if _DECIMAL_COMMA.fullmatch(cell):
        return "write decimal points"
    if cell.casefold() in _MISSING:
        return "give it a value, or leave the row out"
    if not is_number(cell):
        return (
            "choose the columns of each variable, --columns NAME=COLUMNS, in Python columns={…};"
            " words are classes in the column of a target"
        )
    return None


def is_number(cell: str) -> bool:
    """Whether a cell is read as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
