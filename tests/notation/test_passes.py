"""Pictures of backward passes and of SGD: Figures 6 and 7, the gallery, geometry, errors."""

import re
from collections import defaultdict
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from notation.geometry import GATES, violations

import tpgraph as tp
from tpgraph.errors import TPError, TPLimitError
from tpgraph.notation.drawing import draw
from tpgraph.notation.layout.passes.grounds import caption_latex
from tpgraph.notation.scene.geometry import flatten
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.program import Pass, Step, Symbol

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "diagrams"
DIFFERENTIABLE = (
    "mlp", "rnn", "layernorm", "attention", "conv1d", "one_hidden", "autoencoder", "resnet",
    "batchnorm", "gru", "transformer",
)  # fmt: skip


@cache
def backward_scene(name, direction="LR"):
    return draw(tp.backward(tp.gallery.entry(name).program()), direction=direction).scene


@cache
def sgd_scene(name, steps, form="exact"):
    program = tp.unroll_sgd(tp.gallery.entry(name).program(), steps=steps, form=form)
    return draw(program).scene


@cache
def figure(number):
    if number == 6:
        return draw(tp.backward(tp.load(FIGURES / "backpropagation.tp"))).scene
    return draw(tp.staged(tp.load(FIGURES / "first_step.tp"))).scene


def wrong(scene):
    """Violations, but for those of the one direction, of which a picture of passes has two."""
    both = ("runs backwards", "does not narrow towards")
    return [found for found in violations(scene) if not any(word in found for word in both)]


def nodes(scene):
    return {node.id: node for node in scene.nodes}


def askew(scene, program):
    """Backward vectors that do not stand exactly under their partners."""
    marks = nodes(scene)
    taken = set()
    for equation in program.equations:
        place, name = equation.place, equation.out.name
        if place.row != "backward" or place.partner not in marks or name not in marks:
            continue
        if place.partner in taken:
            continue
        taken.add(place.partner)
        below, above = marks[name], marks[place.partner]
        if abs(below.x - above.x) > 0.01 or below.y >= above.y:
            yield name


def turned(scene, program):
    """Gates that do not narrow in the direction in which their row computes."""
    for equation in program.equations:
        gate = nodes(scene).get(f"{equation.out.name}:gate")
        if gate is not None:
            expected = "RL" if equation.place.row == "backward" else "LR"
            if gate.direction != expected or gate.narrow >= gate.height:
                yield gate.id


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_backward_pictures_are_clean(name):
    program = tp.backward(tp.gallery.entry(name).program())
    scene = backward_scene(name)
    assert wrong(scene) == []
    assert list(askew(scene, program)) == []
    assert list(turned(scene, program)) == []


def strayed(scene):
    """Lines between marks of one context that leave its box."""
    at = {node.id: (node.x, node.y) for node in scene.nodes}
    for edge, box in product(scene.edges, scene.contexts):

        def inside(point, box=box):
            x, y = point
            return box.left <= x <= box.right and box.bottom <= y <= box.top

        line = flatten(edge.points, edge.curve)
        if inside(at[edge.source]) and inside(at[edge.target]) and not all(map(inside, line)):
            yield edge.source, edge.target


@pytest.mark.parametrize("direction", ["RL", "TB", "BT"])
@pytest.mark.parametrize("name", ["mlp", "resnet"])
def test_backward_pictures_turn(name, direction):
    assert wrong(backward_scene(name, direction)) == []


@pytest.mark.parametrize(
    ("name", "steps", "form"),
    [("mlp", 1, "exact"), ("mlp", 2, "exact"), ("mlp", 1, "fluctuation"),
     ("resnet", 1, "exact"), ("rnn", 1, "exact")],
)  # fmt: skip
def test_sgd_pictures_are_clean(name, steps, form):
    program = tp.unroll_sgd(tp.gallery.entry(name).program(), steps=steps, form=form)
    scene = sgd_scene(name, steps, form)
    assert wrong(scene) == []
    assert list(turned(scene, program)) == []
    for i, a in enumerate(scene.contexts):
        for b in scene.contexts[i + 1 :]:
            apart = a.right < b.left or b.right < a.left or a.top < b.bottom or b.top < a.bottom
            assert apart, f"{a.id} meets {b.id}"
    assert list(strayed(scene)) == []


def test_a_corrupted_picture_is_noticed():
    program = tp.backward(tp.gallery.entry("mlp").program())
    scene = backward_scene("mlp")
    shifted = [replace(n, x=n.x + 1) if n.id == "dx[1]" else n for n in scene.nodes]
    assert list(askew(replace(scene, nodes=tuple(shifted)), program)) == ["dx[1]"]
    mirrored = [replace(n, direction="LR") if n.kind in GATES else n for n in scene.nodes]
    assert list(turned(replace(scene, nodes=tuple(mirrored)), program))


def test_figure_6():
    scene = figure(6)
    marks = nodes(scene)
    rows = defaultdict(list)
    for node in scene.nodes:
        rows[round(node.y, 2)].append(node)
    assert [len(row) for row in rows.values()] == [9, 9]
    assert [marks[f"x{i}"].fill for i in (1, 2, 3)] == ["filled"] * 3
    assert [marks[f"dx{i}"].fill for i in (1, 2, 3)] == ["filled", "filled", "hollow"]
    assert {marks[f"dx{i}"].kind for i in (1, 2, 3)} == {"G"}
    assert {(marks[f"dg{i}"].kind, marks[f"dg{i}"].fill) for i in (0, 1, 2)} == {("X", "hollow")}
    wires = {(e.source, e.target) for e in scene.edges if e.kind == "wire"}
    assert {(f"g{i}", f"dg{i}:gate") for i in (0, 1, 2)} <= wires
    (arrow,) = scene.arrows
    assert [re.sub(r"\W|text", "", label.text) for label in arrow.labels] == [
        "Forwardpropagation",
        "Backwardpropagation",
    ]
    assert arrow.points[0][1] > max(rows) > min(rows) > arrow.points[-1][1]
    assert [e.transpose for e in scene.edges if e.matrix == "W[1]"] == [False, True]


