"""Pictures of a chosen width: every length is scaled, in every format."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph.errors import TPDataError, TPWarning
from tpgraph.notation.scene.painting import picture
from tpgraph.notation.scene.scaling import length_of, scaled
from tpgraph_cli.main import app


@pytest.fixture(scope="module")
def mlp() -> tp.Drawing:
    return tp.draw("mlp")


def test_every_mark_is_where_it_was_at_another_size(mlp: tp.Drawing) -> None:
    half = scaled(mlp.scene, 0.5)
    for a, b in zip(mlp.scene.nodes, half.nodes, strict=True):
        assert (b.x, b.y, b.width, b.narrow) == (a.x / 2, a.y / 2, a.width / 2, a.narrow / 2)
        assert (b.id, b.span, b.title) == (a.id, a.span, a.title)
    gate = next(n for n in mlp.scene.nodes if n.label and n.label.rotation)
    again = next(n for n in half.nodes if n.id == gate.id)
    assert gate.label
    assert again.label
    assert again.label.rotation == gate.label.rotation
    assert again.label.size == gate.label.size / 2
    assert scaled(mlp.style, 0.5).gate_narrowing == mlp.style.gate_narrowing
    assert scaled(mlp.style, 0.5).matmul_dash == tuple(d / 2 for d in mlp.style.matmul_dash)


@pytest.mark.parametrize("width", [150.0, 234.0, 800.0])
def test_svg_pdf_and_png_are_that_wide(mlp: tp.Drawing, width: float) -> None:
    made = mlp.to_width(width)
    left, _, right, _ = picture(made.scene, made.style).bounds
    assert right - left == pytest.approx(width, abs=1e-6)
    assert f'width="{width:g}pt"' in made.svg
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ", made.pdf)
    assert box is not None
    assert float(box[1]) == pytest.approx(width, abs=0.02)
    assert int.from_bytes(made.png(72)[16:20]) == pytest.approx(width, abs=1)
    assert f"paperwidth={width:g}bp" in made.tikz


def test_units_and_what_is_no_length() -> None:
    assert length_of("2.54 cm") == 72
    assert length_of("100px") == 75
    assert length_of(328.64196016375035) == 328.64196
    for wrong in ("", "wide", "3ft", "-3cm", "1e5pt", "19pt", "99999999", "nan"):
        with pytest.raises(TPDataError):
            length_of(wrong)


def test_small_text_is_said_with_ways_out(mlp: tp.Drawing) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", TPWarning)
        tp.draw("mlp", width=mlp_width(mlp) * 0.88)
    with pytest.warns(TPWarning, match=r"6\.9 pt; let it .*\"TB\".* or draw fewer"):
        tp.draw("mlp", width=mlp_width(mlp) * 0.865, wrap=False)


def mlp_width(drawing: tp.Drawing) -> float:
    left, _, right, _ = picture(drawing.scene, drawing.style).bounds
    return float(right - left)


def test_the_command_proposes_its_own_options(tmp_path: Path) -> None:
    target = tmp_path / "wide.svg"
    run = ["draw", "transformer", "--width", "234pt", "--no-wrap", "-o", str(target)]
    found = CliRunner().invoke(app, run)
    assert found.exit_code == 0
    assert 'width="234pt"' in target.read_text()
    assert "--direction TB" in found.stderr
    assert "--fold" not in found.stderr
    assert "--set" not in found.stderr  # with T = 1 it is no program
    found = CliRunner().invoke(app, ["draw", "mlp", "--width", "3ft", "-o", str(target)])
    assert found.exit_code == 2
    assert "'3ft' is no length" in found.stderr
    run = ["draw", "mlp", "--frames", "--width", "234pt", "-o", str(tmp_path / "f.pdf")]
    found = CliRunner().invoke(app, run)
    assert found.exit_code == 2
    assert "--width: without effect beside --frames" in found.stderr
