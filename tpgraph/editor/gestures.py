"""Gestures on the picture as edits of the text: what the page asks for by name is a call here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tpgraph.errors import TPDataError, TPError, TPTypeError
from tpgraph.language import editing
from tpgraph.language.editing import Edit
from tpgraph.language.readings import Reading
from tpgraph.program import Equation, MatMul, Program, Variable
from tpgraph.program.naming import LOSS
from tpgraph.sentences import sentence

__all__ = ["MAKING", "accepted", "edit_of", "is_about_many", "left_untrained"]

_Arguments = Mapping[str, Any]

MAKING = frozenset({"bargate", "gate", "multiply", "readout"})
"""Gestures that make something of vectors."""


def edit_of(reading: Reading, do: _Arguments, only: bool) -> Edit:
    """The edit that a gesture means. Raises TPError where it is refused.

    What is made `beside` a variable of loops stands there, for all their values. `only` is "only
    here": it is made of one alone, or loops and families around the mark are written out first.
    """
    make = _EDITS.get(str(do.get("edit")))
    if make is None:
        raise TPDataError(f"there is no edit {do.get('edit')!r}", expected=", ".join(_EDITS))
    about = _about(do)
    if only:
        do = {key: value for key, value in do.items() if key != "beside"} | {"only": 1}
    try:
        if only and do["edit"] == "delete":
            return editing.delete_alone(reading, *do["names"])
        if only and about and about[0] in reading.origin:
            return editing.only_here(reading, about[0], lambda written: make(written, do))
        return make(reading, do)
    except KeyError as missing:
        raise TPDataError(f"the edit {do['edit']} lacks {missing.args[0]!r}") from None


def is_about_many(reading: Reading, do: _Arguments) -> bool:
    """Whether the statement that a gesture changes makes others too: "only here" is another edit.

    A size, a number or a function is one.
    """
    about = [do["beside"]] if "beside" in do else _about(do)
    known = [one for one in about if one in reading.origin]
    return any(not {*about}.issuperset(editing.many(reading, one)) for one in known)


def left_untrained(after: Program | None, do: _Arguments) -> list[str]:
    """The matrices of products that an edit leaves untrained which makes a program train.

    Such an edit gives a loss, or trains a variable; none of others.
    """
    trained = set() if after is None else {one.variable.name for one in after.parameters}
    trains = do["edit"] == "set" and do["field"] == "trained" and do["name"] in trained
    if after is None or not (trains or do["edit"] == "loss" or do.get("name") == LOSS):
        return []
    used = (one.matrix.name for one in after.equations if isinstance(one, MatMul))
    return [name for name in dict.fromkeys(used) if name not in trained]


def _about(do: _Arguments) -> list[str]:
    """The names whose statements a gesture changes."""
    if do.get("edit") == "delete":
        return list(do.get("names", ()))
    about = do.get("gate") or do.get("name")
    return [about] if isinstance(about, str) else []


def _input(reading: Reading, do: _Arguments) -> str:
    """The variable that an argument of a gate is, by its number."""
    name, number = do["gate"], do["argument"]
    equation = None if reading.program is None else reading.program.equation_of.get(name)
    inputs = () if equation is None else tuple(dict.fromkeys(v.name for v in equation.inputs))
    if not isinstance(number, int) or not 0 <= number < len(inputs):
        raise TPDataError(sentence("{} has no input of number {}", name, number))
    return inputs[number]


def _set(reading: Reading, do: _Arguments) -> Edit:
    """A field of the inspector; whether something is an output, or trained, is toggled."""
    name, field, value = do["name"], do["field"], do["value"]
    members = do.get("members", (name,))
    if field in _TOGGLED:
        program = reading.program
        known = () if program is None else _TOGGLED[field](program)
        value = {"yes": True, "no": False}.get(value, {v.name for v in known}.isdisjoint(members))
    if field == "as":
        value = value == "X"
    if isinstance(value, str) and not value.strip():
        value = None
        if field in _SUCH_AS:
            raise _empty(name, field)
    if field == "output":
        return _set_output(reading, do, members, value)
    if field == "label":
        return editing.set_label(reading, name, value, beside=do.get("beside"))
    return editing.set_field(reading, name, field, value)


def _set_output(reading: Reading, do: _Arguments, members: Sequence[str], value: bool) -> Edit:
    """The last of some variables as an output, or none of them."""
    if not value:
        return editing.no_output(reading, members)
    return editing.set_output(reading, do["name"], True, said=do.get("said"))


_TOGGLED: Mapping[str, Callable[[Program], Iterable[Variable]]] = {
    "output": lambda program: program.outputs,
    "trained": lambda program: [one.variable for one in program.parameters],
}
"""Fields that say of some variables that they are such."""

_SUCH_AS = {
    "const": "3",
    "function": "tanh",
    "kind": "vector",
    "mean": "0",
    "shape": "n",
    "variance": "1",
}
"""What stands in fields that are never empty."""


def _empty(name: str, field: str) -> TPError:
    """Why a field is not left empty."""
    what = {"const": "value"}.get(field, field)
    mend = f"write one, such as {_SUCH_AS[field]}, or keep what it was by Escape"
    return TPTypeError(sentence(f"{{}} needs a {what}", name), mend=mend)


def _mend(reading: Reading, do: _Arguments) -> Edit:
    number = do["error"]
    errors = reading.errors
    if not isinstance(number, int) or not 0 <= number < len(errors) or not errors[number].edits:
        raise TPDataError("there is no such mend")
    return editing.mend(reading, errors[number])


_EDITS: dict[str, Callable[[Reading, _Arguments], Edit]] = {
    "declare": lambda r, do: editing.declare(
        r, do["kind"], do.get("name"), trained=bool(do.get("trained"))
    ),
    "multiply": lambda r, do: editing.multiply(
        r,
        do["vector"],
        do.get("matrix"),
        transpose=bool(do.get("transpose")),
        beside=do.get("beside"),
    ),
    "gate": lambda r, do: editing.gate(
        r, do["vectors"], do.get("function"), beside=do.get("beside")
    ),
    "bargate": lambda r, do: editing.bargate(r, do["vectors"], beside=do.get("beside")),
    "train": lambda r, do: editing.train(r, do["names"]),
    "readout": lambda r, do: editing.readout(r, do["vector"], beside=do.get("beside")),
    "loss": lambda r, do: editing.set_loss_of(r, do.get("name"), said=do.get("said")),
    "connect": lambda r, do: editing.connect(r, do["vector"], do["gate"], said=do.get("said")),
    "replace": lambda r, do: editing.replace(
        r, _input(r, do), do["vector"], do["gate"], said=do.get("said")
    ),
    "disconnect": lambda r, do: editing.disconnect(r, _input(r, do), do["gate"]),
    "formula": lambda r, do: editing.set_formula(
        r, do["name"], do["formula"] if do["formula"].strip() else None
    ),
    "rename": lambda r, do: editing.rename(r, do["name"], do["to"], only="only" in do),
    "name": lambda r, do: editing.name(r, do["name"]),
    "unname": lambda r, do: editing.unname(r, do["name"]),
    "delete": lambda r, do: editing.delete(r, *do["names"]),
    "repeat": lambda r, do: editing.repeat(r, do["names"]),
    "write_out": lambda r, do: editing.write_out(r, do["name"]),
    "set": _set,
    "move": lambda r, do: editing.move(r, do["names"], do.get("after")),
    "paste": lambda r, do: editing.paste(r, do["clip"]),
    "duplicate": lambda r, do: editing.duplicate(r, do["names"]),
    "mend": _mend,
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a drop on a mark or line would do, by its key, or why it does nothing there."""

    targets: Mapping[str, tuple[dict[str, Any], str]]
    refused: Mapping[str, str]


