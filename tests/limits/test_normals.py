"""Samples of normals are normal however many there are, and deep programs as well."""

from __future__ import annotations

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.limits.sampling.normals import NormalStock

COUNT, SAMPLES = 200, 2**14


def fourth_moments(seeds: int) -> np.ndarray:
    """E z⁴ of every row, by replicate."""
    found = []
    for seed in range(seeds):
        rows = NormalStock(COUNT, SAMPLES, seed).take(COUNT)
        found.append((rows**4).mean(axis=2))
    return np.concatenate(found)


def test_late_rows_are_as_normal_as_the_first() -> None:
    moments = fourth_moments(4)
    for some in (slice(0, 8), slice(8, 40), slice(40, 120), slice(120, COUNT)):
        own = moments[:, some].mean(axis=1)
        error = own.std() / np.sqrt(len(own))
        assert abs(own.mean() - 3) < 5 * error + 6 * 16 / SAMPLES


def test_rows_are_uncorrelated_exactly() -> None:
    rows = NormalStock(COUNT, SAMPLES, 0).take(COUNT)
    grams = rows @ rows.transpose(0, 2, 1) / rows.shape[2]
    assert np.abs(grams - np.eye(COUNT)).max() < 1e-12
    assert np.abs(rows.mean(axis=2)).max() < 1e-12


@pytest.mark.parametrize("φ", ["tanh", "erf", "arctan"])
def test_errors_do_not_add_up_over_many_layers(φ: str) -> None:
    """Near the edge of chaos every layer keeps what the one before was off by."""
    text = (
        "width n\nconst L = 50\nparametrization ntk\nvector h[0] : n ~ N(0, 1)\n"
        "param W[1..L] : n × n ~ N(0, 1) scale 1.05\nparam b[1..L] : n ~ N(0, 1) scale 0.1\n"
        f"for l in 1..L:\n    h[l] = W[l] {φ}(h[l-1]) + b[l]\nq = mean(h[L]^2)\n"
    )
    program = tp.parse(text)
    truth = tp.limit(program, engine="exact").scalar("q")
    found = tp.limit(program, engine="sampled", samples=SAMPLES)
    assert abs(found.scalar("q") - truth) <= 4 * found.error("q")


@pytest.mark.parametrize(
    ("φ", "truth"),
    [
        (np.exp, np.exp(0.5)),
        (np.abs, np.sqrt(2 / np.pi)),
        (np.cos, np.exp(-0.5)),
        (lambda z: z**6, 15.0),
    ],
)
def test_what_few_samples_add_is_within_the_stated_error(φ, truth) -> None:
    """The mean of 16 numbers of a skew law is 4 of its errors off in one of 20 to 70 cases."""
    for seed in range(100):
        means = φ(NormalStock(1, 2**14, seed).take()[:, 0]).mean(axis=1)
        assert abs(means.mean() - truth) <= 3 * means.std() / np.sqrt(len(means) - 1)


def test_a_replicate_is_the_same_whichever_others_it_stands_with() -> None:
    whole = NormalStock(20, 2**12, 3).take(20)
    some = NormalStock(20, 2**12, 3, (5, 11)).take(20)
    assert np.array_equal(some, whole[[5, 11]])
