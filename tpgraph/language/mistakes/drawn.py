"""Declarations: dimensions, shapes and distributions that are written otherwise."""

from __future__ import annotations

import re

from tpgraph.language.changes import Change
from tpgraph.language.mistakes.failure import Diagnosis, Failure
from tpgraph.language.vocabulary import KEYWORDS, STATEMENTS

__all__ = ["activation", "distribution", "missing_dimension", "needless_law", "shape"]

_SHAPED = frozenset(("data", "target", "param", "matrix", "vector"))
_NORMAL = frozenset(("n", "normal", "gaussian", "gauss", "norm"))
_SHAPE = re.compile(r"\s*(\w+)\s*(?:×|x|X|\*|,|\\times|by)\s*(\w+)\s*")


def shape(f: Failure) -> Diagnosis | None:
    """`n * n`, `n, n`, `(n, n)`, `R^{n × n}`; `matrix B(n, n)`, `matrix B in n × n`."""
    if f.first not in _SHAPED:
        return None
    message, expected = "the dimensions stand as rows × columns", "`×`"
    if f.found in {"*", "·", ",", "X", "by"} and "BY" in f.accepted:
        change = Change(f.token(-1).end, f.token(1).start, " × ")
        changes = (change,) if f.token(1).text else ()
        return Diagnosis(message, expected, "write `×`", None, changes)
    if f.found == "in" and "COLON" in f.accepted:
        return Diagnosis("the dimension stands behind `:`", "`:`", "write `:`", None, f.here(":"))
    if f.found == "~" and f.says("]", offset=-1) and "COLON" in f.accepted:
        return _indexed(f)
    opening = f.at + 1 if f.found == "^" else f.at
    closing = f.closing(opening) if f.numbered(opening).text in {"(", "[", "{"} else None
    if closing is None or not ({"COLON", "BY"} & f.accepted or f.says(":", offset=-1)):
        return None
    inner = f.text[f.numbered(opening).end : f.numbered(closing).start]
    found = _SHAPE.fullmatch(inner)
    text = f"{found[1]} × {found[2]}" if found else inner.strip() if inner.strip().isalnum() else ""
    start = f.token(-1).start if f.found == "^" else f.start
    lead = " : " if "COLON" in f.accepted else ""
    if lead:
        start = f.token(-1).end
    changes = (Change(start, f.numbered(closing).end, f"{lead}{text}"),) if text else ()
    return Diagnosis(message, expected, f"write {text or 'n × n'}", None, changes)


def _indexed(f: Failure) -> Diagnosis | None:
    """`matrix B[n, n] ~ …`."""
    opening = f.opening(f.at - 1)
    if opening is None:
        return None
    found = _SHAPE.fullmatch(f.text[f.numbered(opening).end : f.token(-1).start])
    if found is None or found[1].isdecimal() or found[2].isdecimal():
        return None
    text = f"{found[1]} × {found[2]}"
    change = Change(f.numbered(opening).start, f.token(-1).end, f" : {text}")
    message = "the dimensions stand as rows × columns"
    return Diagnosis(message, "`:`", f"write : {text}", None, (change,))


def distribution(f: Failure) -> Diagnosis | None:
    """A distribution that is missing, or is none."""
    if "TILDE" in f.accepted and f.found == "=":
        message = "a distribution begins with `~`, not `=`"
        return Diagnosis(message, "`~`", "write: ~ N(0, 1)", None, f.here("~"))
    if "TILDE" in f.accepted and f.found in {"", "scale", "N", "as"}:
        mend = "write, for instance: ~ N(0, 1)"
        message, expected = "the distribution is missing", "`~` and N(mean, variance)"
        return Diagnosis(message, expected, mend, None, _normal(f))
    law = _law(f)
    if law is not None:
        return law
    if f.found == "~" and "EQUAL" in f.accepted and f.first not in KEYWORDS:
        mend = f"declare it: vector {f.first} : n ~ N(0, 1)"
        declared = Change(0, 0, "vector ", True), Change(f.start, f.start, ": n ", True)
        return Diagnosis("an equation does not draw at random", "`=`", mend, None, declared)
    return None


