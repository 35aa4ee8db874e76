"""A kernel in a file, which no memory need hold: what is known of it, and its arrays as maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from tpgraph.arrays import Damage
from tpgraph.errors import TPDataError
from tpgraph.kernels.kernel_values import EntryStatistics, Kernel, ntk_title, table
from tpgraph.kernels.streamed.npz_layout import mapped_members

__all__ = ["StoredKernel"]


@dataclass(frozen=True, repr=False)
class StoredKernel:
    """NNGP and NTK of infinite width in an NPZ file, as `tpgraph kernel -o` writes it.

    `outputs` and `exponent` are those of a `Kernel`; `entries` and `largest_errors` are by "nngp"
    and "ntk".
    """

    path: Path
    count: str
    outputs: tuple[str, ...]
    exponent: Fraction
    entries: Mapping[str, EntryStatistics]
    largest_errors: Mapping[str, float]

    def __repr__(self) -> str:
        return self.summary()

    def kernel(self, most: int | None = None) -> Kernel:
        """The kernel, its arrays maps of the file; with `most` on so many inputs, evenly chosen.

        Raises TPDataError where the file is no longer what was written.
        """
        try:
            found = mapped_members(self.path)
        except (OSError, Damage) as error:
            raise TPDataError(f"{self.path} cannot be read: {error}") from None
        y = found.pop("y", None)
        rows = _thinned(len(found["x"]), most)
        columns = rows if y is None else _thinned(len(y), most)
        for name in ("nngp", "ntk", "nngp_error", "ntk_error"):
            array = found.get(name)
            if array is not None:
                found[name] = array[rows, columns] if array.ndim == 2 else array[rows, :, columns]
        return Kernel(
            found["x"][rows],
            self.outputs,
            "exact",
            ntk=found.get("ntk"),
            nngp=found.get("nngp"),
            errors={n: found[f"{n}_error"] for n in ("nngp", "ntk") if n in found},
            exponent=self.exponent,
            y=None if y is None else y[columns],
        )

    def summary(self) -> str:
        """The table of `Kernel.summary`."""
        titles = {"nngp": "nngp", "ntk": ntk_title(self.exponent)}
        rows = [(titles[n], e, self.largest_errors[n]) for n, e in self.entries.items()]
        return table(self.outputs, self.count, "infinite width, exact", rows)


def _thinned(count: int, most: int | None) -> slice:
    """At most so many of `count`, evenly chosen."""
    return slice(None, None, 1 if most is None else -(-count // most))
