"""Steep functions of what samples do not tell from 0, or not at all, behind products."""

from __future__ import annotations

import math
import warnings

import pytest

import tpgraph as tp
from tpgraph.errors import TPWarning
from tpgraph.limits.sampling import products

HEAD = "width n\nvector x, y, z : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\n"
SEEDS = range(6)
NEARLY_ZERO = {
    "h = W (m*x)\nq = mean(tanh(1e4*h)^2)": 0.0,
    "h = W (m*x)\nq = mean(exp(-1e6*h^2))": 1.0,
    "h = W (1e4*m*x + 1e4*mean(sin(x*y*z))*z)\ng = W' h\nq = mean(cos(g))": 1.0,
    "k = 1e4*m\nh = W exp(-k^2*x^2)\nq = mean(h^2)": 1.0,
    "h = W x\nv = W' tanh(1e4*m*h)\nq = mean(cos(v))": 1.0,
    "q = mean(tanh(1e4*m*x)^2)": 0.0,
    "h = W (m*x)\nq = sqrt(mean(abs(h)))": 0.0,
}
SLOPE = 1e8
"""Of (sin(h + 1e-8) − sin(h)) 1e8, which may be as large as 2e8 for all that bounds say."""
CANCELLED = {
    "exp(-v^2)": 1 / math.sqrt(1 + 2 * (1 + math.exp(-2)) / 2),
    "step(abs(v) - 1000)": 0.0,
    "tanh(v/1000)^2": 5.676e-7,
}


def bars(text: str, seed: int, truth: float) -> float:
    """By how many stated errors q is off."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TPWarning)
        found = tp.limit(tp.parse(HEAD + text), engine="sampled", samples=2**12, seed=seed)
    return abs(found.scalar("q") - truth) / found.error("q")


def of_zero(lines: str, seed: int) -> float:
    return bars(f"m = mean(tanh(x*y*z))\n{lines}\n", seed, NEARLY_ZERO[lines])


def of_cancelled(psi: str, seed: int) -> float:
    lines = f"h = W x\nv = W' ((sin(h + 1e-8) - sin(h))*{SLOPE})\nq = mean({psi})\n"
    return bars(lines, seed, CANCELLED[psi])


@pytest.mark.parametrize("lines", NEARLY_ZERO)
def test_steep_functions_of_what_is_not_told_from_zero_are_covered(lines: str) -> None:
    assert max(of_zero(lines, seed) for seed in SEEDS) <= 4


@pytest.mark.parametrize("psi", CANCELLED)
def test_replicates_that_are_all_far_off_are_not_certain(psi: str) -> None:
    assert max(of_cancelled(psi, seed) for seed in SEEDS) <= 4


def test_roots_of_means_behind_products_are_covered_at_every_seed() -> None:
    lines = "h = W (m*x)\nq = sqrt(mean(abs(h)))"
    assert max(of_zero(lines, seed) for seed in range(60)) <= 4


def test_replicates_that_agree_only_by_chance_would_be_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(products, "is_unsteady", lambda *_: False)
    behind = [lines for lines in NEARLY_ZERO if "mean(tanh(1e4*h)^2)" in lines or "k^2" in lines]
    assert all(max(of_zero(lines, seed) for seed in SEEDS) > 4 for lines in behind)
