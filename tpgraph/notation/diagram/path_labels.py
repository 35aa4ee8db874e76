r"""Labels along paths: a vector shows `p^{0}`, a matrix shows `W^{2}` and under it `=W^{p^{1}}`.

They are exchanged before the layout, so that room is found for them. Gates are empty, as lines run
through them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from tpgraph.bounds import MARKED
from tpgraph.errors import TPError
from tpgraph.notation.diagram.diagram import Diagram, ProductEdge, Vertex
from tpgraph.notation.diagram.gate_text import GateText
from tpgraph.notation.scene.overlay import VectorPath, path_letters

__all__ = ["labelled"]


def labelled(diagram: Diagram, paths: Sequence[VectorPath]) -> Diagram:
    """The diagram with the labels of the paths in the place of its own.

    Raises TPError for a path that is none of this diagram, TPLimitError for too many.
    """
    MARKED.require(
        len(paths),
        f"there are {len(paths)} paths to draw",
        mend="name more of the matrices along the path",
    )
    for path in paths:
        _require(diagram, path)
    at, over = _positions(paths)
    return replace(
        diagram,
        vertices=tuple(_vertex(v, at.get(v.id, [])) for v in diagram.vertices),
        gates=tuple(replace(gate, text=GateText("")) for gate in diagram.gates),
        products=tuple(_product(p, over.get((p.source, p.target), [])) for p in diagram.products),
    )


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


def _positions(
    paths: Sequence[VectorPath],
) -> tuple[Mapping[str, list[str]], Mapping[tuple[str, str], list[str]]]:
    """What stands at every vector, p⁰, and at every product, W^{p¹}."""
    at: dict[str, list[str]] = defaultdict(list)
    over: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path, letter in zip(paths, path_letters(len(paths)), strict=True):
        for index, name in enumerate(path.vectors):
            at[name].append(f"{letter}^{{{index}}}")
        for index, step in enumerate(pairwise(path.vectors)):
            if index % 2 == 0:
                over[step].append(f"W^{{{letter}^{{{index + 1}}}}}")
    return at, over


def _vertex(vertex: Vertex, positions: Sequence[str]) -> Vertex:
    """The label p⁰, away from that of the product."""
    return replace(vertex, label="=".join(positions), side="below") if positions else vertex


def _product(product: ProductEdge, matrices: Sequence[str]) -> ProductEdge:
    if not matrices:
        return product
    return replace(product, label=product.label + "".join(rf"\\={m}" for m in matrices))
