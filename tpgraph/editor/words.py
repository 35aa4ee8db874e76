"""What is known of words in the text: completions, meanings, and how a mark is declared."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from tpgraph.functions import PRIMITIVES
from tpgraph.language.readings import Reading
from tpgraph.language.vocabulary import KEYWORDS
from tpgraph.program import (
    Data,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    MatMul,
    Moment,
    Parameter,
    Program,
    Target,
    Variable,
)
from tpgraph.program.text import distribution, right_hand_side

__all__ = ["about", "completions", "hovered"]

_MOST = 50
_IN_LINES = ("scale", "as", "in", "mean", "sum")  # words that stand inside of a statement
_MADE = {MatMul: "MatMul", Moment: "Moment"}


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
            base = variable.name.partition("[")[0].partition("~")[0]
            found.setdefault(base, _item(base, "name", str(variable.type)))
        for width in program.widths:
            found.setdefault(width.name, _item(width.name, "width", "width"))
    for statement in reading.statements:
        for name in statement.binds:
            found.setdefault(name, _item(name, "name", "defined in the text"))
    for name in PRIMITIVES:
        if name.isidentifier():
            found.setdefault(name, _item(name, "function", "function"))
    for word in (*sorted(KEYWORDS), *_IN_LINES):
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
    known = [v for v in program.variables.values() if v.name.partition("[")[0] == token.base]
    here = [v for v in known if not v.is_temporary]
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


def about(reading: Reading, name: str) -> dict[str, Any]:
    """What the inspector and the formula box show of a variable: fields that can be set, and facts.

    A field is {"field", "label", "value", "choices"?}; `formula` is the text of its right-hand
    side.
    """
    program = reading.program
    assert program is not None, "asked for by a name of the program"
    variable = program.variables[name]
    equation = program.equation_of.get(name)
    rows: list[dict[str, Any]] = [_row("label", "label (LaTeX)", program.labels.get(name, ""))]
    facts = [("type", str(variable.type))]
    formula = None
    if equation is not None:
        formula = "" if equation.span is None else equation.span.text
        facts.append(("made by", _MADE.get(type(equation), "Nonlin")))
        facts.append(
            ("kind", "G-var" if variable.is_vector and program.is_g(variable) else "X-var")
        )
        if variable.is_scalar:
            facts[-1] = ("kind", "scalar")
        output = variable in program.outputs
        rows.append(_row("output", "output", "yes" if output else "no", ["yes", "no"]))
    else:
        rows += _declared(program, variable)
    uses = dict.fromkeys(e.out.name for e in program.uses[name])
    facts.append(("used by", ", ".join(uses) or "nothing"))
    words = [v.name for v in program.variables.values() if not v.is_matrix and not v.is_temporary]
    return {
        "title": name,
        "rows": rows,
        "facts": [list(fact) for fact in facts],
        "formula": formula,
        "words": words,
    }


def _kind(program: Program, variable: Variable) -> str:
    if variable.is_scalar:
        return "scalar"
    return "G-var" if program.is_g(variable) else "X-var"


def _row(field: str, label: str, value: str, choices: list[str] | None = None) -> dict[str, Any]:
    row: dict[str, Any] = {"field": field, "label": label, "value": value}
    return row if choices is None else row | {"choices": choices}


def _declared(program: Program, variable: Variable) -> list[dict[str, Any]]:
    """The fields of a declaration."""
    declaration = program.declaration_of[variable.name]
    match declaration:
        case InitialVectors(variables, mean, covariance):
            i = variables.index(variable)
            return [
                _row("shape", "dimension", str(variable.dim)),
                _row("mean", "mean", f"{mean[i]:g}"),
                _row("variance", "variance", f"{covariance[i][i]:g}"),
                _row("as", "drawn as", "X" if declaration.as_x else "G", ["G", "X"]),
            ]
        case InitialMatrix(_, variance):
            shape = f"{variable.matrix.rows} × {variable.matrix.columns}"
            return [_row("shape", "shape", shape), _row("variance", "variance", f"{variance:g}")]
        case Parameter(_, variance, scale):
            shape = " × ".join(str(d) for d in variable.type.dimensions)
            return [
                _row("shape", "shape", shape),
                _row("variance", "variance", f"{variance:g}"),
                _row("scale", "scale", f"{scale:g}"),
            ]
        case InitialScalar(_, _, limit):
            return [_row("limit", "limit", f"{limit:g}")]
        case Data() | Target():
            return [_row("shape", "dimension", str(variable.dim))]
