"""Tokens, places, matrices as plain data: offsets are code points of the text as sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tpgraph.errors import Span
from tpgraph.language.readings import Reading
from tpgraph.notation.diagram.matrices import matrices_of
from tpgraph.program import Program
from tpgraph.program.classify import language_of

__all__ = [
    "is_of_many",
    "program_data",
    "shelf_data",
    "span_data",
    "token_data",
]

_CLASSES = {
    "number": "number",
    "string": "string",
    "comment": "comment",
    "operator": "operator",
    "name": "name",
    "word": "keyword",
}


def span_data(span: Span | None) -> list[int] | None:
    """[start, end], or None."""
    return None if span is None else [span.start, span.end]


def token_data(reading: Reading) -> list[list[Any]]:
    """[start, end, class] of every token that has a colour."""
    return [*_tokens(reading)]


def _tokens(reading: Reading) -> Iterable[list[Any]]:
    for token in reading.tokens:
        kind = _CLASSES.get(token.kind)
        if kind is not None:
            yield [token.start, token.end, kind]


def is_of_many(program: Program, name: str) -> bool:
    """Whether the statement of a variable makes others too: in a loop, or as a family."""
    binder = program.equation_of.get(name) or program.declaration_of.get(name)
    origin = None if binder is None else binder.origin
    return origin is not None and bool(origin.values or origin.family)


def shelf_data(program: Program) -> list[dict[str, Any]]:
    """The matrices of a program, which the shelf lists."""
    return [
        {
            "name": m.name,
            "shape": f"{m.rows} × {m.columns}",
            "distribution": m.distribution.removeprefix("~ "),
            "trained": m.trained,
            "many": is_of_many(program, m.name),
            "uses": m.uses,
            "span": span_data(m.span),
        }
        for m in matrices_of(program)
    ]


def program_data(program: Program) -> dict[str, Any]:
    """Name, size and sub-language of a program."""
    return {
        "name": program.name,
        "equations": len(program.equations),
        "language": language_of(program),
    }
