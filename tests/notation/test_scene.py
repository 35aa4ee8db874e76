"""The scene, its JSON form, the geometry of gates, and the legend."""

from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError, replace
from typing import Any

import jsonschema
import pytest

from tpgraph.errors import Source, Span
from tpgraph.notation.labels.mathtext import outline
from tpgraph.notation.scene.legend import build_legend, marks_used
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.scene import Direction, Edge, Label, Node, Scene
from tpgraph.notation.scene.scene_json import to_document, to_json
from tpgraph.notation.scene.shapes import (
    bar_segment,
    fit_gate,
    gate,
    gate_polygon,
    input_port,
    outline_point,
    output_port,
    scalar,
    vector,
)
from tpgraph.notation.scene.style import PAPER

NUMBER = {"type": "number"}
POINTS = {
    "type": "array",
    "items": {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2},
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["schema", "nodes", "edges", "contexts", "plates", "paths"],
    "properties": {
        "schema": {"const": "tpgraph.scene/1"},
        "nodes": {
            "type": "array",
            "items": {
                "type": "object",
                "required": "id kind fill label x y width height span".split(),  # noqa: SIM905
                "properties": {
                    "id": {"type": "string"},
                    "kind": {"enum": ["G", "X", "scalar", "data", "gate", "bar-gate"]},
                    "fill": {"enum": ["hollow", "filled"]},
                    "label": {"type": "string"},
                    "x": NUMBER,
                    "y": NUMBER,
                    "width": NUMBER,
                    "height": NUMBER,
                    "span": {"type": ["object", "null"]},
                },
            },
        },
        "edges": {
            "type": "array",
            "items": {
                "type": "object",
                "required": "kind source target matrix transpose points".split(),  # noqa: SIM905
                "properties": {
                    "kind": {"enum": ["matmul", "wire"]},
                    "source": {"type": "string"},
                    "target": {"type": "string"},
                    "matrix": {"type": ["string", "null"]},
                    "transpose": {"type": "boolean"},
                    "points": POINTS,
                },
            },
        },
    },
}


def test_json_follows_the_schema(mlp_scene: Scene, everything_scene: Scene) -> None:
    for scene in (mlp_scene, everything_scene, Scene()):
        document = json.loads(to_json(scene))
        jsonschema.validate(document, SCHEMA)
        assert document == to_document(scene)


def test_the_schema_refuses_a_corrupted_document(mlp_scene: Scene) -> None:
    document = to_document(mlp_scene)
    document["nodes"][0]["kind"] = "H"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def test_json_is_rounded_and_has_a_line_per_mark(mlp_scene: Scene) -> None:
    node = Node("a", "G", 1.00499, -0.001, 7.5, 7.5)
    text = to_json(Scene((node,)))
    assert '"x": 1.0, "y": 0.0' in text
    assert to_json(mlp_scene).count("\n    {") == len(mlp_scene.nodes) + len(mlp_scene.edges) + 1


def test_json_carries_spans() -> None:
    span = Span(Source("a.tp", "width n\nh = W x\n"), 8, 9)
    node = Node("h", "G", 0, 0, 7, 7, span=span)
    (shown,) = to_document(Scene((node,)))["nodes"]
    assert shown["span"] == {"start": 8, "end": 9, "line": 2, "column": 1}


def test_scenes_are_frozen() -> None:
    node = vector("x", "X", 0, 0)
    with pytest.raises(FrozenInstanceError):
        node.x = 1.0  # type: ignore[misc]


def test_an_edge_checks_its_points() -> None:
    with pytest.raises(AssertionError, match="two ends"):
        Edge("wire", "a", "b", ((0, 0),))
    with pytest.raises(AssertionError, match="3 n"):
        Edge("wire", "a", "b", ((0, 0), (1, 1), (2, 2)), curve=True)


