"""The gallery: the programs of diagrams/ and how each is drawn."""

from __future__ import annotations

import errno
import os
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, assert_never

from tpgraph.errors import TPArgumentError, TPNameError
from tpgraph.files import nearest_beside
from tpgraph.language import load, parse
from tpgraph.notation import Drawing, draw
from tpgraph.notation.scene.scene import Direction
from tpgraph.program import Program
from tpgraph.program.near_names import did_you_mean, nearest
from tpgraph.shown import html_table, one_line
from tpgraph.transform import backward, select_paths, staged

__all__ = ["Entries", "Entry", "entries", "entry", "named", "read"]


@dataclass(frozen=True, slots=True, repr=False)
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

    def __repr__(self) -> str:
        return one_line("Entry", self.name, self.title)

    def _repr_svg_(self) -> str:
        """What notebooks show: its picture."""
        return self.draw().svg

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


class Entries(tuple[Entry, ...]):
    """Entries that show themselves as a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        rows = ((e.name, e.title, f"  ({e.figure})" if e.figure else "") for e in self)
        return "\n".join(f"{name:18s}{title}{figure}" for name, title, figure in rows)

    def _repr_html_(self) -> str:
        """What notebooks show: name, title, figure."""
        rows = [[e.name, e.title, e.figure or ""] for e in self]
        return html_table(f"{len(self)} programs", ["name", "title", "figure"], rows)


def entries() -> Entries:
    """Every picture of the gallery, in the order of diagrams/gallery.toml."""
    folder = files("tpgraph_diagrams")
    table = tomllib.loads((folder / "gallery.toml").read_text(encoding="utf-8"))
    found = []
    for name, facts in table.items():
        text = (folder / f"{facts.pop('program', name)}.tp").read_text(encoding="utf-8")
        text += "".join(f"{line}\n" for line in facts.pop("notes", ()))
        paths = tuple(facts.pop("paths", ()))
        found.append(Entry(name=name, text=text, paths=paths, **facts))
    return Entries(found)


def entry(name: str) -> Entry:
    """The program of this name. Raises TPNameError, with the nearest name, if there is none."""
    found = {e.name: e for e in entries()}
    if name not in found:
        raise TPNameError(
            f"the gallery has no program {name!r}",
            expected=", ".join(found),
            mend=did_you_mean(name, found),
        )
    return found[name]


def named(given: str | Path) -> Entry | None:
    """The program that a name stands for; None where it is the name of a file, which comes first.

    Raises TPDataError for a name without an ending that is neither, and for a file that is not
    there while the gallery has its program.
    """
    path = Path(given)
    if os.path.exists(given) or path.suffix not in {"", ".tp"}:
        return None
    if path.suffix:
        near = nearest(path.stem, (e.name for e in entries()))
        if near is None or nearest_beside(path) is not None:
            return None  # whoever reads it says what is wrong
        raise TPArgumentError(
            f"{path} cannot be read: {os.strerror(errno.ENOENT)}",
            mend=f"the gallery has {near}: give that name",
        )
    try:
        return entry(str(given))
    except TPNameError as error:
        raise TPArgumentError(
            f"{given} is neither a file nor a program of the gallery",
            expected="a .tp file, its text, or a name that `tpgraph gallery` lists",
            mend=error.mend,
        ) from None


def read(given: str | Path) -> Program:
    """The program of a text, in a file, or of a name of the gallery.

    Raises as `named`, `tpgraph.load` and `tpgraph.parse` do.

    >>> read("mlp") == read(entry("mlp").text)
    True
    """
    if isinstance(given, str) and "\n" in given:
        return parse(given)
    found = named(given)
    return load(given) if found is None else found.program()
