"""The coordinates of a vector as a histogram."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tpgraph.notation import Atom, Histogram

__all__ = ["BINS", "RARE", "histogram"]

BINS = 24
RARE = 0.01
"""The share below which a value that is taken more than once is no atom."""


def histogram(values: npt.NDArray[np.float64]) -> Histogram:
    """Bins of equal width from the least to the greatest of finite values.

    A value that at least a hundredth of the coordinates have exactly is an atom.
    """
    counts, edges = np.histogram(values, BINS)
    distinct, times = np.unique(values, return_counts=True)
    often = (times > 1) & (times >= RARE * len(values))
    return Histogram(
        low=float(edges[0]),
        high=float(edges[-1]),
        counts=tuple(int(count) for count in counts),
        mean=float(values.mean()),
        var=float(values.var()),
        atoms=tuple(
            Atom(float(value), int(count) / len(values))
            for value, count in zip(distinct[often], times[often], strict=True)
        ),
    )
