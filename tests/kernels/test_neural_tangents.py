"""Kernels against neural-tangents: arrays that reference/from_neural_tangents.py computed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from kernels.reference.networks import mlp, programs

from tpgraph.kernels import Kernel, kernel
from tpgraph.kernels.ensemble import KernelSolution, kernel_solution
from tpgraph.language import parse

Array = np.ndarray

with np.load(Path(__file__).parent / "reference" / "neural_tangents.npz") as stored:
    ARRAYS = dict(stored)
PROGRAMS = programs()
KINDS = ("nngp", "ntk")

WITHOUT_CLOSED_FORM = ("mlp_gaussian_2", "mlp_gaussian_3", "mlp_gabor_2", "mlp_gabor_3")
SAMPLED = ("mlp_relu_3", "mlp_erf_2", "mlp_sign_2", "mlp_square_2", "resnet", "gated", "layernorm")
SAMPLED += ("conv_same_flat", "conv_circular_pooled", "attention_softmax", "transformer")

EXACT = 1e-8
"""neural-tangents rounds √(pq − c²) at c² = pq: flat convolutions are 3e-9 off on the diagonal."""


def relative(found: Array, expected: Array) -> Array:
    """(found − expected) / √(expected_ii expected_jj)."""
    size = np.sqrt(np.diag(expected))
    return (found - expected) / np.outer(size, size)


def wrong(found: Kernel, name: str, kind: str) -> str:
    """What is wrong with a kernel, or nothing.

    Off by more than `EXACT`, or by more than four error bars; a bar of few replicates may be small
    by chance, so that none counts for less than the median.
    """
    expected, error = ARRAYS[f"{name}/{kind}"], getattr(found, f"{kind}_error")
    off = np.abs(relative(getattr(found, kind), expected))
    if found.engine == "exact":
        return "" if off.max() < EXACT else f"{kind} is off by {off.max():.1e}"
    bars = relative(expected + error, expected)
    if np.median(bars) > 0.05:
        return f"{kind} has error bars of {np.median(bars):.1e}"
    worst = np.max(off / np.maximum(bars, np.median(bars) + 1e-12))
    return "" if worst < 4 else f"{kind} is off by {worst:.1f} error bars"


def mistakes(text: str, name: str, engine: str = "exact") -> list[str]:
    """Comparisons of a program's kernels with the arrays of a network that fail."""
    samples = 2**14 if name.startswith(("conv", "attention", "transformer")) else 2**16
    found = kernel(parse(text), ARRAYS[f"{name}/x"], engine=engine, samples=samples)
    return [w for kind in KINDS if (w := wrong(found, name, kind))]


def arccosine(p: Array, c: Array, q: Array) -> tuple[Array, Array]:
    """E[relu relu], E[relu′ relu′] (Cho & Saul 2009)."""
    angle = np.arccos(np.clip(c / np.sqrt(p * q), -1, 1))
    first = np.sqrt(p * q) * (np.sin(angle) + (np.pi - angle) * np.cos(angle))
    return first / (2 * np.pi), (np.pi - angle) / (2 * np.pi)


def arcsine(p: Array, c: Array, q: Array) -> tuple[Array, Array]:
    """E[erf erf], E[erf′ erf′] (Williams 1997)."""
    size = (1 + 2 * p) * (1 + 2 * q)
    values = 2 / np.pi * np.arcsin(2 * c / np.sqrt(size))
    return values, 4 / np.pi / np.sqrt(size - 4 * c**2)


def sine(p: Array, c: Array, q: Array) -> tuple[Array, Array]:
    """E[sin sin], E[cos cos], from the characteristic function."""
    damped = np.exp(-(p + q) / 2)
    return damped * np.sinh(c), damped * np.cosh(c)


def recursion(x: Array, depth: int, dual: Callable[..., tuple[Array, Array]]) -> dict[str, Array]:
    """Σ¹ = σ_w² ξ·ξ̄/d + σ_b², Σ ← σ_w² E[φφ] + σ_b², Θ ← Σ + σ_w² E[φ′φ′] Θ (Jacot et al.)."""
    sigma = 1.4**2 * x @ x.T / x.shape[1] + 0.3**2
    theta = sigma
    for layer in range(depth):
        w, b = (1.4, 0.3) if layer < depth - 1 else (1.2, 0.0)
        p = np.diag(sigma)
        values, slopes = dual(p[:, None], sigma, p[None, :])
        sigma = w**2 * values + b**2
        theta = sigma + w**2 * slopes * theta
    return {"nngp": sigma, "ntk": theta}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("depth", [2, 3])
