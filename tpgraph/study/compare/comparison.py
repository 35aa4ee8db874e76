"""What a comparison found: every network beside its limit, and how the error shrinks with width."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tpgraph.program import Regime
from tpgraph.shown import html_text
from tpgraph.study.compare.expected import Ensemble
from tpgraph.study.csv_table import csv_text
from tpgraph.study.samples import Array, fit_exponent

__all__ = ["Comparison", "NetworkRun"]


@dataclass(frozen=True)
class NetworkRun:
    """One network: outputs and limit (T+1, M, k) at the test points, training losses (T,)."""

    width: int
    number: int
    outputs: Array
    limit: Array
    losses: Array

    @property
    def error(self) -> float:
        """The root mean square of f_t − f̊_t over steps t ≥ 1, test points and components."""
        with np.errstate(all="ignore"):
            return float(np.sqrt(np.mean((self.outputs[1:] - self.limit[1:]) ** 2)))

    @property
    def diverged(self) -> bool:
        """Whether the network's outputs, or those of its limit, are not finite."""
        return not (np.isfinite(self.outputs).all() and np.isfinite(self.limit).all())


@dataclass(frozen=True, repr=False)
class Comparison:
    """Networks of several widths, trained alike, beside their infinite-width limit.

    `regime` says which limit: "kernel", where each network's limit starts from its own f₀ and
    `ensemble` has mean and standard deviation over initializations, or "feature learning", where
    one deterministic limit stands for all. `limit_error` is the largest standard error in the
    limit: of the NTK relative to its largest entry, or of an output. `wanted` networks were asked
    for; `interrupted` tells that some are missing.
    """

    program: str
    regime: Regime
    settings: Mapping[str, Any]
    runs: tuple[NetworkRun, ...]
    wanted: int
    interrupted: bool
    ensemble: Ensemble | None
    engine: str
    limit_error: float

    @property
    def widths(self) -> tuple[int, ...]:
        """The widths of which there are networks, in increasing order."""
        return tuple(sorted({run.width for run in self.runs}))

    @property
    def slope(self) -> tuple[float, float]:
        """(e, standard error) of error ~ n^e, by least squares in logarithms over all networks."""
        good = [run for run in self.runs if not run.diverged]
        return fit_exponent([run.width for run in good], [run.error for run in good])

    def of_width(self, width: int) -> tuple[NetworkRun, ...]:
        """The networks of one width that did not diverge."""
        return tuple(run for run in self.runs if run.width == width and not run.diverged)

    def moved(self) -> float:
        """The root mean square of f̊_T − f̊_0: how far training moves the limit."""
        moves = [run.limit[-1] - run.limit[0] for run in self.runs if not run.diverged]
        return float(np.sqrt(np.mean(np.square(moves)))) if moves else math.nan

    def summary(self) -> dict[str, Any]:
        """What was run and found, as plain data; null where there is no number."""
        slope, error = self.slope
        return {
            "program": self.program,
            "regime": self.regime,
            **self.settings,
            "networks": len(self.runs),
            "wanted": self.wanted,
            "interrupted": self.interrupted,
            "diverged": sum(run.diverged for run in self.runs),
            "slope": _number(slope),
            "slope_error": _number(error),
            "expected_slope": -0.5,
            "moved": _number(self.moved()),
            "limit": {"engine": self.engine, "error": _number(self.limit_error)},
            "widths": {str(width): self._of_width(width) for width in self.widths},
        }

    def _of_width(self, width: int) -> dict[str, Any]:
        """The facts of one width; mean and variance over networks against the ensemble's at T."""
        runs = self.of_width(width)
        errors = [run.error for run in runs]
        count = len(runs)
        found: dict[str, Any] = {
            "networks": count,
            "error": _number(float(np.mean(errors)) if errors else math.nan),
            "error_sd": _number(float(np.std(errors, ddof=1)) if count > 1 else math.nan),
        }
        if self.ensemble is not None and count > 1:
            last = np.array([run.outputs[-1] for run in runs])
            mean, sd = self.ensemble.mean[-1], self.ensemble.sd[-1]
            with np.errstate(all="ignore"):
                score = (last.mean(axis=0) - mean) / (sd / count**0.5)
                ratio = last.var(axis=0, ddof=1) / sd**2
            found["mean_deviation"] = _number(float(np.sqrt(np.mean(score**2))))
            found["variance_ratio"] = _number(float(np.mean(ratio)))
        return found

    def csv(self) -> str:
        """A row for each network, step, test point and component, with value and limit."""
        columns = ("width", "seed", "step", "point", "component", "value", "limit")
        rows = (
            [run.width, run.number, *place, float(value), float(run.limit[place])]
            for run in self.runs
            for place, value in np.ndenumerate(run.outputs)
        )
        return csv_text(columns, rows)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """What notebooks show."""
        return html_text(str(self))

    def __str__(self) -> str:
        slope, error = self.slope
        rows = [f"{'width':>7}  {'networks':>8}  error"]
        for width in self.widths:
            runs = self.of_width(width)
            mean = float(np.mean([run.error for run in runs])) if runs else math.nan
            rows.append(f"{width:7d}  {len(runs):8d}  {mean:.4g}")
        if math.isfinite(slope):
            spread = f" ± {error:.3f} (standard error)" if math.isfinite(error) else ""
            rows.append(f"error ~ n^e with e = {slope:+.3f}{spread}, expected -0.5")
        else:
            rows.append("no exponent: that needs two widths with networks that did not diverge")
        return "\n".join(rows)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
