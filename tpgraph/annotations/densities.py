"""The law of a Z: its density by a formula or from samples, its atoms from repeated samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from tpgraph.annotations.histograms import RARE
from tpgraph.limits import VectorLimit
from tpgraph.notation import Atom, Density

__all__ = ["gaussian_density", "sampled_density"]

Array = npt.NDArray[np.float64]

_POINTS = 64  # of a curve
_TAIL = 0.001  # on either side of it
_CELLS, _MOST_CELLS = 8, 1 << 14  # of a bandwidth, and in all
_NEAR = 0.02  # standard deviations between samples of one atom in two replicates
_CONSTANT = 1e-20  # of E Z², a variance that is rounding


def gaussian_density(mean: float, var: float) -> Density:
    """N(mean, var): the curve between its 1/1000 quantiles; an atom if there is no variance."""
    if var <= _CONSTANT * (mean * mean + var) or var == 0.0:
        return Density((), (Atom(mean, 1.0),))
    law = NormalDist(mean, math.sqrt(var))
    reach = law.inv_cdf(1 - _TAIL) - mean
    places = np.linspace(mean - reach, mean + reach, _POINTS).tolist()
    return Density(tuple((z, law.pdf(z)) for z in places))


def sampled_density(found: VectorLimit) -> Density | None:
    """The law of a Z from its samples; None where there are none.

    A value that at least a hundredth of a replicate's samples have is an atom (of relu(Z) that at
    0). The others give a kernel density with Silverman's bandwidth, reflected at the least and the
    greatest of them, so that no mass leaves the support of Z.
    """
    if found.samples is None or not np.isfinite(found.samples).all():
        return None
    replicates = found.samples.reshape(len(found.samples), -1)
    mean, var = found.mean.value, found.var.value
    if var <= _CONSTANT * (mean * mean + var) or var == 0.0:
        return Density((), (Atom(mean, 1.0),))
    atoms, rest = _separated(replicates, math.sqrt(var), found.mean.error)
    mass = len(rest) / replicates.size
    return Density(_curve(np.sort(rest), mass) if mass > RARE else (), atoms)


def _separated(replicates: Array, deviation: float, error: float) -> tuple[tuple[Atom, ...], Array]:
    """The atoms, and the samples that are at none.

    An atom may lie at slightly other places in other replicates, by the `error` of scalars in it.
    """
    repeated: list[tuple[float, int]] = []
    rest = []
    for samples in replicates:
        values, index, times = np.unique(samples, return_inverse=True, return_counts=True)
        often = (times > 1) & (times >= RARE * len(samples))
        repeated += zip(values[often].tolist(), times[often].tolist(), strict=True)
        rest.append(samples[~often[index]])
    near = max(_NEAR * deviation, 8 * error)
    return tuple(_merged(sorted(repeated), near, replicates.size)), np.concatenate(rest)


def _merged(repeated: Sequence[tuple[float, int]], near: float, count: int) -> Sequence[Atom]:
    """Neighbours of a sorted list as one atom, at their middle."""
    if not repeated:
        return []
    values, times = np.array(repeated).T
    breaks = [i for i, (a, b) in enumerate(pairwise(values), 1) if b - a > near]
    groups = zip(np.split(values, breaks), np.split(times, breaks), strict=True)
    return [Atom(float(np.average(v, weights=t)), float(t.sum()) / count) for v, t in groups]


def _curve(samples: Array, mass: float) -> tuple[tuple[float, float], ...]:
    """A kernel density of sorted samples, of this mass; each point is the mean of its stretch."""
    low, high = samples[0], samples[-1]
    width = _bandwidth(samples)
    cells = min(max(math.ceil(_CELLS * (high - low) / width), _POINTS), _MOST_CELLS)
    counts, edges = np.histogram(samples, cells, (low, high))
    smooth = gaussian_filter1d(counts.astype(float), width / (edges[1] - edges[0]), mode="reflect")
    total = np.concatenate([[0.0], np.cumsum(smooth)]) / len(samples)
    first, last = (float(np.quantile(samples, q)) for q in (_TAIL, 1 - _TAIL))
    places = np.linspace(first, last, _POINTS)
    half = (places[1] - places[0]) / 2
    left, right = np.maximum(places - half, first), np.minimum(places + half, last)
    heights = (np.interp(right, edges, total) - np.interp(left, edges, total)) / (right - left)
    return tuple(zip(places.tolist(), (mass * heights).tolist(), strict=True))


def _bandwidth(samples: Array) -> float:
    """Silverman's rule, 0.9 min(s, IQR/1.34) S^(−1/5)."""
    quarter, three = np.quantile(samples, (0.25, 0.75))
    spread = min(float(samples.std()), float(three - quarter) / 1.34) or float(samples.std())
    return float(0.9 * spread * len(samples) ** -0.2)
