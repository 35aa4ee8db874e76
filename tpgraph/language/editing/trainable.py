"""What makes a program one that is trained: trained variables, a readout, a loss."""

from __future__ import annotations

from collections.abc import Sequence

from tpgraph.language.editing.definitions import output_patch
from tpgraph.language.editing.edit import Edit, between, made, name_refusal, refusal
from tpgraph.language.editing.formulas import loss_patch, set_loss
from tpgraph.language.editing.new_places import NewPlace
from tpgraph.language.editing.new_statements import declaration, vector_of
from tpgraph.language.editing.setters import set_kind
from tpgraph.language.editing.statement_places import (
    inserted,
    next_name,
    origin_of,
    rank,
    statement_of,
)
from tpgraph.language.readings import Reading, read
from tpgraph.program import Program, Variable
from tpgraph.program.naming import LOSS
from tpgraph.sentences import sentence
from tpgraph.types import Fixed

__all__ = ["readout", "set_loss_of", "set_trained", "train"]


def set_trained(reading: Reading, name: str, value: bool) -> Edit:
    """A declared vector or matrix as a param, which training changes, or as it was drawn.

    Raises TPTypeError for what is computed, for scalars, data and targets.
    """
    program, variable = _variable(reading, name)
    if name in {one.variable.name for one in (*program.data, *program.targets)}:
        raise refusal(
            sentence("{} is given from outside, not trained", name),
            statement_of(reading, name).span,
            "choose a vector or a matrix that is drawn at random",
        )
    drawn = "matrix" if variable.is_matrix else "vector"
    return set_kind(reading, name, "param" if value else drawn)


def train(reading: Reading, names: Sequence[str]) -> Edit:
    """Some declared vectors or matrices as params; as they were drawn, where all are params.

    Of one declaration they are it once. Raises TPTypeError for what `set_trained` refuses.
    """
    if not names:
        raise refusal("there is nothing to train", None, "declare a matrix: matrix W : n × n")
    value = not _trained(reading).issuperset(names)
    now = reading
    for name in names:
        if (name in _trained(now)) != value:
            edit = set_trained(now, name, value)
            now = read(edit.apply(now.text), reading.source.name)
    verb = "trained" if value else "not trained"
    are = "is" if len(names) == 1 else "are"
    title = sentence("{} ", names) + f"{are} {verb}"
    return between(reading.text, now.text, title)


def _trained(reading: Reading) -> set[str]:
    program = reading.program
    return set() if program is None else {one.variable.name for one in program.parameters}


def readout(reading: Reading, operand: str, *, beside: str | None = None) -> Edit:
    """An output read out of a vector: `param V : 1 × n ~ N(0, 1)`, `f = V x`, `output f`.

    It is as long as the target, where there is one, and trained where the program trains. `beside`
    is a variable made in loops: the output stands there, for all their values. Raises TPTypeError
    where no vector is given.
    """
    vector, place = vector_of(reading, operand), NewPlace(reading, beside)
    program, _ = _variable(reading, operand)
    out = place.name(None, "f")
    matrix = next_name(reading, "V", [out])
    kind = "matrix" if program.parametrization is None else "param"
    rows = str(program.targets[0].variable.dim) if program.targets else "1"
    shape = f"{rows} × {vector.dim}"
    equation = f"{place.target(out)} = {matrix} {place.spelled(operand)}"
    patches = [inserted(reading, declaration(kind, matrix, shape), rank(kind))]
    if beside is None:
        patches += [place.patch(equation, [operand]), output_patch(reading, out)]
    else:
        patches.append(place.patch(f"{equation}\noutput {place.target(out)}", [operand]))
    title = sentence("read {} out of {}", out, operand)
    return made(reading, patches, title, select=place.member(out))


def set_loss_of(reading: Reading, name: str | None = None, *, said: str | None = None) -> Edit:
    """The loss of an output: `loss (f - y)^2 / 2`, with a target y of its size; a scalar itself.

    `name` is the only output where it is not given. The target is one of the text that fits, one
    that nothing uses first, or is declared; `said` is how the text is to say `name`, as `f[T]` for
    `f[6]`. Raises TPTypeError where nothing is there to compare.
    """
    name = _only_output(reading) if name is None else name
    program, variable = _variable(reading, name)
    if variable.is_scalar:
        return set_loss(reading, said or name)
    span = statement_of(reading, name).span
    targets = [one.variable for one in program.targets]
    if variable in targets:
        raise refusal(
            sentence("{} is a target", name), span, "choose the output that is compared with it"
        )
    if not variable.is_vector or not isinstance(variable.dim, Fixed):
        raise refusal(
            sentence("{} is a {}; a loss compares an output of fixed size", name, variable.type),
            span,
            "read an output out of it first",
        )
    fitting = [one.name for one in targets if one.dim == variable.dim]
    fitting.sort(key=lambda one: bool(program.uses[one]))
    target = fitting[0] if fitting else next_name(reading, "y")
    loss = loss_patch(reading, f"({said or name} - {target})^2 / 2")
    new = declaration("target", target, str(variable.dim))
    patches = [loss] if fitting else [inserted(reading, new, rank("target")), loss]
    return made(reading, patches, sentence("loss of {} and {}", name, target), select=LOSS)


def _only_output(reading: Reading) -> str:
    outputs = [] if reading.program is None else [one.name for one in reading.program.outputs]
    if len(outputs) == 1:
        return outputs[0]
    said = sentence("the outputs are {}", outputs) if outputs else "the program has no output"
    raise name_refusal(
        said + ", and a loss is of one", None, "select the vector that is compared with a target"
    )


def _variable(reading: Reading, name: str) -> tuple[Program, Variable]:
    """The program and one variable of it. Raises TPNameError where it has none of the name."""
    origin_of(reading, name)
    program = reading.program
    assert program is not None, "what is bound is of a program"
    return program, program.variables[name]
