"""How often the lines of a layout cross, and which do before the gate to which both go."""

from __future__ import annotations

from collections import defaultdict

from tpgraph.notation.layout.input_orders import Tangle
from tpgraph.notation.layout.linework import Linework, find_linework
from tpgraph.notation.layout.places import Places
from tpgraph.notation.scene.crossings import meetings, times_met

__all__ = ["line_crossings"]


def line_crossings(places: Places) -> Tangle[Linework]:
    """The lines with the number of pairs that meet, but those that come from one mark: also two
    that go to one gate, which are told apart too.
    """
    drawn = find_linework(places)
    links = list(drawn.lines)
    arrays = [line.array for line in drawn.lines.values()]
    count, twisted = 0, defaultdict[str, list[tuple[str, str]]](list)
    for one, other in meetings(arrays):
        a, b = links[one], links[other]
        count += a.source != b.source
        inputs = a.target == b.target and a.port is not None and b.port is not None
        if inputs and times_met(arrays[one], arrays[other]) % 2:
            twisted[a.target].append((a.source, b.source))
    return Tangle(count, dict(twisted), drawn)
