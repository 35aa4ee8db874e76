"""Moments of polynomials of any degree are exact: Hermite polynomials, powers, correlations."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

import tpgraph as tp

HEAD = "width n\nvector x, y : n ~ N([0, 0], [[1, .5], [.5, 1]])\nmatrix W : n × n ~ N(0, 1)\n"


def hermite_text(k: int, z: str) -> str:
    """He_k, written out."""
    terms = []
    for j in range(k // 2 + 1):
        c = Fraction(math.factorial(k), math.factorial(j) * math.factorial(k - 2 * j) * 2**j)
        power = " * ".join([z] * (k - 2 * j)) or "1"
        terms.append(f"({'-' if j % 2 else ''}{c}) * {power}")
    return " + ".join(terms)


@pytest.mark.parametrize("k", [2, 5, 7, 8, 9, 10])
def test_hermite_polynomials(k: int) -> None:
    """E He_k(x) He_k(y) = k! ρ^k."""
    text = f"a = {hermite_text(k, 'x')}\nb = {hermite_text(k, 'y')}\n"
    text += "q = mean(a * b)\nh = W a\nr = mean(h^2)\n"
    found = tp.limit(tp.parse(HEAD + text), engine="exact")
    assert found.scalar("q") == pytest.approx(math.factorial(k) / 2**k, rel=1e-9)
    assert found.scalar("r") == pytest.approx(math.factorial(k), rel=1e-9)
    for name, truth in (("q", math.factorial(k) / 2**k), ("r", math.factorial(k))):
        assert abs(found.scalar(name) - truth) < 4 * found.error(name)


def test_powers_of_products() -> None:
    """E z^(2m) = (2m − 1)!!, also of what a matrix makes."""
    found = tp.limit(tp.parse(HEAD + "z = W x\nq = mean(z^8 * z^8)\nr = mean(x^7 * y^7)\n"))
    assert found.engine == "exact"
    assert found.scalar("q") == pytest.approx(math.prod(range(1, 16, 2)))
    pairings = sum(
        math.comb(7, j) ** 2 * math.factorial(j) * 0.5**j * math.prod(range(1, 7 - j, 2)) ** 2
        for j in (1, 3, 5, 7)
    )
    assert found.scalar("r") == pytest.approx(pairings)
