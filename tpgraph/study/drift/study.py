"""How far the NTK moves while a network trains: a sweep over (M, L, σ_w², σ_b², initialization).

    ‖Θ_t − Θ_0‖_F / ‖Θ_0‖_F   and the smallest loss reached, by full-batch gradient descent

Source: Seleznova & Kutyniok (2012.04477), Section 4 and Appendix D, Figures 3, 4, 8–11.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.arrays import plain_array
from tpgraph.errors import TPDataError
from tpgraph.files import make_directory, remove_rests
from tpgraph.seeds import seed_sequence
from tpgraph.shown import one_line
from tpgraph.study.csv_table import csv_text
from tpgraph.study.drift.grid import DriftGrid, DriftTask, check_grid
from tpgraph.study.drift.training import Schedule, check_state, descend
from tpgraph.study.folder import held, results
from tpgraph.study.network import network
from tpgraph.study.samples import digest_of
from tpgraph.study.store import Store
from tpgraph.study.sweep import Outcome, Progress, Sweep, run_sweep
from tpgraph.study.tasks import task_key

__all__ = ["DriftResult", "drift_study", "drift_task"]

Array: TypeAlias = npt.NDArray[np.float64]

STUDY = "drift"
VERSION = 1
CHECKPOINT_SECONDS = 20.0
"""How often a training keeps its state: what being killed costs at most."""

_VALUES = ("least", "first", "last", "steps", "stopped", "finite")


@dataclass(frozen=True, repr=False)
class DriftResult:
    """What is known of a grid, nan where a training has not ended.

    `drift` and `losses` are (*grid.shape, snapshots + 1), the last one at the end of training;
    `least` the smallest loss reached, `first` and `last` those before the first and the last step,
    `steps` how many there were, `stopped` whether the early stop ended them, `finite` whether the
    loss stayed finite; (*grid.shape). Losses are those of the program.
    """

    grid: DriftGrid
    drift: Array
    losses: Array
    least: Array
    first: Array
    last: Array
    steps: Array
    stopped: Array
    finite: Array
    outcome: Outcome | None = None

    def __repr__(self) -> str:
        ended = int(np.isfinite(self.steps).sum())
        return one_line("DriftResult", "", f"{ended} of {self.steps.size} trainings have ended")

    @property
    def complete(self) -> bool:
        """Whether every training has ended."""
        return not np.isnan(self.steps).any()

    def csv(self) -> str:
        """A row for each training that has ended."""
        names = ("width", "depth", "sigma_b2", "sigma_w2", "init")
        times = [str(t) for t in self.grid.snapshots] + ["end"]
        columns = [f"{what}_{t}" for what in ("drift", "loss") for t in times]
        return csv_text([*names, *_VALUES, *columns], self._rows())

    def _rows(self) -> Iterator[list[Any]]:
        grid = self.grid
        axes = (grid.widths, grid.depths, grid.sigma_b2, grid.sigma_w2, range(grid.inits))
        for place in np.ndindex(*grid.shape):
            if math.isnan(self.steps[place]):
                continue
            where = [axis[i] for axis, i in zip(axes, place, strict=True)]
            counts = [int(self.steps[place]), int(self.stopped[place]), int(self.finite[place])]
            values = [self.least[place], self.first[place], self.last[place], *counts]
            yield [*where, *values, *self.drift[place], *self.losses[place]]


def drift_study(
    grid: DriftGrid,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    out: str | Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> DriftResult:
    """Train every network of the grid on the samples X (N, d), y (N, k), and measure the drift.

    Results are kept in `out`/drift.sqlite, and long trainings in `out`/checkpoints every 20
    seconds, so that a run that is killed goes on where it was and ends with the same bits; on a
    cluster of several machines `out` is a folder that they share. Ctrl-C ends the run with what
    there is. Options are those of `run_sweep`.

    Raises TPDataError for empty grids and data that do not fit, and the TPErrors of the program.
    """
    check_grid(grid)
    X, y = plain_array("X", X, grid.dtype), plain_array("y", y, grid.dtype)
    if X.ndim != 2 or y.ndim != 2 or len(X) != len(y) or not len(X):
        raise TPDataError(f"data of shapes {X.shape} and {y.shape}", expected="(N, d) and (N, k)")
    digest = digest_of(X, y)
    tasks = tuple(grid.task(place, digest) for place in grid.places())
    first = network(tasks[0].program, tasks[0].constants, grid.dtype)
    first.require_memory(max(grid.widths), len(X))
    first.module.backward(first.init(2, np.random.SeedSequence(0)), X[:1], y[:1])
    states = Path(out) / "checkpoints"
    function = partial(drift_task, X=X, y=y, folder=str(states))
    sweep = Sweep(STUDY, VERSION, function, tasks)
    with held(out) as folder, results(folder, "drift.sqlite", STUDY) as store:
        make_directory(states)
        remove_rests(states)
        for state in sorted(states.glob("*.npz")):
            check_state(state)

        def heard(done: int, total: int) -> None:
            _drop_checkpoints(states, store)
            if progress is not None:
                progress(done, total)

        outcome = run_sweep(sweep, store, workers=workers, scheduler=scheduler, progress=heard)
        return _collect(grid, sweep, store, outcome)


def drift_task(
    task: DriftTask, X: npt.NDArray[np.floating], y: npt.NDArray[np.floating], folder: str = ""
) -> dict[str, npt.ArrayLike]:
    """One training: drift and loss at every snapshot and at the end, and what else is counted."""
    found = network(task.program, task.constants, task.dtype)
    names = [f"{name}={value!r}" for name, value in task.constants]
    seed = seed_sequence(task.seed, STUDY, task.width, task.init, *names)
    schedule = Schedule(task.lr, task.steps, task.tolerance, task.patience, task.snapshots)
    checkpoint = Path(folder) / f"{task_key(STUDY, VERSION, task)}.npz" if folder else None
    ended = descend(
        found,
        found.init(task.width, seed),
        X,
        y,
        schedule,
        checkpoint=checkpoint,
        seconds=CHECKPOINT_SECONDS,
    )
    values = {name: np.float64(getattr(ended, name)) for name in _VALUES}
    return {"drift": ended.drift, "losses": ended.losses, **values}


def _drop_checkpoints(folder: Path, store: Store) -> None:
    """Delete the states of trainings whose results are kept."""
    states = sorted(folder.glob("*.npz"))
    held = store.keys() if states else frozenset()
    for path in states:
        if path.stem in held:
            path.unlink(missing_ok=True)


def _collect(grid: DriftGrid, sweep: Sweep, store: Store, outcome: Outcome) -> DriftResult:
    """The results that the store holds, in the shape of the grid."""
    times = len(grid.snapshots) + 1
    arrays = {name: np.full(grid.shape, math.nan) for name in _VALUES}
    series = {name: np.full((*grid.shape, times), math.nan) for name in ("drift", "losses")}
    places = list(grid.places())
    for number, found in sweep.results(store):
        for name, array in (*arrays.items(), *series.items()):
            array[places[number]] = found[name]
    return DriftResult(grid=grid, **series, **arrays, outcome=outcome)
