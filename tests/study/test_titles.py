"""Titles of figures stand inside of them, however narrow the figure or long the title."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from study.drift_networks import GRID, X, Y

from tpgraph.study.dispersion.settings import dispersion_settings
from tpgraph.study.dispersion.study import study_dispersion
from tpgraph.study.drift.drift_figures import drift_figure
from tpgraph.study.drift.study import drift_study
from tpgraph.study.figures import separated, set_in_lines


def require_inside(figure: Figure) -> None:
    """Every title lies within the figure, and no two cover each other."""
    FigureCanvasAgg(figure)
    figure.canvas.draw()
    shown = [figure._suptitle, *(axes.title for axes in figure.axes)]  # type: ignore[attr-defined]
    boxes = [text.get_window_extent() for text in shown if text is not None and text.get_text()]
    assert boxes
    for place, box in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1
        assert not any(box.overlaps(other) for other in boxes[:place])


@pytest.mark.parametrize("depths", [GRID.depths[:1], GRID.depths])
def test_of_the_drift_at_one_depth_and_at_several(depths: tuple[int, ...], tmp_path: Path) -> None:
    grid = dataclasses.replace(GRID, depths=depths, inits=1)
    require_inside(drift_figure(drift_study(grid, X, Y, tmp_path, workers=0), "summary", "tanh"))


def test_of_the_dispersion_of_a_function_that_is_long() -> None:
    settings = dispersion_settings(
        quick=True, widths=(10,), depths=(1, 3), inits=2, sigma_w2=np.linspace(0, 5, 3)
    )
    named = tuple(("tanh(z) + 0.125 * sin(z)", *point[1:]) for point in settings.points[:3])
    settings = dataclasses.replace(settings, points=named)
    require_inside(study_dispersion(settings, workers=0).figure())


def test_a_title_that_fits_has_one_line() -> None:
    assert set_in_lines(["a:", *separated(["b", "c"])], 2, 10) == "a: b, c"
    assert set_in_lines(separated(["one", "two", "three"]), 0.5, 10) == "one,\ntwo,\nthree"
    math = separated(["$(a, b)$ = (1, 2)", "(c", "(d, 3)"])
    assert set_in_lines(math, 0.1, 10) == "$(a, b)$ = (1, 2),\n(c,\n(d, 3)"
