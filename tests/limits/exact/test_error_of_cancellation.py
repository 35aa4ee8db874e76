"""Errors of the exact engine through cancellation and arithmetic, beside mpmath at 40 digits."""

from __future__ import annotations

from collections.abc import Callable

import mpmath
import numpy as np
import pytest

import tpgraph as tp
from tpgraph.limits import master
from tpgraph.limits.exact import over_inputs

mpmath.mp.dps = 40
HEAD = "width n\nvector x : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\n"
mpf = mpmath.mpf


def mean(function: Callable[[mpmath.mpf], mpmath.mpf]) -> mpmath.mpf:
    """E f(z), z ~ N(0, 1)."""
    points = [-18, -6, -3, -1, 0, 1, 3, 6, 18]
    return mpmath.quad(lambda z: function(z) * mpmath.npdf(z), points)


def relu_quotient(a: mpmath.mpf) -> mpmath.mpf:
    """E v² of y = (relu(h + a) − relu(h))/a, v = Wᵀy: E y² + E[y′]²."""
    ramp = mpmath.quad(lambda z: ((z + a) / a) ** 2 * mpmath.npdf(z), [-a, 0])
    slope = (mpmath.ncdf(a) - mpf(1) / 2) / a
    return ramp + mpf(1) / 2 + slope**2


SMALL = "h = W x\ny = (relu(h + {0}) - relu(h)) / {0}\nv = W' y\nq = mean(v^2)"
CASES = {
    "a number subtracted": (
        "q = (mean(tanh(x)^2) - 0.3942944887) * 1e12",
        lambda: (mean(lambda z: mpmath.tanh(z) ** 2) - mpf("0.3942944887")) * mpf(10) ** 12,
    ),
    "an exponential": (
        "q = (mean(exp(x)) - 1.6487212707) * 1e11",
        lambda: (mpmath.exp(mpf(1) / 2) - mpf("1.6487212707")) * mpf(10) ** 11,
    ),
    "a variance beside a large mean": (
        "z = x + 123456.7\nq = mean(z^2) - mean(z)^2",
        lambda: mpf(1),
    ),
    "two means": (
        "q = (mean(sigmoid(x)^2) - mean(sigmoid(x))^2 - 0.0433790) * 1e9",
        lambda: (
            mean(lambda z: mpmath.sigmoid(z) ** 2) - mpf(1) / 4 - mpf("0.0433790")
        ) * mpf(10) ** 9,
    ),
    "a steep function of a mean": (
        "q = sin(1e9 * mean(tanh(x)^2))",
        lambda: mpmath.sin(mpf(10) ** 9 * mean(lambda z: mpmath.tanh(z) ** 2)),
    ),
    "a quotient of differences": (
        "q = (mean(erf(x)^2) - 0.3333) / (mean(abs(x)) - 0.79788)",
        lambda: (
            mean(lambda z: mpmath.erf(z) ** 2) - mpf("0.3333")
        ) / (mpmath.sqrt(2 / mpmath.pi) - mpf("0.79788")),
    ),
    "a zero": (
        "q = mean(relu(x))^2 * 6.283185307179586 - 1",
        lambda: mpf("6.283185307179586") / (2 * mpmath.pi) - 1,
    ),
    "through a matrix": (
        "a = mean(tanh(x)^2) - 0.394294\nh = W (x * a)\nq = mean(h^2) * 1e13",
        lambda: (mean(lambda z: mpmath.tanh(z) ** 2) - mpf("0.394294")) ** 2 * mpf(10) ** 13,
    ),
    "quotients of steep ramps": (SMALL.format("1e-7"), lambda: relu_quotient(mpf("1e-7"))),
    "quotients of ramps": (SMALL.format("1e-4"), lambda: relu_quotient(mpf("1e-4"))),
}  # fmt: skip


def score(body: str, truth: mpmath.mpf, engine: tp.limits.engines.Engine) -> float:
    """By how many stated errors the limit is off."""
    found = tp.limit(tp.parse(HEAD + body + "\n"), engine=engine)
    return float(abs(found.scalar("q") - truth) / max(found.error("q"), 1e-300))


@pytest.mark.parametrize("name", CASES)
def test_errors_cover_what_cancellation_leaves(name: str) -> None:
    body, truth = CASES[name]
    for engine in ("auto", "exact"):
        assert score(body, truth(), engine) < 4  # type: ignore[arg-type]


def test_without_evaluations_beside_they_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(master, "SEEDS", ())
    scores = {name: score(body, truth(), "exact") for name, (body, truth) in CASES.items()}
    assert sum(s > 4 for s in scores.values()) >= 4, scores


