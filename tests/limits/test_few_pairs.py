"""Products of two inputs that few samples see: their errors cover what the others may have."""

from __future__ import annotations

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.kernels import kernel
from tpgraph.limits.sampling.rare import RareEvents

X = np.array([[0.3, -0.5, 0.8], [0.2, -0.1, 0.9]])


def ntk(sigma: float) -> tuple[float, float, float]:
    """The NTK between the inputs, its error, and what it is for erf, which is near tanh.

    erf(z √π/2) has the slope of tanh at 0 and the same value far out: within a third.
    """
    text = (
        "program p\nwidth n\ndim d = 3\nparametrization ntk\ndata ξ : d\n"
        f"param U : n × d ~ N(0, 1) scale {sigma}\nparam V : 1 × n ~ N(0, 1) scale {sigma}\n"
        "f = V tanh(U ξ)\noutput f\n"
    )
    near = tp.parse(text.replace("tanh(U ξ)", "erf(0.886226925452758 * U ξ)"))
    found = kernel(tp.parse(text), X, samples=2**13)
    return found.ntk[0, 1], found.ntk_error[0, 1], kernel(near, X).ntk[0, 1]


@pytest.mark.parametrize("sigma", [30.0, 300.0, 1000.0])
def test_errors_cover_the_ntk_of_steep_functions(sigma):
    value, error, near = ntk(sigma)
    assert abs(value - near) <= 4 * error + near / 3


def test_without_them_they_do_not(monkeypatch):
    monkeypatch.setattr(RareEvents, "of_pairs", lambda *given: None)
    value, error, near = ntk(1000.0)
    assert abs(value - near) > 4 * error + near / 3