def accepted(
    program: Program, vector: str | None, matrix: str | None, keys: Mapping[str, tuple[str, Any]]
) -> Accepted:
    """Where a vector or scalar, or a matrix of the shelf, may be dropped.

    `keys` gives for every mark and line of the picture what it is: ("variable", name),
    ("gate", name), ("input", (gate, number)), or ("output", name) for the line that makes it.
    """
    targets: dict[str, tuple[dict[str, Any], str]] = {}
    refused: dict[str, str] = {}
    for key, (kind, what) in keys.items():
        try:
            if matrix is not None:
                do, says = _matrix_on(program, matrix, kind, what)
            elif vector is not None:
                do, says = _vector_on(program, vector, kind, what)
            else:
                continue
            targets[key] = do, says
        except TPTypeError as error:
            refused[key] = error.message
    return Accepted(targets, refused)


def _matrix_on(program: Program, matrix: str, kind: str, what: Any) -> tuple[dict[str, Any], str]:
    if kind != "variable" or not program.variables[what].is_vector:
        raise TPTypeError(sentence("{} multiplies a vector: drop it on one", matrix))
    _require_named(program.variables[what])
    dim, type_ = program.variables[what].dim, program.variables[matrix].matrix
    if dim not in (type_.columns, type_.rows):
        raise TPTypeError(
            sentence(
                "{} is {} × {}, and {} a vector of {}", matrix, type_.rows, type_.columns, what, dim
            )
        )
    mark = "" if dim == type_.columns else "ᵀ"
    do = {"edit": "multiply", "vector": what, "matrix": matrix}
    return do, sentence("multiply {} by {}", what, matrix) + mark