def test_figure_7():
    scene = figure(7)
    marks = nodes(scene)
    train, test = scene.contexts
    assert (train.tint, test.tint) == ("grey", "blue")
    assert "train example" in train.caption.text
    assert "test example" in test.caption.text
    for name in ("g", "z", "h", "x", "dg", "dz", "dh", "v"):
        assert _inside(marks[name], train)
    for name in ("g̃", "z̃", "h̃", "x̃"):
        assert _inside(marks[name], test)
    between = ["f", "χ", "δh̃", "δx̃", "δf̃"]
    assert all(marks[name].x > train.right for name in between)
    assert [marks[n].x for n in between] == sorted(marks[n].x for n in between)
    assert marks["v"].x == marks["x"].x
    assert marks["v"].fill == "hollow"
    assert wrong(scene) == []


def _inside(node, box):
    return box.left < node.x < box.right and box.bottom < node.y < box.top


def test_signals_that_repeat_stand_once():
    marks = nodes(backward_scene("mlp"))
    assert not any(name.startswith("db") for name in marks)
    assert marks["dx[2]~1"].label.text == "db^{2}"


def test_drawing_is_deterministic():
    program = tp.unroll_sgd(tp.gallery.entry("mlp").program(), steps=1)
    assert draw(program).json == draw(program).json


def test_captions():
    train = Pass("train", 11, caption=("step ", Step(1), ", train ", Symbol("ξ", timed=True)))
    assert caption_latex(train) == r"\textit{step 12, train $\xi_{11}$}"
    later = replace(train, letter="τ")
    assert str(later) == "step τ+1, train ξ_τ"
    assert caption_latex(later) == r"\textit{step $τ+1$, train $\xi_{\tau}$}"
    test = Pass("test", 1, caption=("test ", Symbol("ξ̃"), " after ", Step(), " step"))
    assert caption_latex(test) == r"\textit{test $\tilde{\xi}$ after 1 step}"


@pytest.mark.parametrize("direction", ["TB", "BT", "RL"])
def test_passes_in_boxes_run_in_every_direction(direction):
    program = tp.staged(tp.load(FIGURES / "first_step.tp"))
    scene = draw(program, direction=direction).scene
    found = wrong(scene)
    assert [one for one in found if "crosses the label" not in one] == []
    assert len(found) <= 1, "beside a vertex a wire may pass close to its label"
    assert len(scene.contexts) == 2
    for box in scene.contexts:
        left, bottom, right, top = label_bounds(box.caption)
        assert box.left <= left < right <= box.right
        assert box.bottom <= bottom < top <= box.top
        assert box.caption.rotation == (0 if direction == "RL" else 90)


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(TPError, match="no backward pass of its own"):
        tp.staged(tp.gallery.entry("wigner").program())
    with pytest.raises(TPLimitError, match="marks would not be readable"):
        draw(tp.unroll_sgd(tp.gallery.entry("mlp").program(), steps=6))


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_what_is_computed_of_data_alone_has_an_empty_picture(direction):
    """The strict notation has no marks for it; with data it has."""
    program = tp.parse(
        "width n\nwidth m\nparametrization ntk\ndata d : 1\nvector u : n ~ N(0, 1)\n"
        "vector v : m ~ N(0, 1)\nparam b : n ~ N(0, 1)\nparam W : n × 1 ~ N(0, 1)\n"
        "a = W' u\nc = mean(v * mean(d))\ny = tanh((a - a) - c)\n"
        "output y\nloss (y - 1)^2 / 2\n"
    )
    steps = tp.unroll_sgd(program, 1)
    assert draw(steps, direction=direction).scene.nodes == ()
    assert draw(steps, direction=direction, show="io").scene.nodes


def test_places_are_read_off_names():
    program = tp.staged(tp.load(FIGURES / "first_step.tp"))
    places = {e.out.name: e.place for e in program.equations}
    assert (places["dh"].row, places["dh"].partner) == ("backward", "h")
    assert {places[name].row for name in ("χ", "θ", "δh̃", "δx̃", "δf̃")} == {"between"}
    assert places["h̃"].context != places["h"].context == places["dh"].context
    assert tp.staged(program) == program


def test_a_constant_signal_that_nothing_reads_has_no_gate():
    text = "width n\ndim d = 4\nparametrization mup\ndata ξ[1..2] : d\nparam U : n × d ~ N(0, 1)\n"
    text += "for i in 1..2:\n    x[i] = tanh(U ξ[i])\n    r[i] = mean(x[i]^2)\n"
    text += "s = mean(x[1] * x[2]) / (r[1] * r[2])\noutput s\n"
    program = tp.backward(tp.parse(text))
    assert program.equation_of["ds"].inputs == ()
    marks = nodes(draw(program).scene)
    assert "ds" not in marks
    assert "ds:gate" not in marks
    assert "dr[1]" in marks
