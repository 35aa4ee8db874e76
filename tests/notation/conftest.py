"""Scenes laid out by hand after Figures 1 and 4 of Tensor Programs IIb."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tpgraph.notation.labels.mathtext import outline
from tpgraph.notation.scene.legend import build_legend, marks_used
from tpgraph.notation.scene.scene import (
    Arrow,
    ContextBox,
    Edge,
    Label,
    Node,
    PathOverlay,
    Plate,
    Scene,
)
from tpgraph.notation.scene.shapes import (
    fit_gate,
    gate,
    input_port,
    outline_point,
    output_port,
    scalar,
    vector,
)
from tpgraph.notation.scene.style import PAPER


def above(text: str, node: Node) -> Label:
    return Label(text, node.x, node.y + node.height / 2 + PAPER.label_gap, "s")


def below(text: str, node: Node) -> Label:
    return Label(text, node.x, node.y - node.height / 2 - PAPER.label_gap, "n")


def sized_gate(id: str, x: float, y: float, text: str, inputs: int, bar: bool = False) -> Node:
    ink = outline(text, PAPER.gate_label_size).ink
    depth, length = fit_gate(ink.right - ink.left, ink.top - ink.bottom, inputs)
    return gate(id, x, y, text, bar=bar, depth=depth, length=length)


def wire_in(source: Node, target: Node, offset: float) -> Edge:
    port = input_port(target, offset)
    return Edge("wire", source.id, target.id, (outline_point(source, port), port))


def wire_out(source: Node, target: Node) -> Edge:
    port = output_port(source)
    return Edge("wire", source.id, target.id, (port, outline_point(target, port)))


def matmul(source: Node, target: Node, matrix: str) -> Edge:
    a = outline_point(source, (target.x, target.y))
    b = outline_point(target, (source.x, source.y))
    middle = Label(matrix, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2 + 5, "s")
    return Edge("matmul", source.id, target.id, (a, b), matrix=matrix, label=middle)


def build_mlp() -> Scene:
    """Figure 1, above: an MLP with biases and three hidden layers, and its legend."""
    nodes: list[Node] = []
    edges: list[Edge] = []
    previous = None
    for layer in (1, 2, 3):
        x0 = 70.0 * (layer - 1)
        g = vector(f"h[{layer}]", "G", x0, 0.0)
        if layer == 1:
            g = replace(g, label=above(r"W^{1}\xi", g))
        b = vector(f"b[{layer}]", "G", x0, -14.0)
        b = replace(b, label=below(rf"b^{{{layer}}}", b))
        phi = sized_gate(f"gate[{layer}]", x0 + 25, 0.0, r"\phi(\cdot+\cdot)", 2)
        x = vector(f"x[{layer}]", "X", x0 + 42, 0.0)
        if previous is not None:
            edges.append(matmul(previous, g, f"W^{{{layer}}}"))
        edges += [wire_in(g, phi, 0.0), wire_in(b, phi, -14.0), wire_out(phi, x)]
        nodes += [g, b, phi, x]
        previous = x
    text = Label(r"\text{MLP}", -38, 0, "base", PAPER.caption_size)
    scene = Scene(tuple(nodes), tuple(edges), labels=(text,), title="MLP")
    return replace(scene, legend=build_legend(marks_used(scene), 34.0, -40.0))


def build_layernorm() -> Scene:
    """Figure 4, left: layernorm."""
    x = vector("x", "X", 0.0, 0.0)
    x = replace(x, label=above("x", x))
    mean = sized_gate("gate mean", 32, 22, "x", 1, bar=True)
    mu = scalar("mu", 52, 22)
    mu = replace(mu, label=above(r"\mu", mu))
    square = sized_gate("gate square", 76, -24, r"(x-\mu)^2", 2, bar=True)
    var = scalar("var", 98, -24)
    var = replace(var, label=below(r"\sigma^2", var))
    norm = sized_gate("gate norm", 128, 0, r"\frac{x-\mu}{\sqrt{\sigma^2}}", 3)
    out = vector("LN", "X", 154, 0)
    out = replace(out, label=above(r"\mathrm{LN}(x)", out))
    a, b = outline_point(mu, (60, 22)), input_port(square, 8)
    edges = (
        wire_in(x, mean, 0),
        wire_out(mean, mu),
        wire_in(x, square, -8),
        Edge("wire", "mu", "gate square", (a, (62, 22), (58, -16), b), curve=True),
        wire_out(square, var),
        wire_in(mu, norm, 14),
        wire_in(x, norm, 0),
        wire_in(var, norm, -14),
        wire_out(norm, out),
    )
    caption = Label(r"\text{Layernorm}", 77, -62, "base", PAPER.caption_size)
    nodes = (x, mean, mu, square, var, norm, out)
    return Scene(nodes, edges, labels=(caption,), title="Layernorm <&> test")


def build_everything() -> Scene:
    """One of every mark: data, contexts, plates, paths, arrows, every direction of a gate."""
    mlp = build_mlp()
    by_id = {node.id: node for node in mlp.nodes}
    dots = tuple((by_id[name].x, by_id[name].y) for name in ("x[1]", "h[2]"))
    gates = tuple(
        gate(f"gate {direction}", 60.0 * index, 80.0, r"\psi", bar=True, direction=direction)
        for index, direction in enumerate(("LR", "RL", "BT", "TB"))
    )
    turn = (
        *((-10.0, 36.0), (60.0, 36.0), (120.0, 36.0), (196.0, 36.0)),
        *((220.0, 36.0), (220.0, -31.0), (196.0, -31.0), (190.0, -31.0)),
        *((185.0, -31.0), (180.0, -31.0)),
    )
    caption = Label(r"\textit{First pass on train example $\xi$}", 80, 46, "base", 8.0)
    return replace(
        mlp,
        nodes=(*mlp.nodes, *gates, Node("xi", "data", -20, 80, 9.5, 9.5)),
        contexts=(ContextBox("step 1", -22, -36, 222, 56, "grey", caption),),
        plates=(Plate("l", 50, -28, 130, 30, Label(r"l=2,\ldots,L", 127, -26, "se", 7.0)),),
        paths=(
            PathOverlay(
                "p", ("x[1]", "h[2]"), dots, dots=dots, labels=(Label("p^0", 42, -6, "n"),)
            ),
        ),
        arrows=(Arrow(turn, curve=True),),
        title="everything",
    )


@pytest.fixture
def mlp_scene() -> Scene:
    return build_mlp()


@pytest.fixture
def layernorm_scene() -> Scene:
    return build_layernorm()


@pytest.fixture
def everything_scene() -> Scene:
    return build_everything()


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache directory, and no label left in memory."""
    from tpgraph.notation.labels import mathtext

    def forget() -> None:
        mathtext._label.cache_clear()
        mathtext.outline.cache_clear()
        mathtext._glyphs.clear()

    monkeypatch.setenv("TPGRAPH_CACHE_DIR", str(tmp_path / "cache"))
    forget()
    yield tmp_path / "cache"
    forget()
