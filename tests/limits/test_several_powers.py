"""Scalars that vanish, or come to their limits, as sums of powers of the width."""

from __future__ import annotations

import math

import pytest

import tpgraph as tp
from tpgraph.limits import master
from tpgraph.program.scales import DeclaredScales

HEAD = """
width n
vector x, y : n ~ N(0, 1)
matrix W : n × n ~ N(0, 1)
scalar a -> 0 = {a}
scalar b -> {b}
"""
HALF = 1 / math.sqrt(2 * math.pi)
SUMS = [
    ("1/n", "0 = 1/n + 1/n^2", "q = mean(x^2*(b - a)/a^2)", 1.0),
    ("1/n", "0 = 1/n + 1/n^2", "q = mean(x^2)*(b - a)/a^2", 1.0),
    ("1/sqrt(n)", "0 = sqrt(1 + 1/n) - 1", "q = mean(x^2*b/a^2)", 0.5),
    ("1/sqrt(n)", "0 = 1/sqrt(n + 1)", "q = mean(x^2*(a - b)/a^3)", 0.5),
    ("1/(n + 1)", "0 = 1/n", "q = mean(x^2*a/b)", 1.0),
    ("1/n", "0 = exp(1/n) - 1", "q = mean(x^2*(b - a)/a^2)", 0.5),
    ("1/(3*n)", "0 = 1/(3*n + 7)", "q = mean(x^2*(a - b)/a^2)", 7.0),
    ("sqrt(2)/sqrt(n)", "0 = sqrt(2)/sqrt(n) + 1/n", "q = mean(x^2*(b - a)/a^2)", 0.5),
    ("1/sqrt(n)", "0 = n^(-0.5) + n^(-0.75)", "q = mean(x^2*(b - a)^2/a^3)", 1.0),
    ("1/n", "0 = 2/n + 1/n^2", "q = step(b - 2*a)", 1.0),
    ("1/n", "0 = 2/n - 1/n^2", "q = step(b - 2*a)", 0.0),
    ("1/n", "0 = 2/n - 1/n^2", "q = mean(relu(b*x - 2*a*x)/a^2)", HALF),
    ("1/sqrt(n)", "0 = 1/sqrt(n) + 2/n", "z = a*x\nw = b*x\nq = mean((w - z)*x/a^2)", 2.0),
]
APART = [
    ("1/n", "1 = 1 + 2/n", "q = mean(x^2*(b - 1)/a)", 2.0),
    ("1/n", "1 = 1 + 2/n", "z = (b - 1)*x/a\nq = mean(z^2)", 4.0),
    ("1/n", "1 = 1 + 2/n", "c = 3\nq = mean(c*x^2*(b - 1)/a)", 6.0),
    ("1/n", "3 = 3 + 2/n", "q = mean((b*x^2 - 3*x^2)/a)", 2.0),
    ("1/n", "2 = 2 + 1/n", "q = step(b - 2)", 1.0),
    ("1/n", "2 = 2 - 1/n", "q = step(b - 2)", 0.0),
    ("1/n", "0.333333 = 1/3 + 2/n", "q = mean((3*b - 1)*x^2)/a", 6.0),
]
MEANS = [
    ("1/sqrt(n)", "0 = 1/sqrt(n) + 2/n", "q = (mean(b*x^2) - mean(a*x^2))/a^2", 2.0),
    ("1/sqrt(n)", "2 = 2 + 1/sqrt(n)", "q = (mean(b*x^2) - 2*mean(x^2))/a", 1.0),
    ("1/sqrt(n)", "0 = 1/n", "q = (mean((x + a*x^3)^2) - mean(x^2) - 6*a*mean(y^2))/sqrt(a)", 0.0),
    ("1/sqrt(n)", "0 = 1/n", "q = (mean(exp(a*x)) - 1 - a*mean(x))/b", 0.5),
    (
        "1/sqrt(n)",
        "0 = 1/sqrt(n) + 2/n",
        "h = W (a*x)\nk = W (b*x)\nq = mean((k - h)^2)/a^4",
        4.0,
    ),
    (
        "1/sqrt(n)",
        "0 = 1/n",
        "h = W x\nk = W (x + a*y)\nq = mean((step(k) - step(h))*(k - h)/b)",
        HALF,
    ),
]


def value(a: str, b: str, lines: str, engine: str = "auto") -> tuple[float, float]:
    text = HEAD.format(a=a, b=b) + lines + "\n"
    found = tp.limit(tp.parse(text), engine=engine, samples=2**13)
    return found.scalar("q"), found.error("q")


@pytest.mark.parametrize("engine", ["exact", "sampled"])
@pytest.mark.parametrize(("a", "b", "lines", "truth"), SUMS + APART + MEANS)
def test_several_powers_count(a, b, lines, truth, engine):
    found, error = value(a, b, lines, engine)
    assert abs(found - truth) <= 4 * error + 1e-9


@pytest.mark.parametrize(
    ("a", "b", "lines"),
    [
        ("1/sqrt(n)", "0 = n^(-0.5) + n^(-0.75)", "q = mean(x^2*(b - a)/a^3)"),
        ("1/n", "1 = 1 + 1/n", "q = sqrt(1 - b)"),
        ("1/n", "0 = 1/n", "q = mean(x^2*sqrt(-a))"),
        ("1/n", "2 = 2 + 1/n", "q = (mean(b*x^2) - 2*mean(y^2))/a"),
    ],
)
def test_what_grows_is_random_or_no_number_is_refused(a, b, lines):
    with pytest.raises(tp.TPError, match="in the limit of q"):
        value(a, b, lines)


def test_by_the_leading_power_alone_it_is_refused(monkeypatch):
    def leading(self, scalar, t, unit):
        found = self._asymptotic(lambda w: 1.0 / next(iter(w.values())))
        return tp.functions.mul(tp.functions.number(found.coefficient), t)

    monkeypatch.setattr(DeclaredScales, "by_powers", leading)
    with pytest.raises(tp.TPError, match="it comes to 1 before the limit and to 0 in it"):
        value(*SUMS[0][:3])


def test_by_one_term_alone_means_that_lead_alike_are_refused(monkeypatch):
    monkeypatch.setattr(master, "_TERMS", 0)
    with pytest.raises(tp.TPError):
        value(*MEANS[1][:3])
