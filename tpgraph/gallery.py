"""The gallery: the programs of diagrams/ and how each is drawn."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from importlib.resources import files

from tpgraph.errors import TPNameError
from tpgraph.language import parse
from tpgraph.notation.scene import Direction
from tpgraph.program import Program

__all__ = ["Entry", "entries", "entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One program of the gallery.

    `figure` names the figure of *Tensor Programs IIb* that it reproduces, if any; `direction` is
    the one in which it is drawn.
    """

    name: str
    title: str
    text: str
    figure: str | None = None
    direction: Direction = "LR"

    def program(self) -> Program:
        """The program itself."""
        return parse(self.text, f"{self.name}.tp")


def entries() -> tuple[Entry, ...]:
    """Every program of the gallery, in the order of diagrams/gallery.toml."""
    folder = files("tpgraph_diagrams")
    table = tomllib.loads((folder / "gallery.toml").read_text(encoding="utf-8"))
    return tuple(
        Entry(name=name, text=(folder / f"{name}.tp").read_text(encoding="utf-8"), **facts)
        for name, facts in table.items()
    )


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
