"""Painters: one picture in every format, well formed and reproducible to the byte."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.image import imread

from tpgraph.errors import TPError
from tpgraph.notation.engines.engine import get_engine
from tpgraph.notation.painters.canvas import to_pdf, to_png
from tpgraph.notation.painters.dot import to_dot
from tpgraph.notation.painters.svg import to_svg
from tpgraph.notation.scene.display import DisplayMark, MarkGroup
from tpgraph.notation.scene.painting import picture
from tpgraph.notation.scene.scene import Arrow, Edge, Label, Node, Scene
from tpgraph.notation.scene.scene_json import to_json
from tpgraph.notation.scene.style import PAPER, Style

Image = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}"
PAINTERS: dict[str, Callable[[Scene], str | bytes]] = {
    "svg": to_svg,
    "pdf": to_pdf,
    "png": to_png,
    "dot": to_dot,
    "json": to_json,
}
DPI = 150.0


def digest(content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()


def pixels(png: bytes) -> Image:
    """Grey values from 0 to 1."""
    return np.asarray(imread(io.BytesIO(png))[..., :3].mean(axis=2), float)


def test_svg_is_well_formed_and_complete(everything_scene: Scene) -> None:
    root = ET.fromstring(to_svg(everything_scene))
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.get("aria-label") == "everything"
    ids = [element.get("data-id") for element in root.iter() if element.get("data-id")]
    for node in everything_scene.nodes:
        assert node.id in ids
    assert {"step 1", "l", "p"} <= set(ids)
    edges = [element for element in root.iter() if element.get("data-source")]
    legend = everything_scene.legend
    assert legend is not None
    assert len(edges) == len(everything_scene.edges) + len(legend.edges)


def test_svg_ids_are_unique_and_used(everything_scene: Scene) -> None:
    root = ET.fromstring(to_svg(everything_scene))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    used = {element.get(f"{XLINK}href", "")[1:] for element in root.iter(f"{SVG}use")}
    assert used == set(ids)


def test_svg_says_in_words_what_a_mark_is(mlp_scene: Scene) -> None:
    titles = [element.text for element in ET.fromstring(to_svg(mlp_scene)).iter(f"{SVG}title")]
    assert "G-var W¹ξ" in titles
    assert "Nonlin φ(⋅+⋅)" in titles
    assert "MatMul W²" in titles


def test_svg_escapes_what_users_write() -> None:
    node = Node('a"<b>&\0', "G", 0, 0, 7, 7, title="</title><script>\x01")
    root = ET.fromstring(to_svg(Scene((node,), title="<&>\ud800")))
    (shown,) = (element for element in root.iter() if element.get("data-id"))
    assert shown.get("data-id") == 'a"<b>&\N{REPLACEMENT CHARACTER}'
    assert not list(root.iter(f"{SVG}script"))


def test_svg_needs_no_pyplot_nor_the_renderers() -> None:
    program = (
        "import sys, tpgraph.notation.painters.svg, tpgraph.notation.painters.dot; "
        "print([m for m in sys.modules if m.startswith('matplotlib')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


def test_canvas_needs_no_pyplot() -> None:
    program = (
        "import sys, tpgraph.notation.painters.canvas; print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"False"


def test_documents_carry_no_dates_and_versions(mlp_scene: Scene) -> None:
    pdf, png = to_pdf(mlp_scene), to_png(mlp_scene)
    for word in (b"CreationDate", b"Producer", b"Creator", b"atplotlib", b"/Font <<"):
        assert word not in pdf.replace(b"/Font 3 0 R", b"")
    assert b"/Title (MLP)" in pdf
    assert b"Software" not in png
    assert b"tEXt" not in png


@pytest.mark.parametrize("name", PAINTERS)
def test_bytes_do_not_depend_on_the_process(name: str, everything_scene: Scene) -> None:
    program = (
        "import runpy, sys, hashlib; names = runpy.run_path(sys.argv[1]); "
        "tests = runpy.run_path(sys.argv[2]); "
        "content = tests['PAINTERS'][sys.argv[3]](names['build_everything']()); "
        "print(tests['digest'](content))"
    )
    here = Path(__file__)
    found = {digest(PAINTERS[name](everything_scene))}
    for seed in ("1", "2"):
        command = [sys.executable, "-c", program, str(here.with_name("conftest.py")), str(here)]
        environment = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run(
            [*command, name], env=environment, capture_output=True, text=True, check=True
        )
        found.add(done.stdout.strip())
    assert len(found) == 1


@pytest.mark.parametrize("name", ["pdf", "png"])
def test_bytes_do_not_depend_on_the_users_settings(name: str, mlp_scene: Scene) -> None:
    expected = PAINTERS[name](mlp_scene)
    settings = {
        "figure.facecolor": "red",
        "savefig.dpi": 10,
        "savefig.bbox": "tight",
        "lines.scale_dashes": False,
        "path.snap": True,
        "pdf.compression": 0,
        "mathtext.fontset": "stix",
        "figure.constrained_layout.use": True,
        "path.sketch": (1, 100, 2),
    }
    with mpl.rc_context(settings):
        assert PAINTERS[name](mlp_scene) == expected


def test_painting_leaves_the_settings_alone(mlp_scene: Scene) -> None:
    before = dict(mpl.rcParams)
    to_pdf(mlp_scene)
    to_png(mlp_scene)
    assert dict(mpl.rcParams) == before


def rastered(
    scene: Scene, directory: Path, tool: str
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The scene as pixels, by way of a format and another program that draws it."""
    (directory / "a.svg").write_text(to_svg(scene), encoding="utf-8")
    (directory / "a.pdf").write_bytes(to_pdf(scene))
    commands = {
        "rsvg-convert": ["-d", f"{DPI:g}", "-p", f"{DPI:g}", "a.svg", "-o", "b.png"],
        "pdftoppm": ["-r", f"{DPI:g}", "-png", "-singlefile", "a.pdf", "b"],
    }
    subprocess.run([tool, *commands[tool]], cwd=directory, check=True)
    return pixels((directory / "b.png").read_bytes())


