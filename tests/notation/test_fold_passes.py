"""Folded pictures of backward passes and of SGD: plates around both rows, the generic step."""

import re
from dataclasses import replace
from functools import cache

import pytest
from notation.geometry import GATES, _meet, violations
from notation.test_fold import box, frame, long
from notation.test_passes import DIFFERENTIABLE, wrong

import tpgraph as tp
from tpgraph.notation.painters.paint import label_bounds

BACKWARD = [
    ("mlp", "L", 100, r"l=2,\,\ldots,\,100"),
    ("mlp", "L", 10, r"l=2,\,\ldots,\,10"),
    ("resnet", "L", 3, r"l=1,\,\ldots,\,3"),
    ("resnet", "L", 50, r"l=1,\,\ldots,\,50"),
    ("rnn", "T", 10, r"t=2,\,\ldots,\,10"),
    ("rnn", "T", 1000, r"t=2,\,\ldots,\,1000"),
    ("gru", "T", 40, r"t=2,\,\ldots,\,40"),
]


@cache
def folded_backward(name, constant, value, direction="LR", show_io=False):
    program = tp.backward(long(name, constant, value))
    return tp.draw(program, fold=True, direction=direction, show_io=show_io).scene


def strangers(scene):
    """Marks that lie in a plate without its letter in their names, and those that lack it."""
    for plate in scene.plates:
        own = re.compile(rf"\[([^\]]*,)?{plate.id}([+-]\d+)?[\],]")
        for node in scene.nodes:
            if _meet(box(node), frame(plate), 0) != bool(own.search(node.id)):
                yield node.id


def crowded(scene):
    """Labels of plates, and dots, on marks, lines, labels, or frames of plates."""
    marks = [(node.id, box(node)) for node in scene.nodes]
    labelled = [*scene.nodes, *scene.edges]
    marks += [("label", label_bounds(n.label)) for n in labelled if n.label is not None]
    frames = [(plate.id, frame(plate)) for plate in scene.plates]
    for label in (*scene.labels, *(plate.label for plate in scene.plates)):
        own = label_bounds(label)
        inner = [f for f in frames if not _holds(f[1], own)]
        yield from (f"{label.text} on {name}" for name, other in marks + inner if _meet(own, other))


def _holds(outer, inner):
    return (
        outer[0] < inner[0] and outer[1] < inner[1] and inner[2] < outer[2] and inner[3] < outer[3]
    )


def misplaced(scene):
    """Error signals that do not stand exactly under what they are the signals of."""
    marks = {n.id: n for n in scene.nodes if n.kind in ("G", "X")}
    for name, node in marks.items():
        above = marks.get(name[1:]) if name.startswith("d") else None
        if above is not None and (abs(node.x - above.x) > 0.01 or node.y >= above.y):
            yield name


@pytest.mark.parametrize("show_io", [False, True])
@pytest.mark.parametrize(("name", "constant", "value", "text"), BACKWARD)
def test_both_rows_stand_in_one_plate(name, constant, value, text, show_io):
    scene = folded_backward(name, constant, value, show_io=show_io)
    (plate,) = scene.plates
    assert plate.label.text == text
    assert list(strangers(scene)) == []
    assert list(misplaced(scene)) == []
    assert list(crowded(scene)) == []
    assert wrong(scene) == []
    (arrow,) = scene.arrows
    assert arrow.points[0][1] > plate.top
    assert arrow.points[-1][1] < plate.bottom


@pytest.mark.parametrize("direction", ["RL", "TB", "BT"])
@pytest.mark.parametrize(("name", "constant", "value"), [("mlp", "L", 10), ("resnet", "L", 10)])
def test_folded_backward_pictures_turn(name, constant, value, direction):
    scene = folded_backward(name, constant, value, direction)
    assert len(scene.plates) == 1
    assert list(strangers(scene)) == []
    assert list(crowded(scene)) == []
    assert wrong(scene) == []


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gallery_backward_folded(name):
    scene = tp.draw(tp.backward(tp.gallery.entry(name).program()), fold=True).scene
    assert wrong(scene) == []
    assert list(strangers(scene)) == []


def test_signals_go_by_the_letter_of_their_layer():
    scene = folded_backward("mlp", "L", 100)
    labels = {n.id: n.label.text for n in scene.nodes if n.label}
    assert labels["dx[l]"] == "dx^{l}"
    assert labels["dx[l-1]"] == "dx^{l{-}1}"
    assert labels["dx[1]"] == "dx^{1}"
    assert labels["dx[100]"] == "dx^{100}"
    assert labels["dx[l]~1:gate"] == r"\phi'(W^{l}x^{l{-}1} + b^{l}) \, dx^{l}"
    products = [(e.source, e.target, e.label.text) for e in scene.edges if e.kind == "matmul"]
    assert products == [
        ("x[l-1]", "x[l]~1", "W^{l}"),
        ("dx[l]~1", "dx[l-1]", r"W^{l\top}"),
    ]
    assert [label.text for label in scene.labels] == [r"\cdots"] * 4
    assert {n.direction for n in scene.nodes if n.kind in GATES} == {"LR", "RL"}


def test_a_last_layer_that_differs_stands_outside():
    text = tp.gallery.entry("mlp").text.replace("const L = 3", "const L = 9")
    text = text.replace(
        "x[l] = φ(W[l] x[l-1] + b[l])", "x[l] = φ(W[l] x[l-1] + b[l])\nm = sin(x[L])"
    )
    scene = tp.draw(tp.backward(tp.parse(text.replace("f = V x[L]", "f = V m"))), fold=True).scene
    (plate,) = scene.plates
    assert plate.label.text == r"l=2,\,\ldots,\,9"
    marks = {node.id: node for node in scene.nodes}
    assert not _meet(box(marks["m"]), frame(plate), 0)
    assert not _meet(box(marks["dm"]), frame(plate), 0)
    assert list(misplaced(scene)) == []


def test_a_moved_plate_is_noticed():
    scene = folded_backward("mlp", "L", 100)
    (plate,) = scene.plates
    wide = replace(scene, plates=(replace(plate, right=plate.right + 60),))
    assert list(strangers(wide))
    assert violations(scene) != wrong(scene)
    low = replace(plate, label=replace(plate.label, y=plate.label.y + 30))
    assert list(crowded(replace(scene, plates=(low,))))
