"""What the inspector sets beside declarations: labels, outputs, numbers, ratios."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType

from tpgraph.errors import TPSyntaxError
from tpgraph.language import syntax as s
from tpgraph.language.editing.edit import Edit, Patch, made, name_refusal, refusal
from tpgraph.language.editing.statement_places import (
    LAST,
    inserted,
    origin_of,
    rank,
    whole_extent,
)
from tpgraph.language.editing.substitution import full_names, values_of
from tpgraph.language.editing.wording import Value, checked, expression, parametrization, ratio
from tpgraph.language.readings import Reading, Statement
from tpgraph.program import base_of, canonical_variable
from tpgraph.sentences import sentence

__all__ = [
    "output_patch",
    "set_label",
    "set_output",
    "set_parametrization",
    "set_program",
    "set_ratio",
    "set_value",
    "training_patches",
]

_PARAMETRIZATION = rank(s.SetParametrization(s.Mark("", 0, 0), None, 0, 0, 0))
"""Where the parametrization stands in the order of a text."""


def set_value(reading: Reading, name: str, value: Value) -> Edit:
    """Another value of a `const`, a `dim` or a `scalar`."""
    text = expression(value)
    statement = _defining(reading, name, s.DefineConst | s.DefineDim | s.Declare)
    node = statement.node
    assert isinstance(node, s.DefineConst | s.DefineDim | s.Declare)
    if node.value is None:
        raise refusal(
            sentence("{} is not a number", name), statement.span, "choose a const or a scalar"
        )
    patch = Patch(node.origin + node.value.start, node.origin + node.value.end, text)
    return made(reading, [patch], sentence("{} = ", name) + text, select=name)


def set_ratio(reading: Reading, width: str, value: Value | None) -> Edit:
    """Another ratio of a width to one declared before: `2 n`; None sets it free."""
    statement = _defining(reading, width, s.DefineWidth)
    node = statement.node
    assert isinstance(node, s.DefineWidth)
    end = node.ratio.end if node.ratio is not None else node.name.end
    text = "" if value is None else f" = {ratio(value)}"
    patch = Patch(node.origin + node.name.end, node.origin + end, text)
    return made(reading, [patch], f"width {width}{text}", select=width)


def set_parametrization(reading: Reading, value: str | None) -> Edit:
    """Another parametrization; a text without one gets it, None takes it away."""
    text = "" if value is None else f"parametrization {parametrization(value)}"
    title = text or "no parametrization"
    for statement in reading.statements:
        if isinstance(statement.node, s.SetParametrization):
            place = whole_extent(reading, statement) if not text else _span(statement)
            return made(reading, [Patch(*place, text)], title)
    if not text:
        raise refusal("the program has no parametrization", None, "leave it")
    return made(reading, [inserted(reading, text, _PARAMETRIZATION)], title)


def set_program(reading: Reading, value: str | None) -> Edit:
    """Another name of the program; a text without one gets it, None takes it away."""
    text = "" if value is None else f"program {_program_name(value)}"
    title = text or "no name of the program"
    for statement in reading.statements:
        if isinstance(statement.node, s.ProgramName):
            place = whole_extent(reading, statement) if not text else _span(statement)
            return made(reading, [Patch(*place, text)], title)
    if not text:
        raise refusal("the program has no name", None, "leave it")
    return made(reading, [inserted(reading, text, 0)], title)


def _program_name(value: str) -> str:
    """A name of a program as the language writes it: in quotes where it is more than a word."""
    quoted = '"' + value.replace('"', '""') + '"'
    for text in (value, quoted):
        try:
            return checked(text, "program ", "", lambda node: node.written, "words on one line")
        except TPSyntaxError as error:
            problem = error
    raise problem


def set_label(reading: Reading, name: str, latex: str | None) -> Edit:
    """The LaTeX that stands at a variable or function in the picture; None takes it away.

    A label in a loop is one of many: it changes for all that the loop makes.
    """
    if latex is None:
        title = sentence("no label of {}", name)
    else:
        quoted = checked('"' + latex.replace('"', '""') + '"', "label q = ", "",
                         lambda node: node.written, "LaTeX on one line")  # fmt: skip
        title = sentence("label {}", name)
    for statement, label in _labels(reading, name):
        place = whole_extent(reading, statement) if latex is None else (
            label.origin + label.written.start, label.origin + label.written.end)  # fmt: skip
        text = "" if latex is None else quoted
        return made(reading, [Patch(*place, text)], title, select=name)
    if latex is None:
        raise name_refusal(sentence("{} has no label", name), None, "leave it")
    patch = inserted(reading, f"label {name} = {quoted}", LAST)
    return made(reading, [patch], title, select=name)


def _labels(reading: Reading, name: str) -> Iterator[tuple[Statement, s.SetLabel]]:
    """The label statements of a name."""
    base = base_of(name)
    for statement in reading.statements:
        label = statement.node
        if isinstance(label, s.SetLabel) and label.name.base == base:
            runs = values_of(reading, statement)
            if any(name in full_names(reading, label.name, values) for values in runs):
                yield statement, label


def set_output(reading: Reading, name: str, value: bool) -> Edit:
    """Whether a variable is an output: its name in the list of `output`."""
    if value:
        return _as_output(reading, name)
    for statement in reading.statements:
        node = statement.node
        if not isinstance(node, s.Output):
            continue
        for position, one in enumerate(node.names):
            if name in full_names(reading, one, {}):
                patch = _off_list(reading, statement, node, position)
                return made(reading, [patch], sentence("{} is no output", name), select=name)
            if statement.loops and one.base == base_of(name):
                raise refusal(sentence("the output {} stands in a loop", name), statement.span,
                              "write the loop out first")  # fmt: skip
    raise name_refusal(sentence("{} is no output", name), None, "leave it")


def _as_output(reading: Reading, name: str) -> Edit:
    origin_of(reading, name)
    program = reading.program
    if program is not None and name in {one.name for one in program.outputs}:
        raise name_refusal(sentence("{} is an output already", name), None, "leave it")
    return made(reading, [output_patch(reading, name)], sentence("output {}", name), select=name)


def output_patch(reading: Reading, name: str) -> Patch:
    """A name behind those of the last `output`, or in an `output` of its own."""
    patch = inserted(reading, f"output {name}", LAST)
    for statement in reading.statements:
        node = statement.node
        if isinstance(node, s.Output) and not statement.loops:
            end = node.origin + node.names[-1].end
            patch = Patch(end, end, f", {name}")
    return patch


def training_patches(reading: Reading) -> list[Patch]:
    """What a text needs that gets its first param: the parametrization, where it says none."""
    said = any(isinstance(one.node, s.SetParametrization) for one in reading.statements)
    return [] if said else [inserted(reading, "parametrization ntk", _PARAMETRIZATION)]


def _off_list(reading: Reading, statement: Statement, node: s.Output, position: int) -> Patch:
    names, origin = node.names, node.origin
    if len(names) == 1:
        return Patch(*whole_extent(reading, statement), "")
    if position:
        return Patch(origin + names[position - 1].end, origin + names[position].end, "")
    return Patch(origin + names[0].start, origin + names[1].start, "")


def _defining(reading: Reading, name: str, kinds: type | UnionType) -> Statement:
    """The statement of some kinds that defines a name. Raises TPNameError without one."""
    base = base_of(canonical_variable(name))
    for statement in reading.statements:
        if not isinstance(statement.node, kinds) or base not in statement.binds:
            continue
        if not isinstance(statement.node, s.Declare) or _binds(reading, statement, name):
            return statement
    raise name_refusal(f"the text defines no {name} of this kind", None, "choose one that it does")


def _binds(reading: Reading, statement: Statement, name: str) -> bool:
    found = reading.origin.get(name)
    return found is not None and found.statement == statement.number


def _span(statement: Statement) -> tuple[int, int]:
    return statement.span.start, statement.span.end
