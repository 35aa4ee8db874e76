"""The phase diagram of a function: fixed points over (σ_w², σ_b²), its table and its figure."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure

from tpgraph.bounds import POINTS
from tpgraph.errors import TPDataError
from tpgraph.functions import Function
from tpgraph.progress import counted
from tpgraph.shown import one_line
from tpgraph.study.figures import new_figure
from tpgraph.study.phase.fixed_points import FixedPoint, border, fixed_point

__all__ = ["PhaseDiagram", "draw_border", "phase_diagram"]

Array: TypeAlias = npt.NDArray[np.float64]

_COLUMNS = ("q", "c", "chi", "xi_q", "xi_c", "xi_gradient")
_DEPTHS = (1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0)


@dataclass(frozen=True, repr=False)
class PhaseDiagram:
    """Fixed points of a function on a grid, `points[i][j]` at (sigma_w2[j], sigma_b2[i]).

    `border` is σ_w² where χ₁ = 1 for each σ_b².
    """

    function: str
    sigma_w2: tuple[float, ...]
    sigma_b2: tuple[float, ...]
    points: tuple[tuple[FixedPoint, ...], ...]
    border: tuple[float, ...]

    def __repr__(self) -> str:
        size = f"{len(self.sigma_w2)} σ_w² × {len(self.sigma_b2)} σ_b²"
        return one_line("PhaseDiagram", self.function, size)

    def array(self, name: str) -> Array:
        """A quantity of every fixed point (q, c, chi, xi_q, xi_c, …), (σ_b², σ_w²)."""
        return np.array([[getattr(point, name) for point in row] for row in self.points])

    def csv(self) -> str:
        """A row for each point: σ_w², σ_b², phase, q*, c*, χ₁, depth scales, and the border."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["sigma_w2", "sigma_b2", "phase", *_COLUMNS, "border_sigma_w2"])
        writer.writerows(self._rows())
        return out.getvalue()

    def _rows(self) -> Iterator[list[object]]:
        for bias, edge, row in zip(self.sigma_b2, self.border, self.points, strict=True):
            for weight, point in zip(self.sigma_w2, row, strict=True):
                values = (getattr(point, name) for name in _COLUMNS)
                yield [weight, bias, point.phase, *values, edge]

    def figure(self) -> Figure:
        """χ₁ and the depth scale ξ_c over the plane, the border dashed."""
        figure = new_figure(9.6, 4.0)
        left, right = figure.subplots(1, 2, sharey=True)
        _draw_chi(figure, left, self)
        _draw_depths(figure, right, self)
        figure.suptitle(f"Mean-field phases of {self.function} networks")
        return figure


def phase_diagram(
    function: str | Function, sigma_w2: Sequence[float], sigma_b2: Sequence[float]
) -> PhaseDiagram:
    """Fixed points on the grid sigma_w2 × sigma_b2, and the border χ₁ = 1 for each σ_b².

    Raises TPDataError for a grid without points or not increasing, TPLimitError for a large one.
    """
    count = len(sigma_w2) * len(sigma_b2)
    POINTS.require(count, f"a phase diagram of {count:,} points", mend="ask for fewer values")
    for name, values in (("σ_w²", sigma_w2), ("σ_b²", sigma_b2)):
        if not len(values):
            raise TPDataError(f"there is no value of {name}", expected="at least one")
        if any(b <= a for a, b in pairwise(values)):
            raise TPDataError(
                f"the values of {name} do not increase", expected="the least first, each once"
            )
    return PhaseDiagram(
        function if isinstance(function, str) else function.name,
        tuple(map(float, sigma_w2)),
        tuple(map(float, sigma_b2)),
        tuple(
            tuple(fixed_point(function, w, b) for w in counted("points", sigma_w2))
            for b in counted("rows", sigma_b2)
        ),
        tuple(border(function, b) for b in counted("borders", sigma_b2)),
    )


def draw_border(
    axes: Axes, function: str | Function, sigma_b2: Sequence[float], color: str = "black"
) -> None:
    """The border χ₁ = 1 in the plane of σ_w² and σ_b², dashed, within the axes' limits."""
    limits = axes.get_xlim(), axes.get_ylim()
    weights, heights = _border_line(function, max(0.0, min(sigma_b2)), max(sigma_b2))
    axes.plot(weights, heights, "--", color=color, linewidth=1.6)
    axes.set(xlim=limits[0], ylim=limits[1])


@lru_cache(maxsize=16)
def _border_line(function: str | Function, low: float, high: float) -> tuple[Array, Array]:
    """σ_w² and σ_b² along the border, with more points where it bends; panels share it."""
    heights = low + (high - low) * np.linspace(0, 1, 41) ** 3
    return np.array([border(function, b) for b in heights]), heights


def _draw_chi(figure: Figure, axes: Axes, diagram: PhaseDiagram) -> None:
    chi = diagram.array("chi")
    span = max(0.05, min(1.0, float(np.abs(chi - 1).max())))
    levels = np.linspace(1 - span, 1 + span, 17)
    filled = axes.contourf(
        diagram.sigma_w2, diagram.sigma_b2, chi, levels=levels, cmap="RdBu_r", extend="both"
    )
    figure.colorbar(filled, ax=axes, ticks=levels[::4], format="%.2f")
    _finish(axes, diagram, "$\\chi_1$: blue ordered, red chaotic, dashed $\\chi_1 = 1$")


def _draw_depths(figure: Figure, axes: Axes, diagram: PhaseDiagram) -> None:
    """Bands of ξ_c, drawn as 1/ξ_c with the sign of χ₁ − 1, which passes the border smoothly."""
    with np.errstate(divide="ignore"):
        rates = np.sign(diagram.array("chi") - 1) / np.maximum(diagram.array("xi_c"), 1e-3)
    steps = np.array([1 / depth for depth in _DEPTHS])
    norm = BoundaryNorm(_DEPTHS, 256, extend="both")
    shades = ScalarMappable(norm, "viridis")
    middles = [0.5, *(math.sqrt(a * b) for a, b in pairwise(_DEPTHS)), 2 * _DEPTHS[-1]]
    bands = [tuple(shade) for shade in shades.to_rgba(np.array(middles))]
    axes.contourf(
        diagram.sigma_w2,
        diagram.sigma_b2,
        rates,
        levels=[*-steps, *steps[::-1]],
        colors=[*bands, *bands[-2::-1]],
        extend="both",
    )
    figure.colorbar(shades, ax=axes, ticks=_DEPTHS, format="%g", extend="both")
    _finish(axes, diagram, "depth scale $\\xi_c$ of the correlation, in layers")


def _finish(axes: Axes, diagram: PhaseDiagram, title: str) -> None:
    axes.set(
        xlim=(diagram.sigma_w2[0], diagram.sigma_w2[-1]),
        ylim=(diagram.sigma_b2[0], diagram.sigma_b2[-1]),
        xlabel="$\\sigma_w^2$",
        ylabel="$\\sigma_b^2$",
    )
    axes.set_title(title, fontsize=10)
    axes.label_outer()
    if any(math.isfinite(edge) for edge in diagram.border):
        draw_border(axes, diagram.function, diagram.sigma_b2)
