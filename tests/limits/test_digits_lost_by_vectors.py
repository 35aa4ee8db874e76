"""Vectors and means of which rounding leaves few digits: they are computed with more."""

from __future__ import annotations

import math
import warnings

import mpmath
import numpy as np
import pytest

import tpgraph as tp
from tpgraph.functions import PRIMITIVES, Apply, Argument, evaluate, inline
from tpgraph.functions.double_word import Twofold
from tpgraph.functions.many_digits import floats_fail, moved_by_rounding, with_many_digits
from tpgraph.limits.sampling import more_digits

HEAD = "width n\nvector u : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\nz = W u\n"


def gaussian(f: object) -> float:
    """E f(u), f of mpmath numbers, with 60 digits."""
    with mpmath.workdps(60):
        density = lambda u: f(u) * mpmath.npdf(u)  # type: ignore[operator] # noqa: E731
        return float(mpmath.quad(density, [-12, -4, -1, 0, 1, 4, 12]))


QUOTIENT = gaussian(lambda u: u * u / (mpmath.sqrt(1 + u * u * mpmath.mpf("1e-16")) - 1 + 1e-16))
SLOPE = gaussian(lambda u: 1 - mpmath.tanh(u) ** 2)
SQUARE = gaussian(lambda u: mpmath.tanh(u) ** 2)
BENT = gaussian(
    lambda u: mpmath.tanh((1 - mpmath.cos(1e-5 * (u + 1e-9))) / (1e-5 * (u + 1e-9)) ** 2)
)
LAG = float(mpmath.sin(mpmath.mpf(10) ** 16) * mpmath.exp(-0.5))
TRUTHS = {
    "h = 1e-8*u\nx = (1-cos(h))/h^2\nq = mean(x)": 0.5,
    "h = 1e-5*z\nx = (1-cos(h))/h^2\nq = mean(x)": 0.5,
    "h = 1e-9*z\nx = (1-cos(h))/h^2\nq = mean(x)": 0.5,
    "h = 1e-9*z\na = cos(h)\nb = cos(2*h)\nx = (a-b)/h^2\nq = mean(x)": 1.5,
    "x = step(cos(1e-9*z)-1+5e-19)\nq = mean(x)": float(mpmath.erf(mpmath.sqrt(0.5))),
    "x = 1e12*sigmoid(u-36)\nq = mean(x)": math.exp(0.5 - 36) * 1e12,
    "h = 1e-6*z\nx = (sinh(h)-h)/h^3\nq = mean(x)": 1 / 6,
    "x = (exp(1e-12*u)-1)/1e-12\nq = mean(x*u)": 1.0,
    "q = mean(sqrt(1e16+u^2)-1e8)*1e8": 0.5,
    "x = sqrt(1e16+u^2)-1e8\nq = mean(x)*1e8": 0.5,
    "x = (sqrt(1+(1e-4*u)^2)-1)/1e-8\nq = mean(x)": 0.49999999625,
    "x = u/(sqrt(1+u^2*1e-16)-1+1e-16)\nq = mean(x*u)": QUOTIENT,
    "q = mean(sin(1e16+u))": LAG,
    "x = sin(1e16+u)\nq = mean(x)": LAG,
    "h = 1e-9*z\nx = (1-cos(h))/h^2\nv = W x\nq = mean(v^2)": 0.25,
    "h = 1e-5*z\nx = (1-cos(h))/h^2\ny = tanh(x)\nq = mean(y)": BENT,
    "y = tanh(z)+1e14\nx = y-1e14\nv = W x\nq = mean(v^2)": SQUARE,
    "y = tanh(z)+1e14\nx = y-1e14\nv = W' x\nq = mean(v*u)": SLOPE,
    "x = (exp(1e-12*z)-1)/1e-12\nv = W' x\nq = mean(v*u)": 1.0,
}


def told(lines: str, engine: str = "sampled") -> tuple[float, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tp.TPWarning)
        found = tp.limit(tp.parse(f"{HEAD}{lines}\n"), engine=engine)
    return found.scalar("q"), found.error("q")


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize("lines", TRUTHS)
def test_errors_cover_it(lines: str, engine: str) -> None:
    value, error = told(lines, engine)
    assert abs(value - TRUTHS[lines]) <= 4 * error + 1e-12 * abs(TRUTHS[lines])


@pytest.mark.parametrize(
    "lines", [t for t in TRUTHS if t.startswith("h = ") or "y-1e14" in t or "(exp" in t]
)
def test_the_number_is_right_and_its_error_small(lines: str) -> None:
    value, error = told(lines)
    assert value == pytest.approx(TRUTHS[lines], rel=1e-3)
    assert error < 1e-3 * abs(value)


