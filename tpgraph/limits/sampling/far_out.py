"""Means that are infinite because of what ψ is farther out than any sample: exp(|x|³/100) tanh² y.

ψ is followed along rays through samples far from the centre, z ↦ ψ(z x), as far as floats hold it
(`tpgraph.limits.closed_forms.far_growth`).
"""

from __future__ import annotations

import numpy as np

from tpgraph.functions import arguments_of, evaluate
from tpgraph.limits.closed_forms.far_growth import diverges, outgrows
from tpgraph.limits.sampling.branches import opened
from tpgraph.limits.sampling.derivatives import Coordinatewise, Trace
from tpgraph.limits.sampling.normals import Array

__all__ = ["require_finite"]

_RAYS = 16


def require_finite(trace: Trace, psi: Coordinatewise) -> None:
    """Raise TPTypeError where E ψ is infinite, as far as ψ is one function of Gaussians."""
    whole = opened(trace, psi)
    used = set(arguments_of(whole.expression))
    vectors = used & whole.vectors.keys()
    if any(isinstance(trace.made.get(whole.vectors[i]), Coordinatewise) for i in vectors):
        return
    rows = dict(zip(used, np.broadcast_arrays(*(whole.values[i][0, 0] for i in used)), strict=True))
    far = np.argsort(np.sum([rows[i] ** 2 for i in vectors], axis=0))[-_RAYS:]

    def along(z: Array) -> Array:
        ray = [np.zeros(1)] * len(whole.values)
        for i in used:
            ray[i] = rows[i][far, None] * (z if i in vectors else 1.0)
        return np.asarray(evaluate(whole.expression, ray))

    unit = np.ones(len(far))
    if outgrows(along, 0 * unit, unit):
        raise diverges()
