"""Every program of the gallery, compiled, against the interpreter and PyTorch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from compiler.checks import check_gradients, check_values, inputs

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


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_gradients_are_slopes_along_directions(path: Path) -> None:
    """⟨grad, u⟩ against the five-point difference of the loss along random u, without PyTorch."""
    program = load(path)
    if program.loss is None:
        return
    module = compile(program)
    params = module.init(WIDTHS, 3)
    arrays = inputs(program, 2).values()
    grads = module.backward(params, *arrays)[1]
    rng = np.random.default_rng(5)
    direction = {name: rng.standard_normal(params[name].shape) for name in grads}

    def loss(t: float) -> float:
        moved = {name: w + t * direction.get(name, 0.0) for name, w in params.items()}
        return float(module.backward(moved, *arrays)[0])

    h = 1e-4
    slope = (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h)
    inner = sum(float(np.sum(grads[name] * u)) for name, u in direction.items())
    assert slope == pytest.approx(inner, rel=1e-9, abs=1e-9)
