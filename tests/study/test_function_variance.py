"""The variance of trained functions: published values, exact algebra, PyTorch, growing width."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad
from study.drift_networks import NETWORK
from typer.testing import CliRunner

from tpgraph.errors import TPDataError, TPTypeError
from tpgraph.kernels import kernel
from tpgraph.kernels.ensemble import gaussian_ensemble, kernel_solution
from tpgraph.language import parse
from tpgraph.seeds import seed_sequence
from tpgraph.study.figures import figure_bytes
from tpgraph.study.function_variance.presets import variance_preset
from tpgraph.study.function_variance.study import (
    STUDY,
    VarianceGrid,
    frozen_kernel,
    function_variance,
    variance_task,
)
from tpgraph.study.function_variance.summary import variance_and_error
from tpgraph.study.function_variance.theory import kappas, trained_variance
from tpgraph.study.function_variance.variance_figures import (
    kappa_panels,
    kappas_csv,
    kappas_figure,
    variance_figure,
)
from tpgraph.study.network import network, with_function, with_loss
from tpgraph_cli.main import app

HALVED = with_loss(NETWORK, "(f - y)^2 / 2")
rng = np.random.default_rng(7)
X = rng.standard_normal((9, 3))
X *= np.sqrt(3 / (X**2).sum(axis=1, keepdims=True))
Y = rng.standard_normal((5, 2))


def test_kappas_of_the_papers_figures():
    """Read off the ends of the curves in Figures 5 and 6 (M = 100), to the width of a line."""
    for function, sigma_w2, deep, ratio in [
        ("erf", 1.0, 104.0, 1.0),
        ("relu", 1.0, 200.0, 1.0),
        ("erf", 4.0, 296.0, 9.2e4),
        ("relu", 2.0, 3.9e4, 1.63),
        ("relu", 3.0, 8.4e11, 3.17),
    ]:
        found = kappas(function, sigma_w2, 1.0, 49, [0.0])
        assert 100 * found.kappa_2[0, -1] == pytest.approx(deep, rel=0.02), function
        assert found.kappa_1[-1] / found.kappa_2[0, -1] == pytest.approx(ratio, rel=0.02)
    border = kappas("erf", 2.8, 1.0, 49, [0.0])
    assert 100 * border.kappa_2[0, -1] == pytest.approx(970, rel=0.02)
    assert border.kappa_1[-1] / border.kappa_2[0, -1] == pytest.approx(5.26, rel=0.01)
    assert 100 * border.kappa_1[-1] != pytest.approx(970, rel=0.5)


def test_off_diagonal_of_erf_is_the_integral_and_not_the_printed_formula():
    """At depth 2, κ₂ = E[erf(u) erf(v)], here for q = 2, q_sr = 1.

    (2/π) arctan(2q_sr/√((1+2q)² − 4q_sr²)); Appendix E.2 prints square roots of q and q_sr in it.
    """

    def integrand(b, a):
        u, v = math.sqrt(2) * a, (a + math.sqrt(3) * b) / math.sqrt(2)
        return math.erf(u) * math.erf(v) * math.exp(-(a * a + b * b) / 2) / (2 * math.pi)

    integral = dblquad(integrand, -8, 8, -8, 8, epsabs=1e-9)[0]
    found = kappas("erf", 1.0, 1.0, 2, [0.0]).kappa_2[0, 0]
    assert found == pytest.approx(integral, abs=1e-8)
    assert found == pytest.approx(2 / math.pi * math.atan(2 / math.sqrt(25 - 4)), rel=1e-12)
    printed = 2 / math.pi * math.atan(2 / math.sqrt((1 + 2 * math.sqrt(2)) ** 2 - 4))
    assert found != pytest.approx(printed, rel=0.1)


@pytest.mark.parametrize("function", ["erf", "relu", "tanh"])
def test_kappas_are_the_kernel_of_the_program(function):
    """The limit of the NTK by the Master Theorem, over M, on inputs of the same inner products."""
    correlation = 0.3
    inputs = np.zeros((2, 3))
    inputs[:, 0] = math.sqrt(3)
    inputs[1] = math.sqrt(3) * np.array([correlation, math.sqrt(1 - correlation**2), 0])
    for depth in (2, 4):
        program = parse(
            with_function(NETWORK, function), "n", {"L": depth, "σ_w2": 1.5, "σ_b2": 0.5}
        )
        wide = kernel(program, inputs, "ntk")
        found = kappas(function, 1.5, 0.5, depth, [correlation])
        assert wide.ntk[0, 0] == pytest.approx(found.kappa_1[-1], rel=1e-7)
        assert wide.ntk[0, 1] == pytest.approx(found.kappa_2[0, -1], rel=1e-7)
        assert found.kappa_2[0, -1] != pytest.approx(found.kappa_1[-1], rel=0.05)


def test_theorem_3_is_exact_where_all_inputs_are_alike():
    """Kernels of one value on the diagonal and one beside it, of 6 + 2 points."""
    samples, points = 6, 8
    uniform = lambda a, b: (a - b) * np.eye(points) + b  # noqa: E731
    q, q_sr, one, two = 2.0, 1.2, 5.0, 1.7
    exact = kernel_solution(uniform(one, two), np.zeros((samples, 1)), nngp=uniform(q, q_sr))
    found = trained_variance(q, q_sr, one / two, samples)
    assert exact.cov[-1, -1] == pytest.approx(found, rel=1e-12)
    assert exact.cov[-1, -1] != pytest.approx(trained_variance(q, q_sr, one / two, samples + 1))
    assert trained_variance(q, q_sr, 1.0, samples) == pytest.approx((1 + 1 / samples) * (q - q_sr))


def test_frozen_kernel_is_gradient_descent_of_the_linearized_network():
    """Against as many steps of f ← f − rate Θ (f(X) − y), and against their end."""
    root = rng.standard_normal((18, 40))
    theta, start = root @ root.T / 40, rng.standard_normal((9, 2))
    f = start.ravel().copy()
    for _ in range(50):
        f -= 0.2 * theta[:, :10] @ (f[:10] - Y.ravel())
    after, forever = frozen_kernel(theta, start, Y, 0.2, 50)
    np.testing.assert_allclose(after.ravel(), f, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(forever[:5], Y, atol=1e-9)
    shorter, _ = frozen_kernel(theta, start, Y, 0.2, 49)
    assert not np.allclose(shorter, after, rtol=1e-6)
    linear = kernel_solution(
        theta.reshape(9, 2, 9, 2)[:, 0, :, 0], Y[:, :1], start=start[:, :1], lr=1.0, steps=50
    )
    alone, _ = frozen_kernel(theta.reshape(9, 2, 9, 2)[:, 0, :, 0], start[:, :1], Y[:, :1], 0.2, 50)
    np.testing.assert_allclose(alone, linear.mean, rtol=1e-9)


def test_frozen_kernel_leaves_what_is_never_learned():
    theta = np.zeros((3, 3))
    theta[0, 0] = theta[2, 0] = theta[0, 2] = 1.0
    _, forever = frozen_kernel(theta, np.zeros((3, 1)), np.ones((2, 1)), 0.5, 10)
    assert forever.ravel().tolist() == [1.0, 0.0, 1.0]


GRID = VarianceGrid(HALVED, (32,), (3,), ((1.5, 0.5),), inits=4, steps=300, goal=0.0)


def test_one_training_is_that_of_pytorch():
    task = GRID.tasks("digest")[0]
    found = variance_task(task, X[:5], Y, X[5:])
    ready = network(task.program, task.constants, "float64")
    names = ("W[1]", "W[2]", "V", "b[1]", "b[2]", "c")
    from_start = _params_of(task)
    w = {n: torch.tensor(from_start[n], requires_grad=True) for n in names}

    def forward(x):
        h = torch.tanh(torch.tensor(x) @ w["W[1]"].T + w["b[1]"])
        return torch.tanh(h @ w["W[2]"].T + w["b[2]"]) @ w["V"].T + w["c"]

    np.testing.assert_allclose(found["start"], forward(X).detach(), rtol=1e-12)
    for _ in range(int(found["steps"])):
        loss = ((forward(X[:5]) - torch.tensor(Y)) ** 2).sum(1).mean() / 2
        gradients = torch.autograd.grad(loss, list(w.values()))
        with torch.no_grad():
            for p, g in zip(w.values(), gradients, strict=True):
                p -= float(found["lr"]) * g
    np.testing.assert_allclose(found["trained"], forward(X).detach(), rtol=1e-8, atol=1e-9)
    assert found["steps"] == 300
    assert not np.allclose(found["trained"], found["frozen"], rtol=1e-3)
    theta = ready.ntk(from_start, X[:5])
    assert found["lr"] == pytest.approx(0.5 * 5 / np.linalg.eigvalsh(theta)[-1], rel=1e-9)


def _params_of(task):
    """The parameters that the task begins with."""
    names = [f"{name}={value!r}" for name, value in task.constants]
    seed = seed_sequence(task.seed, STUDY, task.width, task.init, *names)
    return network(task.program, task.constants, "float64").init(task.width, seed)


def test_wide_networks_have_the_variance_of_infinite_width(tmp_path):
    """And narrow ones have not: here the kernel moves."""
    grid = dataclasses.replace(GRID, widths=(16, 384), inits=16, steps=300, dtype="float32")
    found = function_variance(grid, X[:5], Y, X[5:], tmp_path, workers=0).summaries
    narrow, wide = found
    for one in found:
        assert abs(one.start - one.nngp) < 4 * one.start_error
    assert abs(wide.trained - wide.wide_steps) < 4 * wide.trained_error
    assert abs(wide.trained - wide.nngp) > 4 * wide.trained_error
    assert wide.trained == pytest.approx(wide.frozen, rel=0.1)
    assert narrow.drift > 4 * wide.drift
    assert wide.bias < 0.5 * narrow.bias + 0.3
    assert wide.wide_limit == pytest.approx(narrow.wide_limit, rel=1e-9)


def test_errors_of_variances_cover():
    """Of 2000 estimates from 30 Gaussians each, as many lie within two errors as should."""
    outputs = rng.standard_normal((2000, 30, 4))
    found = [variance_and_error(one) for one in outputs]
    inside = np.mean([abs(value - 1) < 2 * error for value, error in found])
    assert 0.88 < inside < 0.97
    assert np.mean([abs(value - 1.5) < 2 * error for value, error in found]) < 0.2


def test_ensembles_have_the_covariance_of_the_theory():
    """f_∞ of drawn f₀ by `frozen_kernel` against A Σ Aᵀ."""
    program = parse(HALVED, "n")
    wide = kernel(program, X)
    ntk, nngp = np.asarray(wide.ntk), np.asarray(wide.nngp)
    exact = kernel_solution(ntk, Y, nngp=nngp)
    draws = gaussian_ensemble(nngp, 4000, 1, seed=3)
    ends = np.stack([frozen_kernel(ntk, f0, Y[:, :1], 0.1, 1)[1] for f0 in draws])[:, 5:, 0]
    np.testing.assert_allclose(ends.var(axis=0), np.diagonal(exact.cov)[5:], rtol=0.1)
    np.testing.assert_allclose(ends.mean(axis=0), exact.mean[5:, 0], atol=0.1)


def test_a_run_is_gone_on_with(tmp_path):
    small = dataclasses.replace(GRID, inits=2, widths=(8,), steps=20)
    first = function_variance(small, X[:5], Y, X[5:], tmp_path, workers=0)
    more = dataclasses.replace(small, inits=4)
    second = function_variance(more, X[:5], Y, X[5:], tmp_path, workers=0)
    assert (first.outcome.computed, second.outcome.computed) == (2, 2)
    anew = function_variance(more, X[:5], Y, X[5:], tmp_path / "anew", workers=0)
    assert anew.csv() == second.csv()
    assert len(second.csv().splitlines()) == 2
    assert second.csv() != first.csv()
    picture = figure_bytes(variance_figure(second), "a.svg")
    assert picture == figure_bytes(variance_figure(anew), "a.svg")


def test_other_programs_are_studied(tmp_path):
    """The gallery's kind: the NTK parametrization, an architecture of its own."""
    text = """
program residual
width n
dim d = 3
dim k = 2
const s = 1
parametrization ntk
fn φ(z) = relu(z)
data ξ : d
target y : k
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, s)
param V : k × n ~ N(0, 1)
x = U ξ
z = x + W φ(x)
f = V φ(z)
output f
loss (f - y)^2 / 2
"""
    grid = dataclasses.replace(
        GRID, program=text, widths=(256,), depths=(0,), phases=((1.0, 0.0),), inits=16,
        names=("", "s", ""), steps=300,
    )  # fmt: skip
    (found,) = function_variance(grid, X[:5], Y, X[5:], tmp_path, workers=0).summaries
    assert abs(found.trained - found.wide_steps) < 4 * found.trained_error
    assert abs(found.trained - found.nngp) > 4 * found.trained_error