def _normal(f: Failure) -> tuple[Change, ...]:
    """The missing distribution, where nothing stands in its place."""
    if f.found == "N":
        return (Change(f.start, f.start, "~ "),)
    if f.found:
        return (Change(f.start, f.start, "~ N(0, 1) ", guess=True),)
    return (Change(len(f.before), len(f.before), " ~ N(0, 1)", guess=True),)


def _law(f: Failure) -> Diagnosis | None:
    """What stands behind `~` and is no N(mean, variance)."""
    tilde = next((i for i, token in enumerate(f.tokens) if token.text == "~"), None)
    if f.first not in _SHAPED or tilde is None or f.at <= tilde:
        return None
    word, opened = f.numbered(tilde + 1), f.numbered(tilde + 2)
    message, expected = "this is not a distribution", "N(mean, variance)"
    mend = "write: ~ N(0, 1)"
    changes: tuple[Change, ...]
    if f.at == tilde + 1 and not (word.text == "N" and opened.text == "("):
        is_call = word.text.isidentifier() and opened.text == "("
        guess = word.text.casefold() not in _NORMAL
        changes = (Change(word.start, word.end, "N", guess),) if is_call else ()
        return Diagnosis(message, expected, mend, (word.start, max(word.end, f.end)), changes)
    if word.text != "N":
        return None
    if f.at == tilde + 2 and f.token().kind == "number" and f.says(",", offset=1):
        changes = Change(word.end, f.start, "("), Change(f.token(2).end, f.token(2).end, ")")
        return Diagnosis(message, expected, mend, None, changes)
    numbers = f.token(-1).kind == f.token(-2).kind == "number" and f.says("(", offset=-3)
    if f.found == ")" and numbers:
        change = Change(f.token(-2).end, f.token(-1).start, ", ")
        return Diagnosis(message, expected, mend, None, (change,))
    if f.found == ")" and "COMMA" in f.accepted:
        return Diagnosis("the variance is missing", expected, mend)
    return None


def needless_law(f: Failure) -> Diagnosis | None:
    """`data x : d ~ N(0, 1)`, `matrix B : n × n ~ N(0, 1) scale 2`."""
    if f.first in {"data", "target"} and f.found == "~":
        message = f"{f.first} is given when the program runs, and not drawn"
        change = Change(len(f.before), len(f.text), "")
        return Diagnosis(message, "the end of the line", "delete it", None, (change,))
    if f.first in {"matrix", "vector"} and f.found == "scale":
        message = "a param alone has a scale"
        return Diagnosis(message, None, "write its square into the variance: ~ N(0, 4)")
    return None


def activation(f: Failure) -> Diagnosis | None:
    """`~ N(0, 1) as x`, `~ N(0, 1) X`."""
    if "AS_X" not in f.accepted or f.found.lower() not in {"as", "x"}:
        return None
    end = f.token(1).end if f.found.lower() == "as" and f.token(1).text else f.token().end
    change = Change(f.start, end, "as X")
    message = "what stands for an activation is marked by `as X`"
    return Diagnosis(message, "`as X`", "write as X", None, (change,))


def missing_dimension(f: Failure) -> Diagnosis | None:
    """`data x d`, `vector w ~ N(0, 1)`."""
    if "COLON" not in f.accepted or f.first not in STATEMENTS or f.first == "for":
        return None
    size = {"data": "d", "target": "1"}.get(f.first, "n")
    head = f.before if f.at > 1 else f"{f.first} x"
    named = f.token().kind in {"name", "number", "word"} and f.found != ""
    at = f.start if f.found else len(f.before)
    text = ": " if named else f": {size} " if f.found else f" : {size}"
    change = Change(at, at, text, guess=not named)
    changes = (change,) if f.at > 1 else ()
    mend = f"write: {head} : {f.found if named else size}"
    return Diagnosis("the dimension is missing", "`:` and a dimension", mend, None, changes)
