"""The variance of trained networks over initializations, beside what NTK theory predicts of it.

    f_∞ = f₀ + K(·, X) K(X, X)⁻¹ (y − f₀(X)),   f₀ ~ N(0, Σ) with the NNGP Σ

has variance A Σ Aᵀ, A = 1 − K(·, X) K(X, X)⁻¹ δ_X, at infinite width. Each network is trained by
full-batch gradient descent; beside what it becomes stands what it would become if its own Θ_0 did
not move, which parts the kernel's randomness at initialization from its drift.
Source: Seleznova & Kutyniok (2012.04477), Section 5, Equation 10 and Theorem 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.arrays import plain_array
from tpgraph.bounds import require_networks
from tpgraph.errors import TPDataError, TPTypeError
from tpgraph.kernels.losses import program_loss
from tpgraph.seeds import seed_sequence
from tpgraph.shown import one_line, quantity
from tpgraph.study.csv_table import csv_text
from tpgraph.study.drift.training import Schedule, descend, relative_change
from tpgraph.study.folder import held, results
from tpgraph.study.function_variance.summary import Summary, summary, theory
from tpgraph.study.network import (
    NAMES,
    Constants,
    Names,
    Network,
    constants_at,
    network,
    require_names,
)
from tpgraph.study.samples import digest_of
from tpgraph.study.store import Store
from tpgraph.study.sweep import Outcome, Progress, Sweep, run_sweep

__all__ = [
    "VarianceGrid",
    "VarianceResult",
    "VarianceTask",
    "frozen_kernel",
    "function_variance",
    "variance_task",
]

Array: TypeAlias = npt.NDArray[np.float64]

STUDY = "function-variance"
VERSION = 1

_NULL = 1e-12
"""Eigenvalues below this part of the largest are never learned."""


@dataclass(frozen=True)
class VarianceTask:
    """One training; see VarianceGrid. `data` is the digest of the samples."""

    program: str
    constants: Constants
    width: int
    init: int
    seed: int
    rate: float
    steps: int
    goal: float
    dtype: str
    data: str


@dataclass(frozen=True)
class VarianceGrid:
    """What is studied: every combination of phases (σ_w², σ_b²), depths, widths, initializations.

    `program`, `names` and `constants` are those of DriftGrid. The learning rate of each network is
    `rate`/λ, λ the largest eigenvalue of the Hessian at initialization with its own Θ_0 (2 is
    where gradient descent diverges). Training ends after `steps`, or where the loss is `goal`
    times the first.
    """

    program: str
    widths: tuple[int, ...]
    depths: tuple[int, ...]
    phases: tuple[tuple[float, float], ...]
    inits: int = 50
    seed: int = 0
    rate: float = 0.5
    steps: int = 4000
    goal: float = 1e-4
    dtype: str = "float64"
    names: Names = NAMES
    constants: Constants = ()

    def points(self) -> Iterator[tuple[int, int, tuple[float, float]]]:
        """(width, depth, phase) in the order in which they are summed up."""
        for phase in self.phases:
            for depth in self.depths:
                for width in self.widths:
                    yield width, depth, phase

    def chosen(self, depth: int, phase: tuple[float, float]) -> Constants:
        """The constants of the program at a point."""
        return constants_at(self.names, (depth, *phase), self.constants)

    def tasks(self, data: str) -> tuple[VarianceTask, ...]:
        """Every training, one initialization of all points after the other."""
        return tuple(
            VarianceTask(
                self.program,
                self.chosen(depth, phase),
                width,
                init,
                self.seed,
                self.rate,
                self.steps,
                self.goal,
                self.dtype,
                data,
            )
            for init in range(self.inits)
            for width, depth, phase in self.points()
        )


@dataclass(frozen=True, repr=False)
class VarianceResult:
    """The summary of every point of which two initializations are known, and the run."""

    grid: VarianceGrid
    summaries: tuple[Summary, ...]
    outcome: Outcome

    def __repr__(self) -> str:
        done = f"{self.outcome.done} of {self.outcome.total} trainings"
        return one_line("VarianceResult", "", quantity(len(self.summaries), "point"), done)

    def csv(self) -> str:
        """A row for each point."""
        return csv_text(Summary.columns(), (s.cells() for s in self.summaries))

    def lines(self) -> Iterator[str]:
        """What there is, for reading: a line for each point, and one for the run."""
        for s in self.summaries:
            yield (
                f"({s.sigma_w2:g}, {s.sigma_b2:g}) L = {s.depth} M = {s.width}: trained "
                f"{s.trained:.4g} ± {s.trained_error:.2g}, Θ₀ frozen {s.limit:.4g} ± "
                f"{s.limit_error:.2g}, M = ∞ {s.wide_limit:.4g}, Theorem 3 {s.theorem_3:.4g}; "
                f"loss {s.loss:.1e} of the first, drift {s.drift:.3f}"
            )
        state = "interrupted" if self.outcome.interrupted else "done"
        yield (
            f"{state}: {self.outcome.done} of {self.outcome.total} trainings, "
            f"{self.outcome.computed} now in {self.outcome.seconds:.0f} s"
        )


def function_variance(
    grid: VarianceGrid,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    X_test: npt.ArrayLike,
    out: str | Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> VarianceResult:
    """Train every network of the grid on X (N, d), y (N, k), and compare its outputs on X_test.

    Results are kept in `out`/function-variance.sqlite; a run that was stopped goes on. The kernels
    of infinite width are those of `tpgraph.kernel`, so that any program can be studied that has
    a squared loss. Raises TPDataError for empty grids and data that do not fit, TPTypeError for
    another loss and a parametrization whose learning rate depends on the width.
    """
    require_names(grid.program, grid.names)
    if not all(map(len, (grid.widths, grid.depths, grid.phases))) or grid.inits < 2:
        raise TPDataError("the grid has no points", expected="values for every axis, inits ≥ 2")
    require_networks(*map(len, (grid.widths, grid.depths, grid.phases)), grid.inits)
    if not (0 < grid.rate < 2 and grid.steps >= 1):
        raise TPDataError(f"{grid.steps} steps of rate {grid.rate}", expected="0 < rate < 2")
    given = {"X": X, "y": y, "X_test": X_test}
    X, y, X_test = (plain_array(name, array, grid.dtype) for name, array in given.items())
    if not X.ndim == y.ndim == X_test.ndim == 2 or len(X) != len(y) or not len(X) * len(X_test):
        raise TPDataError(
            f"data of shapes {X.shape}, {y.shape}, {X_test.shape}",
            expected="(N, d), (N, k) and (T, d)",
        )
    tasks = grid.tasks(digest_of(X, y, X_test))
    first = network(tasks[0].program, tasks[0].constants, grid.dtype)
    first.require_memory(max(grid.widths), len(X) + len(X_test))
    _curvature(first)
    function = partial(variance_task, X=X, y=y, X_test=X_test)
    sweep = Sweep(STUDY, VERSION, function, tasks)
    with held(out) as folder, results(folder, f"{STUDY}.sqlite", STUDY) as store:
        outcome = run_sweep(sweep, store, workers=workers, scheduler=scheduler, progress=progress)
        found = tuple(_summaries(grid, sweep, store, X, y, X_test))
    return VarianceResult(grid, found, outcome)


def variance_task(
    task: VarianceTask,
    X: npt.NDArray[np.floating],
    y: npt.NDArray[np.floating],
    X_test: npt.NDArray[np.floating],
) -> dict[str, npt.ArrayLike]:
    """One training: outputs at all points, (P, k), before, after, and of a kernel that stays.

    `start`, `trained`; `frozen` after as many steps with Θ_0, `limit` at t → ∞ with Θ_0; `drift`
    of Θ over all points, `loss` as a part of the first, `steps` and the learning rate `lr`.
    """
    found = network(task.program, task.constants, task.dtype)
    names = [f"{name}={value!r}" for name, value in task.constants]
    seed = seed_sequence(task.seed, STUDY, task.width, task.init, *names)
    params = found.init(task.width, seed)
    points = np.concatenate([X, X_test])
    start, theta = found.module.forward(params, points), found.ntk(params, points)
    size = y.size
    scale = _curvature(found) / len(X)
    lr = task.rate / (scale * float(np.linalg.eigvalsh(theta[:size, :size])[-1]))
    schedule = Schedule(lr, task.steps, patience=0, goal=task.goal)
    ended = descend(found, params, X, y, schedule, kernels=False)
    trained = found.module.forward(ended.params, points)
    frozen, limit = frozen_kernel(theta, start, y, scale * lr, ended.steps)
    after = found.ntk(ended.params, points, diverged=True)
    return {
        "start": start,
        "trained": trained,
        "frozen": frozen,
        "limit": limit,
        "drift": np.float64(relative_change(after, theta)),
        "loss": np.float64(ended.last / ended.first),
        "steps": np.float64(ended.steps),
        "lr": np.float64(lr),
    }


def frozen_kernel(
    theta: npt.NDArray[np.floating],
    start: npt.NDArray[np.floating],
    y: npt.NDArray[np.floating],
    rate: float,
    steps: int,
) -> tuple[Array, Array]:
    """Outputs (P, k) after so many steps, and at t → ∞, of f ← f − `rate` Θ(·, X) (f(X) − y).

    `theta` is (P k, P k), the points trained on first; one that is never learned stays.
    """
    size = y.size
    values, vectors = np.linalg.eigh(theta[:size, :size].astype(np.float64))
    null = values <= _NULL * values[-1]
    safe = np.where(null, 1.0, values)
    after = np.where(null, rate * steps, (1 - (1 - rate * safe) ** steps) / safe)
    forever = np.where(null, 0.0, 1 / safe)
    error = vectors.T @ (y - start[: len(y)]).ravel()
    moved = theta[:, :size] @ vectors
    first, second = (start + (moved @ (g * error)).reshape(start.shape) for g in (after, forever))
    return first, second


def _curvature(found: Network) -> float:
    """The c of L′(f) = c (f − y). Raises TPTypeError where there is none."""
    curvature = program_loss(found.program).curvature
    if curvature is None:
        raise TPTypeError(
            f"program {found.program.name} has no squared loss", mend="loss (f - y)^2 / 2"
        )
    parametrization = found.program.parametrization
    if parametrization is None or parametrization.c != 0:
        raise TPTypeError(
            f"the learning rate of {found.program.name} depends on its width",
            expected="a parametrization with c = 0: standard, ntk or mup",
        )
    return curvature


def _summaries(
    grid: VarianceGrid, sweep: Sweep, store: Store, X: Array, y: Array, X_test: Array
) -> Iterator[Summary]:
    """Of every point that has two initializations, over those that are known."""
    points = list(grid.points())
    for place, (width, depth, phase) in enumerate(points):
        inits = range(place, len(sweep.tasks), len(points))
        found: Sequence[Mapping[str, npt.NDArray[Any]]] = [
            result for _, result in sweep.results(store, inits)
        ]
        if len(found) < 2:
            continue
        ready = network(grid.program, grid.chosen(depth, phase), grid.dtype)
        curvature = _curvature(ready)
        expected = theory(ready.program, X, y, X_test, width, curvature, found)
        yield summary(width, depth, phase, found, len(X), expected)