def test_errors_are_no_larger_than_they_need_be() -> None:
    for body, most in (
        ("q = mean(tanh(x)^2)", 1e-13),
        ("q = (mean(tanh(x)^2) - 0.3942944887) * 1e12", 0.05),
        ("q = mean(relu(W tanh(W x))^2)", 1e-12),
    ):
        found = tp.limit(tp.parse(HEAD + body + "\n"), engine="exact")
        assert 0 < found.error("q") < most


def test_what_is_zero_by_structure_is_an_exact_zero() -> None:
    found = tp.limit(tp.parse(HEAD + "q = mean(x^3)\nr = mean((W x) * tanh(x))\nz = W' x\n"))
    assert (found.scalar("q"), found.error("q")) == (0.0, 0.0)
    assert (found.scalar("r"), found.error("r")) == (0.0, 0.0)
    assert found.vector("z").mean.error == 0.0


def test_cancellation_beyond_all_digits_goes_to_samples() -> None:
    program = tp.parse(HEAD + SMALL.format("1e-7") + "\n")
    exact, auto = tp.limit(program, engine="exact"), tp.limit(program)
    assert (exact.engine, auto.engine) == ("exact", "sampled")
    assert auto.error("q") < 1e-3 < exact.error("q")


def steep_network(sigma: float) -> tp.Program:
    return tp.parse(
        "width n\nparametrization ntk\ndata ξ : 3\n"
        f"param U : n × 3 ~ N(0, 1) scale {sigma}\nparam W : n × n ~ N(0, 1) scale {sigma}\n"
        f"param V : 1 × n ~ N(0, 1) scale {sigma}\nf = V tanh(W tanh(U ξ))\noutput f\n"
    )


def steep_kernel(sigma: float, norm: mpmath.mpf) -> mpmath.mpf:
    """Θ(x, x) by one-dimensional quadrature."""

    def moment(function: Callable[[mpmath.mpf], mpmath.mpf], q: mpmath.mpf) -> mpmath.mpf:
        r = mpmath.sqrt(q)
        inner = [0, 1 / r, 4 / r, 16 / r, 60 / r, mpf(1) / 2, 2, 6, 18]
        inner = sorted(p for p in inner if p <= 18)
        return 2 * mpmath.quad(lambda z: function(r * z) * mpmath.npdf(z), inner)

    s2 = mpf(sigma) ** 2
    covariance = tangent = s2 * norm
    for _ in range(2):
        first = moment(lambda u: mpmath.tanh(u) ** 2, covariance)
        second = moment(lambda u: mpmath.sech(u) ** 4, covariance)
        covariance, tangent = s2 * first, s2 * (first + second * tangent)
    return tangent


@pytest.mark.parametrize("sigma", [3.0, 300.0, 1000.0])
def test_errors_of_kernels_of_steep_networks(sigma: float) -> None:
    rows = np.array([[0.3, -0.5, 0.8], [1.0, 0.2, -0.4]])
    found = tp.kernel(steep_network(sigma), rows)
    assert found.ntk is not None
    assert found.ntk_error is not None
    for i, row in enumerate(rows):
        truth = steep_kernel(sigma, sum(mpf(float(v)) ** 2 for v in row) / 3)
        assert abs(found.ntk[i, i] - truth) < 4 * found.ntk_error[i, i]
        assert found.ntk_error[i, i] < 1e-6 * found.ntk[i, i]


def test_every_entry_of_a_kernel_has_its_own_error() -> None:
    rows = np.array([[1.0, 0.0, 0.0], [100.0, 0.0, 1.0], [1e-3, 0.0, 2e-3]])
    found = tp.kernel(steep_network(1.5), rows)
    assert found.nngp_error is not None
    assert found.nngp_error[2, 2] < 1e-3 * found.nngp_error[1, 1]
    assert np.allclose(found.nngp_error, found.nngp_error.T)
    assert over_inputs.SEEDS


def test_what_closes_only_unmoved_has_no_exact_error() -> None:
    """max(max(a x, x), x) is x twice on half of the line, and has as many kinks as roundings."""
    text = "width n\nvector x : n ~ N(-1, 0.25)\nm = mean(max(max(x*1.72, x), x*1))\n"
    program = tp.parse(f"{text}q = (m + 0.9969433470579) * 1e13\n")
    m, s = mpf(-1), mpf(1) / 2
    truth = m + mpf("0.72") * (m * mpmath.ncdf(m / s) + s * mpmath.npdf(m / s))
    found = tp.limit(program)
    missed = float((truth + mpf("0.9969433470579")) * mpf(10) ** 13) - found.scalar("q")
    assert abs(missed) <= 4 * found.error("q")
    with pytest.raises(tp.TPError, match="kinks"):
        tp.limit(program, engine="exact")
