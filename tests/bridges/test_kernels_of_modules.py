"""NNGP and NTK of imports beside those of the torch modules at growing width, by autograd."""

from functools import partial
from itertools import count

import numpy as np
import pytest
import torch
from bridges.growing import distance, gaussian, kernels
from bridges.models import Block
from bridges.registry import ALL, CASES, given, imported
from torch import nn

import tpgraph as tp

SAMPLES = [0, 1, 2]
WIDTHS, INITIALIZATIONS = (24, 240), (96, 24)


class Elman(nn.Module):
    """A recurrent cell whose inputs stay of order 1, which those of nn.RNN do not."""

    def __init__(self, n, steps=3):
        super().__init__()
        self.inp, self.rec, self.out = nn.Linear(3, n), nn.Linear(n, n), nn.Linear(n, 1)
        self.steps = steps

    def forward(self, x):
        h = torch.tanh(self.inp(x[:, 0]))
        for t in range(1, self.steps):
            h = torch.tanh(self.inp(x[:, t]) + self.rec(h))
        return self.out(h)


class Based(Block):
    """Attention with logits divided by √d at the width 32, and by d / √32 at others."""

    def attend(self, q, k, v):
        return nn.functional.scaled_dot_product_attention(q, k, v, scale=32**0.5 / q.shape[-1])


READOUTS = {
    "mlp": "out.weight", "residual": "head.weight", "attention": "head.weight",
    "heads": "head.weight", "images": "fc.weight", "series": "fc.weight", "concat": "o.weight",
    "lora": "out.weight", "lora_merged": "out.weight", "rms_norm": "2.weight",
    "group_norm": "2.weight", "prelu": "4.weight", "film": "out.weight",
    "vector_readout_divided": "u",
}  # fmt: skip
SELDOM = ("heads", "series", "group_norm", "prelu", "film", "concat", "lora_merged", "attention")
TOLERANCE = {"mlp": 0.8, "lora": 0.35, "images": 0.2}
"""Layers that shrink the signal, beside which what vanishes with the width is large at first."""


def assert_grown(limit, make, X, readout, tolerance=0.1):
    """The module's kernels at two widths: near the limit at the larger, and nearer than before."""
    assert limit.exponent == 1
    small, large = (
        kernels(make, X, readout, n, initializations)
        for n, initializations in zip(WIDTHS, INITIALIZATIONS, strict=True)
    )
    for kind, before, after in zip((limit.nngp, limit.ntk), small, large, strict=True):
        assert distance(after, kind) < tolerance
        assert distance(after, kind) < max(0.7 * distance(before, kind), 0.05)
    return large


READ = [n for n in READOUTS if n != "vector_readout_divided"]


@pytest.mark.parametrize("name", [n for n in READ if ALL or n not in SELDOM])
def test_kernels_of_modules_approach_those_of_the_import(name):
    case = CASES[name]
    X = [case.example(seed) for seed in SAMPLES]
    limit = tp.kernel(imported(name).program, given(name, SAMPLES), samples=2**14)
    assert_grown(limit, case.make, X, READOUTS[name], TOLERANCE.get(name, 0.1))


def by_hand(make, shape, **options):
    """(samples, import, limit) of a module that is no case."""
    torch.manual_seed(0)
    X = [(torch.randn(shape, dtype=torch.float64),) for _ in SAMPLES]
    i = tp.from_torch(make, X[0], n=16, **options)
    columns = zip(*(i.data(*x) for x in X), strict=True)
    data = {d.variable.name: np.concatenate(c) for d, c in zip(i.program.data, columns,
                                                               strict=True)}  # fmt: skip
    return X, i, data


def test_kernels_of_a_recurrent_module():
    X, i, data = by_hand(Elman, (1, 3, 3))
    assert_grown(tp.kernel(i.program, data), Elman, X, "out.weight")


def test_kernels_of_attention_at_a_base_width():
    """1/√d is frozen at the base: the module whose logits it has there is the one that grows."""
    X, i, data = by_hand(partial(Block, mup=False), (1, 3, 4), base=32)
    assert_grown(tp.kernel(i.program, data), Based, X, "head.weight")


def test_wrong_limits_are_seen():
    """Of another variance in a layer, of a scale left out, of a lost bias."""
    X, i, data = by_hand(Elman, (1, 3, 3))
    own = assert_grown(tp.kernel(i.program, data), Elman, X, "out.weight")
    assert "param inp   : n × 3 ~ N(0, 1/3)" in i.text
    assert "param inp_b : n     ~ N(0, 1/9)" in i.text
    for right, wrong in (
        ("inp   : n × 3 ~ N(0, 1/3)", "inp   : n × 3 ~ N(0, 1/2)"),
        ("rec   : n × n ~ N(0, 1/3)", "rec   : n × n ~ N(0, 1)"),
        ("inp_b : n     ~ N(0, 1/9)", "inp_b : n     ~ N(0, 0)"),
        ("out   : 1 × n ~ N(0, 1/3)", "out   : 1 × n ~ N(0, 1/3) scale 2"),
    ):
        assert right in i.text
        limit = tp.kernel(tp.parse(i.text.replace(right, wrong)), data)
        assert max(distance(a, b) for a, b in zip(own, (limit.nngp, limit.ntk), strict=True)) > 0.1


def test_sums_over_few_uniform_entries_are_no_gaussian_and_said_to_be_none():
    """Normalized relus of four inputs: the module's own limit is that of its uniform weights."""
    i, case = imported("rms_norm"), CASES["rms_norm"]
    X = [case.example(seed) for seed in SAMPLES]
    limit = tp.kernel(i.program, given("rms_norm", SAMPLES), "nngp").nngp
    torch.manual_seed(0)
    columns = torch.stack([x.ravel() for (x,) in X]).T
    W, b = (torch.rand(2**18, k, dtype=torch.float64) - 0.5 for k in (4, 1))  # ±1/√4
    x = torch.relu(W @ columns + b)
    products = (x.T @ x / len(x)).numpy()
    roots = np.sqrt(np.diag(products))
    uniform = products / np.outer(roots, roots) / 3
    own, _ = kernels(case.make, X, "2.weight", 512, 8, redraw=lambda module, seed: module)
    redrawn, _ = kernels(case.make, X, "2.weight", 512, 8)
    assert distance(uniform, limit) > 0.02
    assert distance(own, uniform) < 0.5 * distance(own, limit)
    assert distance(redrawn, limit) < 0.5 * distance(redrawn, uniform)
    (note,) = [note for note in i.notes if "uniform" in note]
    assert note.startswith("[0].weight, [0].bias: uniform in the module, Gaussian")
    assert "-1.2/d" in note
    assert f"# {note}" in i.text


def test_what_is_drawn_by_normal_has_no_such_note():
    seeds = count()

    def make(n):
        return gaussian(nn.Sequential(nn.Linear(4, n), nn.Tanh(), nn.Linear(n, 1)), next(seeds))

    i = tp.from_torch(make, torch.randn(1, 4), n=64)
    assert not any("same variance" in note for note in i.notes)
    assert "~ N(0, 1/3)" in i.text
    assert tp.from_torch(lambda n: nn.Sequential(nn.Linear(4, n)), torch.randn(1, 4), n=64).notes
