"""Kernels of infinite width into a file, within a memory, resumed after any end.

    K.npz.tiles/kernel.npz   the file that is filled, laid out from the start
    K.npz.tiles/panels.log   which panels are in it (`tile_log`)

Both are beside K.npz, and go when it is there. The same call goes on with what is missing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tpgraph.errors import TPError, TPTypeError
from tpgraph.files import as_path, make_directory, put_in_place, require_file
from tpgraph.kernels.copies import representative_rows
from tpgraph.kernels.inputs import Inputs, input_arrays
from tpgraph.kernels.kernel_values import Array, EntryStatistics, RelativeError
from tpgraph.kernels.plan.executing import Resources, Run, spread_of
from tpgraph.kernels.plan.planning import KernelPlan
from tpgraph.kernels.plan.whole import joined, repeated, roots_of, share_of_error
from tpgraph.kernels.streamed.crews import PanelCrew, crew_of, finished
from tpgraph.kernels.streamed.filling import KernelFile, kernel_file
from tpgraph.kernels.streamed.panels import KernelTask, Panel, panels_of, planned_runs
from tpgraph.kernels.streamed.stored import StoredKernel
from tpgraph.kernels.streamed.tile_log import LoggedPanel, TileLog, begun, block_hashes
from tpgraph.kernels.tangent import check_kind
from tpgraph.language import to_json
from tpgraph.limits.not_closed import NotClosed
from tpgraph.limits.planned.tape import NotPlanned
from tpgraph.locks import alone
from tpgraph.program import Program
from tpgraph.program.any_program import reads_program
from tpgraph.progress import counting, one_more
from tpgraph.seals import digest

__all__ = ["bytes_in_memory", "stream_kernel"]

_MEMORY = 2**29
"""Bytes of blocks in work unless the resources say another number."""
_LARGEST, _SMALLEST = 2048, 16
"""Inputs of a side of a panel."""
_COPIES = 2
"""Of a block: itself, and what is made of it while it is written."""


@reads_program
def stream_kernel(
    program: Program,
    X: Inputs,
    path: str | Path,
    kind: str = "both",
    *,
    Y: Inputs | None = None,
    resources: Resources | None = None,
    scheduler: str | None = None,
) -> StoredKernel:
    """NNGP and NTK of infinite width on N inputs, written to an NPZ file tile by tile.

    The file is that of `Kernel.npz`: arrays nngp and ntk, (N, N) or (N, m, N, m), their errors, x
    and ntk_exponent. Blocks in work take at most the memory of the `resources`, half a gigabyte
    unless it says another number; they are computed in its threads or, with `scheduler`, by the
    workers of the Dask scheduler at that address, which needs the extra `tpgraph[dask]`. Until it
    is whole the file is in the folder `PATH.tiles` beside it: after any end, kill −9 too, the same
    call goes on with what is missing.

    Raises TPTypeError as `kernel`, and for what has no plan; TPDataError for arrays that do not
    fit and a scheduler that does not answer; TPError where the disk has no room, another process
    writes the same file, or the folder holds tiles of another kernel.
    """
    wanted = check_kind(kind)
    on = resources or Resources()
    columns = None if Y is None else input_arrays(program, Y)
    task = KernelTask(to_json(program), wanted, on.dtype, input_arrays(program, X), columns, on.jit)
    place = Path(os.path.realpath(as_path(path)))
    try:
        plan, runs = planned_runs(task)
        return _Stream(task, plan, runs, place, on).run(scheduler)
    except (NotPlanned, NotClosed) as error:
        raise TPTypeError(
            f"a kernel goes to disk by its plan, and that of {program.name} has none:"
            f" {error.reason}",
            mend="choose fewer inputs, or more memory",
        ) from None


def bytes_in_memory(program: Program, count: int, kind: str = "both") -> int:
    """What `kernel` and its `npz` take for so many inputs: kernels, their errors, the file."""
    m = len(representative_rows(program))
    return 3 * 8 * (count * m) ** 2 * (2 if check_kind(kind) == "both" else 1)


@dataclass(frozen=True)
class _Stream:
    task: KernelTask
    plan: KernelPlan
    runs: tuple[Run, ...]
    path: Path
    resources: Resources

    def run(self, scheduler: str | None) -> StoredKernel:
        """Compute what is missing, and put the file in its place."""
        spreads = self._spreads()
        require_file(self.path)
        folder = self.path.with_name(f"{self.path.name}.tiles")
        with crew_of(self.task, self.resources.threads, scheduler) as crew:
            make_directory(folder)
            with alone(folder):
                stored = self._written(folder, crew, spreads)
            shutil.rmtree(folder, ignore_errors=True)
        return stored

    def _written(self, folder: Path, crew: PanelCrew, spreads: list[list[float]]) -> StoredKernel:
        """The file in its place, made in a folder that is this process's alone."""
        file = kernel_file(folder / "kernel.npz", self.task, self.runs)
        log, side = self._begun(folder / "panels.log", file, crew.slots)
        slots = min(crew.slots, self._slots(side))
        stated = _filled(file, log, panels_of(self.runs, side), crew, slots)
        errors = self._errors(spreads, stated)
        entries = file.finish(errors, self.plan.exponent)
        put_in_place(file.path, self.path)
        log.path.unlink()
        return self._stored(entries, errors)

    def _spreads(self) -> list[list[float]]:
        """What moving numbers by their rounding tells of each end of each part."""
        return [
            spread_of(work.part, joined(self._given(work)), self.task.dtype) for work in self.runs
        ]

    def _given(self, work: Run) -> list[dict[str, Array]]:
        """The inputs of both sides, once for each row of a part."""
        sides = (self.task.rows, self.task.columns)
        return [repeated(work.part, side) for side in sides if side is not None]

    def _begun(self, path: Path, file: KernelFile, slots: int) -> tuple[TileLog, int]:
        """The log of the panels, and their side: as they are in the folder, or begun anew."""
        before = begun(path)
        settings = self._settings()
        whole = file.path.exists() and file.path.stat().st_size >= file.size
        if before is not None:
            _require_same(path.parent, before, settings)
        if before is not None and whole:
            side = int(before["side"])
            return TileLog(path, {**settings, "side": side}), side
        path.unlink(missing_ok=True)
        try:
            file.begin()
        except OSError as error:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise TPError(
                f"{self.path} would take {file.size:,} bytes: {error.strerror}",
                mend="make room, choose another disk, --kind ntk or nngp, or --dtype float32",
            ) from None
        side = int((self._memory / (slots * self._bytes_of_pair)) ** 0.5)
        log = TileLog(path, {**settings, "side": max(_SMALLEST, min(side, _LARGEST))})
        log.begin()
        return log, log.settings["side"]

    def _settings(self) -> dict[str, Any]:
        """What must be the same for panels to belong together."""
        return {
            "program": self.plan.program.name,
            "program_sha256": digest(self.task.program, {}),
            "data_sha256": self.task.inputs_digest,
            "plan_sha256": digest(repr([part.tape.nodes for part in self.plan.parts]), {}),
            "kind": self.task.kind,
            "dtype": self.task.dtype,
            "jit": self.task.jit,
        }

    @property
    def _memory(self) -> int:
        return self.resources.memory or _MEMORY

    @property
    def _bytes_of_pair(self) -> int:
        """Of all blocks of a panel, for a pair of inputs."""
        ends = max(len(work.part.ends) for work in self.runs)
        return _COPIES * ends * np.dtype(self.task.dtype).itemsize

    def _slots(self, side: int) -> int:
        """How many panels of this side fit the memory; one in any case."""
        return max(1, int(self._memory / (self._bytes_of_pair * side**2)))

    def _errors(
        self, spreads: list[list[float]], stated: Mapping[int, Mapping[int, float]]
    ) -> dict[str, RelativeError]:
        """The error of each kernel, as `tpgraph.kernels.plan.whole` tells it."""
        found = {}
        for number, work in enumerate(self.runs):
            given = self._given(work)
            part = work.part
            for name in dict.fromkeys(place.name for place in part.places):
                share = share_of_error(part, name, spreads[number], stated.get(number, {}))
                roots = [roots_of(part, name, side, self.resources) for side in given]
                found[name] = RelativeError(share, roots[0], roots[-1])
        return {name: found[name] for name in ("nngp", "ntk") if name in found}

    def _stored(
        self, entries: Mapping[str, EntryStatistics], errors: Mapping[str, RelativeError]
    ) -> StoredKernel:
        counts = [len(next(iter(self.task.rows.values())))]
        if self.task.columns is not None:
            counts.append(len(next(iter(self.task.columns.values()))))
        return StoredKernel(
            self.path,
            " × ".join(map(str, counts)),
            self.plan.outputs,
            self.plan.exponent,
            entries,
            {name: error.largest(entries[name].extremes) for name, error in errors.items()},
        )