def test_what_cannot_be_studied_is_said(tmp_path):
    data = X[:5], Y, X[5:], tmp_path
    with pytest.raises(TPTypeError, match="no squared loss"):
        function_variance(dataclasses.replace(GRID, program=with_loss(NETWORK, "(f - y)^4")), *data)
    mean_field = "parametrization abc(a=[0,1/2,1], b=[0,0,0], c=-1)"
    text = NETWORK.replace("parametrization standard", mean_field)
    with pytest.raises(TPTypeError, match="depends on its width"):
        function_variance(dataclasses.replace(GRID, program=text), *data)
    with pytest.raises(TPDataError, match="no points"):
        function_variance(dataclasses.replace(GRID, inits=1), *data)
    with pytest.raises(TPDataError, match="rate"):
        function_variance(dataclasses.replace(GRID, rate=2.5), *data)
    with pytest.raises(TPDataError, match="data of shapes"):
        function_variance(GRID, X[:4], Y, X[5:], tmp_path)
    with pytest.raises(TPDataError, match="no κ for depth"):
        kappas("erf", 1.0, 1.0, 1, [0.5])
    with pytest.raises(TPDataError, match="unknown curves"):
        kappas_figure(kappa_panels(["erf"], [[(1.0, 1.0)]], 3, [0.0]), "kappa_3")
    with pytest.raises(TPDataError, match="there is no preset fig9"):
        variance_preset("fig9")


def test_figures_of_the_paper_by_one_command(tmp_path):
    run = CliRunner().invoke(
        app,
        ["study", "function-variance", "--preset", "fig5", "--depths", "6", "--out", str(tmp_path)],
    )
    assert run.exit_code == 0, run.output
    rows = (tmp_path / "fig5.csv").read_text().splitlines()
    assert len(rows) == 1 + 6 * 9 * 5
    assert (tmp_path / "fig5.pdf").read_bytes().startswith(b"%PDF")
    name, w, b, c, depth, one, two, ratio = rows[1].split(",")
    assert (name, w, b, c, depth) == ("erf", "1.0", "1.0", "0.0", "2")
    assert float(one) / float(two) == pytest.approx(float(ratio))
    panels = kappa_panels(["erf"], [[(1.0, 1.0)]], 2, [0.0])
    assert kappas_csv(panels).splitlines()[1] == rows[1]
