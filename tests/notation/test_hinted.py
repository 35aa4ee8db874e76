"""Hints in pictures: boxes hold their members, notes touch nothing, colours and what is hidden."""

from __future__ import annotations

import warnings

import pytest

import tpgraph as tp
from tpgraph.errors import TPWarning
from tpgraph.notation.scene.geometry import overlap
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.scene import Scene

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
