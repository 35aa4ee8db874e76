"""Pictures in the hands of others: what they say of themselves, EPS, no sheet behind."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from matplotlib.image import imread
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph.embedded import extract_program
from tpgraph.notation.diagram.said_of_marks import Titles, description
from tpgraph.program import MatMul
from tpgraph_cli.main import app

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", ["mlp", "gru", "transformer", "layernorm_mlp", "conv1d"])
@pytest.mark.parametrize("made", [lambda p: p, tp.backward], ids=["forward", "backward"])
def test_no_title_says_an_internal_name(name: str, made: object) -> None:
    program = made(tp.gallery.entry(name).program())  # type: ignore[operator]
    titles = Titles(program)
    said = [titles.spelled(v) for v in program.variables]
    said += [titles.formula(e) for e in program.equations if not isinstance(e, MatMul)]
    assert [line for line in said if "~" in line] == []
    assert "~" not in description(program)


def test_titles_are_what_the_text_says() -> None:
    text = "width n\nvector u, v : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\n"
    text += "h = W (u + v)\ny = (W u + v) * tanh(W W h)\ns = mean((W h)^2)\n"
    text += "t = W tanh(v + sin(u + W v)) - W (-v)\nr = mean(u * v)^2 * W (v^2)\n"
    program = tp.parse(text)
    titles = Titles(program)
    lines = [titles.line(e) for e in program.equations if not e.out.is_temporary]
    assert lines == text.splitlines()[3:]


def test_titles_of_shared_unnamed_values_stay_short() -> None:
    """Backward passes read unnamed values many times over, one in another."""
    program = tp.backward(tp.gallery.entry("transformer").program())
    titles = Titles(program)
    assert max(len(titles.spelled(v)) for v in program.variables) <= 240
    assert max(map(len, description(program).splitlines())) <= 242


def test_a_picture_says_in_words_what_it_shows() -> None:
    svg = ET.fromstring(tp.draw("gru").svg)
    assert svg[0].tag == f"{SVG}title"
    assert svg[1].tag == f"{SVG}desc"
    assert "z[1] = σ(U ξ[1] + A s[0])" in (svg[1].text or "")
    long = tp.parse(
        "\n".join(
            ["width n", "vector x[0] : n ~ N(0, 1)", "for k in 1..100:", "    x[k] = tanh(x[k-1])"]
        )
    )
    lines = description(long).splitlines()
    assert len(lines) == 62
    assert lines[-1] == "and 40 more"


def test_eps_is_a_picture_that_carries_its_program(tmp_path: Path) -> None:
    drawing = tp.draw("rnn", width=234)
    assert drawing.eps == tp.draw("rnn", width=234).eps
    assert drawing.eps.startswith("%!PS-Adobe-3.0 EPSF-3.0\n")
    assert "showpage" in drawing.eps[-200:]
    box = re.search(r"%%HiResBoundingBox: ([\d.]+) ([\d.]+) ([\d.]+) ", drawing.eps)
    assert box is not None
    assert [float(side) for side in box.groups()] == [0, 0, 234]
    assert extract_program(drawing.eps.encode()) == tp.gallery.entry("rnn").text
    target = tmp_path / "rnn.eps"
    found = CliRunner().invoke(app, ["draw", "rnn", "-o", str(target)])
    assert found.exit_code == 0
    assert tp.load(target) == tp.gallery.entry("rnn").program()
    assert drawing.save(tmp_path / "again.eps").read_text() == drawing.eps


def test_a_transparent_picture_has_no_sheet() -> None:
    sheet = '<rect width="'
    assert sheet in tp.draw("mlp").svg
    drawing = tp.draw("mlp", transparent=True)
    assert sheet not in drawing.svg
    assert covers_its_page(tp.draw("mlp").pdf)
    assert not covers_its_page(drawing.pdf)
    assert corner_alpha(tp.draw("mlp").png(50)) == 1
    assert corner_alpha(drawing.png(50)) == 0


def covers_its_page(pdf: bytes) -> bool:
    """Whether something starts at the corner of a page and goes along its whole lower side."""
    page = re.search(rb"/MediaBox \[\s*0 0 ([\d.]+) ", pdf)
    drawn = re.search(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    assert page is not None
    assert drawn is not None
    sides = re.findall(rb"^0 0 m\n([\d.]+) 0 l$", zlib.decompress(drawn[1]), re.MULTILINE)
    return any(abs(float(side) - float(page[1])) < 0.01 for side in sides)


def corner_alpha(png: bytes) -> float:
    """How opaque the first pixel is."""
    pixels = imread(BytesIO(png), format="png")
    return float(pixels[0, 0, 3]) if pixels.shape[2] == 4 else 1.0