def _filled(
    file: KernelFile, log: TileLog, panels: list[Panel], crew: PanelCrew, slots: int
) -> dict[int, dict[int, float]]:
    """Compute the panels that are not whole in the file; what nodes stated, by part and place."""
    stated: dict[int, dict[int, float]] = {}
    known = log.panels()
    with counting("tiles", len(panels)):
        missing = []
        for panel in panels:
            logged = known.get(panel.number)
            if logged is None or not _stands(file, panel, logged):
                missing.append(panel)
                continue
            _state(stated, panel, logged.errors)
            one_more()
        for found in finished(crew, missing, slots):
            file.put(found)
            hashes = block_hashes(found.blocks)
            log.add(LoggedPanel(found.panel.number, hashes, found.errors))
            _state(stated, found.panel, found.errors)
            one_more()
    return stated


def _stands(file: KernelFile, panel: Panel, logged: LoggedPanel) -> bool:
    """Whether the file holds what the log says of a panel."""
    blocks = file.blocks(panel)
    return blocks is not None and block_hashes(blocks) == logged.blocks


def _state(stated: dict[int, dict[int, float]], panel: Panel, errors: Mapping[int, float]) -> None:
    """Count the largest error of every node."""
    own = stated.setdefault(panel.part, {})
    for place, error in errors.items():
        own[place] = max(own.get(place, 0.0), error)


def _require_same(folder: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Raise TPError where a folder holds tiles of another kernel."""
    changed = []
    for key, value in now.items():
        if before.get(key) != value:
            what = key.removesuffix("_sha256")
            told = what != key or key == "program"
            changed.append(f"the {what} changed" if told else f"{key} was {before.get(key)}")
    if changed:
        raise TPError(
            f"{folder} holds tiles of another kernel: {'; '.join(dict.fromkeys(changed))}",
            mend="remove that folder, or choose another output",
        )
