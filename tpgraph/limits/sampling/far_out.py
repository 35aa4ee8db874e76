"""Means that are infinite because of what ψ is farther out than any sample: exp(|x|³/100) tanh² y.

ψ is followed along rays through samples far from the centre, z ↦ ψ(z x), as far as floats hold it
(`tpgraph.limits.closed_forms.far_growth`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tpgraph.functions import Expression, arguments_of, evaluate
from tpgraph.limits.closed_forms.far_growth import diverges, outgrows
from tpgraph.limits.sampling.branches import opened
from tpgraph.limits.sampling.derivatives import Coordinatewise, Trace
from tpgraph.limits.sampling.normals import Array

__all__ = ["require_finite"]

_RAYS = 16


def require_finite(
    trace: Trace, psi: Expression, names: Sequence[str | None], values: Sequence[Array]
) -> None:
    """Raise TPTypeError where E ψ is infinite, as far as ψ is one function of Gaussians."""
    whole = opened(trace, psi, names, values)
    used = set(arguments_of(whole.expression))
    vectors = {i for i in used if whole.names[i] is not None}
    if any(isinstance(trace.made.get(whole.names[i] or ""), Coordinatewise) for i in vectors):
        return
    rows = dict(zip(used, np.broadcast_arrays(*(whole.values[i][0, 0] for i in used)), strict=True))
    far = np.argsort(np.sum([rows[i] ** 2 for i in vectors], axis=0))[-_RAYS:]

    def along(z: Array) -> Array:
        ray = [np.zeros(1)] * len(whole.names)
        for i in used:
            ray[i] = rows[i][far, None] * (z if i in vectors else 1.0)
        return np.asarray(evaluate(whole.expression, ray))

    unit = np.ones(len(far))
    if outgrows(along, 0 * unit, unit):
        raise diverges()
