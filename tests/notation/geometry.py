"""Geometric statements about scenes, each a list of what violates it.

Edges are sampled every half pt, so that nothing of the layout's own geometry is trusted.
"""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import numpy as np

from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.shapes import bar_segment, gate_polygon

STEP = 0.5
TOUCH = 0.3  # pt by which marks may touch, for rounding

GATES = ("gate", "bar-gate")


def violations(scene):
    """All that is wrong with a scene."""
    checks = (
        overlapping_nodes,
        overlapping_labels,
        edges_through_nodes,
        edges_through_labels,
        loose_ends,
        crowded_ports,
        backward_edges,
        torn_notes,
    )
    return [found for check in checks for found in check(scene)]


def samples(edge):
    """Points on an edge."""
    corners = [np.array(p) for p in edge.points]
    if not edge.curve:
        parts = [_segment(a, b) for a, b in pairwise(corners)]
        return np.concatenate(parts)
    parts = []
    for i in range(0, len(corners) - 1, 3):
        a, b, c, d = corners[i : i + 4]
        length = np.linalg.norm(b - a) + np.linalg.norm(c - b) + np.linalg.norm(d - c)
        t = np.linspace(0, 1, max(2, int(length / STEP) + 2))[:, None]
        s = 1 - t
        parts.append(s**3 * a + 3 * s * s * t * b + 3 * s * t * t * c + t**3 * d)
    return np.concatenate(parts)


def _segment(a, b):
    count = max(2, int(np.linalg.norm(b - a) / STEP) + 2)
    return a + np.linspace(0, 1, count)[:, None] * (b - a)


def corners(node):
    """The convex outline of a node."""
    if node.kind in GATES:
        return list(gate_polygon(node))
    half = node.width / 2, node.height / 2
    if node.kind == "scalar":
        turns = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    elif node.kind == "data":
        turns = [(0, -1), (1, 0), (0, 1), (-1, 0)]
    else:
        turns = [(math.cos(k * math.pi / 8), math.sin(k * math.pi / 8)) for k in range(16)]
    return [(node.x + half[0] * x, node.y + half[1] * y) for x, y in turns]


def depth_inside(points, outline):
    """How deep inside a convex outline each point lies, negative outside."""
    outline = np.array(outline)
    if _area(outline) < 0:
        outline = outline[::-1]
    sides = np.roll(outline, -1, axis=0) - outline
    lengths = np.linalg.norm(sides, axis=1)
    normals = np.stack([-sides[:, 1], sides[:, 0]], axis=1) / lengths[:, None]
    return ((points[:, None, :] - outline[None]) * normals[None]).sum(axis=2).min(axis=1)


def _area(outline):
    x, y = outline[:, 0], outline[:, 1]
    return (x * np.roll(y, -1) - y * np.roll(x, -1)).sum()


