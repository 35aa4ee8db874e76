"""Kernels as data: NNGP and NTK over N inputs, with what is known of their errors."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.program import Variable
from tpgraph.shown import html_text

__all__ = [
    "Array",
    "EntryStatistics",
    "Errors",
    "Kernel",
    "RelativeError",
    "ntk_title",
    "row_labels",
    "squeezed",
    "table",
]

Array: TypeAlias = npt.NDArray[np.float64]

_SHOWN = 8
_COLUMNS = ("mean K_ii", "mean K_ij", "least", "greatest", "error up to")


@dataclass(frozen=True)
class RelativeError:
    """An error `share` · max(|K_ij|, √(K_ii K_jj)) of every entry.

    `rows` and `columns` are √|K(x, x)| of both sides' inputs where they are not one, (N,).
    """

    share: float
    rows: Array | None = None
    columns: Array | None = None

    def of(self, kernel: Array) -> Array:
        """The error of every entry, of the kernel's shape."""
        size = np.abs(kernel).astype(np.float64)
        half = int(np.prod(kernel.shape[: kernel.ndim // 2]))
        flat = size.reshape(half, -1)
        if self.rows is None or self.columns is None:
            left = right = np.sqrt(np.diagonal(flat))
        else:
            left, right = (
                np.repeat(side, count // len(side))
                for side, count in zip((self.rows, self.columns), flat.shape, strict=True)
            )
        return np.asarray(self.share * np.maximum(flat, np.outer(left, right))).reshape(size.shape)

    def largest(self, kernel: Array) -> float:
        """The largest error of an entry."""
        top = float(np.abs(kernel).max())
        if self.rows is not None and self.columns is not None:
            top = max(top, float(self.rows.max() * self.columns.max()))
        return self.share * top


@dataclass
class EntryStatistics:
    """Means of K(ξ, ξ) and of K(ξ, ξ̄) of one output, and the range, counted some rows at a time."""

    diagonal: float = 0.0
    all: float = 0.0
    counts: tuple[int, int] = (0, 0)
    least: float = np.inf
    greatest: float = -np.inf

    def add(self, rows: Array, first: int | None) -> None:
        """Count rows of a kernel, of its input `first` on; of None where columns are others."""
        full = rows if rows.ndim == 4 else rows[:, None, :, None]
        same = np.einsum("iaja->ija", full)
        inside = same[:0, :0] if first is None else same[:, first : first + len(same)]
        own = np.einsum("iia->ia", inside)
        self.diagonal += float(own.sum())
        self.all += float(same.sum())
        self.counts = self.counts[0] + own.size, self.counts[1] + same.size
        self.least = min(self.least, float(rows.min()))
        self.greatest = max(self.greatest, float(rows.max()))

    @property
    def extremes(self) -> Array:
        """The least and the greatest entry."""
        return np.array([self.least, self.greatest])

    @property
    def means(self) -> tuple[float, float]:
        """Of K(ξ, ξ), and of K(ξ, ξ̄) for two inputs; NaN of none."""
        own, everything = self.counts
        others = everything - own
        return (
            self.diagonal / own if own else np.nan,
            (self.all - self.diagonal) / others if others else np.nan,
        )


Errors: TypeAlias = Mapping[str, "Array | RelativeError"]
"""Of kernels by name."""


@dataclass(frozen=True, repr=False)
class Kernel:
    """NNGP and NTK over N inputs, each (N, N), or None where it was not asked for.

    With several `outputs` (m of them, or m components `f_0`, `f_1`, …) the arrays are (N, m, N, m).
    A readout of k rows stands as one output where its components are independent copies: their
    kernel is δ_ab K. `ntk` is the coefficient of n^`exponent`, n the first width: 0 but where the
    NTK grows, as in the standard parametrization. Errors are standard deviations of each entry, 0
    where it is exact; `engine` is "exact", "sampled" (if either kernel is) or "finite". `x` has the
    data, (N, d), inputs side by side, and `y` those of columns where they are others: then arrays
    are (N₁, N₂), or (N₁, m, N₂, m). `unplanned` says why the kernel is not by a plan, where one of
    infinite width was to be.
    """

    x: Array
    outputs: tuple[str, ...]
    engine: str
    ntk: Array | None = None
    nngp: Array | None = None
    errors: Errors = field(default_factory=dict)
    exponent: Fraction = Fraction(0)
    y: Array | None = None
    unplanned: str = ""

    @property
    def ntk_error(self) -> Array | None:
        """The error of every entry of `ntk`."""
        return self._error("ntk", self.ntk)

    @property
    def nngp_error(self) -> Array | None:
        """The error of every entry of `nngp`."""
        return self._error("nngp", self.nngp)

    def _error(self, name: str, array: Array | None) -> Array | None:
        found = self.errors.get(name)
        if isinstance(found, RelativeError):
            assert array is not None, "an error is of an array"
            return found.of(array)
        return found

    def largest_error(self, name: str) -> float | None:
        """The largest error of an entry of "ntk" or "nngp"."""
        found = self.errors.get(name)
        if isinstance(found, RelativeError):
            return found.largest(getattr(self, name))
        return None if found is None else float(found.max())

    def __len__(self) -> int:
        """N."""
        return len(self.x)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        """What notebooks show."""
        return html_text(self.summary())

    def arrays(self) -> Mapping[str, Array]:
        """What `tpgraph kernel` writes: x, and of nngp, ntk and their errors what there is."""
        found = {"x": self.x} if self.y is None else {"x": self.x, "y": self.y}
        for name in ("nngp", "ntk", "nngp_error", "ntk_error"):
            array = getattr(self, name)
            if array is not None:
                found[name] = array
        if self.ntk is not None:
            found["ntk_exponent"] = np.array(float(self.exponent))
        return found

    def npz(self) -> bytes:
        """`arrays` as an NPZ file."""
        buffer = io.BytesIO()
        np.savez(buffer, **dict(self.arrays()))  # type: ignore[arg-type]
        return buffer.getvalue()

    def summary(self) -> str:
        """A table: means of K(ξ, ξ) and of K(ξ, ξ̄), the range, the largest error."""
        where = "finite width" if self.engine == "finite" else f"infinite width, {self.engine}"
        count = f"{len(self)}" if self.y is None else f"{len(self)} × {len(self.y)}"
        rows = []
        for title, array in (("nngp", self.nngp), (ntk_title(self.exponent), self.ntk)):
            if array is not None:
                entries = EntryStatistics()
                entries.add(array, 0 if self.y is None else None)
                rows.append((title, entries, self.largest_error(title.split()[0])))
        found = table(self.outputs, count, where, rows)
        if self.unplanned:
            found += f"\nby whole arrays, not by a plan: {self.unplanned}"
        return found


def ntk_title(exponent: Fraction) -> str:
    """`ntk`, or `ntk / n^1` where it grows with the width."""
    return f"ntk / n^{exponent}" if exponent else "ntk"


def squeezed(block: Array) -> Array:
    """(m, N, m, N) as (N, m, N, m), or as (N, N) for m = 1."""
    if block.shape[0] == 1:
        return block[0, :, 0, :]
    return np.ascontiguousarray(block.transpose(1, 0, 3, 2))


def row_labels(outputs: Sequence[Variable], rows: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """`f` for an output that stands in one row, `f_0`, `f_1`, … for one of several components."""
    count = Counter(output for output, _ in rows)
    return tuple(outputs[o].name if count[o] == 1 else f"{outputs[o].name}_{c}" for o, c in rows)


def table(
    outputs: Sequence[str],
    count: str,
    where: str,
    rows: Sequence[tuple[str, EntryStatistics, float | None]],
) -> str:
    """A row for each kernel: its name, what is known of its entries, its largest error.

    A mean that no kernel has, of two inputs where there is one, has no column.
    """
    names = f" of {', '.join(outputs)}" if len(outputs) <= _SHOWN else ""
    inputs = f"{count} input" if count == "1" else f"{count} inputs"
    numbers = [(*entries.means, entries.least, entries.greatest) for _, entries, _ in rows]
    shown = [k for k in range(len(_COLUMNS) - 1) if not all(np.isnan(row[k]) for row in numbers)]
    header = "".join(f"{_COLUMNS[k]:>13}" for k in (*shown, len(_COLUMNS) - 1))
    lines = [f"kernel{names} on {inputs}, {where}", " " * 12 + header]
    for (name, _, error), row in zip(rows, numbers, strict=True):
        cells = [f"{row[k]:13.6g}" for k in shown]
        cells += [f"{error:13.2g}"] if error is not None else []
        lines.append(f"{name:12}" + "".join(cells))
    return "\n".join(lines)
