"""Annotations in pictures: they have room, and every format paints them."""

import json
import math
import subprocess
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from matplotlib.image import imread
from notation.geometry import note_box, violations
from strategies import programs

from tpgraph import gallery
from tpgraph.errors import TPError, TPNameError
from tpgraph.notation.drawing import draw
from tpgraph.notation.scene.annotation import Annotation, Atom, Density, Histogram, Quantity
from tpgraph.notation.scene.display import bounds_of
from tpgraph.notation.scene.painting import picture
from tpgraph.notation.scene.quantities import number_latex, quantity_lines
from tpgraph.notation.scene.style import DARK, PAPER
from tpgraph.transform import backward, unroll_sgd

CURVE = tuple((z, math.exp(-z * z / 2) / 5.0) for z in np.linspace(-3, 3, 64).tolist())
VECTOR = Annotation(
    Histogram(-3.0, 3.0, tuple(range(12)) + tuple(range(12, 0, -1)), 0.0, 1.0, (Atom(0.0, 0.4),)),
    Density(CURVE, (Atom(0.0, 0.5),)),
    (Quantity("mean", 0.26, 0.25, 0.01), Quantity("var", 1.04, 1.0)),
)
SCALAR = Annotation(quantities=(Quantity("value", 0.51, 0.52, 0.001),))


def annotations(program):
    variables = (v for v in program.variables.values() if not v.is_matrix)
    return {v.name: SCALAR if v.is_scalar else VECTOR for v in variables}


def annotated(program, **options):
    return draw(program, annotations=annotations(program), **options)


@pytest.mark.parametrize("direction", ["LR", "RL", "BT", "TB"])
@pytest.mark.parametrize("entry", gallery.entries(), ids=lambda entry: entry.name)
def test_annotations_of_the_gallery_overlap_nothing(entry, direction):
    scene = annotated(entry.program(), direction=direction).scene
    assert violations(scene) == []
    assert all(node.note is not None for node in scene.nodes if "gate" not in node.kind)


@settings(max_examples=25, suppress_health_check=[*HealthCheck])
@given(programs(max_equations=12))
def test_annotations_of_random_programs_overlap_nothing(program):
    for direction in ("LR", "BT"):
        scene = annotated(replace(program, labels={}), direction=direction).scene
        assert violations(scene) == []


DIFFERENTIABLE = [entry.name for entry in gallery.entries() if entry.program().loss is not None]


def wrong_in_passes(scene):
    """Violations, but for those of the one direction, of which a picture of passes has two."""
    both = ("runs backwards", "does not narrow towards")
    return [found for found in violations(scene) if not any(word in found for word in both)]


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_annotations_of_backward_passes_overlap_nothing(name):
    assert wrong_in_passes(annotated(backward(gallery.entry(name).program())).scene) == []


def test_annotations_of_sgd_overlap_nothing():
    for name in ("mlp", "one_hidden"):
        program = unroll_sgd(gallery.entry(name).program(), steps=1)
        assert wrong_in_passes(annotated(program).scene) == []


def with_note(scene, name, change):
    """The scene with another annotation at one node."""
    nodes = (replace(n, note=change(n.note)) if n.id == name else n for n in scene.nodes)
    return replace(scene, nodes=tuple(nodes))


def test_an_annotation_out_of_its_place_is_noticed():
    scene = annotated(gallery.entry("mlp").program()).scene
    found = {node.id: node for node in scene.nodes}
    over = found["x[1]"]
    dx, dy = over.x - found["x[2]"].x, over.y - found["x[2]"].note.top

    def moved(note):
        sides = note.left + dx, note.bottom + dy, note.right + dx, note.top + dy
        return replace(note, left=sides[0], bottom=sides[1], right=sides[2], top=sides[3])

    seen = violations(with_note(scene, "x[2]", moved))
    assert any("annotation of x[2] overlaps label x[1]" in found for found in seen)
    assert any("leaves its box" in found for found in seen)
    torn = with_note(scene, "x[2]", lambda note: replace(note, labels=note.labels[:1] * 2))
    assert violations(torn) == ["parts of the annotation of x[2] overlap"]


def test_the_picture_without_annotations_is_the_same():
    program = gallery.entry("mlp").program()
    bare, empty = draw(program), draw(program, annotations={})
    for form in ("svg", "tikz", "dot", "json"):
        assert getattr(bare, form) == getattr(empty, form)
        assert "annotation" not in getattr(bare, form)
    assert "plot" not in bare.json


