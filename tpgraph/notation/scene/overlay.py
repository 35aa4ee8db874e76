r"""Paths in a picture, as in Figures 2 and 3: a thick line over the vectors p⁰, p¹, … of a path.

The lines are drawn after the layout, along the edges and straight through the gates. Source: Tensor
Programs IIb, Definition 5.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Protocol

from tpgraph.notation.scene.geometry import straight
from tpgraph.notation.scene.painting import label_bounds, picture
from tpgraph.notation.scene.pointed_notes import free_pointer
from tpgraph.notation.scene.scene import Arrow, Edge, Label, PathOverlay, Point, Scene
from tpgraph.notation.scene.style import Style

__all__ = ["VectorPath", "overlaid", "path_letters"]

_CAPTION_GAP = 10.0


class VectorPath(Protocol):
    """What a path must know: the names of its vectors p⁰, p¹, …"""

    @property
    def vectors(self) -> tuple[str, ...]:
        """X-var, G-var, X-var, …, G-var."""
        ...


def overlaid(scene: Scene, paths: Sequence[VectorPath], style: Style) -> Scene:
    """The scene with the lines of the paths; the labels of what they pass lie above the lines.

    Two paths get a line of text that says whether they are isomorphic, and points at a product of
    each: the first, or the first in which they differ.
    """
    edges = {(edge.source, edge.target): edge for edge in scene.edges}
    center = {node.id: (node.x, node.y) for node in scene.nodes}
    label = {node.id: node.label for node in scene.nodes}
    taken: set[str] = set()
    overlays = []
    for path, letter in zip(paths, path_letters(len(paths)), strict=True):
        passed = [*path.vectors, *_gates(path, edges)]
        names = [name for name in passed if name not in taken]
        taken |= set(names)
        points, curve = _line(path, edges, center)
        overlays.append(
            PathOverlay(
                letter,
                tuple(path.vectors),
                points,
                curve,
                tuple(center[name] for name in path.vectors),
                tuple(found for name in names if (found := label[name]) is not None),
            )
        )
    nodes = tuple(replace(n, label=None) if n.id in taken else n for n in scene.nodes)
    marked = replace(scene, nodes=nodes, paths=(*scene.paths, *overlays))
    return _compared(marked, paths, edges, style)


def path_letters(count: int) -> list[str]:
    """p; p, q; p₁, p₂, p₃, …"""
    return list("pq"[:count]) if count <= 2 else [f"p_{{{i}}}" for i in range(1, count + 1)]


def _line(
    path: VectorPath,
    edges: Mapping[tuple[str, str], Edge],
    center: Mapping[str, Point],
) -> tuple[tuple[Point, ...], bool]:
    """The points from the centre of the first vector to that of the last, and if they curve."""
    parts: list[tuple[tuple[Point, ...], bool]] = []
    for a, b in pairwise(path.vectors):
        for edge in _between(a, b, edges):
            parts.append((edge.points, edge.curve))
    first, last = center[path.vectors[0]], center[path.vectors[-1]]
    if not any(curve for _, curve in parts):
        corners = [first, *(point for points, _ in parts for point in points), last]
        return tuple(_without_repeats(corners)), False
    line = [first]
    for points, curve in parts:
        line += straight(line[-1], points[0])
        if curve:
            line += points[1:]
        else:
            line += [p for a, b in pairwise(points) for p in straight(a, b)]
    return (*line, *straight(line[-1], last)), True


def _gates(path: VectorPath, edges: Mapping[tuple[str, str], Edge]) -> list[str]:
    """The gates that a path passes."""
    steps = list(pairwise(path.vectors))[1::2]
    return [_between(a, b, edges)[0].target for a, b in steps]


def _between(a: str, b: str, edges: Mapping[tuple[str, str], Edge]) -> tuple[Edge, ...]:
    """The edge of a MatMul, or the two wires of a gate."""
    if (a, b) in edges:
        return (edges[a, b],)
    gate = next(t for s, t in edges if s == a and (t, b) in edges)
    return edges[a, gate], edges[gate, b]


def _without_repeats(points: Sequence[Point]) -> Iterator[Point]:
    yield points[0]
    yield from (b for a, b in pairwise(points) if a != b)


def _compared(
    scene: Scene,
    paths: Sequence[VectorPath],
    edges: Mapping[tuple[str, str], Edge],
    style: Style,
) -> Scene:
    """p ≅ q or not, under a picture of two paths."""
    if len(paths) != 2:
        return scene
    words = [_word(path, edges) for path in paths]
    odd = 0
    if words[0] == words[1]:
        text = r"p\cong q\;\;\text{because}\;\;W^{p^{i}}=W^{q^{i}}\;\;\text{for all odd}\;\;i"
    elif len(words[0]) != len(words[1]):
        text = r"p\ncong q\;\;\text{because}\;\;|p|\neq|q|"
    else:
        odd = next(i for i, (a, b) in enumerate(zip(*words, strict=True)) if a != b)
        power = 2 * odd + 1
        text = rf"p\ncong q\;\;\text{{because}}\;\;W^{{p^{{{power}}}}}\neq W^{{q^{{{power}}}}}"
    left, bottom, right, _ = picture(scene, style).bounds
    place = (left + right) / 2, bottom + style.margin - _CAPTION_GAP
    caption = Label(text, *place, "n", style.caption_size)
    found = replace(scene, labels=(*scene.labels, caption))
    products = (edges[path.vectors[2 * odd], path.vectors[2 * odd + 1]] for path in paths)
    arrows = [
        Arrow(way, color=style.path_color, thin=True)
        for way in (free_pointer(found, label_bounds(caption), edge) for edge in products)
    ]
    return replace(found, arrows=(*scene.arrows, *arrows))


def _word(path: VectorPath, edges: Mapping[tuple[str, str], Edge]) -> list[tuple[str | None, bool]]:
    steps = list(pairwise(path.vectors))[::2]
    return [(edges[step].matrix, edges[step].transpose) for step in steps]
