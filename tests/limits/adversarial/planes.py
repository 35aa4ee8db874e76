"""Functions of two correlated Gaussians, integrated in nested rules of numpy."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from limits.adversarial.cases import Case, Truth
from limits.adversarial.pieces import Piece, piece
from limits.adversarial.quadrature import plane_expectation
from limits.adversarial.terms import Term, by_numpy, call, variable

__all__ = ["several"]

_WAYS = ("mild", "mild", "kink", "jump", "steep")

Law = tuple[tuple[float, float], tuple[tuple[float, float], tuple[float, float]]]


def several(rng: random.Random) -> Case:
    """mean of a function of two Gaussians that are drawn together, or made of the same data."""
    lines, names, law, data = rng.choice((_drawn, _of_data, _mixed))(rng)
    f, g = piece(rng, _WAYS), piece(rng, _WAYS)
    u, z = variable("u"), variable("z")
    first, second = f.formula.put({"z": u}), g.formula
    formula, crossing = rng.choice(
        (
            (first * second, False),
            (first * second, False),
            (first + second * first, False),
            (call("max", u, z) * first, True),
            (call("abs", u - z) * second, True),
            (call("relu", u - z), True),
            (call("step", u - z) * first, True),
            (call("tanh", first * second), False),
            (call("min", u, z) ** 2, True),
        )
    )
    text = formula.put({"u": variable(names[0]), "z": variable(names[1])})
    return Case(
        "several",
        f"{lines}q = mean({text})\n",
        lambda: _truth(formula, law, f, g, crossing),
        data,
    )


def _truth(formula: Term, law: Law, f: Piece, g: Piece, crossing: bool) -> Truth:
    outer, inner = ([(float(p), float(w)) for p, w in found.places] for found in (f, g))
    (m, k), ((p, c), (_, q)) = law
    if c:  # what bends in z, bends in u where z is mostly there
        rest = (q - c * c / p) ** 0.5
        outer += [(m + (z - k) * p / c, max(w, rest) * p / abs(c)) for z, w in inner]

    def places(u: float) -> list[tuple[float, float]]:
        return [*inner, (u, 0.1)] if crossing else inner

    def values(u: Any, z: Any) -> Any:
        return np.broadcast_to(by_numpy(formula, {"u": u, "z": z}), np.shape(z))

    return Truth(*plane_expectation(values, *law, places, outer))


def _drawn(rng: random.Random) -> tuple[str, tuple[str, str], Law, dict[str, list[float]]]:
    m = rng.choice((("0", "0"), ("0", "1"), ("0.3", "-0.5")))
    c = rng.choice(("0.5", "-0.8", "0.9", "0.99", "0.1", "0"))
    v = rng.choice(("1", "1", "1.5"))
    lines = f"width n\nvector a, b : n ~ N([{m[0]}, {m[1]}], [[1, {c}], [{c}, {v}]]) as X\n"
    covariance = ((1.0, float(c)), (float(c), float(v)))
    return lines, ("a", "b"), ((float(m[0]), float(m[1])), covariance), {}


def _of_data(rng: random.Random) -> tuple[str, tuple[str, str], Law, dict[str, list[float]]]:
    ξ = [rng.choice((1.0, -0.5, 2.0, 0.25)) for _ in range(3)]
    ζ = [rng.choice((1.0, -1.0, 0.5, 0.75)) for _ in range(3)]
    if abs(np.corrcoef(ξ, ζ)[0, 1]) > 0.999 or np.linalg.matrix_rank([ξ, ζ]) < 2:
        ξ, ζ = [1.0, 0.5, -1.0], [0.25, 1.0, 0.5]
    lines = (
        "width n\ndim d = 3\nparametrization ntk\ndata ξ, ζ : d\nparam U : n × d ~ N(0, 1)\n"
        "a = U ξ\nb = U ζ\n"
    )
    p, c, q = (float(np.dot(s, t)) / 3 for s, t in ((ξ, ξ), (ξ, ζ), (ζ, ζ)))
    return lines, ("a", "b"), ((0.0, 0.0), ((p, c), (c, q))), {"ξ": ξ, "ζ": ζ}


def _mixed(rng: random.Random) -> tuple[str, tuple[str, str], Law, dict[str, list[float]]]:
    """a = W x and b = W (αx + βy): covariances α and α² + β²."""
    α, β = rng.choice(((0.6, 0.8), (-0.5, 0.5), (1.0, 0.1), (0.9, -1.0)))
    lines = (
        "width n\nvector x, y : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\na = W x\n"
        f"b = W ({α} * x + ({β}) * y)\n"
    )
    return lines, ("a", "b"), ((0.0, 0.0), ((1.0, α), (α, α * α + β * β))), {}