def test_every_format_has_them():
    program = gallery.entry("layernorm").program()
    drawing, bare = annotated(program), draw(program)
    count = sum(node.note is not None for node in drawing.scene.nodes)
    assert drawing.svg.count('class="annotation"') == count
    vectors = sum(node.note is not None and node.kind != "scalar" for node in drawing.scene.nodes)
    bars_and_atoms = 2 * vectors
    assert drawing.svg.count(PAPER.plot_bars) == bars_and_atoms
    for word in ("tp bars", "tp curve", "tp spike", r"0.510\to 0.520\pm 0.001"):
        assert word in drawing.tikz
        assert word not in bare.tikz
    assert "0.510→0.520±0.001" in drawing.dot.replace(" ", "")
    assert "▁" in drawing.dot
    assert "0.5 at 0" in drawing.dot
    document = json.loads(drawing.json)
    notes = [node["annotation"] for node in document["nodes"] if "annotation" in node]
    assert len(notes) == count
    assert {tuple(n["histogram"]["counts"]) for n in notes if n["histogram"]} == {
        VECTOR.histogram.counts
    }
    assert len(drawing.pdf) > len(bare.pdf)
    assert pixels(drawing, PAPER.plot_curve) > 100 > pixels(bare, PAPER.plot_curve) == 0


def pixels(drawing, color):
    """How many pixels of a PNG have a colour."""
    image = imread(BytesIO(drawing.png(150)))[..., :3]
    wanted = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return int((np.abs(image - wanted).max(axis=2) < 0.02).sum())


def test_the_dark_theme_has_its_own_colours():
    drawing = annotated(gallery.entry("layernorm").program(), theme="dark")
    assert DARK.plot_curve in drawing.svg
    assert PAPER.plot_curve not in drawing.svg


@pytest.mark.needs("pdflatex")
def test_latex_sets_them(tmp_path):
    annotated(gallery.entry("layernorm").program()).save(tmp_path / "a.tex")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_plots_stand_within_their_boxes():
    """Of whatever sizes the values are, also of constants and of mass at one point."""
    one = Histogram(2.0, 2.0, (5,), 2.0, 0.0, (Atom(2.0, 1.0),))
    wide = Histogram(-1e300, 1e300, (1, 2, 3), 0.0, 1e300)
    for made in (
        Annotation(one),
        Annotation(density=Density((), (Atom(0.0, 1.0),))),
        Annotation(one, Density((), (Atom(2.0, 1.0),))),
        Annotation(wide, Density(CURVE)),
        Annotation(Histogram(0.0, 1e-300, (1, 2, 3), 0.0, 0.0)),
    ):
        drawing = draw(gallery.entry("layernorm").program(), annotations={"x": made})
        note = next(node.note for node in drawing.scene.nodes if node.id == "x")
        left, bottom, right, top = note_box(note)
        (layer,) = (m for m in picture(drawing.scene).marks if m.kind == "annotations")
        box = bounds_of(layer)
        beyond = left - box[0], bottom - box[1], box[2] - right, box[3] - top
        assert max(beyond) <= 0.5


def test_what_cannot_be_annotated_is_said():
    program = gallery.entry("mlp").program()
    with pytest.raises(TPNameError, match="no q to annotate"):
        draw(program, annotations={"q": SCALAR})
    with pytest.raises(TPError, match="folded"):
        draw(program, annotations=annotations(program), fold=True)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.52037, 0.0012, r"0.520\pm 0.001"),
        (0.5, 0.2, r"0.5\pm 0.2"),
        (0.99999, 0.0, "1.00"),
        (1.0, 0.0, "1"),
        (0.0, 5e-14, "0"),
        (1e-17, 5e-14, "0"),
        (1e-20, 6e-34, r"1\cdot 10^{-20}"),
        (0.0, 0.004, r"0.000\pm 0.004"),
        (-0.7, 0.0, "-0.700"),
        (123456.0, 0.0, r"1.23\cdot 10^{5}"),
        (0.00001234, 0.0000002, r"(1.23\pm 0.02)\cdot 10^{-5}"),
        (52.0, 3.0, r"52\pm 3"),
    ],
)
def test_numbers_are_written_to_their_digits(value, error, text):
    assert number_latex(value, error) == text


def test_lines_of_numbers():
    dots = [
        Quantity("dot", None, c, 0.0, f"x^{{{i}}}") for i, c in enumerate((0.5, -2.0, 1.0, 3.0))
    ]
    lines = quantity_lines(Annotation(quantities=(Quantity("hat", limit=0.25), *dots)))
    assert lines[0] == r"\hat{\sigma}^{2}=0.250"
    assert lines[1] == r"\dot{Z}=0.500\,Z^{x^{0}}{-2}\,Z^{x^{1}}+1\,Z^{x^{2}}+\cdots"
    assert quantity_lines(SCALAR) == (r"0.510\to 0.520\pm 0.001",)
