"""The paths of a program by their isomorphism classes, as marks and lines of its picture."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

from tpgraph.editor.pictures import Shown
from tpgraph.program import Nonlin, Program
from tpgraph.transform import isomorphism_classes, reduce
from tpgraph.transform.path_words import word_text

__all__ = ["path_classes"]

_CLASSES, _MEMBERS = 200, 50
"""How many are listed, and of each how many paths."""


def path_classes(program: Program, found: Shown) -> dict[str, Any]:
    """{"count", "classes": [{"word", "count", "marks", "paths": [{"names", "keys"}]}]}.

    The largest come first. `names` say an unnamed vector by its formula; `keys` are the vectors of
    a path and the lines between them, in a picture; `marks` the vectors of all paths of a class,
    also of those that are not listed. Raises TPLimitError where there are too many paths.
    """
    classes = sorted(isomorphism_classes(program).items(), key=lambda c: (-len(c[1]), len(c[0])))
    ways, shown, titles = _Ways(found), _shown_names(program), found.titles
    return {
        "count": len(classes),
        "classes": [
            {
                "word": word_text(word),
                "count": len(members),
                "marks": sorted({key for _, keys in paths for key in keys if key in ways.vectors}),
                "paths": [
                    {"names": [titles.spelled(name) for name in names], "keys": keys}
                    for names, keys in paths[:_MEMBERS]
                ],
            }
            for word, members in classes[:_CLASSES]
            if (paths := [ways.named(path.vectors, shown) for path in members])
        ],
    }


def _shown_names(program: Program) -> dict[str, str]:
    """The vectors that only the reduced program has, and those that they are equal to."""
    made = reduce(program).equation_of
    return {
        name: equation.vectors[0].name
        for name, equation in made.items()
        if name not in program.variables and isinstance(equation, Nonlin)
    }


class _Ways:
    """Ways along the lines of a picture."""

    def __init__(self, found: Shown) -> None:
        self._marks: dict[str, str] = {}
        self._lines: dict[str, dict[str, str]] = {}
        for key, f in found.fragments.items.items():
            if f.layer in ("variables", "gates") and f.id is not None:
                self._marks[f.id] = key
            elif f.layer == "edges" and f.source is not None and f.target is not None:
                self._lines.setdefault(f.source, {})[f.target] = key
        self._known: dict[tuple[str, str], list[str]] = {}

    @cached_property
    def vectors(self) -> frozenset[str]:
        """The keys of vectors and scalars."""
        return frozenset(key for key in self._marks.values() if key.startswith("variables/"))

    def named(
        self, vectors: Sequence[str], shown: Mapping[str, str]
    ) -> tuple[list[str], list[str]]:
        """The vectors of a path as they are shown, and the keys along it."""
        names = [shown.get(name, name) for name in vectors]
        return names, self.along(names)

    def along(self, names: Sequence[str]) -> list[str]:
        """The keys of some vectors, and of the lines and marks between each and the next."""
        between = (key for ends in pairwise(names) for key in self._between(*ends))
        return [self._marks[names[0]], *between] if names[0] in self._marks else []

    def _between(self, start: str, end: str) -> list[str]:
        """The keys of the shortest way from a mark to another, without the first of them."""
        if (start, end) not in self._known:
            self._known[start, end] = self._found(start, end)
        return self._known[start, end]

    def _found(self, start: str, end: str) -> list[str]:
        before: dict[str, str] = {start: start}
        queue = deque([start])
        while queue and end not in before:
            now = queue.popleft()
            for after in self._lines.get(now, {}):
                if after not in before:
                    before[after] = now
                    queue.append(after)
        way: list[str] = []
        while end in before and end != start:
            way = [self._lines[before[end]][end], self._marks[end], *way]
            end = before[end]
        return way
