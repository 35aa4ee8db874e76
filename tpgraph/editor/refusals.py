"""Errors as plain data, for the page: offsets are code points of the text as sent."""

from __future__ import annotations

from typing import Any

from tpgraph.errors import TPError, TPWarning

__all__ = ["error_data", "refusal_data", "warning_data"]


def error_data(error: TPError) -> dict[str, Any]:
    """An error with its place, what was expected and its mend, also as changes of the text."""
    span = error.span
    return {
        "message": error.message,
        "expected": error.expected,
        "mend": error.mend,
        "edits": [
            {"start": e.span.start, "end": e.span.end, "text": e.replacement} for e in error.edits
        ],
        "start": None if span is None else span.start,
        "end": None if span is None else span.end,
        "line": None if span is None else span.line,
        "column": None if span is None else span.column,
    }


def warning_data(warning: TPWarning) -> dict[str, Any]:
    """A warning in the form of an error."""
    return error_data(TPError(warning.message, warning.span))


def refusal_data(error: TPError, again: bool = False) -> dict[str, Any]:
    """The answer that says why something was not done.

    `again`: it may be done when it is asked for once more, as the machine was busy.
    """
    return {"refused": error_data(error.errors[0]) | ({"again": True} if again else {})}
