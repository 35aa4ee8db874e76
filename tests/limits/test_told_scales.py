"""Means and products that vanish with a scalar, beside it: by how fast they do."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.limits import master, outputs

HEAD = """
width n
scalar s -> 0 = 1/sqrt(n)
scalar t -> 0 = n^(-3/2)
vector x, y : n ~ N(0, 1)
matrix W : n × n ~ N(0, 1)
"""
ROOT = math.sqrt(2 / math.pi)
CASES = {
    "q = sqrt(mean(s^2*x^2))/s": 1.0,
    "q = sqrt(mean((s*x)^2) + s)/sqrt(s)": 1.0,
    "a = mean((s*x)^2)\nb = a + 3*s^2\nq = sqrt(b)/s": 2.0,
    "q = mean(abs(s*x))/s": ROOT,
    "q = mean(s*x^2)^0.3/t^0.1": 1.0,
    "q = mean(sqrt(abs(t*x)))^2/(s*sqrt(s)*sqrt(s)*s)": 0.6759782,
    "q = mean(t*x^4)/mean((s*x)^2)^(3/2)": 3.0,
    "q = t/(mean(t*x^2) + mean(s^3))": 0.5,
    "q = step(mean(s*x^2) - s/2)": 1.0,
    "q = (mean((1 + s*x^2)^2) - 1)/s": 2.0,
    "q = (mean(cos(s*x)) - 1)/s^2": -0.5,
    "q = (sqrt(1 + mean(s*x^2)) - 1)/s": 0.5,
    "a = mean(exp(s*x) - 1 - s*x)\nb = sqrt(a)\nq = b/s": math.sqrt(0.5),
    "a = mean(exp(s*x) - 1 - s*x)\nb = 2*a\nq = sqrt(b)/s": 1.0,
    "z = s*x\nw = z/sqrt(mean(z^2))\nq = mean(w^4)": 3.0,
    "z = tanh(x + s*y) - tanh(x)\nq = mean(z^2)/s^2": 0.4644029,
    "h = W (s*x)\nq = mean((h/s)^2)": 1.0,
    "h = W (s*x)\nk = W' tanh(h)\nq = mean(k*x)/s": 1.0,
    "h = W (s*tanh(x))\nv = W' (relu(h)/s)\nq = mean(v*x)": 0.5 * 0.6057055,
    "h = W (s*x)\nw = h/sqrt(mean(h^2))\nq = mean(w^4)": 3.0,
    "q = mean(s*x)/s": 0.0,
    "h = W tanh(x + s*y)\nk = W tanh(x)\nq = mean((h - k)^2)/s^2": 0.4644029,
    "h = W tanh(x + s*y)\nk = W tanh(x)\nq = mean((tanh(h) - tanh(k))^2)/s^2": 0.2956131,
    "q = mean((hardtanh(x + s*y) - hardtanh(x))^2/s^2)": math.erf(math.sqrt(0.5)),
    "q = mean((leaky_relu(x + s*y, 0.1) - leaky_relu(x, 0.1))*y/s)": 0.55,
}
RANDOM = [
    "q = mean(s*x)/s^2",
    "q = step(mean(s*x))",
    "q = mean(s*x*y)/mean((s*x)^2)",
    "h = W (s*x)\nq = mean(h)/s^2",
    "q = sqrt(mean(t*x))/s",
    "q = sqrt(mean(s*x) + t)/s^0.25",
    "q = (mean(exp(s*x)) - 1)/s^2",
]


@pytest.mark.parametrize("engine", ["exact", "sampled"])
@pytest.mark.parametrize("lines", list(CASES))
def test_how_fast_they_vanish_counts(lines, engine):
    found = tp.limit(tp.parse(HEAD + lines + "\n"), engine=engine, samples=2**13)
    assert abs(found.scalar("q") - CASES[lines]) <= 4 * found.error("q") + 1e-7
    assert set(found.scalar_values) <= set(found.program.variables)


@pytest.mark.parametrize("lines", [k for k in CASES if "W" not in k])
def test_networks_of_a_width_come_near(lines):
    run = tp.compile(tp.parse(HEAD.replace("matrix W : n × n ~ N(0, 1)\n", "") + lines + "\n"))
    values = [
        float(np.ravel(dict(run.variables(run.init({"n": 400_000}, seed=k)))["q"])[0])
        for k in range(3)
    ]
    assert np.mean(values) == pytest.approx(CASES[lines], abs=0.03)


@pytest.mark.parametrize("lines", RANDOM)
def test_what_stays_random_is_refused(lines):
    with pytest.raises(tp.TPError, match="in the limit of q"):
        tp.limit(tp.parse(HEAD + lines + "\n"))


def test_without_being_told_they_are_refused(monkeypatch):
    monkeypatch.setattr(master, "with_told_scales", lambda *given: None)
    with pytest.raises(tp.TPError):
        tp.limit(tp.parse(HEAD + next(iter(CASES)) + "\n"))


ROWS = "width n\nscalar c -> 0 = 1/n\nscalar s -> 0 = 1/sqrt(n)\ndata ξ : 2\n"


@pytest.mark.parametrize(
    ("line", "factor"),
    [("k = c*ξ/s^2", 1), ("k = (c*ξ + 3*s^2*ξ)/s^2", 4), ("k = c*ξ/s", 0), ("k = s*ξ + ξ", 1)],
)
def test_scalars_beside_rows_are_taken_jointly(line, factor):
    found = tp.limit(tp.parse(ROWS + line + "\n"), data={"ξ": [1.0, -2.0]})
    assert found.values("k") == pytest.approx([factor, -2 * factor])


def test_one_after_another_they_are_lost(monkeypatch):
    def one_by_one(expression, decays):
        for i, decay in enumerate(decays):
            alone = [decay if k == i else 0 * decay for k in range(len(decays))]
            expression, power = outputs_rule(expression, alone)
            expression = expression if power >= 0 else tp.functions.number(0)
        return expression, 0 * decays[0]

    outputs_rule = outputs.leading_in_width
    monkeypatch.setattr(outputs, "leading_in_width", one_by_one)
    found = tp.limit(tp.parse(ROWS + "k = c*ξ/s^2\n"), data={"ξ": [1.0, -2.0]})
    assert not np.any(found.values("k"))


TIED = """width n
parametrization mup
scalar c -> 0 = 1/n
data ξ : 3
target y : 3
param U : n × 3 ~ N(0, 1)
param W : n × n ~ N(0, 1)
x = relu(W relu(U ξ))
f = c * (U' x)
output f
loss (f - y)^2 / 2
"""


def test_a_step_of_tied_weights_as_at_a_width():
    """The change of f has parts through U and U′ of one order of the width."""
    unrolled = tp.unroll_sgd(tp.parse(TIED), 1, lr=2.0)
    data = {"ξ_0": [1.0, 1.0, -1.0], "y_0": [4.0, -3.0, 1.0], "ξ̃": [1.0, 2.0, 0.5]}
    found = tp.limit(unrolled, data=data)
    run = tp.compile(unrolled)
    rows = [np.array([data[d.variable.name]]) for d in unrolled.data]
    changes = []
    for seed in range(6):
        values = dict(run.variables(run.init({"n": 1500}, seed=seed), *rows))
        changes.append(np.ravel(values["f̃_1"]) - np.ravel(values["f̃_0"]))
    error = np.std(changes, axis=0) / math.sqrt(6) + 0.01
    assert (np.abs(np.mean(changes, axis=0) - found.values("f̃_1")) < 4 * error).all()
    assert abs(found.values("f̃_1")[0]) > 0.2
