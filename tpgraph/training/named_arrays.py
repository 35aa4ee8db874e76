"""Samples as arrays by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPArgumentError
from tpgraph.program import canonical_variable
from tpgraph.shown import one_line, quantity

__all__ = ["Dataset", "columns_again"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Dataset:
    """N samples: an array (N, d) for each data and target by source name, in program order.

    `digest` is the SHA-256 of the file (or of the arrays), `name` what errors call it, `classes`
    what the labels of targets were, in the order of their entries. `taken` are the names of the
    columns of a file that were taken in their order, by variable, and `columns` those of all.
    """

    name: str
    arrays: Mapping[str, Array]
    digest: str
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    taken: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __repr__(self) -> str:
        shapes = (f"{name} {array.shape}" for name, array in self.arrays.items())
        return one_line("Dataset", "", f"{self.name!r}", *shapes)

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values()), ()))

    def row(self, index: int) -> dict[str, Array]:
        """One sample by source name. Raises TPDataError where there are not so many."""
        if not 0 <= index < len(self):
            raise TPArgumentError(
                f"{self.name} has {quantity(len(self), 'sample')}, and none of number {index}"
            )
        return {name: array[index] for name, array in self.arrays.items()}

    def rows(self, indices: npt.NDArray[np.int64]) -> Dataset:
        """These samples of it."""
        return replace(self, arrays={name: a[indices] for name, a in self.arrays.items()})


def columns_again(
    chosen: Mapping[str, Sequence[str]] | None, read: Mapping[str, Sequence[str]]
) -> dict[str, Sequence[str]]:
    """A choice of columns for another file by the names that were `read` (`Dataset.columns`).

    What lies between two columns in one file need not lie there in another.

    >>> columns_again({"y": ["a..c"]}, {"y": ("a", "b", "c")})
    {'y': ('a', 'b', 'c')}
    """
    return {name: read.get(canonical_variable(name), own) for name, own in (chosen or {}).items()}
