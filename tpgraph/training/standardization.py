"""Inputs and targets with mean 0 and variance 1, by the samples that a network is trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPError
from tpgraph.program import Program
from tpgraph.training.named_arrays import Dataset

__all__ = ["STANDARDIZED", "Standardization", "standardization"]

Array = npt.NDArray[np.float64]

STANDARDIZED = ("none", "data", "all")
"""What is standardized: nothing, the data, the data and the targets that are numbers."""

_ROUNDING = 1e-12  # of the largest of an entry's numbers; less is no spread


@dataclass(frozen=True)
class Standardization:
    """x ↦ (x − mean) / sd for the entries of arrays by name; others stay as they are.

    An entry that is the same in all samples has the sd 1.
    """

    mean: Mapping[str, list[float]]
    sd: Mapping[str, list[float]]

    def apply(self, samples: Dataset) -> Dataset:
        """The samples, standardized; those that were in another way, by this one instead."""
        if samples.mean == self.mean and samples.sd == self.sd:
            return samples
        arrays = self.applied(_raw(samples).arrays)
        return replace(samples, arrays=arrays, mean=self.mean, sd=self.sd)

    def applied(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Arrays (N, d) by name, standardized."""
        return {
            name: (array - self.mean[name]) / self.sd[name] if name in self.mean else array
            for name, array in arrays.items()
        }

    def undone(self, name: str, values: npt.NDArray[np.floating]) -> Array:
        """Values of an array in the units that it had before."""
        if name not in self.mean:
            return np.asarray(values, dtype=np.float64)
        return np.asarray(values * np.array(self.sd[name]) + self.mean[name], dtype=np.float64)


def _raw(samples: Dataset) -> Dataset:
    """The samples as they were before they were standardized."""
    before = Standardization(samples.mean, samples.sd)
    arrays = {name: before.undone(name, array) for name, array in samples.arrays.items()}
    return replace(samples, arrays=arrays, mean={}, sd={})


def standardization(program: Program, samples: Dataset, what: str) -> Standardization:
    """That of these samples; `what` is one of STANDARDIZED, of which "none" is what they have been
    through already, if anything. Raises TPError for another word.
    """
    if what not in STANDARDIZED:
        raise TPError(f"standardize is {what!r}", expected=", ".join(STANDARDIZED))
    if what == "none":
        return Standardization(samples.mean, samples.sd)
    samples = _raw(samples) if samples.mean else samples
    declared = [d.variable.name for d in program.data]
    if what == "all":
        targets = [d.variable.name for d in program.targets]
        declared += [name for name in targets if name not in samples.classes]
    names = [name for name in declared if name in samples.arrays]
    mean = {name: samples.arrays[name].mean(axis=0).tolist() for name in names}
    sd = {}
    for name in names:
        array = samples.arrays[name]
        found = array.std(axis=0)
        varies = found > _ROUNDING * np.abs(array).max(axis=0, initial=0.0)
        sd[name] = np.where(varies, found, 1.0).tolist()
    return Standardization(mean, sd)
