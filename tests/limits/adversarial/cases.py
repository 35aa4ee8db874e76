"""A random program of one of the kinds, whose truth is known to many digits."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from limits.adversarial.pieces import Piece, composed
from limits.adversarial.quadrature import Gaussian, expectation
from limits.adversarial.terms import Term, by_mpmath, by_numpy, not_smooth_at_zero, variable
from mpmath import mp
from scipy.optimize import bisect

__all__ = ["DIGITS", "Case", "Source", "Truth", "exactly", "mean_of", "of_one_gaussian", "source"]

DIGITS = 50


@dataclass(frozen=True)
class Truth:
    """What q tends to, and how well that is known; `value` is None where it has no limit."""

    value: float | None
    error: float = 0.0


@dataclass(frozen=True)
class Case:
    """A program as text whose scalar q is asked for, and its truth, which is worked out late."""

    kind: str
    text: str
    truth: Callable[[], Truth]
    data: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """Lines that make a Gaussian vector, its name and its law."""

    lines: str
    name: str
    law: Gaussian
    data: Mapping[str, Sequence[float]] = field(default_factory=dict)


HEAD = "width n\n"


def source(rng: random.Random) -> Source:
    """A Gaussian vector: initial, a product with one, or an input layer on fixed numbers."""
    way = rng.choice(("initial", "initial", "product", "input"))
    m, v = rng.choice((("0", "1"), ("0", "1"), ("0.5", "1"), ("0.3", "0.64"), ("-1", "0.25")))
    lines = f"{HEAD}vector x : n ~ N({m}, {v})\n"
    mean, variance = mp.mpf(m), mp.mpf(v)
    if way == "initial":
        return Source(lines, "x", Gaussian(mean, variance))
    if way == "product":
        lines += "matrix W : n × n ~ N(0, 1)\nh = W x\n"
        return Source(lines, "h", Gaussian(mp.zero, mean**2 + variance))
    numbers = [rng.choice((0.0, 1.0, -1.0, 0.5, 1.5)) for _ in range(2)] + [1.0, 0.25]
    lines = (
        f"{HEAD}dim d = {len(numbers)}\nparametrization ntk\ndata ξ : d\n"
        "param U : n × d ~ N(0, 1)\nh = U ξ\n"
    )
    square = mp.fsum(mp.mpf(a) ** 2 for a in numbers) / len(numbers)
    return Source(lines, "h", Gaussian(mp.zero, square), {"ξ": numbers})


def mean_of(found: Piece, law: Gaussian, digits: int = 18) -> tuple[Any, Any, Any]:
    """E ψ, E |ψ| and what E ψ is in doubt by, of a function of one Gaussian."""
    places = found.places + tuple((place, 0.1) for place in _kinks(found, law))
    return expectation(lambda z: by_mpmath(found.formula, {"z": z}), law, places, digits)


_MOST_KINKS = 50


def _kinks(found: Piece, law: Gaussian) -> list[float]:
    """Where functions with a kink have it: a rule that settles may not have seen one.

    None where there are so many that they are rounding.
    """
    m, s = float(law.mean), float(law.deviation)
    z = m + s * np.linspace(-14, 14, 20_001)
    places: list[float] = []
    for inner in not_smooth_at_zero(found.formula):

        def value(at: Any, inner: Term = inner) -> Any:
            with np.errstate(all="ignore"):
                return np.broadcast_to(by_numpy(inner, {"z": at}), np.shape(at))

        def known(at: float, value: Callable[[Any], Any] = value) -> float:
            return float(np.nan_to_num(value(at)))  # 0/0 is where it changes its sign

        values = value(z)
        kept = np.isfinite(values) & (values != 0)
        at, signs = z[kept], np.sign(values[kept])
        own = np.flatnonzero(signs[1:] != signs[:-1])
        if len(own) <= _MOST_KINKS:
            places += [float(bisect(known, at[k], at[k + 1], xtol=1e-25)) for k in own]
    return places


OTHERS = ("mild", "kink", "jump", "steep")


def of_one_gaussian(kind: str, way: str) -> Callable[[random.Random], Case]:
    """mean(ψ(z)) of a ψ that is hard in this way."""

    def made(rng: random.Random) -> Case:
        at, found = source(rng), composed(rng, way, OTHERS)
        psi = found.formula.put({"z": variable(at.name)})
        text = f"{at.lines}q = mean({psi})\n"
        return Case(kind, text, lambda: exactly(mean_of(found, at.law)), at.data)

    return made


_ROUNDING = 2.0**-50


def exactly(found: tuple[Any, Any, Any]) -> Truth:
    """A truth to more digits than floats have; rounding of what cancels in it is granted."""
    value, size, doubt = found
    return Truth(float(value), _ROUNDING * float(size) + float(doubt))
