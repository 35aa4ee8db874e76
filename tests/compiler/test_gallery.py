"""Every program of the gallery, compiled, against the interpreter and PyTorch."""

from __future__ import annotations

from pathlib import Path

import pytest
from compiler.checks import check_gradients, check_values

from tpgraph.compiler import compile
from tpgraph.interpreter import interpret, sample
from tpgraph.language import load

GALLERY = sorted((Path(__file__).parents[2] / "diagrams").glob("*.tp"))
WIDTHS = {"n": 24}


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_values_are_the_interpreters(path: Path) -> None:
    module = compile(load(path))
    assert check_values(module, WIDTHS) < 1e-12
    if not module.program.is_network:
        found = module.run(WIDTHS, 0)
        expected = interpret(module.program, sample(module.program, WIDTHS, 0), WIDTHS)
        assert list(found) == [n for n, v in module.program.variables.items() if not v.is_matrix]
        for name, value in found.items():
            assert value == pytest.approx(expected[name], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_gradients_are_pytorchs(path: Path) -> None:
    program = load(path)
    if program.loss is not None:
        assert check_gradients(compile(program), WIDTHS, batch=2) < 1e-9