@pytest.mark.parametrize(("name", "dual"), [("relu", arccosine), ("erf", arcsine), ("sin", sine)])
def test_the_arrays_follow_the_recursion_of_perceptrons(name, dual, depth, kind):
    network = f"mlp_{name}_{depth}"
    found = recursion(ARRAYS[f"{network}/x"], depth, dual)[kind]
    off = np.abs(relative(found, ARRAYS[f"{network}/{kind}"]))
    assert off.max() < 1e-13


def test_every_array_has_its_program():
    assert {name.split("/")[0] for name in ARRAYS} == {*PROGRAMS, "trained"}


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name not in WITHOUT_CLOSED_FORM])
def test_exact_kernel(name):
    assert mistakes(PROGRAMS[name], name) == []


@pytest.mark.parametrize("name", [*WITHOUT_CLOSED_FORM, *SAMPLED])
def test_sampled_kernel(name):
    assert mistakes(PROGRAMS[name], name, "sampled") == []


CORRUPTIONS = {
    "σ in the variance": (
        lambda text: text.replace("~ N(0, 1) scale 1.4", "~ N(0, 1.96)"),
        {"ntk"},
    ),
    "no bias in the readout's input": (
        lambda text: text.replace("b[1..L] : n ~ N(0, 1) scale 0.3", "b[1..L] : n ~ N(0, 0)"),
        {"nngp", "ntk"},
    ),
    "an untrained layer": (
        lambda text: text.replace("param W[2..L] : n × n ~ N(0, 1) scale 1.4", UNTRAINED),
        {"ntk"},
    ),
    "a readout of another scale": (
        lambda text: text.replace("scale 1.2", "scale 1.25"),
        {"nngp", "ntk"},
    ),
}
UNTRAINED = "matrix W[2..L] : n × n ~ N(0, 1.96)"


@pytest.mark.parametrize("engine", ["exact", "sampled"])
@pytest.mark.parametrize("corruption", CORRUPTIONS)
@pytest.mark.parametrize("function", ["relu", "erf"])
def test_another_convention_is_seen(function, corruption, engine):
    corrupt, kinds = CORRUPTIONS[corruption]
    text = mlp(function, 3)
    corrupted = corrupt(text)
    assert corrupted != text
    assert {w.split()[0] for w in mistakes(corrupted, f"mlp_{function}_3", engine)} == kinds


def test_another_function_is_seen():
    text = PROGRAMS["mlp_gelu_2"].replace("gelu", "silu")
    assert {w.split()[0] for w in mistakes(text, "mlp_gelu_2")} == set(KINDS)


def test_a_padding_of_another_kind_is_seen():
    assert mistakes(PROGRAMS["conv_same_pooled"], "conv_circular_pooled")


TARGETS = np.array([[0.7], [-1.2], [0.4], [1.5]])
TIMES = {"early": 0.5, "late": 20.0, "end": None, "posterior": None}


def solved(name: str, when: str, time: float | None, scale: float = 1.0) -> KernelSolution:
    """The trained network; at `posterior` the Gaussian process given the targets."""
    nngp, ntk = (ARRAYS[f"{name}/{kind}"] for kind in KINDS)
    chosen = nngp if when == "posterior" else ntk
    return kernel_solution(scale * chosen, TARGETS, time=time, nngp=nngp)


@pytest.mark.parametrize("when", TIMES)
@pytest.mark.parametrize("name", ["mlp_erf_3", "resnet"])
def test_trained_networks_over_their_initializations(name, when):
    found = solved(name, when, TIMES[when])
    mean, cov = (ARRAYS[f"trained/{name}/{when}/{what}"] for what in ("mean", "cov"))
    assert found.mean == pytest.approx(mean, abs=1e-9)
    assert found.cov == pytest.approx(cov, abs=1e-9)


def test_another_time_and_another_kernel_are_seen():
    early = ARRAYS["trained/resnet/early/mean"]
    assert np.abs(solved("resnet", "early", 0.55).mean - early).max() > 0.01
    assert np.abs(solved("resnet", "early", 0.5, scale=1.1).mean - early).max() > 0.01
    posterior = ARRAYS["trained/resnet/posterior/cov"]
    assert np.abs(solved("resnet", "end", None).cov - posterior).max() > 0.01
