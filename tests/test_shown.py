"""Results show themselves: a few lines in a console, a small page in a notebook."""

from __future__ import annotations

import struct
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.shown import html_table

NETWORK = tp.gallery.entry("fully_connected").program()
X = np.random.default_rng(0).standard_normal((4, NETWORK.data[0].variable.dim.size({})))
Y = np.zeros((4, NETWORK.targets[0].variable.dim.size({})))
SAMPLES = {"ξ": X, "y": Y}
WIDTHS = {w.name: 8 for w in NETWORK.base_widths}

RESULTS: dict[str, Callable[[], Any]] = {
    "kernel": lambda: tp.kernel(NETWORK, X),
    "limit": lambda: tp.limit(NETWORK, data={"ξ": X[0]}),
    "report": lambda: tp.report(NETWORK),
    "training": lambda: tp.train(NETWORK, SAMPLES, widths=WIDTHS, steps=5, lr=0.1, batch=2),
    "frames": lambda: tp.draw_frames("mlp"),
    "entries": tp.gallery.entries,
    "entry": lambda: tp.gallery.entry("mlp"),
    "drawing": lambda: tp.draw("mlp"),
    "dynamics": lambda: tp.kernel_dynamics(np.eye(4), Y[:, :1] + 1, lr=0.1, steps=40),
    "solution": lambda: tp.kernel_solution(np.eye(40), np.zeros((30, 2)), time=None),
    "comparison": lambda: tp.compare(
        "one_hidden", synthetic=2, widths=[8, 16], steps=1, seeds=2, test=1, members=4, samples=4096
    ),
    "coordinate_check": lambda: tp.study.coordinate_check(
        "one_hidden", synthetic=2, widths=[8, 16], steps=1, batch=1
    ),
    "side_by_side": lambda: tp.study.compare_parametrizations(
        "one_hidden", ["ntk", "mup"], synthetic=2, widths=[8, 16], steps=1, batch=1
    ),
}


class Balance(HTMLParser):
    """Tags that are open, and the texts that are seen."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open.pop() not in (tag, "_"):
            pass

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


FIGURES: dict[str, Callable[[], Any]] = {
    "kernel": lambda: tp.kernel_figure(RESULTS["kernel"]()),
    "comparison": lambda: tp.compare_figure(RESULTS["comparison"]()),
    "coordinate_check": lambda: tp.coordinate_figure(RESULTS["coordinate_check"]()),
    "phases": lambda: tp.phase_diagram("tanh", [1, 2, 3], [0, 1]).figure(),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_shows_itself_in_a_notebook(name: str) -> None:
    shown = FIGURES[name]()._repr_png_()
    assert shown.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", shown[16:24])
    assert 300 < width < 1200
    assert 200 < height < 800


def test_aligned_text_is_shown_in_letters_of_one_width() -> None:
    for name in ("kernel", "report", "coordinate_check", "side_by_side"):
        assert "monospace" in RESULTS[name]()._repr_html_()


@pytest.mark.parametrize("name", RESULTS)
def test_it_shows_itself(name: str) -> None:
    result = RESULTS[name]()
    said = repr(result).splitlines()
    assert 1 <= len(said) <= 30
    assert max(map(len, said)) <= 400
    page = result._repr_svg_() if hasattr(result, "_repr_svg_") else result._repr_html_()
    reader = Balance()
    reader.feed(page)
    assert reader.open == []
    assert len(page) < 400_000


def test_a_study_has_a_repr_of_one_line(tmp_path: Path) -> None:
    """Its grid of numbers would fill pages; a figure and a table are asked for by name."""
    settings = tp.study.dispersion_settings("fig2", quick=True, widths=[8], inits=2)
    grid = tp.study.drift_preset("fig3").grid(
        True, widths=(8,), depths=(2,), sigma_w2=(1.0,), sigma_b2=(0.1,), steps=2, snapshots=(1,)
    )
    samples = tp.study.drift_samples(grid.program, limit=4)
    drift = tp.study.drift_study(grid, *samples, tmp_path / "drift", workers=0)
    diagram = tp.study.phase_diagram("tanh", [1.0, 2.0], [0.1])
    dispersion = tp.study.study_dispersion(settings, tmp_path / "dispersion", workers=0)
    assert repr(drift) == "<DriftResult: 1 of 1 trainings have ended>"
    assert repr(diagram) == "<PhaseDiagram of tanh: 2 σ_w² × 1 σ_b²>"
    assert repr(dispersion).startswith("<Dispersion: 1 width, ")
    assert repr(dispersion).endswith("2 of 2 initializations>")


def test_a_long_table_scrolls_and_texts_are_escaped() -> None:
    short, long = (html_table("<b>", ["x"], [["<i>"]] * count) for count in (3, 300))
    assert "overflow" not in short
    assert "overflow:auto" in long
    assert "<b>" not in short
    assert "<i>" not in short


def test_a_limit_shows_its_numbers() -> None:
    found = tp.limit(NETWORK, data={"ξ": X[0]})
    page = found._repr_html_()
    for name, vector in found.vectors.items():
        assert f"<td>{name}</td>" in page
        assert f"{vector.var.value:.6g}" in page
