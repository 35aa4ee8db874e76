"""Two jumps that hardly a sample takes together: E[relu′(u) relu′(v)] of nearly opposite inputs."""

from __future__ import annotations

import numpy as np
import pytest

import tpgraph as tp

TEXT = (
    "width n\ndim d = 3\nparametrization ntk\ndata ξ : d\nparam W : n × d ~ N(0, 1) scale 1.5\n"
    "param V : 1 × n ~ N(0, 1)\nx = relu(W ξ)\nf = V x\noutput f\n"
)


@pytest.mark.parametrize("angle", [1e-7, 1e-5, 1e-3, 1e-2])
def test_errors_cover_what_no_sample_shows(angle: float) -> None:
    program, inputs = tp.parse(TEXT), np.array([[1, 0, 0], [-1, angle, 0]])
    truth = tp.kernel(program, inputs, engine="exact").ntk
    found = tp.kernel(program, inputs, engine="sampled", samples=2**14)
    assert truth is not None
    assert found.ntk is not None
    off = np.abs(found.ntk - truth)
    assert truth[0, 1] < 0
    assert (off <= 4 * found.errors["ntk"]).all()
