"""Exercises: a picture with blanks to be filled in, and its solution."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import replace

from tpgraph.errors import TPError
from tpgraph.notation.scene.scene import Edge, Label, Node, Scene
from tpgraph.notation.scene.style import Style

__all__ = ["BLANKS", "as_exercise", "as_solution", "blanks_of"]

BLANKS = ("gates", "labels", "matrices")
"""What can be left blank: what stands in gates, beside vectors and scalars, beside products."""


def blanks_of(words: str) -> frozenset[str]:
    """What these words, with commas between them, leave blank. Raises TPError for other words.

    >>> sorted(blanks_of("gates, labels"))
    ['gates', 'labels']
    """
    asked = [word.strip().lower() for word in words.split(",")]
    for word in asked:
        if word not in BLANKS:
            near = difflib.get_close_matches(word, BLANKS, 1)
            raise TPError(
                f"nothing called {word[:40]!r} can be left blank",
                expected=f"some of {', '.join(BLANKS)}, with commas between them",
                mend=f"did you mean {near[0]}?" if near else None,
            )
    return frozenset(asked)


def as_exercise(scene: Scene, blanks: Collection[str]) -> Scene:
    """The scene without these texts: a number in parentheses stands for every label that is to be
    found, gates are empty. Nothing else in it says them: no lists, no titles of marks; words of the
    author stay.
    """
    numbers = iter(range(1, len(scene.nodes) + len(scene.edges) + 1))

    def asked(label: Label) -> Label:
        return replace(label, text=rf"({next(numbers)})", color=None)

    def node(one: Node) -> Node:
        bare = replace(one, title=" ")
        if one.label is None or _kind(one) not in blanks:
            return bare
        return replace(bare, label=None if one.is_gate else asked(one.label))

    def edge(one: Edge) -> Edge:
        if one.label is None or "matrices" not in blanks:
            return one
        return replace(one, label=asked(one.label), matrix="")

    return replace(
        scene,
        nodes=tuple(map(node, scene.nodes)),
        edges=tuple(map(edge, scene.edges)),
        lists=(),
        definitions=(),
        listing=(),
    )


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
