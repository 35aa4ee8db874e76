"""What is known of words in the text: completions and meanings."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from tpgraph.language.readings import Reading
from tpgraph.language.vocabulary import FUNCTION_NAMES, HINT_WORDS, KEYWORDS, LINE_WORDS
from tpgraph.notation.diagram.said_of_marks import Titles
from tpgraph.program import Program, Variable, base_of
from tpgraph.program.text import distribution

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
    """The name at a place, or beside it: what makes it and what it is."""
    program = reading.program
    index = bisect_right([token.start for token in reading.tokens], at)
    near = [token for token in reading.tokens[max(0, index - 2) : index] if at <= token.end]
    named = [] if program is None else [v for v in program.variables.values() if not v.is_temporary]
    found = ((token, [v for v in named if base_of(v.name) == token.base]) for token in near)
    token, here = next((pair for pair in found if pair[1]), (None, []))
    if program is None or token is None:
        return {"span": None, "name": None, "title": None, "type": None}
    variable = here[0]
    more = f", and {len(here) - 1} more of its family" if len(here) > 1 else ""
    return {
        "span": [token.start, token.end],
        "name": variable.name,
        "title": _made(program, variable) + more,
        "type": str(variable.type),
    }


def _made(program: Program, variable: Variable) -> str:
    equation = program.equation_of.get(variable.name)
    if equation is not None:
        return Titles(program).line(equation)
    return f"{variable.name} {distribution(program.declaration_of[variable.name], variable)}"
