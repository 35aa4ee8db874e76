"""Samples in which a value is missing: refused, or left out where somebody says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tpgraph.errors import TPDataError, TPWarning, warn

__all__ = ["DROP", "LEAVE_OUT", "REFUSE", "left_out_said", "require_missing", "whole_rows"]

REFUSE = "refuse"
DROP = "drop"
LEAVE_OUT = "give it a value, or leave the row out: --missing drop, in Python missing='drop'"
_SHOWN = 8


def require_missing(missing: str) -> None:
    """Raise TPDataError for what is no way to treat missing values."""
    if missing not in (REFUSE, DROP):
        raise TPDataError(f"missing is {missing!r}", expected=f"{REFUSE}, {DROP}")


def left_out_said(name: str, kind: str, gone: Sequence[int], count: int) -> None:
    """A TPWarning: which rows (`kind` "line" or "row") of how many are left out. Raises TPDataError
    where none is left.
    """
    if len(gone) == count:
        raise TPDataError(
            f"{name} has a missing value in every row, so all would be left out",
            expected="a row that is whole",
            mend="choose columns that have values: --columns NAME=COLUMNS, in Python columns={…}",
        )
    shown = ", ".join(map(str, gone[:_SHOWN])) + (" …" if len(gone) > _SHOWN else "")
    kinds = kind if len(gone) == 1 else f"{kind}s"
    warn(
        TPWarning(
            f"{name}: {len(gone)} of {count} rows left out, with missing values: {kinds} {shown}"
        )
    )


def whole_rows(
    name: str, arrays: Mapping[str, Any]
) -> tuple[Mapping[str, Any], tuple[int, ...] | None]:
    """Arrays of numbers of as many rows without the rows that are not finite; the numbers of those
    that are kept, from 1, where some are not.
    """
    numbers = [np.asarray(a) for a in arrays.values()]
    counts = {len(a) if a.ndim else 0 for a in numbers}
    if len(counts) != 1 or not min(counts):
        return arrays, None
    whole = np.ones(counts.pop(), dtype=bool)
    for array in numbers:
        if array.dtype.kind == "f":
            whole &= np.isfinite(array.reshape(len(array), -1)).all(axis=1)
    if whole.all():
        return arrays, None
    left_out_said(name, "row", np.flatnonzero(~whole).tolist(), len(whole))
    found = {key: array[whole] for key, array in zip(arrays, numbers, strict=True)}
    return found, tuple((np.flatnonzero(whole) + 1).tolist())
