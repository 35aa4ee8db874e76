"""Hints in pictures: boxes hold their members, notes touch nothing, colours and what is hidden."""

from __future__ import annotations

import math
import warnings

import pytest

import tpgraph as tp
from tpgraph.errors import TPWarning
from tpgraph.notation.scene.geometry import overlap
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.scene import Direction, Label, Scene
from tpgraph.notation.scene.shapes import bar_segment
from tpgraph.notation.scene.taken import node_boxes

MLP = tp.gallery.entry("mlp").text


def scene_of(hints: str, **options: object) -> Scene:
    return tp.draw(tp.parse(MLP + hints), **options).scene  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def plain() -> Scene:
    return tp.draw("mlp").scene


def test_a_box_holds_its_members_and_its_gates() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", TPWarning)
        scene = scene_of('group "layer" x[2], b[2]\ngroup "deep" x[2..3], b[2..3]\n')
    outer, inner = scene.contexts
    assert inner.caption is not None
    assert "layer" in inner.caption.text
    assert outer.left < inner.left < inner.right < outer.right
    assert outer.bottom < inner.bottom < inner.top < outer.top
    held = {
        node.id
        for node in scene.nodes
        if inner.left < node.x - node.width / 2 and node.x + node.width / 2 < inner.right
    }
    assert {"x[2]~1", "b[2]", "x[2]", "x[2]:gate"} <= held
    assert "x[1]" not in held
    for box in (outer, inner):
        assert box.caption is not None
        left, bottom, right, top = label_bounds(box.caption)
        assert box.left < left < right < box.right
        assert box.bottom < bottom < top < box.top


def test_a_box_says_what_else_lies_in_it() -> None:
    with pytest.warns(TPWarning, match='group "ends" also holds .*x\\[2\\]'):
        scene_of('group "ends" x[1], x[3]\n')


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_a_note_touches_no_mark_and_no_label(direction: str) -> None:
    scene = scene_of(
        'note "Conditioning on $f$" at x[2]\nnote "here" at b[2]\n', direction=direction
    )
    assert len(scene.labels) == 2
    boxes = [label_bounds(label) for label in scene.labels]
    assert not overlap(*boxes)
    for node in scene.nodes:
        around = node.x - node.width / 2, node.y - node.height / 2
        mark = *around, node.x + node.width / 2, node.y + node.height / 2
        assert not any(overlap(box, mark) for box in boxes)
        if node.label is not None:
            assert not any(overlap(box, label_bounds(node.label)) for box in boxes)


@pytest.mark.parametrize("vector", ["θ", "δh̃", "χ", "h", "z̃"])
def test_words_that_stand_far_point_at_their_mark(vector: str) -> None:
    """In a crowded picture: the words are free, the pointer ends at the mark or its label and goes
    through no other.
    """
    lines = tp.gallery.entry("first_step").text.splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("note"))
    words = f'note "the change of the hidden layer" at {vector}\n'
    scene = tp.draw(tp.parse(text + words)).scene
    box = label_bounds(scene.labels[-1])
    node = next(n for n in scene.nodes if n.id == vector)
    half = node.width / 2
    own = [(node.x - half, node.y - half, node.x + half, node.y + half)]
    own += [label_bounds(node.label)] if node.label else []
    gap = min(max(box[0] - o[2], o[0] - box[2], box[1] - o[3], o[1] - box[3]) for o in own)
    assert gap > 0
    marks = [(n.x - n.width / 2, n.y - n.height / 2, n.x + n.width / 2, n.y + n.height / 2)
             for n in scene.nodes if n.id != vector]  # fmt: skip
    assert not any(overlap(box, mark) for mark in marks)
    if not scene.arrows:
        assert gap < 8.0
        return
    (pointer,) = scene.arrows
    assert pointer.thin
    (x0, y0), (x1, y1) = pointer.points
    assert min(max(o[0] - x1, x1 - o[2], o[1] - y1, y1 - o[3]) for o in own) < 1.5
    steps = [(x0 + (x1 - x0) * k / 99, y0 + (y1 - y0) * k / 99) for k in range(100)]
    assert not any(m[0] < x < m[2] and m[1] < y < m[3] for x, y in steps for m in marks)


def test_products_have_the_colour_that_was_chosen(plain: Scene) -> None:
    scene = scene_of('color W[2] = "#8e1328"\n')
    chosen = [e for e in scene.edges if e.color == "#8e1328"]
    assert [e.matrix for e in chosen] == ["W[2]"]
    assert chosen[0].label is not None
    assert chosen[0].label.color == "#8e1328"
    assert [e.color for e in plain.edges if e.matrix == "W[2]"] == [None]


def test_what_is_hidden_has_no_mark_and_no_line(plain: Scene) -> None:
    scene = scene_of("hide b[1..3]\n")
    names = {node.id for node in scene.nodes}
    assert names == {n.id for n in plain.nodes} - {"b[1]", "b[2]", "b[3]"}
    assert not [e for e in scene.edges if e.source.startswith("b")]
    assert len(scene_of("hide x[3]\n").nodes) == len(plain.nodes) - 2, "with its gate"
    everything = scene_of("hide b[1..3]\n", view="editing")
    assert "b[1]" in {node.id for node in everything.nodes}


def test_folded_pictures_show_the_boxes_that_are_whole() -> None:
    text = MLP.replace("const L = 3", "const L = 9")
    assert text != MLP
    scene = tp.draw(tp.parse(text + 'group "deep" x[1..9]\nnote "in" at x[1]\n'), fold=True).scene
    assert scene.plates
    assert not scene.contexts


@pytest.mark.parametrize("direction", ["LR", "TB", "RL", "BT"])
def test_words_keep_off_the_bars_of_moments(direction: Direction) -> None:
    """Which are longer than their gates, along the page or down it."""
    scene = tp.draw("attention", direction=direction).scene
    bars = [node for node in scene.nodes if node.bar]
    assert bars
    for node in bars:
        own, *_ = node_boxes(node)
        for x, y in bar_segment(node):
            assert own[0] - 1e-9 <= x <= own[2] + 1e-9
            assert own[1] - 1e-9 <= y <= own[3] + 1e-9


def test_a_note_of_several_points_at_each_and_at_products() -> None:
    text = tp.gallery.entry("rnn").text + 'note "the same matrix\\\\ $W$" at W, s[3]\n'
    scene = tp.draw(tp.parse(text)).scene
    (words,) = scene.labels
    assert words.text == r"\textit{the same matrix}\\\textit{$W$}"
    box = label_bounds(words)
    one_line = label_bounds(Label(r"\textit{the same matrix}", 0, 0, size=words.size))
    assert box[3] - box[1] > 1.5 * (one_line[3] - one_line[1])
    assert len(scene.arrows) == 3
    tips = [arrow.points[-1] for arrow in scene.arrows]
    (mark,) = [node for node in scene.nodes if node.id == "s[3]"]
    lines = [edge for edge in scene.edges if edge.matrix == "W"]
    middles = [
        ((e.points[0][0] + e.points[-1][0]) / 2, (e.points[0][1] + e.points[-1][1]) / 2)
        for e in lines
    ]
    for x, y in (*middles, (mark.x, mark.y)):
        near = min(math.dist(tip, (x, y)) for tip in tips)
        assert near < 25
    for arrow in scene.arrows:
        start = arrow.points[0]
        assert box[0] - 1.5 <= start[0] <= box[2] + 1.5
        assert box[1] - 1.5 <= start[1] <= box[3] + 1.5
