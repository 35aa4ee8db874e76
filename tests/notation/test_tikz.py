"""TikZ: the geometry of the SVG, labels set by LaTeX, documents without a warning."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from latex_compiler import ENGINES, compiled
from matplotlib._mathtext_data import tex2uni
from matplotlib.image import imread
from outside import lacking

from tpgraph.embedded import extract_program
from tpgraph.errors import TPError
from tpgraph.notation.labels.mathtext import outline
from tpgraph.notation.painters.svg import to_svg
from tpgraph.notation.painters.tikz import to_tikz
from tpgraph.notation.scene.painting import picture
from tpgraph.notation.scene.scene import ContextBox, Edge, Label, Node, Scene
from tpgraph.notation.scene.shapes import gate, vector
from tpgraph.notation.scene.style import PAPER, THEMES, Style, theme

SVG = "{http://www.w3.org/2000/svg}"
SCENES = ["mlp_scene", "layernorm_scene", "everything_scene"]
LABELS = (
    *(r"h^{1}", r"W^{\top}", r"\tilde{x}^{2}", r"\dot{Z}", r"\phi(\cdot+\cdot)", r"\mathring{f}"),
    *(r"\text{50\% of #1 & a_b}", r"\textbf{a_b}\texttt{c d}", r"\operatorname{softmax}", "a&b"),
    *(r"\textit{First pass on $\tilde\xi$}", r"\text{query}\\q", r"\le\ge\ne\lVert x\rVert"),
    *("ξᵀ⊙φ₁²−∞", "x̃ŷé≠", r"\text{naïve ξ < Å – “ß”}", r"x^\sqrt{2}_\tilde{y}", r"\big x"),
    *(r"\bm{x}\coloneqq\mathscr{L}", r"\bigl(\tfrac{a}{b}\bigr)", r"\sum\limits_{k=1}^{T}x_k"),
    *(r"a\odot b\otimes c", r"\mathbb{E}\mathcal{N}\mathbf{x}", r"l=2,\ldots,L", r"\transpose"),
)
Shape = tuple[str, tuple[float, ...]]
Image = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

latex = pytest.mark.needs("pdflatex")
engines = pytest.mark.parametrize(
    "engine",
    [pytest.param(e, marks=pytest.mark.needs(e)) for e in ENGINES],
)


def labelled(*texts: str) -> Scene:
    nodes = (
        vector(f"x[{i}]", "G", 0, 20.0 * i, label=Label(text, 5, 20.0 * i, "w"))
        for i, text in enumerate(texts)
    )
    return Scene(tuple(nodes))


def svg_shapes(text: str, left: float, top: float) -> list[Shape]:
    """Every circle, rectangle and line of an SVG in the coordinates of the scene."""
    return list(_svg_shapes(ET.fromstring(text), left, top))


def _svg_shapes(element: ET.Element, left: float, top: float) -> Iterator[Shape]:
    name = element.tag.removeprefix(SVG)
    if name == "defs" or element.get("class") == "label":
        return
    get = {key: float(value) for key, value in element.items() if re.fullmatch(r"-?[\d.]+", value)}
    if name == "circle":
        yield "disc", (get["cx"] + left, top - get["cy"], get["r"])
    elif name == "rect":
        x, y = get.get("x", 0.0) + left, top - get.get("y", 0.0)
        yield "box", (x, y - get["height"], x + get["width"], y)
    elif name in ("polygon", "polyline", "path"):
        found = re.findall(r"(-?[\d.]+),(-?[\d.]+)", element.get("points", element.get("d", "")))
        yield "line", tuple(v for x, y in found for v in (float(x) + left, top - float(y)))
    for child in element:
        yield from _svg_shapes(child, left, top)


def tikz_shapes(text: str) -> list[Shape]:
    """Every circle, rectangle and line of a TikZ picture."""
    size = {
        name: float(value)
        for name, value in re.findall(r"(tp \w+)/\.style=\{\w+, minimum size=([\d.]+)bp", text)
    }
    shapes: list[Shape] = []
    for line in re.findall(r"^ +\\(?:draw|fill|node)\[.*", text, re.MULTILINE):
        style = re.match(r" +\\\w+\[([^],]*)", line)
        assert style is not None
        path = line.partition("]")[2].partition(" % ")[0]
        numbers = [float(n) for pair in re.findall(r"\(([^()]*, [^()]*)\)", path)
                   for n in pair.split(", ")]  # fmt: skip
        if style[1] in ("tp G", "tp X"):
            shapes.append(("disc", (*numbers, size[style[1]] / 2)))
        elif style[1] == "tp scalar":
            (x, y), half = numbers, size["tp scalar"] / 2
            shapes.append(("box", (x - half, y - half, x + half, y + half)))
        elif "rectangle" in path:
            shapes.append(("box", tuple(numbers)))
        elif radius := re.search(r"radius=([\d.]+)", path):
            shapes.append(("disc", (*numbers, float(radius[1]))))
        elif not line.lstrip().startswith(r"\node"):
            shapes.append(("line", tuple(numbers[:8] if style[1] == "tp data" else numbers)))
    return shapes


def assert_same_geometry(tikz: str, svg: str, scene: Scene, style: Style) -> None:
    left, _, _, top = picture(scene, style).bounds
    ours, theirs = tikz_shapes(tikz), svg_shapes(svg, left, top)
    assert [kind for kind, _ in ours] == [kind for kind, _ in theirs]
    for (_, a), (_, b) in zip(ours, theirs, strict=True):
        assert a == pytest.approx(b, abs=0.021)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("scene", SCENES)
def test_the_geometry_is_that_of_the_svg(
    scene: str, name: str, request: pytest.FixtureRequest
) -> None:
    drawn: Scene = request.getfixturevalue(scene)
    style = theme(name)
    usual = Style()  # the scenes are made for these sizes
    style = replace(
        style,
        vector_diameter=usual.vector_diameter,
        scalar_side=usual.scalar_side,
        node_stroke=usual.node_stroke,
    )
    text, svg = to_tikz(drawn, style), to_svg(drawn, style)
    assert_same_geometry(text, svg, drawn, style)
    assert text.count(r"\node[tp") - text.count("{}; %") == svg.count('class="label"')
    page = picture(drawn, style)
    width, height = (f"{side:.2f}".rstrip("0").rstrip(".") for side in (page.width, page.height))
    assert f"paperwidth={width}bp, paperheight={height}bp" in text
    assert f'width="{width}pt" height="{height}pt"' in svg


def test_the_comparison_with_the_svg_can_fail(everything_scene: Scene) -> None:
    text, svg = to_tikz(everything_scene), to_svg(everything_scene)
    for old, new in (
        ("(h-2) at (70, 0)", "(h-2) at (70.1, 0)"),
        ("and (185, -31)", "and (185, -30)"),
    ):
        assert old in text
        with pytest.raises(AssertionError):
            assert_same_geometry(text.replace(old, new), svg, everything_scene, PAPER)


@engines
@pytest.mark.parametrize("scene", SCENES)
def test_documents_compile_without_warnings(
    scene: str, engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    drawn: Scene = request.getfixturevalue(scene)
    pdf = compiled(to_tikz(drawn, source="program ξ\nwidth n\n"), tmp_path, engine)
    if lacking("pdfinfo") is None:
        done = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True)
        size = re.search(r"Page size: +([\d.]+) x ([\d.]+)", done.stdout)
        assert size is not None
        assert "Pages:           1\n" in done.stdout
        page = picture(drawn)
        expected = page.width, page.height
        assert (float(size[1]), float(size[2])) == pytest.approx(expected, abs=0.02)


@latex
@pytest.mark.parametrize("name", ["teaching", "dark"])
def test_themes_compile(name: str, everything_scene: Scene, tmp_path: Path) -> None:
    compiled(to_tikz(everything_scene, theme(name)), tmp_path)


@latex
@pytest.mark.parametrize("text", [r"\undefinedcommand", r"\hbox to 1pt{too wide}", "a^b^c"])
def test_the_judge_refuses_what_is_wrong(text: str, tmp_path: Path) -> None:
    good = to_tikz(labelled("x"))
    assert "$x$" in good
    with pytest.raises(AssertionError):
        compiled(good.replace("$x$", f"${text}$"), tmp_path)


@engines
def test_every_kind_of_label_compiles(engine: str, tmp_path: Path) -> None:
    compiled(to_tikz(labelled(*LABELS)), tmp_path, engine)


@latex
def test_what_the_other_formats_can_set_compiles(tmp_path: Path) -> None:
    accepted = []
    for name in (rf"\{name}" for name in sorted(tex2uni) if name.isalpha()):
        try:
            outline(name, 9.0)
        except TPError:
            continue
        accepted.append(name)
    assert len(accepted) > 500
    compiled(to_tikz(labelled(*accepted)), tmp_path)


@latex
def test_what_latex_does_not_know_is_painted(tmp_path: Path) -> None:
    text = to_tikz(labelled(r"\QED", "жx", r"\text{ж}"))
    assert r"\QED" not in text
    assert "ж" not in re.sub("%.*", "", text)
    assert len(re.findall(r"\\fill\[tpInk\] .* -- cycle;", text)) == 3
    compiled(text, tmp_path)


@engines
def test_a_picture_can_be_input_and_restyled(engine: str, mlp_scene: Scene, tmp_path: Path) -> None:
    text = to_tikz(mlp_scene, standalone=False)
    assert text.splitlines()[2] == r"\begin{tikzpicture}[x=1bp, y=1bp]"
    (tmp_path / "picture.tex").write_text(text, encoding="utf-8")
    host = "\n".join(
        (
            r"\documentclass[11pt]{article}",
            r"\usepackage{amsmath, amssymb, tikz}",
            r"\begin{document}",
            r"\tikzset{tp own/.style={tp X/.append style={fill=red}}}",
            r"\begin{figure}\centering\input{picture}\caption{A program}\end{figure}",
            r"Twice: \input{picture}",
            r"\end{document}",
        )
    )
    pdf = compiled(host, tmp_path, engine, "host")
    if engine == "pdflatex" and lacking("pdftoppm") is None:
        command = ["pdftoppm", "-r", "60", "-png", "-singlefile", str(pdf), "host"]
        subprocess.run(command, cwd=tmp_path, check=True)
        pixels = imread(tmp_path / "host.png")[..., :3]
        assert (pixels == (1.0, 0.0, 0.0)).all(axis=2).any()


def test_vectors_have_names_to_refer_to() -> None:
    ids = ("h[1]", "ξ", "x̃[1,2]", "h 1", "中", "h-1")
    text = to_tikz(Scene(tuple(vector(id, "G", 20.0 * i, 0) for i, id in enumerate(ids))))
    found = re.findall(r"\\node\[tp G\] \(([^)]*)\)", text)
    assert found == ["h-1", "xi", "x-tilde-1-2", "h-1-copy-2", "node", "h-1-copy-3"]
    data = to_tikz(Scene((Node("ξ", "data", 0, 0, 9, 9),)))
    assert "-- cycle (0, 0) coordinate (xi);" in data


def test_looks_follow_the_scene() -> None:
    edge = Edge("matmul", "a", "b", ((0, 0), (20, 0)), color="#0072b2", dash=(4.0, 1.6))
    box = ContextBox("c", -5, -5, 30, 9, "blue", Label(r"\text{a}", 0, 0, "nw", 6.0, 90.0, "#f00"))
    tinted = replace(vector("a", "X", 0, 0), color="#0072b2", width=9.5, height=9.5)
    text = to_tikz(Scene((tinted,), (edge,), (box,)))
    assert r"\definecolor{tpMatrixA}{HTML}{0072B2}" in text
    assert r"\definecolor{tpColorA}{HTML}{FF0000}" in text
    dash = "dash pattern=on 4bp off 1.6bp"
    assert rf"\draw[tp matmul, draw=tpMatrixA, {dash}] (0, 0) -- (20, 0);" in text
    assert r"\fill[tp context, fill=tpTintBlue] (-5, -5) rectangle (30, 9);" in text
    assert (
        r"\node[tp caption, scale=0.75, anchor=north west, rotate=90, text=tpColorA] "
        r"at (0, 0) {$\text{a}$};"
    ) in text
    sides = "minimum width=8.65bp, minimum height=8.65bp"
    assert rf"\node[tp X, fill=tpMatrixA, draw=tpMatrixA, {sides}] (a) at (0, 0) {{}};" in text


def test_lines_of_a_label_are_stacked() -> None:
    assert r"{$\text{query}$\\$q$};" in to_tikz(labelled(r"\text{query}\\q"))


@pytest.mark.parametrize(
    ("scene", "fragment"),
    [
        (Scene((vector("a", "G", 0, 0), vector("b", "G", 17_000, 0))), "17"),
        (Scene((replace(vector("a", "G", 0, 0), color="red"),)), "'red'"),
        (labelled(r"\nonsense"), "nonsense"),
    ],
)
def test_what_cannot_be_is_reported(scene: Scene, fragment: str) -> None:
    with pytest.raises(TPError, match=fragment) as caught:
        to_tikz(scene)
    assert caught.value.mend


def test_comments_cannot_end_early(tmp_path: Path) -> None:
    scene = Scene((vector("a\n\\bad", "G", 0, 0),), title="a\r\\bad")
    text = to_tikz(scene, source="program p\r\\bad\n")
    for line in re.split("[\r\n]", text):
        assert "%" in line.partition(r"\bad")[0] or r"\bad" not in line
    assert extract_program(text.encode()) == "program p\n\\bad\n"
    if lacking("pdflatex") is None:
        compiled(text, tmp_path)


def test_the_text_does_not_depend_on_the_process(everything_scene: Scene) -> None:
    expected = to_tikz(everything_scene)
    program = (
        "import runpy, sys; names = runpy.run_path(sys.argv[1]); "
        "from tpgraph.notation.painters.tikz import to_tikz; "
        "sys.stdout.buffer.write(to_tikz(names['build_everything']()).encode())"
    )
    conftest = Path(__file__).with_name("conftest.py")
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program, str(conftest)],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        assert done.stdout.decode() == expected


def pixels(directory: Path, scene: Scene, tikz: str) -> tuple[Image, Image]:
    """Grey values of the compiled TikZ and of the SVG."""
    pdf = compiled(tikz, directory)
    (directory / "a.svg").write_text(to_svg(scene), encoding="utf-8")
    commands = (
        ["pdftoppm", "-r", "150", "-png", "-singlefile", str(pdf), "tikz"],
        ["rsvg-convert", "-d", "150", "-p", "150", "a.svg", "-o", "svg.png"],
    )
    for command in commands:
        subprocess.run(command, cwd=directory, check=True)
    grey = [
        np.asarray(imread(io.BytesIO((directory / name).read_bytes()))[..., :3].mean(axis=2), float)
        for name in ("tikz.png", "svg.png")
    ]
    rows, columns = (min(sides) for sides in zip(*(image.shape for image in grey), strict=True))
    return grey[0][:rows, :columns], grey[1][:rows, :columns]


@pytest.mark.needs("pdflatex", "pdftoppm", "rsvg-convert")
@pytest.mark.parametrize("scene", SCENES)
def test_the_compiled_picture_looks_like_the_svg(
    scene: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    drawn: Scene = request.getfixturevalue(scene)
    tikz, svg = pixels(tmp_path, drawn, to_tikz(drawn))
    assert np.abs(tikz - svg).mean() < 0.02
    first = next(node for node in drawn.nodes if node.kind in ("gate", "bar-gate"))
    turned = gate("turned", first.x, first.y, "x", direction="BT", length=60.0)
    other = replace(drawn, nodes=(*drawn.nodes, turned))
    moved = pixels(tmp_path, drawn, to_tikz(other))[0]
    assert moved.shape != svg.shape or np.abs(moved - svg).mean() > np.abs(tikz - svg).mean() * 1.2
