"""The dispersion of the NTK at initialization, E[Θ(ξ,ξ̄)²]/E[Θ(ξ,ξ̄)]².

1 where the kernel is deterministic, as NTK theory has it; it grows exponentially in L/M at the edge
of chaos and beyond. Source: Seleznova & Kutyniok, 2012.04477, Figures 1, 2 and 7; 2202.00553.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from tpgraph.bounds import require_networks
from tpgraph.program import require_room
from tpgraph.shown import one_line, quantity
from tpgraph.study.csv_table import csv_text
from tpgraph.study.dispersion.deep_kernel import Point
from tpgraph.study.dispersion.deep_limit import deep_limit
from tpgraph.study.dispersion.dispersion_figures import (
    draw_curves,
    draw_lines,
    draw_maps,
    require_colors,
)
from tpgraph.study.dispersion.kernel_tasks import STUDY, VERSION, DeepTask, measure
from tpgraph.study.dispersion.program import program_sweep
from tpgraph.study.dispersion.settings import DispersionSettings
from tpgraph.study.dispersion.statistics import Moments, moments
from tpgraph.study.folder import held, results
from tpgraph.study.store import Result, Store
from tpgraph.study.sweep import Outcome, Progress, Sweep, run_sweep

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Dispersion", "dispersion_sweep", "study_dispersion"]

Array: TypeAlias = npt.NDArray[np.float64]


def dispersion_sweep(settings: DispersionSettings) -> Sweep:
    """The tasks of a study, initialization by initialization, so that a part covers the grid."""
    if settings.program is not None:
        return program_sweep(settings, STUDY, VERSION)
    require_networks(settings.inits, len(settings.widths))
    width, depth = max(settings.widths), max(settings.depths)
    normals = depth * width * (width + len(settings.points) * len(settings.gram))
    require_room(normals, f"a network of width {width:,}", "choose smaller widths", itemsize=4)
    tasks = tuple(
        DeepTask(
            width,
            max(settings.depths),
            settings.points,
            settings.gram,
            settings.input_dim,
            settings.dtype,
            settings.seed,
            init,
        )
        for init in range(settings.inits)
        for width in settings.widths
    )
    return Sweep(STUDY, VERSION, measure, tasks)


@dataclass(frozen=True, eq=False, repr=False)
class Dispersion:
    """What a study found.

    `log` and `sign` have an array (inits, points, depths, inputs) for each width: Θ_L(ξ_0, ξ_j) of
    the initializations that are done. `interrupted` tells of a study stopped before its end, and
    `others` counts results of other settings in the same store. `float64_difference`: the largest
    relative difference of a sample of Θ from float64 products; nan where none was taken.
    """

    settings: DispersionSettings
    log: tuple[Array, ...]
    sign: tuple[npt.NDArray[np.int8], ...]
    interrupted: bool
    others: int
    float64_difference: float

    def __repr__(self) -> str:
        at = self.settings
        done = f"{min(map(len, self.log), default=0)} of {at.inits} initializations"
        sizes = quantity(len(at.widths), "width"), quantity(len(at.depths), "depth")
        return one_line("Dispersion", "", *sizes, quantity(len(at.points), "point"), done)

    @cached_property
    def moments(self) -> tuple[Moments, ...]:
        """For each width: moments with arrays (points, depths, inputs)."""
        with threadpool_limits(limits=1):
            return tuple(map(moments, self.log, self.sign))

    @cached_property
    def mean_over_limit(self) -> tuple[Array, ...]:
        """For each width: E[Θ] over the value of infinite width, (points, depths, inputs).

        nan off the diagonal and for programs, for which `tp.kernel` has the limit.
        """
        at = self.settings
        found = tuple(np.full(part.ratio.shape, np.nan) for part in self.moments)
        if at.program is None:
            depths = [depth - 1 for depth in at.depths]
            for width, part, over in zip(at.widths, self.moments, found, strict=True):
                limit = deep_limit(at.points, width, max(at.depths), at.input_norm, at.input_dim)[
                    :, depths
                ]
                over[..., 0] = np.exp(part.log_mean[..., 0] - limit)
        return found

    def ratio(self, width: int, point: Point, correlation: float = 1.0) -> Array:
        """E[Θ²]/E[Θ]² against the depths. Raises ValueError for what is not in the settings."""
        at = self.settings
        found = self.moments[at.widths.index(width)].ratio
        return np.asarray(
            found[at.points.index(point), :, at.correlations.index(correlation)], dtype=float
        )

    def csv(self) -> str:
        """A row for each width, point, depth and input; the same results give the same text."""
        names = "activation,sigma_w2,sigma_b2,depth,width,correlation,inits"
        return csv_text([*names.split(","), *_COLUMNS, "mean_over_limit"], self._rows())

    def _rows(self) -> Iterator[list[str]]:
        at = self.settings
        for p, point in enumerate(at.points):
            for width, found, over in zip(
                at.widths, self.moments, self.mean_over_limit, strict=True
            ):
                columns = [*(getattr(found, name) for name in _COLUMNS), over]
                for d, depth in enumerate(at.depths):
                    for j, correlation in enumerate(at.correlations):
                        yield [
                            *_axes(at, point, depth),
                            *map(str, (width, correlation, found.inits)),
                            *(_number(float(column[p, d, j])) for column in columns),
                        ]

    def figure(self, colors: str = "gist_stern") -> Figure:
        """Heat maps over σ_w² and L for a grid, else curves against L and L/M.

        With one depth alone, lines against σ_w² (or against M where that is one value too).
        """
        require_colors(colors)
        panels = Counter((name, bias) for name, _, bias in self.settings.points)
        if len(self.settings.depths) == 1:
            return draw_lines(self.settings, self.moments)
        if min(panels.values()) >= 5:
            return draw_maps(self.settings, self.moments, colors)
        return draw_curves(self.settings, self.moments)


def _axes(settings: DispersionSettings, point: Point, depth: int) -> list[str]:
    """What a row says of its place; nothing on axes that a program does not have."""
    values = [str(value) for value in (point[1], point[2], depth)]
    if settings.program is not None:
        depth_name, *variances = settings.names
        names = (*variances, depth_name)
        values = [value if name else "" for name, value in zip(names, values, strict=True)]
    return [point[0], *values]


def _number(value: float) -> str:
    """Ten digits; nothing for what is unknown."""
    return "" if np.isnan(value) else f"{value:.10g}"


_COLUMNS = ("ratio", "low", "high", "largest", "log_mean")


def study_dispersion(
    settings: DispersionSettings,
    out: str | Path | None = None,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Dispersion:
    """Measure the dispersion of the NTK at initialization.

    Results are kept in `out`/results.sqlite (in memory where None): a study that was stopped goes
    on, one with more initializations computes the new ones. `workers`, `scheduler` and `progress`
    are those of `run_sweep`. Ctrl-C ends it with what there is.

        found = tp.study_dispersion(tp.dispersion_settings("fig2", quick=True), "fig2")
        found.ratio(64, ("relu", 2.0, 0.0))

    Raises TPDataError for a store of another study and a scheduler that does not answer.
    """
    sweep = dispersion_sweep(settings)
    with held(out) as folder, results(folder, "results.sqlite", STUDY) as store:
        outcome = run_sweep(sweep, store, workers=workers, scheduler=scheduler, progress=progress)
        return _collected(settings, sweep, store, outcome)


def _collected(
    settings: DispersionSettings, sweep: Sweep, store: Store, outcome: Outcome
) -> Dispersion:
    """Put the results of the tasks that are done side by side."""
    found: dict[int, dict[int, list[Result]]] = {width: {} for width in settings.widths}
    for place, result in sweep.results(store):
        task = sweep.tasks[place]
        found[task.width].setdefault(task.init, []).append(result)
    inits = [list(found[width].values()) for width in settings.widths]
    return Dispersion(
        settings,
        tuple(np.asarray(_stacked(settings, part, "log"), dtype=np.float64) for part in inits),
        tuple(np.asarray(_stacked(settings, part, "sign"), dtype=np.int8) for part in inits),
        outcome.interrupted,
        outcome.others,
        max(
            (
                float(r["float64_difference"])
                for part in inits
                for tasks in part
                for r in tasks
                if "float64_difference" in r
            ),
            default=np.nan,
        ),
    )


def _stacked(
    settings: DispersionSettings, inits: Sequence[Sequence[Result]], name: str
) -> npt.NDArray[np.generic]:
    """One array of every initialization that is whole: (inits, points, depths, inputs).

    A task of the fully connected network has all points and all depths from 1 on, one of a program
    a single point and depth.
    """
    shape = (len(settings.points), len(settings.depths), len(settings.correlations))
    if settings.program is None:
        depths = [depth - 1 for depth in settings.depths]
        parts = [tasks[0][name][:, depths] for tasks in inits]
    else:
        whole = [tasks for tasks in inits if len(tasks) == shape[0] * shape[1]]
        parts = [np.stack([task[name] for task in tasks]) for tasks in whole]
    return np.reshape(parts, (len(parts), *shape))
