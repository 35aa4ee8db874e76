"""Kernel gradient descent: PyTorch trains the linearized model, closed forms, ensembles."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from tpgraph.errors import TPDataError, TPError, TPTypeError
from tpgraph.kernels.dynamics import kernel_dynamics, largest_rate
from tpgraph.kernels.ensemble import gaussian_ensemble, kernel_solution
from tpgraph.kernels.losses import program_loss
from tpgraph.language import parse
from tpgraph.program import Program

N, P, k = 6, 9, 2
RNG = np.random.default_rng(5)
J = RNG.standard_normal((P, 40)) / 40**0.5 * 3
NTK = J @ J.T
Y = RNG.standard_normal((N, k))
START = RNG.standard_normal((3, P, k))
NNGP = (lambda A: A @ A.T)(RNG.standard_normal((P, P)))
SCHEDULE = RNG.integers(0, N, size=(30, 2))
RATES = RNG.uniform(0.02, 0.3, size=30)

LOSSES: dict[str, tuple[str, Callable[..., torch.Tensor]]] = {
    "squared": ("(f - y)^2 / 2", lambda f, y: ((f - y) ** 2).sum(-1) / 2),
    "twice": ("(f - y)^2", lambda f, y: ((f - y) ** 2).sum(-1)),
    "logistic": ("softplus(-f * y)", lambda f, y: torch.nn.functional.softplus(-f * y).sum(-1)),
    "mean": ("mean(log(1 + (f - y)^2))", lambda f, y: torch.log1p((f - y) ** 2).mean(-1)),
    "angle": ("arctan(f - y)^2", lambda f, y: (torch.arctan(f - y) ** 2).sum(-1)),
}


def network(loss: str, more: str = "") -> Program:
    return parse(
        "width n\nparametrization ntk\ndata ξ : 3\n" + more + f"target y : {k}\n"
        f"param U : n × 3 ~ N(0, 1)\nparam V : {k} × n ~ N(0, 1)\n"
        f"f = V tanh(U ξ)\noutput f\nloss {loss}\n"
    )


def torch_trajectory(loss: Callable[..., torch.Tensor], start: np.ndarray) -> np.ndarray:
    """SGD by PyTorch on the linear model f = f₀ + J θ, one θ for every component."""
    features = torch.tensor(J)
    f0, y = torch.tensor(start), torch.tensor(Y)
    θ = torch.zeros((J.shape[1], k), dtype=torch.float64, requires_grad=True)
    found = [start]
    for batch, rate in zip(SCHEDULE, RATES, strict=True):
        optimizer = torch.optim.SGD([θ], lr=float(rate))
        optimizer.zero_grad()
        rows = torch.tensor(batch)
        loss(f0[rows] + features[rows] @ θ, y[rows]).mean().backward()
        optimizer.step()
        found.append((f0 + features @ θ).detach().numpy())
    return np.array(found)


@pytest.mark.parametrize("name", LOSSES)
def test_it_is_pytorch_on_the_linearized_model(name: str) -> None:
    text, loss = LOSSES[name]
    found = kernel_dynamics(
        NTK, Y, lr=list(RATES), schedule=SCHEDULE, start=START, loss=network(text)
    )
    expected = np.array([torch_trajectory(loss, start) for start in START]).swapaxes(0, 1)
    assert found.outputs.shape == (31, 3, P, k)
    np.testing.assert_allclose(found.outputs, expected, rtol=0, atol=1e-10)
    corrupted = kernel_dynamics(
        NTK, Y, lr=list(RATES), schedule=SCHEDULE[::-1], start=START, loss=network(text)
    )
    assert np.abs(corrupted.outputs - expected).max() > 1e-3
    of_batches = loss(torch.tensor(expected[:-1, 1][np.arange(30)[:, None], SCHEDULE]),
                      torch.tensor(Y[SCHEDULE])).mean(-1)  # fmt: skip
    np.testing.assert_allclose(found.losses[:, 1], of_batches.numpy(), atol=1e-10)


def test_the_squared_loss_by_itself_is_that_of_a_program() -> None:
    options: dict[str, Any] = {"lr": 0.1, "schedule": SCHEDULE[:, 0], "start": START}
    built_in = kernel_dynamics(NTK[:, :N], Y, **options)
    by_program = kernel_dynamics(NTK, {"y": Y}, loss=network("(f - y)^2 / 2"), **options)
    np.testing.assert_allclose(built_in.outputs, by_program.outputs, atol=1e-13)
    assert built_in.train.shape == (31, 3, N, k)
    assert built_in.test.shape == (31, 3, P - N, k)


def test_losses_know_whether_they_are_squared() -> None:
    curvatures = {name: program_loss(network(text)).curvature for name, (text, _) in LOSSES.items()}
    assert curvatures.pop("squared") == pytest.approx(1)
    assert curvatures.pop("twice") == pytest.approx(2)
    assert set(curvatures.values()) == {None}
    assert program_loss(network("mean((f - y)^2)")).curvature == pytest.approx(2 / k)


def test_a_loss_may_read_data_and_several_targets() -> None:
    program = network("mean((f - y)^2) * mean(z) + mean(ξ)", "target z : 1\n")
    weights = RNG.uniform(1, 2, (N, 1))
    ξ = RNG.standard_normal((N, 3))
    found = kernel_dynamics(
        NTK, {"y": Y, "z": weights, "ξ": ξ}, lr=0.1, schedule=SCHEDULE, loss=program
    )
    f = np.zeros((P, k))
    for rows in SCHEDULE:
        f = f - 0.1 / 2 * NTK[:, rows] @ ((f[rows] - Y[rows]) * 2 / k * weights[rows])
    np.testing.assert_allclose(found.outputs[-1, 0], f, atol=1e-12)
    with pytest.raises(TPDataError, match="ξ, z was not given"):
        kernel_dynamics(NTK, {"y": Y}, lr=0.1, steps=1, loss=program)


@pytest.mark.parametrize("loss", ["(f - y)^2 / 2", "(f - y)^2"])
@pytest.mark.parametrize("steps", [0, 1, 7, 200])
def test_the_closed_form_is_the_iteration(loss: str, steps: int) -> None:
    lr = 0.9 * largest_rate(NTK[:N, :N], program_loss(network(loss)).curvature or 0)
    iterated = kernel_dynamics(
        NTK, Y, lr=lr, steps=steps, start=START[0], loss=network(loss)
    ).outputs[-1, 0]
    solved = kernel_solution(NTK, Y, lr=lr, steps=steps, start=START[0], loss=network(loss))
    np.testing.assert_allclose(solved.mean, iterated, atol=1e-10)
    other = kernel_solution(NTK, Y, lr=lr, steps=steps + 1, start=START[0], loss=network(loss))
    if steps < 200:
        assert np.abs(other.mean - iterated).max() > 1e-4


def test_continuous_time_is_the_limit_of_small_steps() -> None:
    flow = kernel_solution(NTK, Y, time=1.5, start=START[0], nngp=NNGP)
    errors = []
    for steps in (1000, 10000):
        discrete = kernel_solution(NTK, Y, lr=1.5 / steps, steps=steps, start=START[0], nngp=NNGP)
        errors.append(np.abs(discrete.mean - flow.mean).max())
    assert errors[0] / errors[1] == pytest.approx(10, rel=0.05)  # an error of order η


def test_training_without_end_solves_the_kernel_regression() -> None:
    found = kernel_solution(NTK, Y, start=START[0], nngp=NNGP)
    inverse = np.linalg.inv(NTK[:N, :N])
    expected = START[0] + NTK[:, :N] @ inverse @ (Y - START[0][:N])
    np.testing.assert_allclose(found.mean, expected, atol=1e-8)
    np.testing.assert_allclose(found.mean[:N], Y, atol=1e-8)
    np.testing.assert_allclose(found.sd[:N], 0, atol=1e-4)
    weights = NTK[N:, :N] @ inverse  # Lee et al. 2019, equation 16
    covariance = (
        NNGP[N:, N:] + weights @ NNGP[:N, :N] @ weights.T
        - weights @ NNGP[:N, N:] - NNGP[N:, :N] @ weights.T
    )  # fmt: skip
    np.testing.assert_allclose(found.cov[N:, N:], covariance, atol=1e-8)
    late = kernel_solution(NTK, Y, time=1e6, start=START[0], nngp=NNGP)
    np.testing.assert_allclose(late.cov, found.cov, atol=1e-8)


def test_an_ensemble_has_the_mean_and_variance_of_the_closed_form() -> None:
    members = 20000
    start = gaussian_ensemble(NNGP, members, k, seed=3)
    lr = 0.5 * largest_rate(NTK[:N, :N])
    found = kernel_dynamics(NTK, Y, lr=lr, steps=4, start=start)
    exact = kernel_solution(NTK, Y, lr=lr, steps=4, nngp=NNGP)
    deviation = (found.mean[-1] - exact.mean) / (exact.sd[:, None] / members**0.5)
    assert np.abs(deviation).max() < 5
    variances = np.diagonal(found.cov[-1])
    assert np.abs(variances / exact.sd**2 - 1).max() < 5 * (2 / (members * k)) ** 0.5
    at_start = np.diagonal(found.cov[0])
    assert np.abs(at_start / exact.sd**2 - 1).max() > 0.2  # training narrows it


def several(k: int) -> Program:
    """Two outputs of k components each."""
    return parse(
        f"width n\nparametrization ntk\ndata ξ : 3\ntarget y, z : {k}\n"
        f"param U : n × 3 ~ N(0, 1)\nparam V : {k} × n ~ N(0, 1)\n"
        "f = V tanh(U ξ)\ng = V erf(U ξ)\noutput f, g\nloss ((f - y)^2 + (g - z)^2) / 2\n"
    )


@pytest.mark.parametrize("components", [1, 3])
def test_several_outputs_are_pytorch_on_the_linearized_model(components: int) -> None:
    """f_a(ξ) = J_a(ξ) θ for outputs a, one θ for each of their components."""
    m = 2
    jacobian = RNG.standard_normal((P, m, 40)) / 40**0.5
    ntk = np.einsum("paw,qbw->paqb", jacobian, jacobian)
    y, z = RNG.standard_normal((2, N, components))
    start = RNG.standard_normal((P, m, components))
    features, f0 = torch.tensor(jacobian), torch.tensor(start)
    goal = torch.tensor(np.stack([y, z], axis=1))
    θ = torch.zeros((40, components), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([θ], lr=0.2)
    for rows in torch.tensor(SCHEDULE):
        optimizer.zero_grad()
        f = f0[rows] + features[rows] @ θ
        (((f - goal[rows]) ** 2).sum((1, 2)) / 2).mean().backward()
        optimizer.step()
    expected = (f0 + features @ θ).detach().numpy().reshape(P, -1)
    options: dict[str, Any] = {"lr": 0.2, "schedule": SCHEDULE, "start": start.reshape(P, -1)}
    targets = {"y": y, "z": z}
    found = kernel_dynamics(ntk, targets, loss=several(components), **options)
    np.testing.assert_allclose(found.outputs[-1, 0], expected, atol=1e-10)
    apart = ntk * np.eye(m)[None, :, None, :]
    wrong = kernel_dynamics(apart, targets, loss=several(components), **options)
    assert np.abs(wrong.outputs[-1, 0] - expected).max() > 1e-2


def test_closed_forms_of_several_outputs() -> None:
    m = 2
    jacobian, root = RNG.standard_normal((2, P, m, 40)) / 40**0.5
    ntk = np.einsum("paw,qbw->paqb", jacobian, jacobian)
    nngp = np.einsum("paw,qbw->paqb", root, root)
    y = RNG.standard_normal((N, 4))
    lr = 0.5 * largest_rate(ntk[:N, :, :N])
    start = gaussian_ensemble(nngp, 20000, 2, seed=1)
    assert start.shape == (20000, P, 4)
    iterated = kernel_dynamics(ntk, y, lr=lr, steps=6, start=start)
    exact = kernel_solution(ntk, y, lr=lr, steps=6, nngp=nngp)
    one = kernel_solution(ntk, y, lr=lr, steps=6, start=start[0]).mean
    np.testing.assert_allclose(one, iterated.outputs[-1, 0], atol=1e-10)
    spread = np.repeat(exact.sd, 2, axis=1)
    assert exact.cov.shape == (P, m, P, m)
    assert np.abs((iterated.mean[-1] - exact.mean) / spread).max() < 5 / 20000**0.5
    assert np.abs(iterated.outputs[-1].std(axis=0) / spread - 1).max() < 0.05
    assert np.abs(start.std(axis=0) / spread - 1).max() > 0.2
    with pytest.raises(TPDataError, match="the NNGP is of 1 outputs"):
        kernel_solution(ntk, y, nngp=NNGP)


def test_singular_kernels() -> None:
    A = RNG.standard_normal((P, 3))
    singular = A @ A.T
    start = gaussian_ensemble(singular, 50, k, seed=1)
    assert np.linalg.matrix_rank(start[:, :, 0], tol=1e-6) == 3
    assert np.isfinite(kernel_solution(singular, Y, nngp=singular).cov).all()
    lr = 0.5 * largest_rate(singular[:N, :N])
    late = kernel_dynamics(singular, Y, lr=lr, steps=5000).outputs[-1, 0]
    np.testing.assert_allclose(kernel_solution(singular, Y).mean, late, atol=1e-8)
    with pytest.raises(TPDataError, match="eigenvalue"):
        gaussian_ensemble(-NNGP, 2)


def test_divergence_is_refused_before_it_happens() -> None:
    bound = largest_rate(NTK[:N, :N])
    for rate in (0.99 * bound, 1.01 * bound):
        far = kernel_dynamics(NTK, Y, lr=rate, schedule=np.tile(np.arange(N), (3000, 1))).outputs[
            -1
        ]
        assert (np.abs(far).max() > 1e6) == (rate > bound)
    for run in (kernel_dynamics, kernel_solution):
        with pytest.raises(TPError, match="training diverges: the learning rate"):
            run(NTK, Y, lr=1.01 * bound, steps=3)
        with pytest.raises(TPError, match="at most"):
            run(NTK, Y, lr=0.6 * bound, steps=3, loss=network("(f - y)^2"))
        run(NTK, Y, lr=0.99 * bound, steps=3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ntk": NTK[:, :4]}, "shape"),
        ({"ntk": np.triu(NTK)}, "not symmetric"),
        ({"ntk": NTK * np.nan}, "not finite"),
        ({"targets": Y * np.inf}, "targets has entries"),
        ({"steps": None}, "steps is None"),
        ({"schedule": [[0.5]], "steps": None}, "schedule has shape"),
        ({"schedule": [[N]], "steps": None}, "names samples 6 to 6"),
        ({"schedule": [[1]]}, "3 steps, but a schedule of 1"),
        ({"lr": [0.1]}, "1 learning rates for 3 steps"),
        ({"lr": -1.0}, "lr is"),
        ({"start": START[0][:4]}, "f₀ has shape"),
        ({"start": START[0] * np.nan}, "f₀ has entries"),
    ],
)
def test_what_does_not_fit_is_said(changes: dict[str, Any], message: str) -> None:
    given = {"ntk": NTK, "targets": Y, "lr": 0.01, "steps": 3, **changes}
    with pytest.raises(TPDataError, match=message):
        kernel_dynamics(**given)


def test_programs_without_a_fitting_loss() -> None:
    with pytest.raises(TPTypeError, match="for a squared loss"):
        kernel_solution(NTK, Y, loss=network("softplus(f - y)"))
    body = "width n\nparametrization ntk\ndata ξ : 3\nparam U : n × 3 ~ N(0, 1)\nx = tanh(U ξ)\n"
    readout = "param V : 1 × n ~ N(0, 1)\nf = V x\n"
    cases = {
        "has no output": body,
        "outputs f of 1 and g of 2 differ": body
        + readout
        + "param R : 2 × n ~ N(0, 1)\ng = R x\noutput f, g\nloss f^2\n",
        "output m is a scalar": body + "m = mean(x)\noutput m\n",
        "has no loss": body + readout + "output f\n",
        "the loss reads U": body + readout + "m = mean(x^2)\noutput f\nloss f^2 + m\n",
    }
    for message, text in cases.items():
        with pytest.raises(TPTypeError, match=message):
            program_loss(parse(text))
    with pytest.raises(TPError, match="two members"):
        _ = kernel_dynamics(NTK, Y, lr=0.1, steps=1).cov


def test_it_needs_no_framework() -> None:
    script = (
        "import sys, numpy as np\nimport tpgraph as tp\n"
        "tp.kernel_dynamics(np.eye(2), np.ones((2, 1)), lr=0.1, steps=1)\n"
        "assert not {'jax', 'torch', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
