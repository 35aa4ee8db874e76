"""Terminals: what would cross much stands beside its reader under its own name."""

from dataclasses import replace

import pytest
from notation.geometry import edges_through_nodes

import tpgraph as tp
from tpgraph.notation.drawing import draw
from tpgraph.notation.scene.crossings import crossings, through_marks
from tpgraph.notation.scene.scene import Edge

TRAINED = [e.name for e in tp.gallery.entries() if e.program().parameters and not e.paths]


def terminals(scene):
    return [node for node in scene.nodes if "@" in node.id]


@pytest.mark.parametrize("name", TRAINED)
def test_no_backward_picture_of_the_gallery_is_a_tangle(name):
    scene = draw(tp.backward(tp.gallery.entry(name).program())).scene
    assert len(crossings(scene.edges)) <= 50


def test_few_crossings_stay_wires():
    scene = draw(tp.backward(tp.gallery.entry("mlp").program())).scene
    assert terminals(scene) == []


def test_a_terminal_has_the_label_of_its_variable_and_one_reader():
    scene = draw(tp.backward(tp.gallery.entry("batchnorm").program())).scene
    labels = {node.id: node.label.text for node in scene.nodes if node.label is not None}
    fills = {node.id: node.fill for node in scene.nodes}
    found = terminals(scene)
    assert found
    for node in found:
        whole = node.id.partition("@")[0]
        assert node.label.text == labels.get(whole, node.label.text)
        assert node.fill == fills.get(whole, node.fill)
        assert sum(edge.source == node.id for edge in scene.edges) == 1
        assert not any(edge.target == node.id for edge in scene.edges)


def test_what_has_no_name_gets_one_where_it_has_terminals():
    scene = draw(tp.unroll_sgd(tp.gallery.entry("rnn").program(), steps=1)).scene
    assert all(node.label is not None and node.label.text for node in terminals(scene))
    assert len(crossings(scene.edges)) <= 16


def test_inputs_of_one_kind_become_terminals_together():
    scene = draw(tp.backward(tp.gallery.entry("batchnorm").program())).scene
    read = {edge.source.partition("@")[0] for edge in scene.edges if "@" in edge.source}
    assert {"h[1]", "h[2]", "h[3]"} <= read


def line(a, b, source, target):
    return Edge("wire", source, target, (a, b))


def test_crossings_are_of_lines_without_a_common_mark():
    up, down = line((0, 0), (10, 10), "a", "b"), line((0, 10), (10, 0), "c", "d")
    assert crossings([up, down]) == [(0, 1)]
    assert crossings([up, line((0, 10), (10, 0), "a", "d")]) == []
    assert crossings([up, line((0, 1), (10, 11), "c", "d")]) == []


def test_a_large_picture_says_how_small_its_print_would_be():
    small = draw(tp.unroll_sgd(tp.gallery.entry("batchnorm").program(), steps=1))
    assert 0 < small.printed < 6
    assert draw(tp.gallery.entry("mlp").program()).printed == 9


@pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
@pytest.mark.parametrize(("layers", "fold"), [(2, False), (5, True)])
def test_lines_that_would_run_through_gates_are_terminals(layers, fold, direction):
    text = tp.gallery.entry("layernorm_mlp").text
    program = tp.backward(tp.parse(text, constants={"L": layers}))
    scene = tp.draw(program, fold=fold, direction=direction).scene
    assert bool(scene.plates) == fold
    assert list(edges_through_nodes(scene)) == []


def test_lines_through_marks_are_found_at_any_direction():
    for direction in ("LR", "RL", "TB", "BT"):
        scene = tp.draw("mlp", direction=direction).scene
        assert through_marks(scene) == []
        gate = next(node for node in scene.nodes if node.is_gate)
        ends = (gate.x - 50, gate.y - 40), (gate.x + 50, gate.y + 40)
        line = replace(scene.edges[0], source="a", target="b", points=ends, curve=False)
        assert through_marks(replace(scene, edges=(*scene.edges, line))) == [len(scene.edges)]
