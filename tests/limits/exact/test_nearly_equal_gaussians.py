"""Gaussians that are equal up to 10⁻ᵏ: what rounding leaves of their differences is in the error.

With v = x + d y and α = arctan d: P(x > 0 > v) = α/2π, E[max(x, v) − x] = d φ(0) and
E[relu(v) 1(x < 0)] = √(1 + d²)(1 − cos α)/(2 √(2π)).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.limits.estimates import Array
from tpgraph.limits.exact import pairs
from tpgraph.limits.exact.disturbance import Disturbance

MADE = {
    "vectors": "u = x\nv = x + 1e-{k}*y\n",
    "products": "u = W x\nv = W (x + 1e-{k}*y)\n",
}
TRUTHS: dict[str, Callable[[float], float]] = {
    "(max(u, v) - u)*1e{k}": lambda d: 1 / math.sqrt(2 * math.pi),
    "step(u)*step(-v)*1e{k}": lambda d: math.atan(d) / d / (2 * math.pi),
    "(1 - sign(u)*sign(v))*1e{k}": lambda d: 2 * math.atan(d) / d / math.pi,
    "relu(v)*step(-u)*1e{k}^2": lambda d: (
        math.hypot(1, d) * 2 * math.sin(math.atan(d) / 2) ** 2 / d**2 / (2 * math.sqrt(2 * math.pi))
    ),
}


def off(made: str, psi: str, k: int) -> tuple[float, float]:
    """Distance from the truth and the stated error."""
    head = "width n\nvector x, y : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\n"
    text = head + (MADE[made] + f"q = mean({psi})\n").replace("{k}", str(k))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tp.TPWarning)
        found = tp.limit(tp.parse(text), engine="exact")
    return abs(found.scalar("q") - TRUTHS[psi](10.0**-k)), found.error("q")


@pytest.mark.parametrize("k", range(1, 10))
@pytest.mark.parametrize("psi", TRUTHS)
@pytest.mark.parametrize("made", MADE)
def test_errors_cover_what_rounding_did(made: str, psi: str, k: int) -> None:
    distance, error = off(made, psi, k)
    assert distance <= 4 * error


@pytest.mark.parametrize(
    ("psi", "k"), [("(max(u, v) - u)*1e{k}", 5), ("step(u)*step(-v)*1e{k}", 4)]
)
def test_errors_are_no_wider_than_they_need(psi: str, k: int) -> None:
    assert off("products", psi, k)[1] < 1e-3


def plain(self: Disturbance, parts: Iterable[Array], start: Array) -> Array:
    """A sum whose rounding nobody counts."""
    return sum(parts, start)


def test_without_the_rounding_of_sums_it_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Disturbance, "added", plain)
    distance, error = off("products", "(max(u, v) - u)*1e{k}", 6)
    assert distance > 100 * error


def test_without_the_rounding_of_correlations_it_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Disturbance, "added", plain)
    monkeypatch.setattr(pairs, "_MOVED", 0.0)
    monkeypatch.setattr(pairs, "_root_square", lambda *_: np.zeros(1))
    distance, error = off("vectors", "relu(v)*step(-u)*1e{k}^2", 6)
    assert distance > 4 * error


@pytest.mark.parametrize("rho", [0.3, 1 - 1e-9, -1 + 1e-12, 1.0])
def test_kernels_of_a_jump(rho: float) -> None:
    """E[step(u) step(v)] = (π − arccos ρ)/2π, by whole arrays."""
    text = (
        "width n\ndim d = 2\nparametrization ntk\ndata ξ : d\nparam U : n × d ~ N(0, 1)\n"
        "param V : 1 × n ~ N(0, 1)\nf = V step(U ξ)\noutput f\n"
    )
    angle = math.acos(rho)
    rows = math.sqrt(2) * np.array([[1.0, 0.0], [math.cos(angle), math.sin(angle)]])
    found = tp.kernel(tp.parse(text), rows)
    distance = np.abs(found.nngp[0, 1] - (math.pi - angle) / (2 * math.pi))
    assert distance <= 4 * found.nngp_error[0, 1] < 1e-6
