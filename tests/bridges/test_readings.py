"""Every import is checked, drawn with its backward pass, taken to its limit and to its kernels.

TPGRAPH_TESTS=all also draws the largest backward passes, and takes the slowest limits.
"""

import numpy as np
import pytest
import torch
from bridges.registry import CASES, given, imported, seldom

import tpgraph as tp

NAMES = list(CASES)
SAMPLES = 2**12


@pytest.mark.parametrize("name", NAMES)
def test_it_is_checked_and_drawn(name):
    i = imported(name)
    assert tp.report(i.program).to_json()["errors"] == []
    assert tp.parse(i.text) == i.program
    assert tp.format_text(i.text) == i.text
    assert "<svg" in tp.draw(i.program).svg


UNREADABLE = {"causal_blocks": r"a picture of passes with [\d,]+ marks would not be readable"}


@pytest.mark.parametrize("name", seldom("attention", "heads", "encoder", "grouped", "images"))
def test_its_backward_pass_is_drawn(name):
    program = imported(name).program
    backward = tp.backward(program)
    assert tp.report(backward).to_json()["errors"] == []
    assert len(backward.equations) > len(program.equations)
    if name in UNREADABLE:
        with pytest.raises(tp.TPError, match=UNREADABLE[name]):
            tp.draw(backward)
        return
    forward, both = tp.draw(program).svg, tp.draw(backward).svg
    assert both.count("<") > forward.count("<")


NO_LIMIT = {
    "bilinear": r"the variance of w\[1\] h\[2\] grows like n\^1",
    "experts": "depends on a readout, which stays random in the limit",
    "graph_attention": "depends on a readout, which stays random in the limit",
}
"""Bilinear: torch draws W of n × n with entries of variance 1 / (3 · 2), whatever n."""


@pytest.mark.parametrize("name", seldom("causal_blocks"))
def test_it_has_a_limit(name):
    program = imported(name).program
    one = {k: v[0] for k, v in given(name, [0]).items()}
    if name in NO_LIMIT:
        with pytest.raises(tp.TPError, match=NO_LIMIT[name]):
            tp.limit(program, data=one)
        return
    found = tp.limit(program, data=one, samples=SAMPLES)
    losses = {program.loss.name} if program.loss is not None else set()
    wide = [e.out.name for e in program.equations if e.out.is_wide and e.out.name not in losses]
    assert wide
    for vector in wide:
        limit = found.vectors[vector]
        assert np.isfinite([limit.mean.value, limit.var.value]).all()
        assert limit.var.value >= -3 * limit.var.error


NO_NNGP = {
    "tied": "the components of f are no independent copies",
    "softmax_output": "the components of f are no independent copies",
    **{name: NO_LIMIT[name] for name in ("bilinear", "experts", "graph_attention")},
}
NO_NTK = {
    "softmax_output": "depends on a readout, which stays random in the limit",
    **{name: NO_LIMIT[name] for name in ("bilinear", "experts", "graph_attention")},
}


ZERO = {
    "rnn": ("nngp",), "gru": ("nngp",), "gru_cell": ("nngp",), "lstm": ("nngp",),
    "activations": ("nngp",), "normalize": ("nngp",), "cosine": ("nngp",),
    "cosine_similarity": ("nngp",), "mup": ("nngp",),
}  # fmt: skip
"""What vanishes with the width: torch draws all weights of recurrent layers with the variance
1 / (3 n), the input's too."""


@pytest.mark.parametrize(
    "name",
    seldom("lstm", "causal_blocks", "temporal", "activations", "normed_convolutions", "encoder"),
)
def test_it_has_kernels(name):
    program, X = imported(name).program, given(name, [0, 1])
    for kind, refused in (("nngp", NO_NNGP), ("ntk", NO_NTK)):
        if name in refused:
            with pytest.raises(tp.TPError, match=refused[name]):
                tp.kernel(program, X, kind, samples=SAMPLES)
            continue
        kernel = getattr(tp.kernel(program, X, kind, samples=SAMPLES), kind)
        size = round(kernel.size**0.5)
        flat = kernel.reshape(size, size)
        assert np.isfinite(flat).all()
        assert np.allclose(flat, flat.T, atol=1e-9 + 1e-6 * np.abs(flat).max())
        assert np.linalg.eigvalsh(flat)[0] > -0.02 * np.abs(flat).max() - 1e-12
        assert (flat[0, 0] == 0) == (kind in ZERO.get(name, ()))


@pytest.mark.parametrize("name", ["residual", "attention", "rnn", "concat", "lora", "images"])
def test_the_limit_and_the_kernel_are_one(name):
    """The variance of a readout of one sample is its NNGP."""
    program, X = imported(name).program, given(name, [0])
    limit = tp.limit(program, data={k: v[0] for k, v in X.items()})
    kernel = tp.kernel(program, X, "nngp")
    output = program.outputs[0].name
    assert limit.vectors[output].var.value == pytest.approx(kernel.nngp[0, 0], rel=1e-9)


def test_biases_that_vanish_beside_what_vanishes_are_said():
    """The NTK of the module is larger where hidden vectors are of the order of their biases."""
    said = {
        name
        for name in ("mlp", "residual", "rnn", "gru", "normalize", "attention")
        if any("lack what these add" in note for note in imported(name).notes)
    }
    assert said == {"rnn", "gru"}


def test_what_memory_holds_is_no_constant():
    """A padded tensor is begun without values: torch fills it by nan where that is asked for."""
    torch.use_deterministic_algorithms(True)
    try:
        assert torch.empty(3).isnan().all()
        imported.__wrapped__("padded")
    finally:
        torch.use_deterministic_algorithms(False)
