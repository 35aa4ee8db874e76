"""Linear forms in Gaussians: Σ_g c_g g + m, with numbers c_g and m for every input.

An array over inputs is (N,), or (1,) where all inputs share its value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.limits.planned.unknowns import is_unknown

__all__ = ["Array", "CentredGaussian", "LinearForm"]

Array: TypeAlias = npt.NDArray[np.float64]

_SAME = 1e-14


class CentredGaussian(NamedTuple):
    """A centred Gaussian: Ẑ of the vector `name`, or one `entry` of a vector of fixed dimension."""

    name: str
    entry: int = 0


@dataclass(frozen=True, eq=False)
class LinearForm:
    """Σ `coefficients`[g] g + `constant`."""

    coefficients: Mapping[CentredGaussian, Array]
    constant: Array

    @cached_property
    def key(self) -> tuple[object, ...]:
        """What tells two forms apart."""
        own = tuple((g, self.coefficients[g].tobytes()) for g in sorted(self.coefficients))
        return (*own, self.constant.tobytes())

    @property
    def is_constant(self) -> bool:
        """Whether no Gaussian is in it."""
        return not self.coefficients

    @property
    def is_centred(self) -> bool:
        """Whether its mean is 0 on every input."""
        return not self.constant.any()

    def relative_to(self, base: LinearForm) -> tuple[float, float] | None:
        """(r, d) with self = r · base + d for all inputs, or None."""
        if set(self.coefficients) != set(base.coefficients):
            return None
        ratios = [_ratio(self.coefficients[g], base.coefficients[g]) for g in self.coefficients]
        r = ratios[0] if ratios else None
        if r is None or any(s is None or abs(s - r) > _SAME * abs(r) for s in ratios):
            return None
        rest = self.constant - r * base.constant
        if is_unknown(rest):
            return None
        if is_unknown(self.constant):
            return r, float(rest.flat[0])
        size = np.abs(self.constant).max() + abs(r) * np.abs(base.constant).max()
        if np.ptp(rest) > _SAME * size:
            return None
        d = float(rest.flat[0])
        return r, d if abs(d) > _SAME * size else 0.0

    def __iter__(self) -> Iterator[tuple[CentredGaussian, Array]]:
        return iter(self.coefficients.items())


def _ratio(a: Array, b: Array) -> float | None:
    """a / b where it is one number."""
    if not b.all():
        return None
    ratios = a / b
    if is_unknown(ratios):
        return None
    first = float(ratios.flat[0])
    return first if first and np.ptp(ratios) <= _SAME * abs(first) else None
