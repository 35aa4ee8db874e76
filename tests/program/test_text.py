"""Declarations as statements: one piece writes them for programs and for generated code."""

from __future__ import annotations

import pytest

from tpgraph.compiler import compile
from tpgraph.language import parse, to_text
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
