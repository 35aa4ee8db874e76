"""The diagram of a folded picture: what is drawn once, and the plates around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.diagram.run_plans import RunGroup

__all__ = ["Folded", "PlateOf"]


@dataclass(frozen=True)
class PlateOf:
    """A plate: the letter of its index, its label, and the marks inside."""

    letter: str
    label: str
    members: frozenset[str]


@dataclass(frozen=True)
class Folded:
    """A diagram with plates; `dots` are pairs of marks with dots between them, which stand in the
    diagram as products without a matrix; `names` say what to call the marks and matrices inside;
    `groups` are what every folding has folded; `given` are marks of other blocks that a plate's own
    block reads across its rows.
    """

    diagram: Diagram
    plates: tuple[PlateOf, ...] = ()
    dots: frozenset[tuple[str, str]] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[tuple[RunGroup, ...], ...] = ()
    given: frozenset[str] = frozenset()
