"""How far the NTK moves while a network trains: a sweep over (M, L, σ_w², σ_b², initialization).

    ‖Θ_t − Θ_0‖_F / ‖Θ_0‖_F   and the smallest loss reached, by full-batch gradient descent

Source: Seleznova & Kutyniok (2012.04477), Section 4 and Appendix D, Figures 3, 4, 8–11.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPDataError
from tpgraph.files import make_directory
from tpgraph.study.drift_network import Constants, constants_of, network
from tpgraph.study.drift_training import Schedule, descend
from tpgraph.study.store import Result, Store
from tpgraph.study.sweep import Outcome, Progress, Sweep, run_sweep, seed_sequence, task_key

__all__ = [
    "NAMES",
    "DriftGrid",
    "DriftResult",
    "DriftTask",
    "digest_of",
    "drift_study",
    "drift_task",
]

Array: TypeAlias = npt.NDArray[np.float64]

STUDY = "drift"
VERSION = 1
CHECKPOINT_SECONDS = 20.0
"""How often a training keeps its state: what being killed costs at most."""

NAMES = ("L", "σ_w2", "σ_b2")
"""The constants of a program for depth, weight variance and bias variance."""

_VALUES = ("least", "first", "last", "steps", "stopped", "finite")


@dataclass(frozen=True)
class DriftTask:
    """One training. `data` is the digest of the samples."""

    program: str
    constants: Constants
    width: int
    init: int
    seed: int
    lr: float
    steps: int
    tolerance: float
    patience: int
    snapshots: tuple[int, ...]
    dtype: str
    data: str


@dataclass(frozen=True)
class DriftGrid:
    """What is swept: every combination of widths, depths, σ_w², σ_b² and initializations.

    `program` is the text of a program, whose constants `names` (depth, σ_w², σ_b²; "" for one that
    it has not) take the values of the grid, and `constants` are further ones. `lr` and so on are
    those of `Schedule`.
    """

    program: str
    widths: tuple[int, ...]
    depths: tuple[int, ...]
    sigma_w2: tuple[float, ...]
    sigma_b2: tuple[float, ...]
    inits: int = 1
    seed: int = 0
    lr: float = 1e-5
    steps: int = 100_000
    tolerance: float = 1e-7
    patience: int = 100
    snapshots: tuple[int, ...] = (10, 100, 1000, 10_000)
    dtype: str = "float32"
    names: tuple[str, str, str] = NAMES
    constants: Constants = ()

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """(widths, depths, σ_b², σ_w², initializations)."""
        sizes = map(len, (self.widths, self.depths, self.sigma_b2, self.sigma_w2))
        return (*sizes, self.inits)  # type: ignore[return-value]

    def task(self, place: Sequence[int], data: str) -> DriftTask:
        """The task at a place of the grid."""
        width, depth, bias, weight, init = place
        chosen = zip(
            self.names,
            (self.depths[depth], self.sigma_w2[weight], self.sigma_b2[bias]),
            strict=True,
        )
        values = {**dict(self.constants), **{name: value for name, value in chosen if name}}
        return DriftTask(
            self.program,
            constants_of(values),
            self.widths[width],
            init,
            self.seed,
            self.lr,
            self.steps,
            self.tolerance,
            self.patience,
            self.snapshots,
            self.dtype,
            data,
        )

    def places(self) -> Iterator[tuple[int, ...]]:
        """Every place, coarse grids before fine ones and cheap networks before dear ones."""
        w, d, b, s, i = self.shape
        biases, weights = _coarse_first(b), _coarse_first(s)

        def rank(place: tuple[int, ...]) -> tuple[int, ...]:
            level = max(biases[place[2]], weights[place[3]])
            return (place[4], level, place[1], place[0], place[3], place[2])

        yield from sorted(product(range(w), range(d), range(b), range(s), range(i)), key=rank)


@dataclass(frozen=True)
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

    @property
    def complete(self) -> bool:
        """Whether every training has ended."""
        return not np.isnan(self.steps).any()

    def csv(self) -> str:
        """A row for each training that has ended."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        names = ("width", "depth", "sigma_b2", "sigma_w2", "init")
        times = [str(t) for t in self.grid.snapshots] + ["end"]
        columns = [f"{what}_{t}" for what in ("drift", "loss") for t in times]
        writer.writerow([*names, *_VALUES, *columns])
        writer.writerows(self._rows())
        return out.getvalue()

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
    _check(grid)
    X, y = np.asarray(X, dtype=grid.dtype), np.asarray(y, dtype=grid.dtype)
    if X.ndim != 2 or y.ndim != 2 or len(X) != len(y) or not len(X):
        raise TPDataError(f"data of shapes {X.shape} and {y.shape}", expected="(N, d) and (N, k)")
    digest = digest_of(X, y)
    folder = Path(out)
    make_directory(folder / "checkpoints")
    places = list(grid.places())
    tasks = tuple(grid.task(place, digest) for place in places)
    first = network(tasks[0].program, tasks[0].constants, grid.dtype)
    first.module.backward(first.init(2, np.random.SeedSequence(0)), X[:1], y[:1])
    function = partial(drift_task, X=X, y=y, folder=str(folder / "checkpoints"))
    sweep = Sweep(STUDY, VERSION, function, tasks)
    with Store(folder / "drift.sqlite", STUDY) as store:
        outcome = run_sweep(sweep, store, workers=workers, scheduler=scheduler, progress=progress)
        _drop_checkpoints(folder / "checkpoints", store)
        return _collect(grid, places, sweep.task_keys(), store, outcome)


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


