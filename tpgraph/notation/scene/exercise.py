"""Exercises: a picture with blanks to be filled in, and its solution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from tpgraph.errors import TPError
from tpgraph.notation.scene.scene import Definition, Edge, Label, Node, Scene
from tpgraph.notation.scene.style import Style
from tpgraph.notation.scene.symbol_list import defined
from tpgraph.program.near_names import did_you_mean

__all__ = ["BLANKS", "as_exercise", "as_solution", "blanks_of"]

BLANKS = ("gates", "labels", "matrices")
"""What can be left blank: what stands in gates, beside vectors and scalars, beside products."""

_ONE = {"gates": "gate", "labels": "label", "matrices": "matrix", "symbols": "symbol"}


def blanks_of(words: str) -> frozenset[str]:
    """What these words, with commas between them, leave blank. Raises TPError for other words.

    >>> sorted(blanks_of("gates, labels"))
    ['gates', 'labels']
    """
    asked = [word.strip().lower() for word in words.split(",")]
    for word in asked:
        if word not in BLANKS:
            raise TPError(
                f"nothing called {word[:40]!r} can be left blank",
                expected=f"some of {', '.join(BLANKS)}, with commas between them",
                mend=did_you_mean(word, BLANKS),
            )
    return frozenset(asked)


def as_exercise(scene: Scene, blanks: Collection[str], style: Style) -> Scene:
    """The scene without these texts: a number in parentheses stands for every label that is to be
    found, gates are empty, but for symbols of long functions, of which the list below leaves open
    what they are. It says what is to be filled in. Nothing else says that: no listing, no titles
    of marks; words of the author stay.
    """
    symbols = {one.symbol for one in scene.definitions}
    numbers = iter(range(1, len(scene.nodes) + len(scene.edges) + 1))

    def asked(label: Label) -> Label:
        return replace(label, text=rf"({next(numbers)})", color=None)

    def node(one: Node) -> Node:
        bare = replace(one, title=" ")
        if one.label is None or _kind(one) not in blanks:
            return bare
        if one.is_gate:
            return replace(bare, label=one.label if one.label.text in symbols else None)
        return replace(bare, label=asked(one.label))

    def edge(one: Edge) -> Edge:
        if one.label is None or "matrices" not in blanks:
            return one
        return replace(one, label=asked(one.label), matrix="")

    bare = replace(
        scene,
        nodes=tuple(map(node, scene.nodes)),
        edges=tuple(map(edge, scene.edges)),
        lists=(),
        listing=(),
    )
    open_ones = tuple(Definition(one.symbol, r"\ldots") for one in scene.definitions)
    asked_for = Definition("", _told(scene, blanks))
    listed = defined(replace(bare, definitions=(*open_ones, asked_for)), style)
    return replace(listed, definitions=open_ones)


def _told(scene: Scene, blanks: Collection[str]) -> str:
    r"""What is to be filled in, `\text{to be filled in: 4 gates}`."""
    symbols = {one.symbol for one in scene.definitions}
    texts = [(_kind(n), n.label.text) for n in scene.nodes if n.label is not None]
    texts += [("matrices", e.label.text) for e in scene.edges if e.label is not None]
    count = Counter(kind for kind, text in texts if kind in blanks and text not in symbols)
    count["symbols"] = len(symbols)
    asked = [
        (count[kind], _ONE[kind] if count[kind] == 1 else kind) for kind in (*BLANKS, "symbols")
    ]
    found = ", ".join(f"{number} {kind}" for number, kind in asked if number)
    return rf"\text{{to be filled in: {found or 'nothing'}}}"


def as_solution(scene: Scene, blanks: Collection[str], style: Style) -> Scene:
    """The scene with the texts of its exercise in colour."""
    color = style.path_color

    def node(one: Node) -> Node:
        if one.label is None or _kind(one) not in blanks:
            return one
        return replace(one, label=replace(one.label, color=color))

    def edge(one: Edge) -> Edge:
        if one.label is None or "matrices" not in blanks:
            return one
        return replace(one, label=replace(one.label, color=color))

    return replace(scene, nodes=tuple(map(node, scene.nodes)), edges=tuple(map(edge, scene.edges)))


def _kind(node: Node) -> str:
    return "gates" if node.is_gate else "labels"
