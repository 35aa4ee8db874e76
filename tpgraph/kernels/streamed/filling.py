"""The file of a kernel while it is filled: where blocks of panels go, and what comes last."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from tpgraph.kernels.inputs import side_by_side
from tpgraph.kernels.kernel_values import Array, EntryStatistics, RelativeError
from tpgraph.kernels.plan.executing import Run
from tpgraph.kernels.plan.planning import Destination
from tpgraph.kernels.plan.tiles import Block
from tpgraph.kernels.streamed.npz_layout import Member, close_layout, laid_out, open_layout
from tpgraph.kernels.streamed.panels import KernelTask, Panel, PanelBlocks
from tpgraph.progress import counting, one_more

__all__ = ["KernelFile", "kernel_file"]

_CHUNK = 2**24
"""Bytes of a kernel that are looked at in one go."""

Index: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True)
class KernelFile:
    """An NPZ file with room for the kernels of these runs; `members` are by the arrays' names."""

    path: Path
    task: KernelTask
    runs: tuple[Run, ...]
    members: Mapping[str, Member]

    def begin(self) -> None:
        """Make the file. Raises OSError where the disk has no room."""
        open_layout(self.path, list(self.members.values()))

    @property
    def size(self) -> int:
        """Bytes of the file, without its directory."""
        return max(member.end for member in self.members.values())

    def put(self, found: PanelBlocks) -> None:
        """Write the blocks of a panel, and their transposes where they tell those."""
        for place, block in zip(self._places(found.panel), found.blocks, strict=True):
            array = self.members[place.name].mapped(self.path, "r+")
            here, there = self._windows(found.panel, place, array.ndim)
            array[here] = block
            if there is not None:
                array[there] = block.T

    def blocks(self, panel: Panel) -> tuple[Block, ...] | None:
        """What stands in the places of a panel; None where a transpose is another."""
        found = []
        for place in self._places(panel):
            array = self.members[place.name].mapped(self.path)
            here, there = self._windows(panel, place, array.ndim)
            block = np.array(array[here])
            if there is not None and not np.array_equal(array[there], block.T, equal_nan=True):
                return None
            found.append(block)
        return tuple(found)

    def _places(self, panel: Panel) -> tuple[Destination, ...]:
        return self.runs[panel.part].part.places

    def _windows(self, panel: Panel, place: Destination, axes: int) -> tuple[Index, Index | None]:
        """Where a block stands, and where its transpose does unless that is in the panel."""
        work = self.runs[panel.part]
        repeats = max(len(work.part.rows), 1)
        sides = []
        for window, count, output in zip(panel.window, work.shape, (place.i, place.j), strict=True):
            row, start = divmod(window.start, count // repeats)
            inputs = slice(start, start + window.stop - window.start)
            sides.append((inputs, output if repeats == 1 else row))
        (left, i), (right, j) = sides
        here, there = (left, i, right, j), (right, j, left, i)
        if axes == 2:
            here, there = (left, right), (right, left)  # type: ignore[assignment]
        return here, there if panel.is_symmetric and not panel.is_diagonal else None

    def finish(
        self, errors: Mapping[str, RelativeError], exponent: Fraction
    ) -> dict[str, EntryStatistics]:
        """Write what follows from the kernels, and the directory; what is known of the entries."""
        self._fill("x", side_by_side(self.task.rows))
        if self.task.columns is not None:
            self._fill("y", side_by_side(self.task.columns))
        if "ntk" in self.members:
            self._fill("ntk_exponent", np.array(float(exponent)))
        found = {name: EntryStatistics() for name in errors}
        with counting("tiles", sum(len(list(self._chunks(name))) for name in errors)):
            for name, error in errors.items():
                for rows in self._chunks(name):
                    self._count(name, rows, error, found[name])
                    one_more()
        checksums = {name: self._checksum(member) for name, member in self.members.items()}
        close_layout(self.path, list(self.members.values()), checksums)
        return found

    def _fill(self, name: str, values: Array) -> None:
        self.members[name].mapped(self.path, "r+")[...] = values

    def _chunks(self, name: str) -> Iterator[slice]:
        """Some rows at a time."""
        shape = self.members[name].shape
        size = max(1, _CHUNK // max(1, 8 * int(np.prod(shape[1:]))))
        return (slice(k, min(k + size, shape[0])) for k in range(0, shape[0], size))

    def _count(self, name: str, rows: slice, error: RelativeError, found: EntryStatistics) -> None:
        """Count some rows of a kernel, and write their errors."""
        values = self.members[name].mapped(self.path)[rows]
        found.add(values, rows.start if self.task.columns is None else None)
        assert error.rows is not None, "a kernel in a file has its sizes beside it"
        own = RelativeError(error.share, error.rows[rows], error.columns)
        self.members[f"{name}_error"].mapped(self.path, "r+")[rows] = own.of(values)

    def _checksum(self, member: Member) -> int:
        """The CRC-32 of an NPY file."""
        found = zlib.crc32(member.npy_header)
        with self.path.open("rb") as file:
            file.seek(member.start)
            left = member.end - member.start
            while left:
                chunk = file.read(min(left, _CHUNK))
                found = zlib.crc32(chunk, found)
                left -= len(chunk)
        return found


def kernel_file(path: Path, task: KernelTask, runs: tuple[Run, ...]) -> KernelFile:
    """The layout of `tpgraph.kernels.Kernel.arrays`."""
    wide, numbers = np.dtype(np.float64), np.dtype(task.dtype)
    shapes: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {
        "x": (side_by_side(task.rows).shape, wide)
    }
    if task.columns is not None:
        shapes["y"] = side_by_side(task.columns).shape, wide
    kernels = {}
    for work in runs:
        repeats = max(len(work.part.rows), 1)
        left, right = (count // repeats for count in work.shape)
        for name in dict.fromkeys(place.name for place in work.part.places):
            m = max(repeats, 1 + max(p.i for p in work.part.places if p.name == name))
            kernels[name] = (left, right) if m == 1 else (left, m, right, m)
    ordered = [name for name in ("nngp", "ntk") if name in kernels]
    shapes |= {name: (kernels[name], numbers) for name in ordered}
    shapes |= {f"{name}_error": (kernels[name], wide) for name in ordered}
    if "ntk" in kernels:
        shapes["ntk_exponent"] = (), wide
    return KernelFile(path, task, runs, {m.name: m for m in laid_out(shapes)})
