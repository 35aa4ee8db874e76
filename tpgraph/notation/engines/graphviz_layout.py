"""What a layout engine answers: positions and splines, read from Graphviz's JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tpgraph.errors import TPError
from tpgraph.notation.scene.geometry import Box, straight
from tpgraph.notation.scene.scene import Point

__all__ = ["DEFAULT_TIMEOUT", "ClusterBox", "GraphvizEdge", "GraphvizLayout", "parse_layout"]

DEFAULT_TIMEOUT = 20.0
"""Seconds after which a layout is given up."""


@dataclass(frozen=True, slots=True)
class GraphvizEdge:
    """An edge by its nodes' names and its `id` attribute ("" if none).

    `points` are Bezier control points p0 c1 c2 p1 ..., from the tail's outline to the head's,
    arrow tips included as straight last pieces; empty if Graphviz drew no spline.
    """

    tail: str
    head: str
    id: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class ClusterBox:
    """The box of a subgraph whose name starts with `cluster`."""

    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class GraphvizLayout:
    """A finished layout, in pt, y upwards, the lower left corner at (0, 0).

    `nodes` are centres by name; edges stand in the order of Graphviz's answer, which follows the
    DOT text within one tail node: give edges an `id` to tell parallel ones apart.
    """

    width: float
    height: float
    nodes: Mapping[str, Point]
    edges: tuple[GraphvizEdge, ...]
    clusters: Mapping[str, ClusterBox]


def parse_layout(text: str | bytes) -> GraphvizLayout:
    """The layout in the output of `dot -Tjson` or `-Tjson0`.

    Raises TPError if the text is not such an output.
    """
    try:
        document = json.loads(text)
        objects = document.get("objects", [])
        left, bottom, right, top = _box(document.get("bb", "0,0,0,0"))
        return GraphvizLayout(
            width=right - left,
            height=top - bottom,
            nodes={item["name"]: _point(item["pos"]) for item in objects if "pos" in item},
            edges=tuple(_edge(item, objects) for item in document.get("edges", [])),
            clusters={
                item["name"]: ClusterBox(*_box(item["bb"]))
                for item in objects
                if item["name"].startswith("cluster") and "bb" in item
            },
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise TPError(
            f"the layout engine's answer cannot be read: {type(error).__name__}: {error}",
            expected="Graphviz JSON",
            mend="choose the other layout engine (built-in or system)",
        ) from error


def _edge(item: Mapping[str, Any], objects: list[dict[str, Any]]) -> GraphvizEdge:
    tail, head = objects[item["tail"]]["name"], objects[item["head"]]["name"]
    return GraphvizEdge(tail, head, item.get("id", ""), _spline(item.get("pos", "")))


def _spline(text: str) -> tuple[Point, ...]:
    """`e,x,y s,x,y p0 c1 c2 p1 ...`, of which the first two parts are optional.

    Of several pieces, which only concentrated or multi-colour edges have, the first is taken.
    """
    parts = text.split(";")[0].split()
    ends = {part[0]: _point(part[2:]) for part in parts if part[:2] in ("e,", "s,")}
    points = tuple(_point(part) for part in parts if part[:2] not in ("e,", "s,"))
    if "s" in ends:
        start = ends["s"]
        points = (start, *straight(start, points[0])[:2], *points)
    if "e" in ends:
        points = (*points, *straight(points[-1], ends["e"]))
    return points


def _point(text: str) -> Point:
    x, y = text.rstrip("!").split(",")
    return float(x), float(y)


def _box(text: str) -> Box:
    left, bottom, right, top = (float(number) for number in text.split(","))
    return left, bottom, right, top
