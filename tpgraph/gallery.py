"""The gallery: the programs of diagrams/ and how each is drawn."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, assert_never

from tpgraph.errors import TPNameError
from tpgraph.language import parse
from tpgraph.notation import Drawing, draw
from tpgraph.notation.scene.scene import Direction
from tpgraph.program import Program
from tpgraph.transform import backward, select_paths, staged

__all__ = ["Entry", "entries", "entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture of the gallery and the program behind it.

    `figure` names the figure of *Tensor Programs IIb* that it reproduces, if any; `shows` says
    whether the program itself is drawn, its backward pass, or a training step whose passes are
    read off its names; `paths` are marked by the words of their matrices.
    """

    name: str
    title: str
    text: str
    figure: str | None = None
    direction: Direction = "LR"
    shows: Literal["program", "backward", "staged"] = "program"
    paths: tuple[str, ...] = ()

    def program(self) -> Program:
        """The program itself."""
        return parse(self.text, f"{self.name}.tp")

    def draw(self, **options: Any) -> Drawing:
        """Its picture; `options` are those of `tpgraph.draw`."""
        program = self._shown()
        paths = [path for word in self.paths for path in select_paths(program, word)]
        return draw(program, **{"direction": self.direction, "paths": paths, **options})

    def _shown(self) -> Program:
        match self.shows:
            case "program":
                return self.program()
            case "backward":
                return backward(self.program())
            case "staged":
                return staged(self.program())
            case _:
                assert_never(self.shows)


def entries() -> tuple[Entry, ...]:
    """Every picture of the gallery, in the order of diagrams/gallery.toml."""
    folder = files("tpgraph_diagrams")
    table = tomllib.loads((folder / "gallery.toml").read_text(encoding="utf-8"))
    found = []
    for name, facts in table.items():
        text = (folder / f"{facts.pop('program', name)}.tp").read_text(encoding="utf-8")
        paths = tuple(facts.pop("paths", ()))
        found.append(Entry(name=name, text=text, paths=paths, **facts))
    return tuple(found)


def entry(name: str) -> Entry:
    """The program of this name. Raises TPNameError, with the nearest name, if there is none."""
    found = {e.name: e for e in entries()}
    if name not in found:
        near = difflib.get_close_matches(name, found, n=1)
        raise TPNameError(
            f"the gallery has no program {name!r}",
            expected=", ".join(found),
            mend=f"did you mean {near[0]}?" if near else None,
        )
    return found[name]