def _check(grid: DriftGrid) -> None:
    if not all(grid.shape):
        raise TPDataError("the grid has no points", expected="values for every axis, inits ≥ 1")
    for what, name, values in zip(
        ("depth", "σ_w²", "σ_b²"),
        grid.names,
        (grid.depths, grid.sigma_w2, grid.sigma_b2),
        strict=True,
    ):
        if not name and len(values) > 1:
            raise TPDataError(
                f"{len(values)} values of {what}, which the program has no constant for",
                mend="give one value, or the name of the constant",
            )
    increasing = all(a < b for a, b in zip(grid.snapshots, grid.snapshots[1:], strict=False))
    if not increasing or (grid.snapshots and grid.snapshots[0] < 1):
        raise TPDataError(
            f"snapshots after {list(grid.snapshots)} steps", expected="increasing numbers ≥ 1"
        )
    if not (math.isfinite(grid.lr) and grid.lr > 0 and grid.steps >= 1):
        raise TPDataError(f"{grid.steps} steps of rate {grid.lr}", expected="numbers above 0")


def digest_of(*arrays: npt.NDArray[Any]) -> str:
    """The SHA-256 of arrays and their shapes."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _coarse_first(count: int) -> list[int]:
    """The level at which each index of an axis is taken up: 0 for the coarsest grid."""
    top = max(0, count - 1).bit_length()
    levels = [top] * count
    for level in range(top, -1, -1):
        for index in range(0, count, 1 << (top - level)):
            levels[index] = min(levels[index], level)
    levels[-1] = 0
    return levels


def _drop_checkpoints(folder: Path, store: Store) -> None:
    """Delete the states of trainings whose results are kept."""
    held = store.keys()
    for path in folder.glob("*.npz"):
        if path.stem in held:
            path.unlink(missing_ok=True)


def _collect(
    grid: DriftGrid,
    places: Sequence[tuple[int, ...]],
    keys: Sequence[str],
    store: Store,
    outcome: Outcome,
) -> DriftResult:
    """The results that the store holds, in the shape of the grid."""
    times = len(grid.snapshots) + 1
    arrays = {name: np.full(grid.shape, math.nan) for name in _VALUES}
    series = {name: np.full((*grid.shape, times), math.nan) for name in ("drift", "losses")}
    held = store.keys()
    for place, key in zip(places, keys, strict=True):
        if key in held:
            found: Result = store.read(key)
            for name, array in (*arrays.items(), *series.items()):
                array[place] = found[name]
    return DriftResult(grid=grid, **series, **arrays, outcome=outcome)
