"""Events of several Gaussians that samples hardly see, with truths in one dimension."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from limits.adversarial.cases import Case, Truth
from scipy.integrate import quad
from scipy.special import k0e, ndtr

__all__ = ["rare"]

_HEAD = "width n\nvector x, y : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\nh = W y\n"


def _beyond(f: Callable[[float], float], density: Callable[[float], float], a: float) -> float:
    return float(quad(lambda p: f(p - a) * density(p), a, a + 60, epsabs=0, limit=400)[0])


def _product(p: float) -> float:
    """The density of xy: K₀(|p|)/π."""
    return float(k0e(abs(p))) * math.exp(-abs(p)) / math.pi


def _normal(p: float) -> float:
    return math.exp(-p * p / 2) / math.sqrt(2 * math.pi)


def _sum(p: float) -> float:
    return _normal(p / math.sqrt(2)) / math.sqrt(2)


def _squares(p: float) -> float:
    """The density of x² + y²."""
    return math.exp(-p / 2) / 2


def _largest(p: float) -> float:
    """The density of max(x, y)."""
    return 2 * _normal(p) * float(ndtr(p))


def _scaled(f: Callable[[float], float], a: float) -> float:
    """E f(x e^y − a)."""

    def given(y: float) -> float:
        s = math.exp(y)
        inner = quad(lambda x: f(s * x - a) * _normal(x), a / s, a / s + 12, epsabs=0, limit=200)
        return float(inner[0]) * _normal(y)

    return float(quad(given, -3, 9, epsabs=0, limit=200)[0])


_EVENTS: tuple[tuple[str, Callable[[float], float], tuple[float, float]], ...] = (
    ("x * y", _product, (4, 18)),
    ("x * h", _product, (4, 18)),
    ("x + y", _sum, (4, 9)),
    ("x - h", _sum, (4, 9)),
    ("x^2 + y^2", _squares, (10, 40)),
    ("max(x, h)", _largest, (3, 6)),
)
_SIZES: tuple[tuple[str, Callable[[float], float]], ...] = (
    ("relu({} - {})", lambda p: max(p, 0.0)),
    ("step({} - {})", lambda p: float(p > 0)),
    ("relu({} - {})^2", lambda p: max(p, 0.0) ** 2),
    ("tanh(relu({} - {}))", lambda p: math.tanh(max(p, 0.0))),
)


def rare(rng: random.Random) -> Case:
    """The mean of what is 0 but for a rare event, or the variance of a product with it."""
    scale = 10 ** rng.randint(0, 6)
    size, f = rng.choice(_SIZES)
    if rng.random() < 0.15:
        a = rng.randint(5, 60)
        body, once = size.format("x * exp(y)", a), _scaled
        text = f"{_HEAD}q = mean({scale} * {body})\n"
        return Case("rare", text, lambda: _known(scale * once(f, a)))
    event, density, (low, high) = rng.choice(_EVENTS)
    a = round(rng.uniform(low, high), 1)
    body = size.format(f"({event})", a)
    if rng.random() < 0.3:
        text = f"{_HEAD}k = {body}\nv = W' k\nq = {scale} * mean(v^2)\n"
        # k rests on h in some events, and then v has a part of y, E[k h] y
        if "h" in event:
            text = text.replace("matrix W", "matrix A : n × n ~ N(0, 1)\nmatrix W")
            text = text.replace("W' k", "A k")
        return Case("rare", text, lambda: _known(scale * _beyond(lambda p: f(p) ** 2, density, a)))
    text = f"{_HEAD}q = mean({scale} * {body})\n"
    return Case("rare", text, lambda: _known(scale * _beyond(f, density, a)))


def _known(value: float) -> Truth:
    return Truth(value, 1e-8 * abs(value))
