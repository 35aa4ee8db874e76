"""Heights with room between them, as near to those wanted as can be."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

__all__ = ["spread"]

_APART = 3.0  # pt between marks that stand again above each other


def spread(
    heights: Sequence[float], extents: Sequence[tuple[float, float]], weights: Sequence[float]
) -> list[float]:
    """Heights from the top down, as near to those given as can be with room between them:

    minimize Σ weight · (found − height)²,  found[i] − found[i + 1] ≥ room between i and i + 1,

    by pooling neighbours that violate it (isotonic regression).
    """
    depth = [0.0]
    for (below, _), (_, above) in pairwise(extents):
        depth.append(depth[-1] + below + above + _APART)
    pools: list[tuple[float, float, int]] = []  # mean, weight, number of members
    for height, offset, weight in zip(heights, depth, weights, strict=False):
        mean, total, count = height + offset, weight, 1
        while pools and pools[-1][0] < mean:
            other, more, members = pools.pop()
            mean = (mean * total + other * more) / (total + more)
            total, count = total + more, count + members
        pools.append((mean, total, count))
    found = [mean for mean, _, count in pools for _ in range(count)]
    return [mean - offset for mean, offset in zip(found, depth, strict=False)]
