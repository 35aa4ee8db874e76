"""By which matrices a vector can be multiplied: a new one, those that fit, and why not others."""

from __future__ import annotations

from typing import Any

from tpgraph.editor.answers import shelf_data
from tpgraph.language import editing
from tpgraph.language.readings import Reading, read
from tpgraph.program import Program, Variable

__all__ = ["factors"]

_Data = dict[str, Any]


def factors(reading: Reading, vector: str) -> list[_Data]:
    """The factors of a vector, each {"matrix", "transpose", "title", "detail", "fits"}.

    The first is a new matrix, whose `matrix` is None; of one that does not fit `detail` says why.
    Raises TPError for what is no vector.
    """
    edit = editing.multiply(reading, vector)
    program = reading.program
    assert program is not None, "it has the vector"
    known = shelf_data(program)
    names = {row["name"] for row in known}
    after = read(edit.apply(reading.text), reading.source.name).program
    new = [row for row in shelf_data(after) if row["name"] not in names] if after else []
    found = [_factor(row, None, "a new matrix", False) for row in new]
    for row in known:
        found += _ways(program, row, program.variables[vector])
    return found


def _ways(program: Program, row: _Data, vector: Variable) -> list[_Data]:
    """A matrix and its transpose, as far as they fit; else why neither does."""
    name = row["name"]
    shape = program.variables[name].matrix
    found = []
    if shape.columns == vector.dim:
        found.append(_factor(row, name, name, False))
    if shape.rows == vector.dim:
        found.append(_factor(row, name, f"{name}ᵀ", True))
    why = f"{row['shape']} does not fit {vector}, a vector of {vector.dim}"
    return found or [_factor(row, name, name, False) | {"detail": why, "fits": False}]


def _factor(row: _Data, matrix: str | None, title: str, transpose: bool) -> _Data:
    law = f"{row['shape']} ~ {row['distribution']}{', trained' if row['trained'] else ''}"
    detail = f"its transpose, of {law}" if transpose else law
    return {
        "matrix": matrix,
        "transpose": transpose,
        "title": title,
        "detail": detail,
        "fits": True,
    }
