"""Expectations of polynomials times exponentials, sin and cos among them, as formulas to read.

    E[sin(u) sin(u')] = exp(-1/2 p - 1/2 p') sinh(c)

of (u, u') ~ N(0, [[p, c], [c, p']]), by `tpgraph.limits.closed_forms.exponentials` with letters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from tpgraph.kernels.recursion.recursion_text import RecursionText, Weighted
from tpgraph.limits.closed_forms.exponentials import Exponential, isserlis

__all__ = ["exponential_sum"]

Powers: TypeAlias = tuple[int, int, int]
Rates: TypeAlias = tuple[complex, complex, complex]
"""What p, c and p' are multiplied by in an exponent."""

_ROUNDING = 1e-12


class _Polynomial(dict[Powers, complex]):
    """Coefficients of p^i c^j p'^k, which add and multiply as numbers do."""

    def __add__(self, other: _Polynomial) -> _Polynomial:
        total = _Polynomial(self)
        for powers, c in other.items():
            total[powers] = total.get(powers, 0.0) + c
        return total

    def __mul__(self, other: _Polynomial) -> _Polynomial:
        total = _Polynomial()
        for (i, j, k), c in self.items():
            for (x, y, z), d in other.items():
                total += _Polynomial({(i + x, j + y, k + z): c * d})
        return total

    def __rmul__(self, number: complex) -> _Polynomial:
        return _Polynomial({powers: number * c for powers, c in self.items()})


_P, _C, _Q = (_Polynomial({powers: 1.0}) for powers in ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
_ONE = _Polynomial({(0, 0, 0): 1.0})


def exponential_sum(
    first: Sequence[Exponential], second: Sequence[Exponential], text: RecursionText
) -> str:
    """E[f(u) g(u')] of real sums of exponentials."""
    found: dict[Rates, _Polynomial] = defaultdict(_Polynomial)
    for s in first:
        for t in second:
            lam, mu = complex(s.rate), complex(t.rate)
            rates = (lam * lam / 2, lam * mu, mu * mu / 2)
            means = lam * _P + mu * _C, lam * _C + mu * _Q
            moment = isserlis(s.power, t.power, means, (_P, _C, _Q), _ONE)
            found[rates] += s.coefficient * t.coefficient * moment
    real: dict[tuple[float, float, float], dict[Powers, float]] = {}
    parts: list[Weighted] = []
    for rates, polynomial in found.items():
        values = {k: c for k, c in polynomial.items() if abs(c) > _ROUNDING}
        if any(abs(z.imag) > _ROUNDING for z in rates):
            parts += _waves(rates, values, text)
        elif values:
            a, b, d = (z.real for z in rates)
            real[a, b, d] = {k: c.real for k, c in values.items()}
    parts += [part for rates in list(real) for part in _parts(rates, real, text)]
    return text.sum(parts) if parts else text.number(0.0)


def _waves(
    rates: Rates, polynomial: Mapping[Powers, complex], text: RecursionText
) -> list[Weighted]:
    """k e^(s + iθ) and its conjugate as 2 e^s (Re k cos θ − Im k sin θ), at one of the two."""
    a, b, d = (z.real for z in rates)
    turns = tuple(z.imag if abs(z.imag) > _ROUNDING else 0.0 for z in rates)
    if next(turn for turn in turns if turn) < 0:
        return []
    front = _exponential(text, "exp", (a, b, d))
    found: list[Weighted] = []
    for powers, c in polynomial.items():
        for size, function in ((2 * c.real, "cos"), (-2 * c.imag, "sin")):
            if abs(size) > _ROUNDING:
                wave = _exponential(text, function, turns)
                found.append((size, [*_monomial(text, powers), *front, *wave]))
    return found


def _parts(
    rates: tuple[float, float, float],
    terms: dict[tuple[float, float, float], dict[Powers, float]],
    text: RecursionText,
) -> list[Weighted]:
    """The terms of an exponent, which are taken; with that of −c as one with sinh or cosh."""
    a, b, d = rates
    polynomial, opposite = terms.pop(rates, None), terms.get((a, -b, d))
    if polynomial is None:
        return []
    sign = _sign(polynomial, opposite) if b and opposite else 0
    if not sign:
        front = _exponential(text, "exp", (a, b, d))
        return [(c, [*_monomial(text, powers), *front]) for powers, c in polynomial.items()]
    del terms[a, -b, d]
    front = _exponential(text, "exp", (a, 0.0, d))
    behind = _exponential(text, "cosh" if sign > 0 else "sinh", (0.0, abs(b), 0.0))
    turn = 2.0 if sign > 0 or b > 0 else -2.0
    return [
        (turn * c, [*_monomial(text, powers), *front, *behind]) for powers, c in polynomial.items()
    ]


def _sign(first: Mapping[Powers, float], second: Mapping[Powers, float]) -> int:
    """1 where two polynomials are equal, −1 where they are opposite, else 0."""
    for sign in (1, -1):
        if first.keys() == second.keys() and all(
            abs(c - sign * second[powers]) <= _ROUNDING for powers, c in first.items()
        ):
            return sign
    return 0


def _letters(text: RecursionText) -> tuple[str, str, str]:
    return "p", "c", text.barred("p")


def _monomial(text: RecursionText, powers: Powers) -> list[tuple[str, Fraction]]:
    named = zip(_letters(text), powers, strict=True)
    return [(letter, Fraction(power)) for letter, power in named if power]


def _exponential(
    text: RecursionText, function: str, rates: Sequence[float]
) -> list[tuple[str, Fraction]]:
    """A function of a p + b c + d p', nothing where that is 0."""
    named = zip(_letters(text), rates, strict=True)
    inner = [(rate, [(letter, Fraction(1))]) for letter, rate in named if rate]
    if not inner:
        return []
    return [(text.call(function, text.sum(inner)), Fraction(1))]