@pytest.mark.parametrize(
    "tool",
    [pytest.param(t, marks=pytest.mark.needs(t)) for t in ("rsvg-convert", "pdftoppm")],
)
@pytest.mark.parametrize("name", ["mlp_scene", "layernorm_scene", "everything_scene"])
def test_the_same_picture_in_every_format(
    name: str, tool: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    scene = request.getfixturevalue(name)
    png, image = pixels(to_png(scene, dpi=DPI)), rastered(scene, tmp_path, tool)
    assert max(abs(a - b) for a, b in zip(image.shape, png.shape, strict=True)) <= 1
    rows, columns = (min(sides) for sides in zip(image.shape, png.shape, strict=True))
    assert np.abs(image[:rows, :columns] - png[:rows, :columns]).mean() < 0.02


def test_the_comparison_of_formats_can_fail(mlp_scene: Scene) -> None:
    moved = replace(mlp_scene.nodes[3], x=mlp_scene.nodes[3].x + 5)
    other = replace(mlp_scene, nodes=(*mlp_scene.nodes[:3], moved, *mlp_scene.nodes[4:]))
    a, b = (pixels(to_png(scene, dpi=DPI)) for scene in (mlp_scene, other))
    assert np.abs(a - b).max() == 1.0


def test_png_size_and_limits(mlp_scene: Scene) -> None:
    page = picture(mlp_scene)
    low, high = (pixels(to_png(mlp_scene, dpi=dpi)) for dpi in (72.0, 144.0))
    assert low.shape[1] == np.ceil(page.width)
    assert abs(high.shape[1] - 2 * low.shape[1]) <= 1
    with pytest.raises(TPError, match="pixels wide or high") as caught:
        to_png(mlp_scene, dpi=100_000)
    assert caught.value.mend is not None
    assert "SVG" in caught.value.mend
    with pytest.raises(TPError, match="pixels"):
        to_png(mlp_scene, dpi=0)


@pytest.mark.parametrize("name", ["svg", "pdf", "png"])
def test_a_label_that_cannot_be_set_is_reported(name: str) -> None:
    scene = Scene((Node("h", "G", 0, 0, 7, 7, label=Label(r"\nonsense", 0, -6)),))
    with pytest.raises(TPError, match=r"label .*nonsense"):
        PAINTERS[name](scene)


@pytest.mark.parametrize("name", PAINTERS)
def test_an_empty_scene_is_painted(name: str) -> None:
    assert PAINTERS[name](Scene())


def kinds(marks: tuple[DisplayMark, ...]) -> list[str]:
    return [mark.kind for mark in marks if isinstance(mark, MarkGroup)]


def test_layers_lie_in_order(everything_scene: Scene) -> None:
    page = picture(everything_scene)
    layers = "contexts plates arrows gates edges paths variables path-dots labels legend"
    assert kinds(page.marks) == layers.split()


def test_all_marks_lie_within_the_page(everything_scene: Scene) -> None:
    image = pixels(to_png(everything_scene))
    edge = int(PAPER.margin * 300 / 72) - 2
    rim = (image[:edge], image[-edge:], image[:, :edge], image[:, -edge:])
    assert all(strip.min() == 1.0 for strip in rim)


def test_colours_and_dashes_come_from_style_and_scene() -> None:
    edge = Edge("matmul", "a", "b", ((0, 0), (20, 0)), matrix="W", color="#0072b2")
    wire = Edge("wire", "a", "b", ((0, 5), (20, 5)))
    style = Style(ink="#123456", matmul_dash=(3.0, 2.0), background=None)
    text = to_svg(Scene(edges=(edge, wire)), style)
    assert 'stroke="#0072b2" stroke-width="0.6" stroke-dasharray="3 2"' in text
    assert 'stroke="#123456" stroke-width="0.5"/>' in text
    assert "<rect" not in text


def test_an_arrow_of_no_length_is_painted() -> None:
    assert "polygon" in to_svg(Scene(arrows=(Arrow(((1, 1), (1, 1))),)))


def test_dot_is_accepted_by_graphviz(everything_scene: Scene) -> None:
    text = to_dot(everything_scene)
    layout = get_engine("wasm").layout(text)
    assert {node.id for node in everything_scene.nodes} <= set(layout.nodes)


def test_dot_is_readable(mlp_scene: Scene) -> None:
    text = to_dot(mlp_scene)
    assert '"h[1]" [shape=circle, pos="0,0!"' in text
    assert 'xlabel="W¹ξ"' in text
    assert "shape=trapezium, orientation=270" in text
    assert re.search(r'"x\[1\]" -> "h\[2\]" \[pos="[-0-9., ]+", style=dashed', text)


def test_dot_quotes_what_users_write() -> None:
    awkward = ('graph "x"', "a\\", "node", "1.5", "<b>")
    nodes = tuple(
        Node(name, "G", 20.0 * index, 0, 7, 7, label=Label(r"\text{node}", 0, 0))
        for index, name in enumerate(awkward)
    )
    layout = get_engine("wasm").layout(to_dot(Scene(nodes, title='a "b" \\N')))
    assert len(layout.nodes) == len(awkward)


@pytest.mark.needs("neato")
def test_neato_reproduces_the_positions(layernorm_scene: Scene) -> None:
    text = to_dot(layernorm_scene).encode()
    done = subprocess.run(["neato", "-n2", "-Tplain"], input=text, capture_output=True, check=True)
    rows = [shlex.split(line) for line in done.stdout.decode().splitlines()]
    places = {row[1]: (float(row[2]) * 72, float(row[3]) * 72) for row in rows if row[0] == "node"}
    x, mu = places["x"], places["mu"]
    assert (mu[0] - x[0], mu[1] - x[1]) == pytest.approx((52, 22), abs=0.1)
