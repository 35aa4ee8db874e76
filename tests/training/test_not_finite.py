"""What is not finite at the start names its line, the sample, and what got which numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tpgraph as tp

TEXT = """
program p
width n
dim d = 3
parametrization ntk
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
h = U ξ
x = {inside}
f = V x
output f
loss (f - y)^2 / 2
"""
X = np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 2.0], [0.0, 0.0, 0.0]])
CASES = [
    ("h / sqrt(mean(h^2))", r"h / sqrt\(mean\(h\^2\)\) of 0 and 0"),
    ("log(mean(h^2)) * h", r"log\(mean\(h\^2\)\) of 0"),
    ("h * mean(h^2) ^ (0 - 1)", r"mean\(h\^2\)\^\(0 - 1\) of 0 and -1"),
]


@pytest.mark.parametrize(("inside", "cause"), CASES)
def test_a_finite_kernel_names_the_cause(inside: str, cause: str) -> None:
    program = tp.parse(TEXT.format(inside=inside))
    with pytest.raises(tp.TPError, match=rf"x.* is not finite on input 3: {cause}") as caught:
        tp.mean_kernel(program, X, {"n": 16}, inits=1)
    assert caught.value.span is not None
    assert caught.value.span.line == 11
    assert tp.mean_kernel(program, X[:2], {"n": 16}, inits=1).ntk is not None


@pytest.mark.parametrize(("inside", "cause"), CASES)
def test_a_first_step_names_the_cause(inside: str, cause: str, tmp_path: Path) -> None:
    program = tp.parse(TEXT.format(inside=inside))
    data = {"ξ": X, "y": np.zeros((3, 1))}
    with pytest.raises(tp.TPError, match=f"at step 1 on sample 3: {cause}") as caught:
        tp.train(program, data, widths={"n": 16}, steps=2, lr=0.1, batch=3, out=tmp_path / "o")
    assert "learning rate" not in str(caught.value)


def test_a_rate_that_is_too_large_is_still_named() -> None:
    program = tp.parse(TEXT.format(inside="h^3"))
    data = {"ξ": 5 * X[:2], "y": np.zeros((2, 1))}
    with pytest.raises(tp.TPError, match="a smaller learning rate"):
        tp.train(program, data, widths={"n": 16}, steps=50, lr=1e6, batch=2)


def test_a_derivative_that_is_not_finite_is_found_too() -> None:
    program = tp.parse(TEXT.format(inside="sqrt(abs(h))"))
    with pytest.raises(tp.TPError, match="is not finite on input 3"):
        tp.mean_kernel(program, X, {"n": 16}, inits=1)
