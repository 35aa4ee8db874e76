"""What the inspector sets beside declarations: outputs, numbers, ratios."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from types import UnionType

from tpgraph.errors import TPSyntaxError
from tpgraph.language import syntax as s
from tpgraph.language.editing.edit import Edit, Patch, made, name_refusal, refusal
from tpgraph.language.editing.listed_names import off_lists
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
    "no_output",
    "output_patch",
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


def set_output(reading: Reading, name: str, value: bool, *, said: str | None = None) -> Edit:
    """Whether a variable is an output: its name in the list of `output`; `said` is how the text is
    to say it, as `s[T]` for `s[6]`.
    """
    if not value:
        return no_output(reading, [name])
    origin_of(reading, name)
    program = reading.program
    if program is not None and name in {one.name for one in program.outputs}:
        raise name_refusal(sentence("{} is an output already", name), None, "leave it")
    patch = output_patch(reading, said or name)
    return made(reading, [patch], sentence("output {}", name), select=name)


def no_output(reading: Reading, names: Sequence[str]) -> Edit:
    """Some variables are no outputs any more. Raises TPTypeError where an `output` in a loop makes
    outputs of others too.
    """
    patches: list[Patch] = []
    for statement in reading.statements:
        if isinstance(statement.node, s.Output):
            own = partial(_kept, reading, statement, names=names)
            patches += off_lists(reading, statement, own)
    if not patches:
        raise name_refusal(sentence("{} is no output", names[0]), None, "leave it")
    return made(reading, patches, sentence("{} is no output", names[0]), select=names[0])


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


def _kept(
    reading: Reading, statement: Statement, one: s.Name, names: Sequence[str]
) -> list[str] | None:
    """What stays of a name of an `output`; None where all of it does."""
    runs = values_of(reading, statement)
    meant = [full for values in runs for full in full_names(reading, one, values)]
    kept = [full for full in meant if full not in names]
    if kept == meant:
        return None
    if kept and statement.loops:
        raise refusal(
            sentence("the output {} stands in a loop", names[0]),
            statement.span,
            "write the loop out first",
        )
    return kept


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
