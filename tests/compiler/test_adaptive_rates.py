"""Rates of adaptive optimizers by layer: the papers', and steps of one size at every width."""

import numpy as np
import pytest

import tpgraph as tp

torch = pytest.importorskip("torch")

ADAM = """
width n
parametrization {}
data ξ : 4
target y : 1
param U : n × 4 ~ N(0, 1)
param b : n ~ N(0, 0)
param W : n × n ~ N(0, 2)
param V : 1 × n ~ N(0, 1)
param c : 1 ~ N(0, 0)
x = relu(U ξ + b)
h = W x
f = V relu(h) + c
output f
loss (f - y)^2
"""
RATES = {  # of U, b, W, V, c
    "mup": (-1 / 2, -1 / 2, -1, -1 / 2, 0),
    "ntk": (-1 / 2, -1 / 2, -1, -1 / 2, 0),
    "standard": (-1 / 2, -1 / 2, -3 / 2, -1, 0),
}
PAPERS = {  # (multiplier, initial deviation, rate) of input, hidden, readout as powers of n
    "TP V, Table 3": ((0, 0, 0), (0, -1 / 2, -1), (0, -1, -1)),
    "TP V, Table 8": ((0, 0, -1), (0, -1 / 2, 0), (0, -1, 0)),
    "TP V, Table 9": ((1 / 2, 0, -1 / 2), (-1 / 2, -1 / 2, -1 / 2), (-1 / 2, -1, -1 / 2)),
    "TP IVb, Definition 2.5.1": ((0, 0, -1), (0, -1 / 2, 0), (0, -1, 0)),
    "TP IVb, Definition 2.4.1": ((0, -1 / 2, -1 / 2), (0, 0, 0), (-1 / 2, -1, -1 / 2)),
}
OURS = {  # the same of multipliers and deviations, as the documentation of the language has them
    "mup": ((1 / 2, 0, -1 / 2), (-1 / 2, -1 / 2, -1 / 2)),
    "ntk": ((0, -1 / 2, -1 / 2), (0, 0, 0)),
    "standard": ((0, 0, 0), (0, -1 / 2, -1 / 2)),
}


@pytest.mark.parametrize("table", PAPERS)
def test_rates_of_the_papers(table):
    """Those of their tables, by M θ, w / θ, η / θ (TP V, Lemma J.1, Adam) from one to the other."""
    multipliers, deviations, rates = PAPERS[table]
    same = ["ntk", "standard"] if table.endswith("2.4.1") else ["mup"]
    for parametrization in same:
        own, drawn = OURS[parametrization]
        thetas = [a - b for a, b in zip(own, multipliers, strict=True)]
        moved = [s - t for s, t in zip(deviations, thetas, strict=True)]
        expected = [c - t for c, t in zip(rates, thetas, strict=True)]
        found = RATES[parametrization]
        assert [found[0], found[2], found[3]] == expected
        assert moved == list(drawn)


@pytest.mark.parametrize("parametrization", RATES)
def test_rates_of_adaptive_optimizers(parametrization):
    made = tp.compile(tp.parse(ADAM.format(parametrization)), backend="torch").load()
    for n in (16, 64):
        groups = made.Model({"n": n}).parameter_groups(0.1, "adam")
        found = {g["name"]: g["lr"] for g in groups}
        expected = [0.1 * float(n) ** e for e in RATES[parametrization]]
        assert [found[k] for k in ("U", "b", "W", "V", "c")] == pytest.approx(expected, rel=1e-12)
    with pytest.raises(ValueError, match="unknown optimizer 'lbfgs'"):
        made.Model({"n": 4}).parameter_groups(0.1, "lbfgs")


def moved(made, n, optimizer, lr, same_rates=False):
    """The mean change of the output after a step at one width."""
    model = made.Model({"n": n}, 0)
    rng = np.random.default_rng(0)
    data, target = (torch.from_numpy(rng.standard_normal((8, d))) for d in (4, 1))
    groups = model.parameter_groups(lr, "adam")
    steps = optimizer(list(model.parameters()) if same_rates else groups, lr=lr)
    before = model(data).detach()
    model.loss(data, target).backward()
    steps.step()
    return float((model(data) - before).detach().abs().mean())


@pytest.mark.parametrize("optimizer", [torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop])
@pytest.mark.parametrize("parametrization", RATES)
def test_adaptive_steps_are_of_one_size_at_every_width(parametrization, optimizer):
    """The output moves alike at n = 64 and 1024; with one rate for all it would not."""
    made = tp.compile(tp.parse(ADAM.format(parametrization)), backend="torch").load()
    small, large = (moved(made, n, optimizer, 1e-3) for n in (64, 1024))
    assert 1 / 2.5 < large / small < 2.5
    small, large = (moved(made, n, optimizer, 1e-5, same_rates=True) for n in (64, 1024))
    assert large / small > 2.5
