"""Samples as arrays by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPArgumentError
from tpgraph.shown import one_line, quantity
from tpgraph.training.missing import REFUSE

__all__ = ["Dataset"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Dataset:
    """N samples: an array (N, d) for each data and target by source name, in program order.

    `digest` is the SHA-256 of the file (or of the arrays), `name` what errors call it, `classes`
    what the labels of targets were, in the order of their entries. `taken` are the names of the
    columns of a file that were taken in their order, by variable, and `columns` those of all;
    `chosen` are the variables for which columns were chosen, and `missing` says what became of rows
    without a value. So another file is read alike (`tpgraph.training.data.as_before`). `kept` are
    the numbers of the samples in what was read, from 1, where others were left out. `mean` and `sd`
    are those that the entries of arrays had before they were standardized.
    """

    name: str
    arrays: Mapping[str, Array]
    digest: str
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    taken: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    chosen: frozenset[str] = frozenset()
    missing: str = REFUSE
    kept: tuple[int, ...] | None = None
    mean: Mapping[str, list[float]] = field(default_factory=dict)
    sd: Mapping[str, list[float]] = field(default_factory=dict)

    def __repr__(self) -> str:
        shapes = (f"{name} {array.shape}" for name, array in self.arrays.items())
        return one_line("Dataset", "", f"{self.name!r}", *shapes)

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values()), ()))

    @property
    def chosen_columns(self) -> dict[str, tuple[str, ...]]:
        """The columns of a file that were chosen, by variable."""
        return {name: self.columns[name] for name in sorted(self.chosen)}

    def row(self, index: int) -> dict[str, Array]:
        """One sample by source name. Raises TPDataError where there are not so many."""
        if not 0 <= index < len(self):
            raise TPArgumentError(
                f"{self.name} has {quantity(len(self), 'sample')}, and none of number {index}"
            )
        return {name: array[index] for name, array in self.arrays.items()}

    def rows(self, indices: npt.NDArray[np.int64]) -> Dataset:
        """These samples of it."""
        kept = None if self.kept is None else tuple(self.kept[i] for i in indices)
        return replace(
            self, arrays={name: a[indices] for name, a in self.arrays.items()}, kept=kept
        )

    def only(self, names: Iterable[str]) -> Dataset:
        """These of its arrays, such as the data without the targets."""
        return replace(self, arrays={name: self.arrays[name] for name in names})
