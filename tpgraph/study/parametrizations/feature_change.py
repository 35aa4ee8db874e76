"""By how much features change at infinite width, in one step of SGD.

With feature learning the first step is unrolled into a program, of which the Master Theorem gives
the limit, and the change of a feature x of a test example is

    |Δx| = (E (Z^{x̃_1} − Z^{x̃_0})²)^{1/2},    |x| = (E (Z^{x̃_0})²)^{1/2}.

In the kernel regime it is of order n^e with e < 0, and 0 in the limit.
Source: Yang & Hu, Tensor Programs IV (arXiv 2011.14522), sections 5 and 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tpgraph.limits import Limit, limit
from tpgraph.program import Program
from tpgraph.program.coordinates import in_training
from tpgraph.study.followed import data_of, followed_names
from tpgraph.study.samples import Experience
from tpgraph.transform import unroll_sgd

__all__ = ["REPLICATES", "FeatureChange", "feature_changes"]

REPLICATES = 4
"""Of the limit, each of a part of the samples: their spread is the error of a change."""


@dataclass(frozen=True, slots=True)
class FeatureChange:
    """|Δx| and |x| of one vector at infinite width, the former with its standard error."""

    name: str
    change: float
    error: float
    size: float


def feature_changes(
    program: Program, seen: Experience, lr: float, samples: int, seed: int
) -> tuple[FeatureChange, ...]:
    """The change of every named wide vector of test point 0 in the first step of an experience.

    `samples` are those of every Z, in all. Raises TPError where the step has no limit.
    """
    names = [e.out.name for e in program.equations if e.out.is_wide and not e.out.is_temporary]
    unrolled = unroll_sgd(program, 1, seen.schedule.shape[1], lr=lr)
    there = followed_names(unrolled, [e.out.name for e in unrolled.equations])
    pairs = {x: (there[0, x], there[1, x]) for x in names if {(0, x), (1, x)} <= there.keys()}
    if all(in_training(program, steps=1).changes[x] < 0 for x in pairs):
        return _unchanged(program, tuple(pairs), seen)
    data, part = data_of(unrolled, seen, 0), max(samples // REPLICATES, 1024)
    found = [
        limit(unrolled, data=data, engine="sampled", samples=part, seed=seed * REPLICATES + k)
        for k in range(REPLICATES)
    ]
    return tuple(_change(x, [_squares(one, *pairs[x]) for one in found]) for x in pairs)


def _unchanged(
    program: Program, names: tuple[str, ...], seen: Experience
) -> tuple[FeatureChange, ...]:
    """The kernel regime: nothing moves in the limit."""
    found = limit(program, data={name: array[0] for name, array in seen.test.items()})
    each = [(x, found.vector(x)) for x in names]
    return tuple(
        FeatureChange(x, 0.0, 0.0, (v.var.value + v.mean.value**2) ** 0.5) for x, v in each
    )


def _squares(found: Limit, before: str, after: str) -> tuple[float, float]:
    """E (Z^after − Z^before)² and E (Z^before)²."""
    first, second = found.vector(before), found.vector(after)
    variance = first.var.value + second.var.value - 2 * found.cov(before, after)
    moved = second.mean.value - first.mean.value
    return variance + moved**2, first.var.value + first.mean.value**2


def _change(name: str, squares: Sequence[tuple[float, float]]) -> FeatureChange:
    values = np.sqrt(np.maximum(np.array(squares), 0.0))
    error = float(values[:, 0].std(ddof=1) / len(values) ** 0.5)
    return FeatureChange(name, float(values[:, 0].mean()), error, float(values[:, 1].mean()))