def test_in_floats_alone_it_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of most: how a machine rounds its functions decides about each."""
    monkeypatch.setattr(more_digits, "are_far", lambda *_: False)
    cases = [t for t in TRUTHS if "x = (" in t][:5]
    found = {lines: told(lines) for lines in cases}
    wrong = [t for t, (value, error) in found.items() if abs(value - TRUTHS[t]) > 4 * error]
    assert len(wrong) > len(cases) / 2


def test_where_no_digit_is_left_it_is_said() -> None:
    lines = f"{HEAD}h = 1e-15*z\nx = (1-cos(h))/h^2\n"
    with pytest.warns(tp.TPWarning, match="rounding leaves no digit"):
        tp.limit(tp.parse(f"{lines}q = mean(x)\n"), engine="sampled")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tp.TPWarning)
        with pytest.raises(tp.TPError, match="rounding leaves no digit") as caught:
            tp.limit(tp.parse(f"{lines}v = W x\nq = mean(v^2)\n"), engine="sampled")
    assert "made of x" in str(caught.value)


@pytest.mark.parametrize(
    "lines",
    [
        "x = tanh(z + 0.5*u)\nv = W x\nq = mean(v^2)",
        "s = sign(z) + sign(u)\nx = step(s)\nq = mean(x*u)",
        "s = 0.5*sign(z) + 0.5*sign(u)\nx = step(s)\nq = mean(x*u)",
        "y = max(z, u)\nx = step(y - u)*relu(z)\nq = mean(x)",
        "m = mean(z)\nv = mean((z - m)^2)\nx = (z - m)/sqrt(v + 1e-5)\nq = mean(x^2)",
        "y = tanh(z)\nw = tanh(z)\nx = y - w\nq = mean(x + u^2)",
        "x = cos(3*z + u) + log(1 + z^2)\nq = mean(x)",
        "x = gelu(3*z)\ny = x*sigmoid(4*u) + silu(3*z)\nq = mean(y)",
    ],
)
def test_what_does_not_cancel_stays_to_the_last_bit(
    lines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = told(lines)
    monkeypatch.setattr(more_digits, "are_far", lambda *_: False)
    assert told(lines) == own


SMOOTH = {
    "tanh": mpmath.tanh,
    "erf": mpmath.erf,
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "silu": lambda z: z / (1 + mpmath.exp(-z)),
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
    "gelu": lambda z: z * mpmath.ncdf(z),
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "arctan": mpmath.atan,
    "exp": mpmath.exp,
    "log": mpmath.log,
    "sqrt": mpmath.sqrt,
}


@pytest.mark.parametrize("scale", [1e-30, 1e-10, 1e-3, 0.3, 2.0, 30.0, 500.0])
@pytest.mark.parametrize("name", SMOOTH)
def test_pairs_of_floats_have_thirty_digits(name: str, scale: float) -> None:
    high = np.random.default_rng(0).standard_normal(12) * scale
    high = np.abs(high) if name in ("log", "sqrt") else np.clip(high, -700, 700)
    low = high * np.linspace(-1, 1, 12) * 2.0**-54
    whole = Apply(PRIMITIVES[name], (Argument(0),))
    found = with_many_digits(whole, [Twofold(high, low)])
    with mpmath.workdps(60):
        for a, b, h, d in zip(high, low, found.high, found.low, strict=True):
            truth = SMOOTH[name](mpmath.mpf(a) + mpmath.mpf(b))
            size = abs(mpmath.mpf(a)) if name == "gelu" else abs(truth)
            assert abs(mpmath.mpf(h) + mpmath.mpf(d) - truth) <= 1e-30 * size + 1e-300


def test_rounding_moves_what_cancels_and_leaves_what_is_exact() -> None:
    (lost,) = tp.parse("width n\nvector u : n ~ N(0, 1)\nx = (1-cos(u))/u^2\n").equations
    (exact,) = tp.parse(
        "width n\nvector u : n ~ N(0, 1)\nx = tanh(u) - tanh(u) + sign(u)\n"
    ).equations
    z = np.linspace(1.0, 2.0, 9) * 1e-9
    moved = moved_by_rounding(inline(lost.function), [z])
    assert np.abs(moved - evaluate(lost.function, [z])).min() > 10
    assert (moved_by_rounding(inline(exact.function), [z]) == 1).all()
    assert floats_fail(lost.function, [z])
    assert not floats_fail(lost.function, [z * 1e9])
