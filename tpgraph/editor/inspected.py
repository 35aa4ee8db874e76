"""What the inspector shows of a variable, and of the program: fields that can be set, and facts.

A field is {"field", "label", "value"}, with "choices", each [value, what it is called], where it is
one of few, and with "name" where
it is of something that no mark stands for: a dimension, a number, a function. Values are what the
text says, so that what is set is what was shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tpgraph.language import syntax as s
from tpgraph.language.editing import comment_of
from tpgraph.language.readings import Reading, Statement
from tpgraph.notation.diagram.said_of_marks import Titles
from tpgraph.program import MatMul, Moment, Program, Variable

__all__ = ["about", "about_program"]

Data = dict[str, Any]
_MADE = {MatMul: "MatMul", Moment: "Moment"}
_VECTORS, _MATRICES = ("vector", "param", "data", "target"), ("matrix", "param")
_CHOICES = {"": "none", "param": "param (trained)"}
"""What a choice is called where the word of the text does not say enough."""
_PARAMETRIZATIONS = ("", "standard", "ntk", "mup")


def about(reading: Reading, name: str, members: Sequence[str] = ()) -> Data:
    """What is shown of a variable, whose mark stands for `members`; `words` are the names that may
    stand in its fields.
    """
    program = reading.program
    assert program is not None, "asked for by a name of the program"
    variable = program.variables[name]
    equation = program.equation_of.get(name)
    rows: list[Data] = []
    facts = [("type", str(variable.type))]
    if equation is None:
        rows += _declared(reading, reading.statements[reading.origin[name].statement], variable)
    else:
        is_output = not {v.name for v in program.outputs}.isdisjoint(members or (name,))
        said = "" if equation.span is None else equation.span.text
        rows.append(_row("formula", "formula", said))
        rows.append(_row("output", "output", _yes(is_output), ("yes", "no")))
        facts.append(("made by", _MADE.get(type(equation), "Nonlin")))
        facts.append(("kind", _kind(program, variable)))
    if not variable.is_matrix:
        rows.append(_row("label", "label (LaTeX)", program.labels.get(name, "")))
    rows.append(_row("comment", "comment", _on_one_line(comment_of(reading, name))))
    titles = Titles(program)
    uses = dict.fromkeys(titles.spelled(e.out.name) for e in program.uses[name])
    facts.append(("used by", ", ".join(uses) or "nothing"))
    functions = [f.name for f in program.functions]
    words = [v.name for v in program.variables.values() if not v.is_temporary]
    return {
        "title": name,
        "rows": rows,
        "facts": [list(fact) for fact in facts],
        "words": functions + words,
    }


def about_program(reading: Reading) -> Data:
    """What is shown where no mark is selected: sizes, numbers, functions, and how it is trained."""
    name, trained, loss = "", "", ""
    rows: list[Data] = []
    for one in reading.statements:
        match one.node:
            case s.ProgramName():
                name = one.node.name
            case s.SetParametrization():
                trained = one.span.text.removeprefix("parametrization").strip()
            case s.Loss():
                loss = _said(reading, one, one.node.value)
            case _ if not one.loops:
                rows += _defined(reading, one)
    known = dict.fromkeys((*_PARAMETRIZATIONS, trained))
    return {
        "title": "Program",
        "rows": [
            _row("program", "name", name),
            *rows,
            _row("parametrization", "parametrization", trained, tuple(known)),
            _row("loss", "loss", loss),
        ],
        "facts": [],
        "words": [] if reading.program is None else [*reading.program.variables],
    }


def _defined(reading: Reading, statement: Statement) -> Iterator[Data]:
    """The field of what a statement defines that no mark stands for."""
    match statement.node:
        case s.DefineWidth(name, ratio):
            yield _row("ratio", f"width {name.full}", _said(reading, statement, ratio), name=name)
        case s.DefineDim(name, value):
            yield _row("const", f"dim {name.full}", _said(reading, statement, value), name=name)
        case s.DefineConst(name, value):
            yield _row("const", f"const {name.full}", _said(reading, statement, value), name=name)
        case s.DefineFunction(name, (only,), body):
            label = f"{name.full}({only.full})"
            yield _row("function", label, _said(reading, statement, body), name=name)


def _declared(reading: Reading, statement: Statement, variable: Variable) -> Iterator[Data]:
    """The fields of a declaration."""
    node = statement.node
    assert isinstance(node, s.Declare), "what no equation binds is declared"
    if node.kind == "scalar":
        yield _row("const", "value", _said(reading, statement, node.value))
        return
    yield _row("kind", "kind", node.kind, _MATRICES if variable.is_matrix else _VECTORS)
    shape = " × ".join(_said(reading, statement, one) for one in node.shape)
    yield _row("shape", "shape" if variable.is_matrix else "dimension", shape)
    if node.law is not None:
        if node.kind == "vector":
            yield _row("mean", "mean", _said(reading, statement, node.law.mean))
        yield _row("variance", "variance", _said(reading, statement, node.law.variance))
    if node.kind == "param":
        yield _row("scale", "scale", _said(reading, statement, node.extra))
    if node.kind == "vector":
        yield _row("as", "drawn as", "G" if node.as_x is None else "X", ("G", "X"))


def _said(reading: Reading, statement: Statement, node: Any) -> str:
    """What the text says for a part of a statement; nothing for one that is not there."""
    if node is None:
        return ""
    origin = statement.node.origin
    return reading.source.text[origin + node.start : origin + node.end]


def _on_one_line(comment: str) -> str:
    return " ".join(comment.splitlines())


def _kind(program: Program, variable: Variable) -> str:
    if variable.is_scalar:
        return "scalar"
    return "G-var" if program.is_g(variable) else "X-var"


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _row(
    field: str,
    label: str,
    value: str,
    choices: tuple[str, ...] = (),
    name: s.Name | None = None,
) -> Data:
    row: Data = {"field": field, "label": label, "value": value}
    if choices:
        row["choices"] = [[one, _CHOICES.get(one, one)] for one in choices]
    return row if name is None else row | {"name": name.full}
