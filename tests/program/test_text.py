"""Declarations as statements: one piece writes them for programs and for generated code."""

from __future__ import annotations

import pytest

from tpgraph.compiler import compile
from tpgraph.language import parse, to_text
from tpgraph.program.formula_text import formula_text
from tpgraph.program.text import Spelling, declaration_text

DECLARATIONS = [
    "scalar s = 0.5",
    "scalar ε -> 0 = 1 / sqrt(n)",
    "vector v : n ~ N(1, 0.1) as X",
    "vector u, v : n ~ N([0, 1], [[1, 0.123456789], [0.123456789, 1]])",
    "matrix A : n × 3 ~ N(0, 0.123456789)",
    "param U : 3 × n ~ N(0, 2) scale 1.4142135623730951",
    "data ξ : 3",
    "target y : 1",
]
HEAD = "program p\nwidth n\nparametrization ntk\n"


@pytest.mark.parametrize("text", DECLARATIONS)
def test_declarations_are_written_as_they_are_read(text: str) -> None:
    program = parse(f"{HEAD}{text}\n")
    assert to_text(program).splitlines()[-1] == text
    assert f"    {text}\n" in compile(program).source


def test_a_spelling_of_ones_own() -> None:
    (declaration,) = parse("width n\nmatrix A : n × 3 ~ N(0, 1)\n").declarations
    spelling = Spelling(str.lower, lambda dimension: f"<{dimension}>", by="x")
    assert declaration_text(declaration, spelling) == "matrix a : <n> x <3> ~ N(0, 1)"


@pytest.mark.parametrize(
    ("formula", "formulas"),
    [
        ("W tanh(W (u + v)) + u", ["(u + v)", "W (u + v)", "tanh(W (u + v))", "W tanh(W (u + v))"]),
        ("mean((W' u)^2) * s", ["W' u", "mean((W' u)^2)"]),
        ("tanh(mean(u) * s) * mean(v)", ["mean(u)", "mean(v)"]),
        ("tanh(" + " + ".join(["exp(u)"] * 40) + ") * mean(v)", ["mean(v)"]),
        ("W (" + " + ".join(["exp(u)"] * 40) + ")", ["a part of x"]),
    ],
)
def test_what_is_unnamed_is_said_by_its_formula(formula: str, formulas: list[str]) -> None:
    given = "scalar s = 2\nvector u, v : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\n"
    program = parse(f"{HEAD}{given}x = {formula}\n")
    *unnamed, last = (e.out for e in program.equations)
    assert [formula_text(program, v) for v in unnamed] == formulas
    assert formula_text(program, last) == "x"