def _vector_on(program: Program, vector: str, kind: str, what: Any) -> tuple[dict[str, Any], str]:
    own = program.variables[vector]
    _require_named(own)
    if kind == "variable":
        other = program.variables[what]
        _require_named(other)
        _require_fits(own, other)
        return {"edit": "gate", "vectors": [vector, what]}, sentence(
            "a gate of {} and {}", vector, what
        )
    name, number = what if kind == "input" else (what, None)
    equation = program.equation_of.get(name)
    if kind == "output" and not isinstance(equation, MatMul):
        raise TPTypeError(sentence("this line is what makes {}: drop it on the gate", name))
    if equation is None or isinstance(equation, MatMul):
        raise TPTypeError("a product takes one vector: multiply the other one by a matrix too")
    for other in equation.arguments:
        if other.is_vector:
            _require_fits(own, other)
            break
    if vector == name or vector in _behind(program, equation):
        raise TPTypeError(sentence("{} is made of {}: that would be a circle", vector, name))
    if number is not None:
        old = tuple(dict.fromkeys(v.name for v in equation.inputs))[number]
        do = {"edit": "replace", "gate": name, "argument": number, "vector": vector}
        return do, sentence("{} in place of {} in {}", vector, old, name)
    return {"edit": "connect", "vector": vector, "gate": name}, sentence(
        "connect {} to {}", vector, name
    )


def _require_named(variable: Variable) -> None:
    if variable.is_temporary:
        raise TPTypeError("this one has no name of its own: select it and press n first")


def _require_fits(a: Variable, b: Variable) -> None:
    if a.is_vector and b.is_vector and a.dim != b.dim:
        raise TPTypeError(
            sentence("{} is a vector of {}, and {} of {}", a.name, a.dim, b.name, b.dim)
        )


def _behind(program: Program, equation: Equation) -> set[str]:
    """Everything that an equation's result is used for."""
    found, waiting = {equation.out.name}, [equation.out.name]
    while waiting:
        for user in program.uses[waiting.pop()]:
            if user.out.name not in found:
                found.add(user.out.name)
                waiting.append(user.out.name)
    return found
