"""What is wrong with the cells of a table that ought to be finite numbers, and what mends it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from tpgraph.errors import Span, TPDataError
from tpgraph.shown import quantity
from tpgraph.training.missing import LEAVE_OUT

__all__ = ["Fault", "as_number", "fault_of", "faults_said", "is_missing", "is_number"]

_MISSING = frozenset(("", "nan", "na", "n/a", "#n/a", "<na>", "null", "none", "?", "-"))
_NAMES_OF_CLASSES = frozenset(("null", "none", "?", "-"))
"""Words for what is missing that may be the name of a class."""
_DECIMAL_COMMA = re.compile(r"[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d+)?")
_SHOWN = 4


@dataclass(frozen=True)
class Fault:
    """A cell, and what is wrong with it; `line` counts from 1, `place` from 0."""

    what: str
    cell: str
    line: int
    place: int
    column: str

    def __str__(self) -> str:
        cell = repr(self.cell) if self.cell else "an empty cell"
        return f"{cell} (line {self.line}, {self.column})"


def is_number(cell: str, comma: bool = False) -> bool:
    """Whether a cell is read as a number, with a decimal `comma` too."""
    try:
        as_number(cell, comma)
    except ValueError:
        return False
    return True


def as_number(cell: str, comma: bool) -> float:
    """The number of a cell; ValueError where it is none.

    >>> as_number("16,73", True), as_number("1e3", True)
    (16.73, 1000.0)
    """
    if "_" in cell:
        raise ValueError(cell)
    return float(cell.replace(",", ".") if comma and _DECIMAL_COMMA.fullmatch(cell) else cell)


def is_missing(cell: str, label: bool = False) -> bool:
    """Whether a cell says that it has no value, or none that is finite; of a class, its `label`.

    >>> is_missing("NA"), is_missing("-inf"), is_missing("five"), is_missing("none", label=True)
    (True, True, False, False)
    """
    word = cell.casefold()
    if word in _MISSING:
        return not (label and word in _NAMES_OF_CLASSES)
    return not label and is_number(cell) and not math.isfinite(float(cell))


def fault_of(cell: str, comma: bool) -> str | None:
    """What is wrong with the text of a number, if anything."""
    if not cell:
        return "an empty cell"
    if not is_number(cell, comma):
        return f"{cell!r} is not a number"
    return None if math.isfinite(as_number(cell, comma)) else f"{cell} is not finite"


def faults_said(faults: Sequence[Fault], place: Span, comma: bool) -> TPDataError:
    """One error for all of them, at the first, with how many there are."""
    mends = [mend for fault in faults if (mend := _mend(fault.cell, comma)) is not None]
    mend = mends[0] if mends else None
    if len(faults) == 1:
        return TPDataError(faults[0].what, place, "a finite number", mend)
    rows = len({fault.line for fault in faults})
    some = ", ".join(map(str, faults[:_SHOWN])) + (" …" if len(faults) > _SHOWN else "")
    return TPDataError(
        f"{len(faults)} cells in {quantity(rows, 'row')} are no finite numbers: {some}",
        place,
        "finite numbers",
        mend,
    )


def _mend(cell: str, comma: bool) -> str | None:
    """What makes a number of a text that is none."""
    if is_missing(cell):
        return LEAVE_OUT
    if _DECIMAL_COMMA.fullmatch(cell):
        return "write decimal points, or semicolons between cells"
    if comma and "," in cell and is_number(cell.replace(".", "").replace(",", ".", 1)):
        return "write numbers without points between thousands"
    return (
        "choose the columns of each variable, --columns NAME=COLUMNS, in Python columns={…};"
        " words are classes in the column of a target, and in one of data a column of 0 and 1 for"
        " each word"
    )
