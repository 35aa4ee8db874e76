"""Gestures on the picture as edits of the text: what the page asks for by name is a call here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tpgraph.errors import TPDataError, TPTypeError
from tpgraph.language import editing
from tpgraph.language.editing import Edit
from tpgraph.language.readings import Reading
from tpgraph.program import Equation, MatMul, Program, Variable

__all__ = ["accepted", "edit_of"]

_Arguments = Mapping[str, Any]


def edit_of(reading: Reading, do: _Arguments, only: bool) -> Edit:
    """The edit that a gesture means. Raises TPError where it is refused.

    `only` is "only here": loops that the mark belongs to are written out first.
    """
    make = _EDITS.get(str(do.get("edit")))
    if make is None:
        raise TPDataError(f"there is no edit {do.get('edit')!r}", expected=", ".join(_EDITS))
    try:
        return make(reading, do, only)
    except KeyError as missing:
        raise TPDataError(f"the edit {do['edit']} lacks {missing.args[0]!r}") from None


def _declare(reading: Reading, do: _Arguments, only: bool) -> Edit:
    return editing.declare(reading, do["kind"], do.get("name"))


def _multiply(reading: Reading, do: _Arguments, only: bool) -> Edit:
    return editing.multiply(reading, do["vector"], do.get("matrix"))


def _gate(reading: Reading, do: _Arguments, only: bool) -> Edit:
    return editing.gate(reading, *do["vectors"])


def _input(reading: Reading, do: _Arguments) -> str:
    """The variable that an argument of a gate is, by its number."""
    name, number = do["gate"], do["argument"]
    equation = None if reading.program is None else reading.program.equation_of.get(name)
    inputs = () if equation is None else tuple(dict.fromkeys(v.name for v in equation.inputs))
    if not isinstance(number, int) or not 0 <= number < len(inputs):
        raise TPDataError(f"{name} has no input of number {number}")
    return inputs[number]


def _connect(reading: Reading, do: _Arguments, only: bool) -> Edit:
    return editing.connect(reading, do["vector"], do["gate"])


def _replace(reading: Reading, do: _Arguments, only: bool) -> Edit:
    return editing.replace(reading, _input(reading, do), do["vector"], do["gate"])


def _disconnect(reading: Reading, do: _Arguments, only: bool) -> Edit:
    return editing.disconnect(reading, _input(reading, do), do["gate"])


_EDITS: dict[str, Callable[[Reading, _Arguments, bool], Edit]] = {
    "declare": _declare,
    "multiply": _multiply,
    "gate": _gate,
    "connect": _connect,
    "replace": _replace,
    "disconnect": _disconnect,
    "formula": lambda r, do, only: editing.set_formula(r, do["name"], do["formula"]),
    "rename": lambda r, do, only: editing.rename(r, do["name"], do["to"]),
    "name": lambda r, do, only: editing.name(r, do["name"]),
    "unname": lambda r, do, only: editing.unname(r, do["name"]),
    "delete": lambda r, do, only: editing.delete(r, *do["names"]),
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
    ("gate", name) or ("input", (gate, number)).
    """
    targets: dict[str, tuple[dict[str, Any], str]] = {}
    refused: dict[str, str] = {}
    for key, (kind, what) in keys.items():
        try:
            if matrix is not None:
                targets[key] = _matrix_on(program, matrix, kind, what)
            elif vector is not None:
                targets[key] = _vector_on(program, vector, kind, what)
        except TPTypeError as error:
            refused[key] = error.message
    return Accepted(targets, refused)


def _matrix_on(program: Program, matrix: str, kind: str, what: Any) -> tuple[dict[str, Any], str]:
    if kind != "variable" or not program.variables[what].is_vector:
        raise TPTypeError(f"{matrix} multiplies a vector: drop it on one")
    dim, type_ = program.variables[what].dim, program.variables[matrix].matrix
    if dim not in (type_.columns, type_.rows):
        raise TPTypeError(
            f"{matrix} is {type_.rows} × {type_.columns}, and {what} a vector of {dim}"
        )
    return {"edit": "multiply", "vector": what, "matrix": matrix}, f"multiply {what} by {matrix}"


def _vector_on(program: Program, vector: str, kind: str, what: Any) -> tuple[dict[str, Any], str]:
    own = program.variables[vector]
    if kind == "variable":
        other = program.variables[what]
        _require_fits(own, other)
        return {"edit": "gate", "vectors": [vector, what]}, f"a gate of {vector} and {what}"
    name, number = what if kind == "input" else (what, None)
    equation = program.equation_of.get(name)
    if equation is None or isinstance(equation, MatMul):
        raise TPTypeError("a product takes one vector: multiply the other one by a matrix too")
    for other in equation.arguments:
        if other.is_vector:
            _require_fits(own, other)
            break
    if vector == name or vector in _behind(program, equation):
        raise TPTypeError(f"{vector} is made of {name}: that would be a circle")
    if number is not None:
        old = tuple(dict.fromkeys(v.name for v in equation.inputs))[number]
        do = {"edit": "replace", "gate": name, "argument": number, "vector": vector}
        return do, f"{vector} in place of {old} in {name}"
    return {"edit": "connect", "vector": vector, "gate": name}, f"connect {vector} to {name}"


def _require_fits(a: Variable, b: Variable) -> None:
    if a.is_vector and b.is_vector and a.dim != b.dim:
        raise TPTypeError(f"{a} is a vector of {a.dim}, and {b} of {b.dim}")


def _behind(program: Program, equation: Equation) -> set[str]:
    """Everything that an equation's result is used for."""
    found, waiting = {equation.out.name}, [equation.out.name]
    while waiting:
        for user in program.uses[waiting.pop()]:
            if user.out.name not in found:
                found.add(user.out.name)
                waiting.append(user.out.name)
    return found
