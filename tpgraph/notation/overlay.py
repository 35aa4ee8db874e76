r"""Paths in a picture, as in Figures 2 and 3: a thick line over the vectors p⁰, p¹, … of a path.

Before the layout, the labels along the paths are exchanged: a vector shows `p^{0}`, a matrix shows
`W^{2}` and under it `=W^{p^{1}}`, so that room is found for them. After it, the lines are drawn
along the edges and straight through the gates. Source: Tensor Programs IIb, Definition 5.5.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Protocol

from tpgraph.errors import TPError, TPLimitError
from tpgraph.notation.painters.paint import picture
from tpgraph.notation.picture import Diagram, Product, Vertex
from tpgraph.notation.scene import Edge, Label, PathOverlay, Point, Scene
from tpgraph.notation.style import Style

__all__ = ["MAX_PATHS", "VectorPath", "labelled", "overlaid"]

MAX_PATHS = 12
"""More paths in one picture could not be told apart."""
_CAPTION_GAP = 10.0


class VectorPath(Protocol):
    """What a path must know: the names of its vectors p⁰, p¹, …"""

    @property
    def vectors(self) -> tuple[str, ...]:
        """X-var, G-var, X-var, …, G-var."""
        ...


def labelled(diagram: Diagram, paths: Sequence[VectorPath]) -> Diagram:
    """The diagram with the labels of the paths in the place of its own.

    Raises TPError for a path that is none of this diagram, TPLimitError for too many.
    """
    if len(paths) > MAX_PATHS:
        raise TPLimitError(
            f"there are {len(paths)} paths to draw",
            expected=f"at most {MAX_PATHS}",
            mend="name more of the matrices along the path",
        )
    for path in paths:
        _require(diagram, path)
    at, over = _positions(paths)
    named = {name for gate in diagram.gates for name in gate.text.mentions}
    return replace(
        diagram,
        vertices=tuple(_vertex(v, at.get(v.id, []), v.id in named) for v in diagram.vertices),
        products=tuple(_product(p, over.get((p.source, p.target), [])) for p in diagram.products),
    )


def overlaid(scene: Scene, paths: Sequence[VectorPath], style: Style) -> Scene:
    """The scene with the lines of the paths; the labels of what they pass lie above the lines.

    Two paths get a line of text that says whether they are isomorphic.
    """
    edges = {(edge.source, edge.target): edge for edge in scene.edges}
    center = {node.id: (node.x, node.y) for node in scene.nodes}
    label = {node.id: node.label for node in scene.nodes}
    taken: set[str] = set()
    overlays = []
    for path, letter in zip(paths, _letters(len(paths)), strict=True):
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


def _require(diagram: Diagram, path: VectorPath) -> None:
    vectors = {vertex.id for vertex in diagram.vertices}
    products = {(p.source, p.target) for p in diagram.products}
    gates = {(a, b) for gate in diagram.gates for a in gate.inputs for b in gate.outputs}
    for name in path.vectors:
        if name not in vectors:
            raise TPError(
                f"the picture has no vector {name} for a path to pass",
                mend="paths run in the reduced program: draw tpgraph.reduce(program)",
            )
    for index, step in enumerate(pairwise(path.vectors)):
        if step not in (gates if index % 2 else products):
            kind = "Nonlin" if index % 2 else "MatMul"
            raise TPError(f"no {kind} leads from {step[0]} to {step[1]}")


def _letters(count: int) -> list[str]:
    """p; p, q; p₁, p₂, p₃, …"""
    return list("pq"[:count]) if count <= 2 else [f"p_{{{i}}}" for i in range(1, count + 1)]


def _positions(
    paths: Sequence[VectorPath],
) -> tuple[Mapping[str, list[str]], Mapping[tuple[str, str], list[str]]]:
    """What stands at every vector, p⁰, and at every product, W^{p¹}."""
    at: dict[str, list[str]] = defaultdict(list)
    over: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path, letter in zip(paths, _letters(len(paths)), strict=True):
        for index, name in enumerate(path.vectors):
            at[name].append(f"{letter}^{{{index}}}")
        for index, step in enumerate(pairwise(path.vectors)):
            if index % 2 == 0:
                over[step].append(f"W^{{{letter}^{{{index + 1}}}}}")
    return at, over


def _vertex(vertex: Vertex, positions: Sequence[str], named: bool) -> Vertex:
    """The label p⁰; after the own name where a gate calls the vector by it."""
    if not positions:
        return vertex
    own = (vertex.label,) if named and vertex.label else ()
    return replace(vertex, label="=".join((*own, *positions)))


def _product(product: Product, matrices: Sequence[str]) -> Product:
    if not matrices:
        return product
    return replace(product, label=product.label + "".join(rf"\\={m}" for m in matrices))


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
        line += _straight(line[-1], points[0])
        if curve:
            line += points[1:]
        else:
            line += [p for a, b in pairwise(points) for p in _straight(a, b)]
    return (*line, *_straight(line[-1], last)), True


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


def _straight(a: Point, b: Point) -> tuple[Point, Point, Point]:
    """The Bezier piece that is a straight line, without its start."""
    third, rest = (b[0] - a[0]) / 3, (b[1] - a[1]) / 3
    return (a[0] + third, a[1] + rest), (b[0] - third, b[1] - rest), b


def _without_repeats(points: Sequence[Point]) -> Iterator[Point]:
    yield points[0]
    yield from (b for a, b in pairwise(points) if a != b)


def _compared(
    scene: Scene,
    paths: Sequence[VectorPath],
    edges: Mapping[tuple[str, str], Edge],
    style: Style,
) -> Scene:
    """P ≅ q or not, under a picture of two paths."""
    if len(paths) != 2:
        return scene
    words = [_word(path, edges) for path in paths]
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
    return replace(scene, labels=(*scene.labels, caption))


def _word(path: VectorPath, edges: Mapping[tuple[str, str], Edge]) -> list[tuple[str | None, bool]]:
    steps = list(pairwise(path.vectors))[::2]
    return [(edges[step].matrix, edges[step].transpose) for step in steps]
