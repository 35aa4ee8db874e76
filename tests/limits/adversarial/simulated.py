"""Longer programs with matrices and their transposes, simulated at two widths by numpy."""

from __future__ import annotations

import math
import random
from functools import cache
from typing import Any

import numpy as np
from limits.adversarial.cases import Case, Truth
from limits.adversarial.terms import Term, by_numpy, call, number, variable

__all__ = ["simulated"]

_WIDTHS = (400, 1200)
_SEEDS = 10

Product = tuple[str, str, bool, Term]
"""Its name, its matrix, whether that is transposed, and what it multiplies."""


def simulated(rng: random.Random) -> Case:
    """A mean over vectors of three to five products by W and A, or their transposes."""
    names, products = ["x", "y"], []
    for step in range(rng.randint(3, 5)):
        name = f"h[{step}]"
        products.append((name, rng.choice("WWA"), rng.random() < 0.5, _operand(rng, names)))
        names.append(name)
    asked = variable(names[-1]) * variable(rng.choice((names[-1], *names)))
    lines = (
        "width n\nvector x : n ~ N(0, 1)\nvector y : n ~ N(0.5, 1)\nmatrix W, A : n × n ~ N(0, 1)\n"
    )
    for name, matrix, is_transposed, operand in products:
        lines += f"{name} = {matrix}{chr(39) if is_transposed else ''} ({operand})\n"
    return Case("simulated", f"{lines}q = mean({asked})\n", lambda: _truth(products, asked))


def _operand(rng: random.Random, names: list[str]) -> Term:
    a, b = (variable(rng.choice(names)) for _ in range(2))
    last = variable(names[-1])
    name = rng.choice(("tanh", "relu", "abs", "sign", "step", "erf", "cos", "gelu"))
    return rng.choice(
        (
            call(name, last),
            call(name, last + a),
            call("tanh", last) * call(name, a),
            call("max", last, a),
            call("tanh", last * 30),
            call("step", last - b) * call("tanh", a),
            call("relu", last - "0.5") - call("relu", a),
            number("0.7") * last + call("sin", b),
        )
    )


def _truth(products: list[Product], asked: Term) -> Truth:
    """The mean at the larger width; its error counts noise, and the change between the widths."""
    small, large = (
        np.array([_run(products, asked, n, seed) for seed in range(_SEEDS)]) for n in _WIDTHS
    )
    noise = [float(found.std(ddof=1)) / math.sqrt(_SEEDS) for found in (small, large)]
    value = float(large.mean())
    change = abs(value - float(small.mean()))
    return Truth(value, 4 * noise[1] + change + 2 * noise[0] + 5 * abs(value) / _WIDTHS[1])


def _run(products: list[Product], asked: Term, n: int, seed: int) -> float:
    values: dict[str, Any] = dict(_vectors(n, seed))
    for name, matrix, is_transposed, operand in products:
        entries = _matrix(matrix, n, seed)
        values[name] = (entries.T if is_transposed else entries) @ by_numpy(operand, values)
    return float(np.mean(by_numpy(asked, values)))


@cache
def _vectors(n: int, seed: int) -> dict[str, Any]:
    x, y = np.random.default_rng([1, n, seed]).standard_normal((2, n), dtype=np.float32)
    return {"x": x, "y": y + np.float32(0.5)}


@cache
def _matrix(name: str, n: int, seed: int) -> Any:
    rng = np.random.default_rng([2, ord(name), n, seed])
    return rng.standard_normal((n, n), dtype=np.float32) / np.float32(math.sqrt(n))
