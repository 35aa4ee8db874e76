"""Reports call a program by its name, or by its file where it has none."""

from __future__ import annotations

from pathlib import Path

import tpgraph as tp
from tpgraph.study.coordinates.coordinate_figure import coordinate_figure

TEXT = """\
width n
dim d = 2
parametrization ntk
data x : d
target y : 1
param U : n × d ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
f = V tanh(U x)
output f
loss (f - y)^2 / 2
"""


def test_an_unnamed_program_is_called_by_its_file(tmp_path: Path) -> None:
    place = tmp_path / "two layers.tp"
    place.write_text(TEXT, encoding="utf-8")
    program = tp.load(place)
    assert program.title == "two layers"
    assert tp.parse(TEXT).title == "program"
    assert tp.parse(f"program net\n{TEXT}", str(place)).title == "net"
    assert tp.to_text(program).startswith("program program\n")
    assert "two layers" in str(tp.report(program))
    found = tp.study.compare_parametrizations(
        program, ["ntk"], synthetic=8, widths=[8, 16], seeds=1, steps=1
    )
    assert str(found.to_json()["program"]) == "two layers"
    page = tp.study.parametrization_report(found, "r.html")[Path("r.html")].decode()
    assert "<h1>two layers in ntk</h1>" in page


def test_legends_are_read_at_the_width_of_a_page() -> None:
    found = tp.coordinate_check(TEXT, synthetic=8, widths=[8, 16], seeds=1, steps=1)
    figure = coordinate_figure(found)
    page = 60 * 16 - 32  # px, of the report
    scale = min(1.0, page / (96 * figure.get_figwidth()))
    for axes in figure.axes:
        for text in axes.get_legend().get_texts():
            assert text.get_fontsize() * 96 / 72 * scale >= 10
