"""Functions of one Gaussian that are hard to integrate, by the ways in which they are."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from limits.adversarial.terms import Term, call, number, variable
from mpmath import mp

__all__ = ["PIECES", "Piece", "Z", "composed", "piece"]

Z = variable("z")


@dataclass(frozen=True)
class Piece:
    """A function of z, and the places where it is delicate with their scales."""

    formula: Term
    places: tuple[tuple[Any, Any], ...] = ()


def _decimal(rng: random.Random, low: float, high: float) -> str:
    return f"{rng.uniform(low, high):.2f}"


def _shifted(rng: random.Random) -> tuple[Term, str]:
    """z − p, and p: often 0, as kinks of networks are."""
    p = rng.choice(("0", "0", _decimal(rng, -1.5, 1.5)))
    return (Z if p == "0" else Z - p), p


def _at(p: str, width: Any) -> tuple[tuple[Any, Any], ...]:
    return ((mp.mpf(p), mp.mpf(width)),)


def mild(rng: random.Random) -> Piece:
    a, b = _decimal(rng, 0.3, 2.5), _decimal(rng, -1, 1)
    inner = Z * a + number(b)
    name = rng.choice(
        ("tanh", "sin", "cos", "gelu", "arctan", "softplus", "silu", "sigmoid", "erf")
    )
    return Piece(rng.choice((call(name, inner), call(name, inner), Z * 1, inner**2, inner**3)))


def steep(rng: random.Random) -> Piece:
    z, p = _shifted(rng)
    k = 10 ** rng.randint(1, 9)
    small = f"1e-{rng.randint(2, 9)}"
    formula, width = rng.choice(
        (
            (call("tanh", z * str(k)), 1 / k),
            (call("erf", z * str(k)), 1 / k),
            (call("sigmoid", z * str(k)), 1 / k),
            (call("arctan", z * str(k)), 1 / k),
            (z / (call("abs", z) + small), float(small)),
            (z / call("sqrt", z**2 + small), float(small) ** 0.5),
            (call("tanh", number("1") / z), 0.01),
        )
    )
    return Piece(formula, _at(p, width))


def spike(rng: random.Random) -> Piece:
    z, p = _shifted(rng)
    k = 10 ** rng.randint(1, 6)
    height = str(rng.choice((1, k)))
    formula = rng.choice(
        (
            call("exp", number("-1") * (z * str(k)) ** 2) * height,
            number(height) / ((z * str(k)) ** 2 + "1"),
            (number("1") - call("tanh", z * str(k)) ** 2) * height,
        )
    )
    return Piece(formula, _at(p, 1 / k))


def kink(rng: random.Random) -> Piece:
    z, p = _shifted(rng)
    a = _decimal(rng, -2, 2)
    formula = rng.choice(
        (
            call("relu", z),
            call("abs", z),
            call("max", z, number("0")),
            call("min", z * a, z),
            call("max", z * a, z),
            call("leaky_relu", z, number("0.1")),
            call("relu", z) ** 2,
            call("abs", z) ** 3,
            call("abs", z) ** "0.5",
            call("relu", z) ** "1.5",
        )
    )
    return Piece(formula, _at(p, 0.1))


def jump(rng: random.Random) -> Piece:
    z, p = _shifted(rng)
    formula = rng.choice(
        (
            call("step", z),
            call("sign", z),
            z / call("abs", z),
            call("step", z) * call("tanh", Z),
            call("sign", z) * Z**2,
            call("step", z) * call("step", number("1.8") - Z),
        )
    )
    return Piece(formula, _at(p, 0.1) + _at("1.8", 0.1))


def cancelling(rng: random.Random) -> Piece:
    """A difference that is small beside its parts, times what makes up for it."""
    z, p = _shifted(rng)
    k = rng.randint(2, 7)
    e, inverse = number(f"1e-{k}"), number(f"1e{k}")
    name = rng.choice(("relu", "abs", "tanh", "step", "gelu", "sin", "sign", "exp"))
    second = rng.choice(((k + 1) // 2, 1))
    small, large = number(f"1e-{second}"), number(f"1e{2 * second}")
    formula = rng.choice(
        (
            (call(name, z + e) - call(name, z)) * inverse,
            (call(name, z + e) - call(name, z - e)) * inverse,
            (call("cos", z * small) - "1") * large,
            (call("exp", z * small) - "1" - z * small) * large,
            call("sqrt", z**2 + e) - call("abs", z),
            (call("tanh", z + e) - call("tanh", z) - e * (number("1") - call("tanh", z) ** 2))
            * inverse,
        )
    )
    width = mp.mpf(10) ** -k
    return Piece(formula, _at(p, width))


def heavy(rng: random.Random) -> Piece:
    a = _decimal(rng, 0.05, 0.3)
    formula = rng.choice(
        (
            call("exp", Z**2 * a),
            call("exp", Z * str(rng.randint(2, 6))) * call("sigmoid", Z),
            call("exp", Z * str(rng.randint(1, 4))),
            Z ** str(rng.choice((4, 6, 8, 10))),
            call("cosh", Z * _decimal(rng, 1, 4)),
            call("exp", Z**2 * a) * call("relu", Z - "1"),
            call("log", call("abs", Z)),
            call("relu", Z - (far := _decimal(rng, 3, 7))) * f"1e{rng.randint(0, 6)}",
        )
    )
    return Piece(formula, _at("0", 1e-12) + _at("1", 1e-3) + _at(far, 1e-3))


PIECES = {
    "mild": mild,
    "steep": steep,
    "spike": spike,
    "kink": kink,
    "jump": jump,
    "cancelling": cancelling,
    "heavy": heavy,
}


def piece(rng: random.Random, ways: Sequence[str]) -> Piece:
    return PIECES[rng.choice(ways)](rng)


_BOUNDED = ("tanh", "sin", "abs", "relu", "sigmoid", "arctan")
_STEEPER = mp.mpf("1e-6")
"""tanh of what is steep at a kink bends within a length that the kink alone does not have."""


def composed(rng: random.Random, first: str, others: Sequence[str]) -> Piece:
    """A function of the first way, alone or in a sum, a product or a function with another."""
    found = PIECES[first](rng)
    form = rng.randrange(6)
    if form < 2:
        return found
    other = piece(rng, others)
    places = found.places + other.places
    c = _decimal(rng, -2, 2)
    if form == 2:
        return Piece(found.formula * c + other.formula, places)
    if form == 3:
        steeper = tuple((place, width * _STEEPER) for place, width in found.places)
        return Piece(call(rng.choice(_BOUNDED), found.formula), steeper)
    if form == 4:
        return Piece(call(rng.choice(("max", "min")), found.formula, other.formula), places)
    return Piece(found.formula * other.formula, places)