def _box(node):
    xs, ys = zip(*corners(node), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _meet(a, b, by=TOUCH):
    return min(a[2], b[2]) - max(a[0], b[0]) > by and min(a[3], b[3]) - max(a[1], b[1]) > by


def node_labels(scene):
    """(name, box) of the labels beside nodes and edges, and of annotations."""
    for node in scene.nodes:
        if node.label is not None and node.kind not in GATES:
            yield node.id, label_bounds(node.label)
        if node.note is not None:
            yield f"the annotation of {node.id}", note_box(node.note)
    for edge in scene.edges:
        if edge.label is not None:
            yield f"{edge.source}->{edge.target}", label_bounds(edge.label)


def note_box(note):
    return note.left, note.bottom, note.right, note.top


def torn_notes(scene):
    """Annotations whose parts overlap each other, or reach beyond their box."""
    for node in scene.nodes:
        if node.note is None:
            continue
        parts = [label_bounds(label) for label in node.note.labels]
        parts += [node.note.plot] if node.note.plot else []
        if any(_meet(a, b) for a, b in combinations(parts, 2)):
            yield f"parts of the annotation of {node.id} overlap"
        whole = note_box(node.note)
        for left, bottom, right, top in parts:
            beyond = whole[0] - left, whole[1] - bottom, right - whole[2], top - whole[3]
            if max(beyond) > TOUCH:
                yield f"the annotation of {node.id} leaves its box"
        if not parts:
            yield f"the annotation of {node.id} is empty"


def overlapping_nodes(scene):
    for a, b in combinations(scene.nodes, 2):
        if _meet(_box(a), _box(b)):
            yield f"{a.id} overlaps {b.id}"


def overlapping_labels(scene):
    labels = list(node_labels(scene))
    for (a, box), (b, other) in combinations(labels, 2):
        if _meet(box, other):
            yield f"label {a} overlaps label {b}"
    for name, box in labels:
        for node in scene.nodes:
            if _meet(box, _box(node)) and _covers(box, corners(node)):
                yield f"label {name} overlaps {node.id}"
    for node in scene.nodes:
        if node.kind in GATES and node.label is not None:
            left, bottom, right, top = label_bounds(node.label)
            text = np.array([(left, bottom), (right, bottom), (right, top), (left, top)])
            if depth_inside(text, corners(node)).min() < 0:
                yield f"the text of {node.id} leaves it"


def _covers(box, outline):
    """Whether a box and a convex outline share more than a border."""
    left, bottom, right, top = box
    x, y = np.meshgrid(np.linspace(left, right, 20), np.linspace(bottom, top, 20))
    return depth_inside(np.stack([x.ravel(), y.ravel()], axis=1), outline).max() > TOUCH


def edges_through_nodes(scene):
    for edge in scene.edges:
        points = samples(edge)
        low, high = points.min(axis=0), points.max(axis=0)
        for node in scene.nodes:
            if not _meet(_box(node), (*low - 0.1, *high + 0.1), 0.0):
                continue
            own = node.id in (edge.source, edge.target)
            deepest = depth_inside(points, corners(node)).max()
            if deepest > (1.0 if own else TOUCH):
                yield f"{edge.source}->{edge.target} runs {deepest:.1f} pt through {node.id}"


def edges_through_labels(scene):
    labels = list(node_labels(scene))
    for edge in scene.edges:
        points = samples(edge)
        for name, (left, bottom, right, top) in labels:
            x, y = points[:, 0], points[:, 1]
            inside = np.minimum.reduce([x - left, right - x, y - bottom, top - y]).max()
            if inside > TOUCH:
                yield f"{edge.source}->{edge.target} crosses the label of {name}"


def loose_ends(scene):
    nodes = {node.id: node for node in scene.nodes}
    for edge in scene.edges:
        for name, point, arrives in (
            (edge.source, edge.points[0], False),
            (edge.target, edge.points[-1], True),
        ):
            node = nodes[name]
            if _distance_to_outline(node, point, arrives) > 0.5:
                side = "wide" if arrives else "narrow"
                where = f"the {side} side of {name}" if node.kind in GATES else name
                yield f"{edge.source}->{edge.target} misses {where}"


def _distance_to_outline(node, point, arrives):
    if node.kind in GATES:
        polygon = gate_polygon(node)
        side = polygon[:2] if arrives else polygon[2:]
        if not arrives and node.kind == "bar-gate":
            side = bar_segment(node)
        return _to_segment(point, *side)
    if node.kind in ("G", "X"):
        return abs(math.dist(point, (node.x, node.y)) - node.width / 2)
    return abs(float(depth_inside(np.array([point]), corners(node))[0]))


def _to_segment(p, a, b):
    a, b, p = np.array(a), np.array(b), np.array(p)
    t = float(np.clip(np.dot(p - a, b - a) / np.dot(b - a, b - a), 0, 1))
    return float(np.linalg.norm(p - a - t * (b - a)))


def crowded_ports(scene):
    gates = {node.id for node in scene.nodes if node.kind in GATES}
    arriving = {}
    for edge in scene.edges:
        if edge.target in gates:
            arriving.setdefault(edge.target, []).append(edge.points[-1])
    for gate, points in arriving.items():
        for a, b in combinations(points, 2):
            if math.dist(a, b) < 4.0:
                yield f"two inputs of {gate} arrive at one point"


def backward_edges(scene):
    nodes = {node.id: node for node in scene.nodes}
    direction = next((n.direction for n in scene.nodes if n.kind in GATES), None)
    axis = {"LR": (1, 0), "RL": (-1, 0), "BT": (0, 1), "TB": (0, -1), None: (0, 0)}[direction]
    for node in scene.nodes:
        wide = node.height if node.direction in ("LR", "RL") else node.width
        if node.kind in GATES and not (node.direction == direction and node.narrow < wide):
            yield f"{node.id} does not narrow towards {direction}"
    for edge in scene.edges:
        a, b = nodes[edge.source], nodes[edge.target]
        if direction and (b.x - a.x) * axis[0] + (b.y - a.y) * axis[1] <= 0:
            yield f"{edge.source}->{edge.target} runs backwards"
