"""Several forms together, as functions of several Gaussians read them: their joint law.

The forms of a product are m + R z with z standard normal, R from the eigenvectors of their
covariance.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from tpgraph.limits.exact.evaluation_points import InputSetting
from tpgraph.limits.exact.forms import Array, CentredGaussian, LinearForm
from tpgraph.limits.exact.terms import Factor

__all__ = ["joint", "law_of", "placed_forms"]

_RANK = 1e-12
"""The share of the variance below which a direction is left out."""


def placed_forms(
    gaussians: Sequence[tuple[CentredGaussian, int]], factors: Sequence[tuple[Factor, int]]
) -> tuple[list[tuple[LinearForm, int]], list[list[int]]]:
    """The forms of a product, the Gaussians first, and where those of every factor are."""
    forms = [(LinearForm({g: np.ones(1)}, np.zeros(1)), s) for g, s in gaussians]
    places: list[list[int]] = []
    for factor, side in factors:
        own = []
        for form in factor.forms:
            known = [k for k, (f, s) in enumerate(forms) if s == side and f.key == form.key]
            if not known:
                forms.append((form, side))
            own.append(known[0] if known else len(forms) - 1)
        places.append(own)
    return forms, places


def law_of(
    setting: InputSetting, forms: Sequence[tuple[LinearForm, int]]
) -> tuple[Array, Array, tuple[int, ...]]:
    """Means (E, k) and covariances (E, k, k) for every entry, and the shape of the entries."""
    k = len(forms)
    blocks = {
        (a, b): setting.of_forms(*forms[a], *forms[b])
        for a, b in itertools.combinations_with_replacement(range(k), 2)
    }
    means = [setting.lift(form.constant, side) for form, side in forms]
    shape = np.broadcast_shapes(*(m.shape for m in means), *(c.shape for c in blocks.values()))
    covariance = np.empty((*shape, k, k))
    for (a, b), block in blocks.items():
        covariance[..., a, b] = covariance[..., b, a] = block
    mean = np.stack([np.broadcast_to(m, shape).reshape(-1) for m in means], axis=1)
    return mean, covariance.reshape(-1, k, k), shape


def joint(
    setting: InputSetting, forms: Sequence[tuple[LinearForm, int]], rank: float = _RANK
) -> tuple[Array, Array, tuple[int, ...]]:
    """Means (E, k), roots (E, k, r) for every entry, and the shape of the entries.

    Without directions of a variance below `rank`, as a share of all.
    """
    mean, covariance, shape = law_of(setting, forms)
    values, vectors = np.linalg.eigh(covariance)
    values = np.maximum(values, 0.0)
    trace = values.sum(axis=1, keepdims=True)
    kept = (values > rank * np.where(trace > 0, trace, 1.0)).any(axis=0)
    roots = (vectors * np.sqrt(values)[:, None, :])[:, :, kept]
    return mean, roots, shape
