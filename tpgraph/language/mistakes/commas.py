"""Commas and operators too many."""

from __future__ import annotations

from tpgraph.language.changes import Change
from tpgraph.language.mistakes.failure import Diagnosis, Failure

__all__ = ["comma_too_many", "function_in_brackets", "list_in_formula"]


def comma_too_many(f: Failure) -> Diagnosis | None:
    """`max(u, v,)`, `max(u, , v)`, `y = u,`."""
    if f.found == "," and not f.token(1).text:
        return Diagnosis("a comma at the end of the line", None, "delete it", None, f.here(""))
    if f.found in {",", ")", "]"} and f.says(",", offset=-1):
        comma = f.token(-1)
        change = Change(comma.start, comma.end, "")
        place = comma.start, comma.end
        return Diagnosis("a comma with nothing behind it", "an expression", "delete it", place,
                         (change,))  # fmt: skip
    if f.found == "," and "COMMA" not in f.accepted and not f.depth and "EQUAL" not in f.accepted:
        return Diagnosis("a statement binds one variable", None, "write one statement a line")
    return None


def list_in_formula(f: Failure) -> Diagnosis | None:
    """`y = [u + v]`, `x[1][2]`."""
    if f.found != "[" or "LPAR" not in f.accepted:
        return None
    if f.says("]", offset=-1):
        change = Change(f.token(-1).start, f.end, ",")
        message = "all indices of a name stand in one pair of brackets"
        return Diagnosis(message, None, "write x[1,2]", None, (change,))
    closing = f.closing(f.at)
    if closing is None:
        return None
    closed = f.numbered(closing)
    changes = Change(f.start, f.end, "("), Change(closed.start, closed.end, ")")
    return Diagnosis("square brackets hold indices", "an expression", "write ( )", None, changes)


def function_in_brackets(f: Failure) -> Diagnosis | None:
    """`W W 'u`, `(W u)'`: what stands in brackets has no transpose and no derivative."""
    if f.found[:1] not in {"'", "ᵀ"} or f.token(-1).text != ")":
        return None
    message = "a name alone has a transpose or a derivative, what stands in brackets has none"
    return Diagnosis(message, None, "the transpose of W is W', the derivative of φ is φ'(z)")
