"""Inputs and targets that are far from mean 0 and variance 1, on which networks hardly learn."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tpgraph.errors import TPWarning, warn
from tpgraph.program import Program
from tpgraph.training.named_arrays import Dataset

__all__ = ["tell_far_columns"]

_SIZE = 30.0
"""Of √(mean² + sd²), above which a column is far from standard; of its inverse, below which all of
them are; and of mean / sd, above which a column of numbers beyond 1 is nearly constant."""
_SHOWN = 3


def tell_far_columns(program: Program, samples: Dataset, standardize: str) -> None:
    """A TPWarning that names the columns of inputs and targets that are far from standard.

    Far is √(mean² + sd²) > 30, |mean| > 30 sd of a mean beyond 1 that varies at all, and all the
    inputs together if none has √(mean² + sd²) > 1/30. `standardize` is what will be standardized,
    of which nothing is said; classes are no numbers.
    """
    if standardize == "none":
        inputs = [d.variable.name for d in program.data]
        _tell(_far(samples, inputs, small=True), "data")
    if standardize != "all":
        targets = [d.variable.name for d in program.targets]
        numbers = [name for name in targets if name not in samples.classes]
        _tell(_far(samples, numbers, small=False), "all")


def _far(samples: Dataset, names: Iterable[str], *, small: bool) -> list[str]:
    """What the columns that are far from standard are called, each with its mean and sd."""
    called: list[str] = []
    means: list[float] = []
    sds: list[float] = []
    for name in names:
        array = samples.arrays[name].reshape(len(samples.arrays[name]), -1)
        columns = samples.columns.get(name, ())
        many = array.shape[1] > 1
        called += columns or [f"{name}_{i}" if many else name for i in range(array.shape[1])]
        means += array.mean(axis=0).tolist()
        sds += array.std(axis=0).tolist()
    mean, sd = np.abs(means), np.array(sds)
    size = np.hypot(mean, sd)
    far = (size > _SIZE) | ((mean > np.maximum(1.0, _SIZE * sd)) & (sd > 0))
    if small and size.size and 0 < size.max() < 1 / _SIZE:
        far = sd > 0
    return [f"{called[i]} (mean {means[i]:.3g}, sd {sds[i]:.3g})" for i in np.flatnonzero(far)]


def _tell(far: list[str], what: str) -> None:
    if far:
        some = ", ".join(far[:_SHOWN]) + (f" and {len(far) - _SHOWN} more" * (len(far) > _SHOWN))
        text = (
            f"far from mean 0 and sd 1: {some}; --standardize {what}, in Python"
            f" standardize={what!r}, makes them so"
        )
        warn(TPWarning(text))
