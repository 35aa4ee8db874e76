"""How much of a mean of samples is rounding: ψ once more, every part of it moved by its own.

    2·10⁸ (√(10¹⁶ + x²) − 10⁸)   has steps of 3, which samples do not average out

A scalar is known up to 2⁻⁴⁴, so that |θ|^0.1 of a θ that is 0 by rounding is not 0.03. The mean of
how far ψ moves is the error: roundings of many samples may all be to one side. Source: stochastic
arithmetic, Vignes 1993 (CESTAC).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tpgraph.functions import MUL, Apply, Argument, Expression, evaluate, expand, inline
from tpgraph.functions.expression import Function
from tpgraph.limits.estimates import LEAST
from tpgraph.limits.sampling.normals import Array

__all__ = ["rounding"]

_LOOKED_AT = 32
"""Samples of every replicate."""
_UNIT, _SCALAR = 2.0**-53, 2.0**-44
_FAR = 1e150
_UNDERFLOW = "mul", "div", "pow", "exp"
_NOTED = 1e-12
"""Of less, relative to |ψ|, every error bar has more."""


def rounding(psi: Expression, values: Sequence[Array]) -> Array:
    """E|Δψ| by input, (M,), of ψ of samples (B, M, S) and scalars (B, M, 1)."""
    some = [np.asarray(v)[..., :_LOOKED_AT] for v in values]
    whole, noise = inline(expand(psi)), np.random.default_rng(0)
    moved = [
        v + _SCALAR * (1 + np.abs(v)) * _signs(noise, v.shape) if v.shape[-1] == 1 else v
        for v in some
    ]
    with np.errstate(all="ignore"):
        still = np.atleast_3d(evaluate(whole, some))
        distance = np.abs(np.atleast_3d(_noisy(whole, moved, noise)) - still)
    distance = np.where(distance > _FAR, _FAR, distance)
    distance = np.where(np.isfinite(distance), distance, 0.0).mean(axis=(0, 2))
    return np.where(distance > _NOTED * np.abs(still).mean(axis=(0, 2)), distance, 0.0)


def _noisy(psi: Expression, values: Sequence[Array], noise: np.random.Generator) -> Array:
    if not isinstance(psi, Apply):
        return np.asarray(evaluate(psi, values))
    parts = [_noisy(a, values, noise) for a in psi.arguments]
    if psi.function != MUL:
        return _moved(psi.function, psi.order, parts, noise)
    own, *rest = parts
    for part in rest:  # One by one, as any of them may be lost.
        own = _moved(MUL, 0, [own, part], noise)
    return own


def _moved(
    function: Function, order: int, parts: Sequence[Array], noise: np.random.Generator
) -> Array:
    """A function, moved by its rounding, or by the least float where it is too small for one."""
    places = tuple(Argument(i) for i in range(len(parts)))
    own = np.asarray(evaluate(Apply(function, places, order), parts))
    signs = _signs(noise, own.shape)
    if function.name in _UNDERFLOW:
        is_none = np.logical_and.reduce(np.broadcast_arrays(*(p != 0 for p in parts)))
        lost = (np.abs(own) < LEAST) & (is_none | (function.name == "exp"))
        own = np.where(lost, own + LEAST * signs, own)
    return np.asarray(own * (1 + _UNIT * signs))


def _signs(noise: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return noise.choice([-1.0, 1.0], shape)