@pytest.mark.parametrize(
    ("direction", "unit"), [("LR", (1, 0)), ("RL", (-1, 0)), ("BT", (0, 1)), ("TB", (0, -1))]
)
def test_gates_narrow_in_the_direction_of_the_computation(
    direction: Direction, unit: tuple[int, int]
) -> None:
    node = gate("g", 10, 20, bar=True, direction=direction)
    a, b, c, d = gate_polygon(node)
    assert math.dist(a, b) == pytest.approx(PAPER.gate_length)
    assert math.dist(c, d) == pytest.approx(node.narrow)
    assert node.narrow < PAPER.gate_length
    out = output_port(node)
    assert out == pytest.approx((10 + 8 * unit[0], 20 + 8 * unit[1]))
    ends = bar_segment(node)
    assert math.dist(*ends) == pytest.approx(node.bar)
    assert node.bar > node.narrow
    assert (ends[0][0] + ends[1][0]) / 2 == pytest.approx(out[0])
    x, y = input_port(node, 3.0)
    assert ((x - 10) * unit[0] + (y - 20) * unit[1]) == pytest.approx(-8)


def test_outline_points_lie_on_the_outline() -> None:
    circle, square = vector("x", "X", 1, 1), scalar("s", 0, 0)
    assert math.dist((1, 1), outline_point(circle, (5, 9))) == pytest.approx(3.75)
    assert outline_point(square, (10, 0)) == pytest.approx((3.4, 0))
    assert outline_point(square, (10, 10)) == pytest.approx((3.4, 3.4))
    assert outline_point(Node("d", "data", 0, 0, 8, 8), (5, 5)) == pytest.approx((2, 2))
    assert outline_point(square, (0, 0)) == (0, 0)


@pytest.mark.parametrize("text", ["x", r"\phi(\cdot+\cdot)", r"\frac{x-\mu}{\sqrt{\sigma^2}}"])
def test_fitted_gates_hold_their_text(text: str) -> None:
    ink = outline(text, PAPER.gate_label_size).ink
    width, height = ink.right - ink.left, ink.top - ink.bottom
    depth, length = fit_gate(width, height, 2)
    node = gate("g", 0, 0, text, depth=depth, length=length)
    assert node.label is not None
    left, bottom, right, top = label_bounds(node.label)
    reach = (right + depth / 2) / depth
    room = length - reach * (length - node.narrow)
    assert top - bottom == pytest.approx(width)
    assert right - left == pytest.approx(height)
    assert top - bottom < room


def test_labels_hang_from_their_anchors() -> None:
    left, bottom, right, top = label_bounds(Label("x^2", 10, 20, "n"))
    assert top == pytest.approx(20)
    assert (left + right) / 2 == pytest.approx(10)
    assert label_bounds(Label("x^2", 10, 20, "sw"))[:2] == pytest.approx((10, 20))
    assert label_bounds(Label("x^2", 10, 20, "ne"))[2:] == pytest.approx((10, 20))
    turned = label_bounds(Label("x^2", 10, 20, "center", rotation=-90))
    assert turned[2] - turned[0] == pytest.approx(top - bottom)
    base = label_bounds(Label("p", 0, 0, "base"))
    assert base[1] < 0 < base[3]


def test_the_legend_shows_what_the_drawing_uses(mlp_scene: Scene, layernorm_scene: Scene) -> None:
    assert marks_used(mlp_scene) == ("G", "X", "gate", "matmul")
    assert marks_used(layernorm_scene) == ("X", "scalar", "gate", "bar-gate")
    legend = build_legend(marks_used(layernorm_scene), 5.0, 9.0)
    assert (legend.left, legend.top) == (5.0, 9.0)
    assert {node.kind for node in legend.nodes} == {"X", "scalar", "gate", "bar-gate"}
    for node in legend.nodes:
        assert legend.left < node.x < legend.right
        assert legend.bottom < node.y < legend.top
    for label in legend.labels:
        assert label_bounds(label)[2] < legend.right


def test_equal_scenes_are_equal(mlp_scene: Scene) -> None:
    assert replace(mlp_scene) == mlp_scene
