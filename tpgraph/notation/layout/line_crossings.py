"""How often the lines of a layout cross."""

from __future__ import annotations

from tpgraph.notation.layout.linework import find_linework
from tpgraph.notation.layout.places import Places
from tpgraph.notation.scene.crossings import meetings

__all__ = ["line_crossings"]


def line_crossings(places: Places) -> int:
    """Pairs of lines that meet, but those that come from one mark: also two that go to one gate."""
    lines = find_linework(places).lines
    links = list(lines)
    met = meetings([line.array for line in lines.values()])
    return sum(links[one].source != links[other].source for one, other in met)
