"""Scenes as fragments, and their differences."""

from dataclasses import replace

import pytest

import tpgraph as tp
from tpgraph.notation.painters.fragments import (
    Fragments,
    applied,
    difference,
    fragments_of,
)
from tpgraph.notation.scene.scene import Scene

NAMES = ["mlp", "rnn", "layernorm", "first_step", "attention"]


def scene_of(name: str, **options: object) -> Scene:
    return tp.draw(tp.gallery.entry(name).program(), **options).scene


def moved(scene: Scene, by: float) -> Scene:
    """Everything of a scene further right."""
    nodes = tuple(
        replace(n, x=n.x + by, label=n.label and replace(n.label, x=n.label.x + by))
        for n in scene.nodes
    )
    edges = tuple(
        replace(
            e,
            points=tuple((x + by, y) for x, y in e.points),
            label=e.label and replace(e.label, x=e.label.x + by),
        )
        for e in scene.edges
    )
    return replace(scene, nodes=nodes, edges=edges)


def same(a: Fragments, b: Fragments) -> bool:
    """Equal in fragments, their order and the box; outlines may be more."""
    return [*a.items.values()] == [*b.items.values()] and a.box == b.box


@pytest.mark.parametrize("name", NAMES)
def test_every_mark_and_line_is_one_fragment(name: str) -> None:
    scene = scene_of(name)
    items = fragments_of(scene).items
    assert len([f for f in items.values() if f.layer in ("variables", "gates")]) == len(scene.nodes)
    assert len([f for f in items.values() if f.layer == "edges"]) == len(scene.edges)
    at = {n.id: (round(n.x, 2), -round(n.y, 2)) for n in scene.nodes}
    assert all((f.x, f.y) == at[f.id] for f in items.values() if f.layer == "variables" and f.id)


@pytest.mark.parametrize("a", NAMES)
@pytest.mark.parametrize("b", NAMES)
def test_a_scene_and_a_difference_are_the_other_scene(a: str, b: str) -> None:
    first, second = fragments_of(scene_of(a)), fragments_of(scene_of(b))
    assert same(applied(first, difference(first, second)), second)
    nothing = difference(first, first)
    assert not any((nothing.come, nothing.change, nothing.move, nothing.go, nothing.order))


def test_what_only_moves_is_sent_as_a_place() -> None:
    scene = scene_of("mlp")
    before, after = fragments_of(scene), fragments_of(moved(scene, 10.0))
    found = difference(before, after)
    assert not found.come
    assert not found.change
    assert len(found.move) == len(before.items)
    assert same(applied(before, found), after)


def test_a_difference_that_lost_a_move_is_noticed() -> None:
    scene = scene_of("mlp")
    before, after = fragments_of(scene), fragments_of(moved(scene, 10.0))
    found = difference(before, after)
    assert not same(applied(before, replace(found, move=found.move[1:])), after)


def test_another_order_is_sent_as_one() -> None:
    before = fragments_of(scene_of("mlp"))
    after = replace(before, items=dict(reversed(before.items.items())))
    found = difference(before, after)
    assert found.order == tuple(after.items)
    assert same(applied(before, found), after)


def test_one_line_more_is_some_kilobytes() -> None:
    chain = "".join(f"x[{k}] = tanh(W x[{k - 1}])\n" for k in range(1, 40))
    head = "program p\nwidth n\nmatrix W : n × n ~ N(0, 1)\nvector x[0] : n ~ N(0, 1)\n"
    before = fragments_of(tp.draw(tp.parse(head + chain)).scene)
    after = fragments_of(tp.draw(tp.parse(f"{head}{chain}x[40] = tanh(W x[39])\n")).scene)
    found = difference(before, after)
    assert sum(len(f.svg) for f in (*found.come, *found.change)) < 8000
    assert sum(len(f.svg) for f in after.items.values()) > 50_000


def test_a_wire_knows_the_argument_that_it_brings() -> None:
    text = """program p
width n
vector u : n ~ N(0, 1)
vector v : n ~ N(0, 1)
y = tanh(u) + 2 * v
"""
    items = fragments_of(tp.draw(tp.parse(text)).scene).items.values()
    spans = {f.source: f.span for f in items if f.layer == "edges" and f.span is not None}
    assert {name: span.source.text[span.start : span.end] for name, span in spans.items()} == {
        "u": "u",
        "v": "v",
    }


def test_markup_runs_no_script_of_a_title() -> None:
    text = 'program p\nwidth n\nvector u : n ~ N(0, 1)\ny = tanh(u)\nlabel y = "a<b"\n'
    items = fragments_of(tp.draw(tp.parse(text)).scene).items.values()
    assert all("<script" not in f.svg for f in items)
    assert all('"a<b"' not in f.svg for f in items)
