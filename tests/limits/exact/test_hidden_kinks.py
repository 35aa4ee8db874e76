"""Kinks that are easily missed: far from 0, at a 0 that is hit exactly, by the end of a panel."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from tpgraph.language import parse
from tpgraph.limits import limit
from tpgraph.limits.closed_forms.graded_quadrature import graded
from tpgraph.limits.closed_forms.line_quadrature import coefficients
from tpgraph.limits.closed_forms.planes import PairFunction, plane

Real = Callable[[mpf], mpf]


def gaussian(f: Real, mean: str, variance: str, cuts: Sequence[mpf]) -> float:
    """E f by mpmath, cut at the kinks."""
    m, v = mpf(mean), mpf(variance)

    def integrand(z: mpf) -> mpf:
        return f(m + mp.sqrt(v) * z) * mpmath.npdf(z)

    own = [(cut - m) / mp.sqrt(v) for cut in cuts]
    return float(mp.quad(integrand, sorted({mpf(k) for k in (-15, -5, -2, 0, 2, 5, 15)} | {*own})))


def roots(f: Real, *near: str) -> list[mpf]:
    return [mp.findroot(f, mpf(place)) for place in near]


def bent(z: mpf) -> mpf:
    return 100 * (mp.expm1((z + mpf("0.14")) / 10) - (z + mpf("0.14")) / 10)


PROGRAMS: dict[str, tuple[str, str, Real, Callable[[], list[mpf]]]] = {
    # in the one form of Gaussians that all of it is of, −10 h − 101.4, a kink is at −104.9
    "min((exp((x + 0.14)*0.1) - 1 - (x + 0.14)*0.1)*100, sign(x)*x^2)": (
        "0",
        "0.73",
        lambda z: min(bent(z), mp.sign(z) * z**2),
        lambda: [mpf(0), *roots(lambda z: bent(z) - z * z, "0.34")],
    ),
    # as far from 0 as 50, and by a ten-thousandth of a deviation from the end of a panel
    "abs(x^2 - 2501.0001)": (
        "0",
        "10000",
        lambda z: abs(z * z - mpf("2501.0001")),
        lambda: [s * mp.sqrt(mpf("2501.0001")) for s in (-1, 1)],
    ),
    "max(x^2/100, x + 1.0001)": (
        "91",
        "400",
        lambda z: max(z * z / 100, z + mpf("1.0001")),
        lambda: roots(lambda z: z * z / 100 - z - mpf("1.0001"), "-1", "101"),
    ),
    # exp(0) − 1 = 0 is no change of sign between neighbours
    "min(exp(x) - 1, 1.5*x)": (
        "1.0005",
        "1",
        lambda z: min(mp.expm1(z), z * 3 / 2),
        lambda: [mpf(0), *roots(lambda z: mp.expm1(z) - z * 3 / 2, "0.76")],
    ),
}


@pytest.mark.parametrize("text", PROGRAMS)
def test_every_kink_is_found(text: str) -> None:
    mean, variance, function, cuts = PROGRAMS[text]
    program = parse(f"width n\nvector x : n ~ N({mean}, {variance})\nq = mean({text})\n")
    with mp.workdps(30):
        truth = gaussian(function, mean, variance, cuts())
    found = limit(program, engine="exact")
    assert abs(found.scalar("q") - truth) <= 4 * found.error("q")
    assert found.error("q") < 1e-12 * max(1.0, abs(truth))


BESIDE = 13 / 32 + 6e-4
"""By the end of a panel that halves of halves of −13 … 13 have in common."""


def test_the_error_covers_a_kink_that_nobody_told_of() -> None:
    with mp.workdps(30):
        truth = gaussian(lambda z: abs(z - mpf(BESIDE)), "0", "1", [mpf(BESIDE)])
    zero, one = np.zeros(1), np.ones(1)
    told_of_another = coefficients(lambda z: np.abs(z - BESIDE), zero, one, 1, (0.0,))
    distance = abs(float(told_of_another.values[0, 0]) - truth)
    assert distance <= 4 * told_of_another.error * float(np.sqrt(told_of_another.square[0]))


@pytest.mark.parametrize("place", [0.5003, -1.0007, 2e-4])
def test_graded_panels_do_so_too(place: float) -> None:
    with mp.workdps(30):
        truth = gaussian(lambda z: abs(z - mpf(place)), "0", "1", [mpf(place)])
    found = graded(lambda z: np.abs(z - place), np.zeros(1), np.ones(1), 1, np.zeros((1, 0)))
    assert abs(float(found.values[0, 0]) - truth) <= 4 * found.loose


def test_planes_do_so_too() -> None:
    def pair(place: float, kinks: Sequence[float]) -> PairFunction:
        return PairFunction(lambda x, _: np.abs(x - place), np.zeros(1), np.ones(1), kinks)

    rho, size = np.zeros(1), np.ones(1)
    found = plane(pair(BESIDE, (0.0,)), pair(0.3, (0.3,)), rho, size, lambda _: None)
    with mp.workdps(30):
        truth = gaussian(lambda z: abs(z - mpf(BESIDE)), "0", "1", [mpf(BESIDE)])
        truth *= gaussian(lambda z: abs(z - mpf(0.3)), "0", "1", [mpf(0.3)])
    assert abs(float(found.value[0]) - truth) <= 4 * found.error
