"""Scalars that vanish together, means that cancel, and quotients that are determined or not."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from limits.adversarial.cases import Case, Truth, exactly, mean_of, source
from limits.adversarial.pieces import Piece, Z, composed, mild, piece
from limits.adversarial.quadrature import Gaussian, expectation
from limits.adversarial.terms import Term, by_mpmath, call, number, variable
from mpmath import mp

__all__ = ["cancelling_means", "undetermined", "vanishing"]

_DIGITS = 110
_WIDTHS = (24, 28)
"""Powers of ten: widths at which a program with vanishing scalars is integrated."""

_POWERS = ("1/2", "1", "3/2")


def vanishing(rng: random.Random) -> Case:
    """mean of a divided difference of x, by one or several scalars that vanish."""
    scalars = {}
    for name in ("ε", "δ"):
        sign = rng.choice(("", "", "", "-"))
        scalars[name] = (f"{sign}{rng.choice(('1', '2', '0.5', '3'))}", rng.choice(_POWERS))
    ε, δ = variable("ε"), variable("δ")
    formula, place = _difference(rng, ε, δ)
    lines = "width n\nvector x : n ~ N(0.2, 1)\n"
    for name, (c, p) in scalars.items():
        lines += f"scalar {name} -> 0 = {c} * n^(-({p}))\n"
    text = f"{lines}q = mean({formula.put({'z': variable('x')})})\n"
    return Case("vanishing", text, lambda: _at_widths(formula, place, scalars))


def _difference(rng: random.Random, ε: Term, δ: Term) -> tuple[Term, str]:
    """A formula of z, ε and δ, and where it has a kink when they are 0."""
    p = rng.choice(("0", "0.4", "-0.7"))
    z, g = Z - p, rng.choice((Z, Z + "1", call("tanh", Z), call("cos", Z), number(1) * Z**2))
    smooth = rng.choice(("tanh", "sin", "gelu", "exp", "silu", "arctan"))
    kinked = rng.choice(("relu", "abs", "tanh", "leaky_relu"))
    jumping = rng.choice(("step", "sign"))
    two = number(2)
    f = smooth
    k = (
        (lambda t: call(kinked, t, "0.1"))
        if kinked == "leaky_relu"
        else (lambda t: call(kinked, t))
    )
    below = rng.choice((ε, ε, δ, ε * δ, ε**2))
    formula = rng.choice(
        (
            (call(f, Z + ε * g) - call(f, Z)) / below,
            (call(f, Z + ε) - call(f, Z - δ)) / below,
            (call(f, Z + ε * Z) + call(f, Z - ε * Z) - two * call(f, Z)) / below,
            (k(z + ε * Z) - k(z)) / below,
            (k(z + ε) - k(z)) * g / below,
            (k(z + ε) + k(z - ε) - two * k(z)) / below,
            (call(jumping, z + ε) - call(jumping, z)) * g / below,
            (call(jumping, z + ε) - call(jumping, z - δ)) / below,
            call(kinked if kinked != "leaky_relu" else "relu", ε * Z) / below,
            Z**2 * ε / δ,
            Z**2 * (ε * δ) / below,
            (call("cos", ε * Z) - "1") / below,
            Z * call("sin", ε * Z) / below,
            (call("exp", δ * Z) - "1") * g / below,
            call("sign", ε) * call("relu", Z) + call("tanh", ε * Z) / δ,
            (call("sqrt", number(1) + ε * Z**2) - "1") / below,
            call("max", ε * Z, δ * Z) / below,
            (call("max", Z, ε) - call("relu", Z)) / below,
            call("log", number(1) + ε * Z**2) / below,
        )
    )
    return formula, p


def _at_widths(formula: Term, place: str, scalars: dict[str, tuple[str, str]]) -> Truth:
    """The limit from two huge widths; None where it grows between them."""
    with mp.workdps(_DIGITS):
        near, far = (_at_width(formula, place, scalars, w) for w in _WIDTHS)
        if abs(far) > 30 * abs(near) and abs(far) > 1e5:
            return Truth(None)
        return Truth(float(far), float(abs(far - near)) + 2.0**-50 * float(1 + abs(far)))


def _at_width(formula: Term, place: str, scalars: dict[str, tuple[str, str]], exponent: int) -> Any:
    law, values = Gaussian(mp.mpf("0.2"), mp.one), {}
    for name, (c, p) in scalars.items():
        power = Fraction(p) * exponent
        values[name] = mp.mpf(c) * mp.power(10, -mp.mpf(power.numerator) / power.denominator)
    at = mp.mpf(place)
    # the kink of z − p + ε lies at p − ε, that of z − p + ε z where z (1 + ε) = p
    cuts = {at, mp.zero}
    for v in values.values():
        cuts |= {at + v, at - v, v, at / (1 + v), at / (1 - v)}
    places = [(cut, law.deviation * 9) for cut in cuts]

    def of_z(z: Any) -> Any:
        return by_mpmath(formula, values | {"z": z})

    return expectation(of_z, law, places, digits=10)[0]


_WAYS = ("mild", "kink", "steep", "jump", "heavy")


def cancelling_means(rng: random.Random) -> Case:
    """(mean ψ − c) 10^k, c the mean to some digits: what is left of it after cancellation."""
    at, found = source(rng), composed(rng, rng.choice(_WAYS), ("mild", "kink"))
    digits = rng.randint(3, 13)
    with mp.workdps(50):
        mean, _, doubt = mean_of(found, at.law, 24)
    rounded = f"{float(mean):.{digits}f}"
    psi = found.formula.put({"z": variable(at.name)})
    text = f"{at.lines}q = (mean({psi}) - ({rounded})) * 1e{digits}\n"

    def truth() -> Truth:
        scale = mp.mpf(10) ** digits
        return Truth(float((mean - mp.mpf(rounded)) * scale), 2.0**-50 + float(doubt * scale))

    return Case("cancelling means", text, truth, at.data)


_ODD = ("tanh({})", "sin({})", "{}", "{}^3", "arctan(2 * {})", "sign({})", "{} * abs({})", "{}^5")
_SINGULAR = (
    "mean({0}) / mean({1})",
    "step(mean({0}))",
    "sign(mean({0}) * 3)",
    "log(mean({0})^2)",
    "1 / mean({0})",
    "abs(mean({0}))^0.5 / mean({1})",
    "mean(relu(x) * step(mean({0})))",
    "mean({0})^2 / mean({1})^2",
    "tanh(1 / mean({0}))",
    "mean({0}) / sqrt(mean({1})^2)",
    "(mean({0}) + mean({1})) / (mean({0}) - mean({1}))",
)


def undetermined(rng: random.Random) -> Case:
    """What stays random where means vanish, and the same of means that do not."""
    if rng.random() < 0.5:
        names = [rng.choice(("x", "y", "h", "x", "x * relu(y)")) for _ in range(2)]
        odd = [rng.choice(_ODD).replace("{}", f"({name})") for name in names]
        text = f"{_HEAD}q = {rng.choice(_SINGULAR).format(*odd)}\n"
        return Case("undetermined", text, lambda: Truth(None))
    return _determined(rng)


_HEAD = "width n\nvector x, y : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\nh = W y\n"


def _determined(rng: random.Random) -> Case:
    above, below = mild(rng), piece(rng, ("kink", "mild", "steep"))
    form: tuple[str, Callable[[Any, Any], Any]] = rng.choice(
        (
            ("mean({0}) / mean({1})", lambda a, b: a / b),
            ("step(mean({1}) - mean({0}))", lambda a, b: mp.mpf(b > a)),
            ("log(mean({1})^2)", lambda a, b: mp.log(b * b)),
            ("sqrt(mean(({1})^2)) + mean({0})", None),
            ("abs(mean({0})) / mean(({1})^2)", None),
        )
    )
    x = {"z": variable("x")}
    texts = (above.formula.put(x), below.formula.put(x))
    text = f"{_HEAD}q = {form[0].format(*texts)}\n"

    def truth() -> Truth:
        law = Gaussian(mp.zero, mp.one)
        a, b = (mean_of(p, law)[0] for p in (above, below))
        if form[1] is not None:
            singular = b - a if "step" in form[0] else b
            if abs(singular) < 1e-12:
                return Truth(None)
            value = form[1](a, b)
            return Truth(float(value), 2.0**-48 * float(1 + abs(value)) * float(1 + 1 / abs(b)))
        square = mean_of(Piece(below.formula**2, below.places), law)[0]
        value = mp.sqrt(square) + a if "sqrt" in form[0] else abs(a) / square
        return exactly((value, 1 + abs(value), mp.zero))

    return Case("undetermined", text, truth)
