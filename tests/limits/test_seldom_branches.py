"""Branches that hardly a sample takes, and products whose factors no sample shows together.

Truths: the density K₀(|p|)/π of p = x y, tails of a Gaussian, and of v = x + d y beside x
E[relu(v) 1(x < 0)] = √(1 + d²) (1 − cos α)/(2 √(2π)) with α = arctan d.
"""

from __future__ import annotations

import math
import warnings

import mpmath
import pytest

import tpgraph as tp
from tpgraph.limits import Basis
from tpgraph.limits.sampling import rare

HEAD = "width n\nvector x, y : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\n"


def of_product(least: float) -> float:
    """E relu(x y − least)."""
    return float(
        mpmath.quad(lambda p: (p - least) * mpmath.besselk(0, p) / mpmath.pi, [least, least + 60])
    )


COSINE = math.exp(-0.5)
WEDGE = 2 * math.sin(math.atan(1e-6) / 2) ** 2 / (2 * math.sqrt(2 * math.pi)) * 1e12
CASES = {
    "q = mean(max(cos(x), 1e5*(x*y - 10)))": COSINE + 1e5 * of_product(10),
    "t = max(cos(x), 1e5*(x*y - 10))\nq = mean(t)": COSINE + 1e5 * of_product(10),
    "q = mean(cos(x) + 1e6*relu(x*y - 15))": COSINE + 1e6 * of_product(15),
    "q = mean(cos(x) + 1e5*step(x*y - 11))": COSINE
    + 1e5 * float(mpmath.quad(lambda p: mpmath.besselk(0, p) / mpmath.pi, [11, 71])),
    "q = mean(cos(x) + relu(x + 1e-6*y)*step(-x)*1e12)": COSINE + WEDGE,
    "v = x + 1e-6*y\nq = mean(relu(v)*step(-x)*1e12)": WEDGE,
}


def told(lines: str, engine: str = "sampled") -> tp.Limit:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tp.TPWarning)
        return tp.limit(tp.parse(HEAD + lines + "\n"), engine=engine)


@pytest.mark.parametrize("lines", CASES)
@pytest.mark.parametrize("engine", ["auto", "sampled"])
def test_error_bars_cover_them(lines: str, engine: str) -> None:
    found = told(lines, engine)
    assert abs(found.scalar("q") - CASES[lines]) <= 4 * found.error("q")


def test_a_tail_beside_a_smooth_part_is_known_well() -> None:
    found = told(next(iter(CASES)))
    assert found.error("q") < 0.02 * found.scalar("q")


def test_branches_that_nothing_takes_cost_nothing() -> None:
    assert told("q = mean(max(cos(x), cos(x)^2 - 3))").error("q") < 1e-4


def test_unlooked_at_they_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rare, "usual", lambda psi, values: psi)
    monkeypatch.setattr(rare, "unseen_products", lambda *_: 0.0)
    monkeypatch.setattr(rare.Spikes, "between_samples", lambda *_: 0.0)
    for lines in (*list(CASES)[:2], *list(CASES)[-2:]):
        found = told(lines)
        assert abs(found.scalar("q") - CASES[lines]) > 4 * found.error("q")


def test_an_error_that_says_nothing_says_so() -> None:
    with pytest.warns(tp.TPWarning, match=r"limit of q is not known: .*--samples"):
        found = tp.limit(
            tp.parse(HEAD + list(CASES)[-1] + "\nr = 2*q\ns = mean(tanh(x))\n"), engine="sampled"
        )
    assert found.basis("q") is found.basis("r") is Basis.UNKNOWN
    assert found.basis("s") is Basis.SAMPLES
    assert "not known, its error over 10 times its value: q, r" in found.certainty


def test_digits_that_cancellation_leaves_none_of_are_told() -> None:
    lines = "u = W x\nv = W (x + 1e-9*y)\nq = mean((max(u, v) - u)*1e9)\n"
    with pytest.warns(tp.TPWarning, match="limit of q is not known: rounding"):
        found = tp.limit(tp.parse(HEAD + lines), engine="exact")
    assert found.basis("q") is Basis.UNKNOWN


INFINITE = ["exp(0.01*abs(x)^3)", "exp(0.02*abs(x)^2.2)*tanh(y)^2", "cosh(0.001*x^4)"]


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize("psi", INFINITE)
def test_what_is_infinite_far_out_is_refused(psi: str, engine: str) -> None:
    with pytest.raises(tp.TPError, match="in the limit of q: the expectation seems to diverge"):
        told(f"q = mean({psi})", engine)


@pytest.mark.parametrize("psi", ["exp(x^2 - x^4)", "exp(0.4*x^2 - 3*x)", "exp(0.2*x^2)*x^2"])
def test_what_is_finite_far_out_is_told(psi: str) -> None:
    truth = {
        "exp(x^2 - x^4)": lambda z: mpmath.exp(z**2 - z**4),
        "exp(0.4*x^2 - 3*x)": lambda z: mpmath.exp(0.4 * z**2 - 3 * z),
        "exp(0.2*x^2)*x^2": lambda z: mpmath.exp(0.2 * z**2) * z**2,
    }[psi]
    value = float(mpmath.quad(lambda z: truth(z) * mpmath.npdf(z), [-60, -25, -10, 0, 10, 60]))
    found = told(f"q = mean({psi})", "auto")
    assert abs(found.scalar("q") - value) <= 4 * found.error("q") + 1e-9 * value
