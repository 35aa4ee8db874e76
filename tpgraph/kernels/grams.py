"""Inner products over all inputs, and the sums of their products that kernels are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tpgraph.arrays import plain_array
from tpgraph.compiler import Array
from tpgraph.transform.gradients import GradientTerm, unordered_pairs

__all__ = ["GramGroup", "Grams", "total"]


@dataclass(frozen=True)
class GramGroup:
    """factor · ⟨Σ terms, Σ terms⟩: what one matrix or vector adds to a kernel."""

    factor: float
    terms: tuple[GradientTerm, ...]


class Grams:
    """Inner products of the values of two variables over all inputs, each computed once.

    Those that are needed again are kept until they have been used for the last time.
    """

    def __init__(self, values: Mapping[str, Array], groups: Iterable[GramGroup]) -> None:
        self._values = values
        self._kept: dict[tuple[str, str], Array] = {}
        self._left = Counter(
            (x.name, y.name)
            for group in groups
            for a, b in unordered_pairs(group.terms)
            for x, y in zip(a.ends, b.ends, strict=True)
        )

    def of(self, x: str, y: str) -> Array:
        """⟨x(ξ_i), y(ξ_j)⟩, (m, N, m, N); an axis is 1 where the variables do not vary along it."""
        key = x, y
        found = self._kept.pop(key, None)
        if found is None:
            found = _gram(self._values[x], self._values[y])
        self._left[key] -= 1
        if self._left[key] > 0:
            self._kept[key] = found
        return found


def _gram(x: Array, y: Array) -> Array:
    """x (m, N, n) or (N, n), and y likewise: their products over n, taken where the values are."""
    x, y = (v if v.ndim == 3 else v[None] for v in (x, y))
    flat = x.reshape(-1, x.shape[-1]) @ y.reshape(-1, y.shape[-1]).T
    return plain_array("a Gram matrix", flat.reshape(*x.shape[:2], *y.shape[:2]))


def total(groups: Sequence[GramGroup], grams: Grams, widths: Mapping[str, int]) -> Array:
    """Σ over groups and pairs of uses."""
    found: Array = np.zeros((1, 1, 1, 1))
    for group in groups:
        for a, b in unordered_pairs(group.terms):
            factor = group.factor * (a.coefficient * b.coefficient).at(widths)
            product: Any = factor
            for x, y in zip(a.ends, b.ends, strict=True):
                product = product * grams.of(x.name, y.name)
            if a is not b:
                product = product + product.transpose(2, 3, 0, 1)
            found = found + product
    return found
