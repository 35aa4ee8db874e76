"""Loops and ranges: `for l = 1..3`, `range(1, 4)`, `1:3`, `[1, 2, 3]`, a missing colon."""

from __future__ import annotations

from tpgraph.language.changes import Change
from tpgraph.language.mistakes.failure import Diagnosis, Failure, said

__all__ = ["call_without_brackets", "loop_header", "range_of_other_kind"]

_EXPECTED = "`..` between its ends"
_MEND = "write: for l in 2..L:"


def range_of_other_kind(f: Failure) -> Diagnosis | None:
    """What stands for a range in other languages, in a `for`, a sum or an index."""
    if f.found == "=" and f.says("..", offset=-1):
        return Diagnosis(
            "both ends of a range belong to it", "`..`", "write `..`", None, f.here("")
        )
    if f.found == ":" and "DOTS" in f.accepted and f.first != "for":
        return Diagnosis("this is not a range", _EXPECTED, "write `..`", None, f.here(".."))
    if f.found == "," and "FOR" in f.accepted:
        rest = f.text[f.end :]
        separator = " for" if " in " in rest or "=" in rest else ""
        changes = f.here(separator) if separator else ()
        return Diagnosis("the sum names no range", "`for`", "write: sum(x[k] for k in 1..3)",
                         None, changes)  # fmt: skip
    if "IN" in f.accepted and f.found == "=":
        return Diagnosis("the `for` names no range", "`in`", _MEND, None, _in(f))
    return _of_numbers(f)


def _in(f: Failure) -> tuple[Change, ...]:
    return (Change(f.token(-1).end, f.token(1).start, " in "),)


def _of_numbers(f: Failure) -> Diagnosis | None:
    """`range(3)`, `range(1, 4)`, `1 to 3`, `[1..3]`, `(1..3)`, `[1, 2, 3]` behind `in`."""
    before = [i for i in range(f.at + 1) if f.numbered(i).text == "in"]
    if not before:
        return None
    start = before[-1] + 1
    first = f.numbered(start)
    opening = start + 1 if first.text == "range" else start
    closing = f.closing(opening) if f.numbered(opening).text in {"(", "["} else None
    text, end, shown = None, closing, ""
    if closing is not None:
        items = _items(f, opening, closing)
        text = _python_range(items) if first.text == "range" else _listed(items)
    else:
        to = next((i for i in range(start, len(f.tokens)) if f.numbered(i).text == "to"), None)
        if to is not None and to > start and f.numbered(to + 1).text:
            text, end = f"{f.part(start, to - 1)}..", to
            shown = f.numbered(to + 1).text
    if text is None or end is None:
        return None
    stop = f.numbered(end + 1).start if text.endswith("..") else f.numbered(end).end
    change = Change(first.start, stop, text)
    return Diagnosis("this is not a range", _EXPECTED, f"write {text}{shown}", None, (change,))


def _items(f: Failure, opening: int, closing: int) -> list[str]:
    """What stands between commas in a pair of brackets."""
    inner = f.text[f.numbered(opening).end : f.numbered(closing).start]
    return [item.strip() for item in inner.split(",")]


def _python_range(items: list[str]) -> str | None:
    low, high = ("0", items[0]) if len(items) == 1 else (items[0], items[-1])
    if len(items) > 2 or not low or not high:
        return None
    last = str(int(high) - 1) if high.isdecimal() else f"{high}-1"
    return f"{low}..{last}"


def _listed(items: list[str]) -> str | None:
    if len(items) == 1:
        return items[0] if ".." in items[0] else None
    if not all(item.isdecimal() for item in items):
        return None
    numbers = [int(item) for item in items]
    counted = numbers == list(range(numbers[0], numbers[-1] + 1))
    return f"{numbers[0]}..{numbers[-1]}" if counted else None


def loop_header(f: Failure) -> Diagnosis | None:
    """A `for` without colon, without range, in brackets."""
    if f.first != "for":
        return None
    changes: tuple[Change, ...]
    closing = f.closing(1) if f.at == 1 and f.found == "(" else None
    if closing is not None:
        changes = said(f.token(), ""), said(f.numbered(closing), "")
        return Diagnosis("a `for` stands without brackets", "a name", _MEND, None, changes)
    if "COLON" in f.accepted and f.found != ":":
        return _missing_colon(f)
    if "IN" in f.accepted:
        each = f.token(-1)
        changes = (Change(each.start, f.start, ""),) if each.text == "each" else ()
        return Diagnosis("the `for` names no range", "`in`", _MEND, None, changes)
    if f.found in {":", "", ")", ","} or f.found.startswith("."):
        later = any(token.text == ":" for token in f.tokens[f.at + 1 :])
        word = f.token(1).kind in {"name", "number"} or f.token(1).text == "("
        between = f.found == ":" and word and (later or f.text.count("=") == 0)
        changes = f.here("..") if between else ()
        return Diagnosis("this is not a range", _EXPECTED, _MEND, None, changes)
    return None


def _missing_colon(f: Failure) -> Diagnosis:
    """The colon belongs before what the statement on the same line binds."""
    message = "the `for` has no colon behind its range"
    place = f.at
    if f.found == "=":
        first = f.operand(f.at - 2 if f.token(-1).text.startswith("~") else f.at - 1)
        place = f.at if first is None else first
    end = f.numbered(place - 1).end
    words = f.text[:end].split()
    mend = f"write `:` behind {words[-1] if words else 'the range'}"
    stop = f.numbered(place).start if place < f.at else end
    change = Change(end, stop, ": " if place < f.at else ":")
    return Diagnosis(message, "`:`", mend, None, (change,))


def call_without_brackets(f: Failure) -> Diagnosis | None:
    """`mean u`, `sum x[k] for k in 1..3`."""
    word = f.token(-1)
    if word.text not in {"mean", "sum"} or "LPAR" not in f.accepted:
        return None
    if f.token().kind not in {"name", "number"}:
        return None
    last = f.at
    if word.text == "sum":
        last = len(f.tokens) - 1
    elif f.token(1).text == "[":
        last = f.closing(f.at + 1) or f.at
    changes = (
        Change(word.end, f.start, "("),
        Change(f.numbered(last).end, f.numbered(last).end, ")"),
    )
    message = f"what `{word.text}` is of stands in brackets"
    return Diagnosis(message, "`(`", f"write {word.text}(…)", None, changes)
