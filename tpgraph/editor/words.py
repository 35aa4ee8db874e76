"""What is known of words in the text: completions and meanings."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from tpgraph.language.readings import Reading
from tpgraph.language.vocabulary import FUNCTION_NAMES, HINT_WORDS, KEYWORDS, LINE_WORDS
from tpgraph.program import Program, Variable, base_of
from tpgraph.program.text import distribution, right_hand_side

__all__ = ["completions", "hovered"]

_MOST = 50


def completions(reading: Reading, at: int) -> dict[str, Any]:
    """Names and words that may stand at a place: those that begin as the word before it does."""
    text = reading.source.text
    start = at
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    word = text[start:at]
    items = [item for item in _items(reading) if item["text"].startswith(word)]
    items.sort(key=lambda item: (len(item["text"]), item["text"]))
    return {"from": start, "items": items[:_MOST]}


def _items(reading: Reading) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    program = reading.program
    if program is not None:
        for variable in program.variables.values():
            base = base_of(variable.name)
            found.setdefault(base, _item(base, "name", str(variable.type)))
        for width in program.widths:
            found.setdefault(width.name, _item(width.name, "width", "width"))
    for statement in reading.statements:
        for name in statement.binds:
            found.setdefault(name, _item(name, "name", "defined in the text"))
    for name in FUNCTION_NAMES:
        found.setdefault(name, _item(name, "function", "function"))
    for word in (*sorted(KEYWORDS), *HINT_WORDS, *LINE_WORDS):
        found.setdefault(word, _item(word, "keyword", "word of the language"))
    return [*found.values()]


def _item(text: str, kind: str, detail: str) -> dict[str, Any]:
    return {"text": text, "kind": kind, "detail": detail}


def hovered(reading: Reading, at: int) -> dict[str, Any]:
    """The name at a place: what makes it and what it is."""
    starts = [token.start for token in reading.tokens]
    index = bisect_right(starts, at) - 1
    token = reading.tokens[index] if index >= 0 else None
    if token is None or not token.start <= at <= token.end or reading.program is None:
        return {"span": None, "title": None, "type": None, "limit": None}
    program = reading.program
    named = (v for v in program.variables.values() if not v.is_temporary)
    here = [v for v in named if base_of(v.name) == token.base]
    if not here:
        return {"span": None, "title": None, "type": None, "limit": None}
    variable = here[0]
    more = f", and {len(here) - 1} more of its family" if len(here) > 1 else ""
    return {
        "span": [token.start, token.end],
        "title": f"{variable.name} {_maker(program, variable)}{more}",
        "type": str(variable.type),
        "limit": None,
    }


def _maker(program: Program, variable: Variable) -> str:
    equation = program.equation_of.get(variable.name)
    if equation is not None:
        return f"= {right_hand_side(equation)}"
    return distribution(program.declaration_of[variable.name], variable)
