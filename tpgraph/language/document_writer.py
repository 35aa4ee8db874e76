"""The JSON document of a program."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, assert_never

from tpgraph.functions import Expression
from tpgraph.language.document_places import PlaceWriter
from tpgraph.language.printer import dim_names
from tpgraph.language.write_terms import term_of, term_text
from tpgraph.program import (
    Data,
    Declaration,
    Equation,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    MatMul,
    Moment,
    Nonlin,
    Parameter,
    Parametrization,
    Program,
    Ref,
    Target,
    Variable,
)
from tpgraph.program.any_program import reads_program
from tpgraph.types import Dimension, Scalar, Width

__all__ = ["to_json"]


@reads_program
def to_json(program: Program) -> str:
    """The program as a JSON document of schema `tpgraph.program/1`."""
    return json.dumps(_Writer(program).document(), ensure_ascii=False, indent=1) + "\n"


class _Writer:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.dims = dim_names(program)
        self.texts: dict[tuple[int, int], str] = {}
        self.places = PlaceWriter()

    def document(self) -> dict[str, Any]:
        program = self.program
        found = {
            "schema": "tpgraph.program/1",
            "name": program.name,
            "widths": [
                {"name": w.name, "ratio": str(w.ratio), "base": w.base} for w in program.widths
            ],
            "dims": self.dims,
            "parametrization": self._parametrization(program.parametrization),
            "functions": [
                {
                    "name": f.name,
                    "parameters": list(f.parameters),
                    "body": self._text(f.body, f.arity),
                }
                for f in program.functions
            ],
            "declarations": [self._declaration(d) for d in program.declarations],
            "equations": [self._equation(e) for e in program.equations],
            "outputs": [v.name for v in program.outputs],
            "loss": program.loss.name if program.loss is not None else None,
            "labels": dict(program.labels),
        }
        if program.hints:
            found["hints"] = [
                {"kind": h.kind, "names": list(h.names), "text": h.text}
                | ({"others": list(h.others)} if h.others else {})
                for h in program.hints
            ]
        plan = program.training_plan
        if plan is not None:
            found["training_plan"] = asdict(plan)
        return {**found, "passes": self.places.passes} if self.places.passes else found

    def _text(self, expression: Expression, arity: int) -> str:
        key = id(expression), arity
        if key not in self.texts:
            refs = [Ref(Variable(f"z{i}", Scalar())) for i in range(1, arity + 1)]
            self.texts[key] = term_text(term_of(expression, refs), str)
        return self.texts[key]

    def _parametrization(self, given: Parametrization | None) -> dict[str, Any] | None:
        if given is None:
            return None
        exponents = {"a": [str(e) for e in given.a], "b": [str(e) for e in given.b]}
        return {"name": given.name, **exponents, "c": str(given.c)}

    def _dim(self, dim: Dimension) -> int | str:
        if isinstance(dim, Width):
            return dim.name
        named = dim.name is not None and self.dims.get(dim.name) == dim.value
        return dim.name if named and dim.name is not None else dim.value

    def _shape(self, variable: Variable) -> list[int | str]:
        if variable.is_matrix:
            return [self._dim(variable.matrix.rows), self._dim(variable.matrix.columns)]
        return [self._dim(variable.dim)]

    def _declaration(self, declaration: Declaration) -> dict[str, Any]:
        match declaration:
            case InitialScalar(variable, value, limit, widths):
                text = self._text(value, len(widths))
                names = [w.name for w in widths]
                head = {"kind": "scalar", "name": variable.name, "value": text}
                return {**head, "limit": limit, "widths": names}
            case InitialVectors(variables, mean, covariance, as_x):
                return {
                    "kind": "vector",
                    "names": [v.name for v in variables],
                    "dim": self._dim(variables[0].dim),
                    "mean": list(mean),
                    "covariance": [list(row) for row in covariance],
                    "as_x": as_x,
                }
            case InitialMatrix(variable, variance):
                head = {"kind": "matrix", "name": variable.name}
                return {**head, "shape": self._shape(variable), "variance": variance}
            case Parameter(variable, variance, scale):
                head = {"kind": "param", "name": variable.name}
                shape = self._shape(variable)
                return {**head, "shape": shape, "variance": variance, "scale": scale}
            case Data(variable) | Target(variable):
                kind = "data" if isinstance(declaration, Data) else "target"
                fed = {"kind": kind, "name": variable.name, "dim": self._dim(variable.dim)}
                place = declaration.place if isinstance(declaration, Data) else None
                return fed if place is None else {**fed, "place": self.places.place(place)}
            case _:
                assert_never(declaration)

    def _equation(self, equation: Equation) -> dict[str, Any]:
        match equation:
            case MatMul(out, matrix, transpose, operand):
                found: dict[str, Any] = {
                    "kind": "matmul",
                    "out": out.name,
                    "matrix": matrix.name,
                    "transpose": transpose,
                    "operand": operand.name,
                }
            case Nonlin(out, function, arguments) | Moment(out, function, arguments):
                found = {
                    "kind": "nonlin" if isinstance(equation, Nonlin) else "moment",
                    "out": out.name,
                    "function": self._text(function, len(arguments)),
                    "arguments": [a.name for a in arguments],
                }
        place = equation.place
        if place is not None:
            found["place"] = self.places.place(place)
        return found
