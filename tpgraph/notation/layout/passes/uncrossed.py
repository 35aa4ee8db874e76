"""Pictures of passes in which no line crosses more than it explains, and none runs through a mark.

Where lines do, or cross too many others, inputs become terminals (`diagram.terminals`), kind by
kind those first that cross most, and the picture is laid out again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.diagram.terminals import InputKind, input_kinds, named, with_terminals
from tpgraph.notation.scene.crossings import crossings, through_marks
from tpgraph.notation.scene.scene import Scene

__all__ = ["uncrossed"]

_EACH = 3  # crossings of a line from which it explains less than it hides
_ALL = 16  # crossings of a picture
_MANY = 60  # lines between passes that nobody follows with the eye
_ATTEMPTS = 4


def uncrossed(
    diagram: Diagram,
    between: Collection[tuple[str, str]],
    labels: Mapping[str, str],
    lay: Callable[[Diagram], Scene],
    names: Mapping[str, str] = MappingProxyType({}),
) -> Scene:
    """The scene of a diagram with terminals where lines would cross too much.

    `between` are (vertex, gate) of the lines between its passes; `labels` are for vertices without
    one, should they have terminals; `names` are ids that marks in plates have in the scene.
    """
    kinds = input_kinds(named(diagram, labels))
    kinds |= {(names.get(a, a), names.get(b, b)): kind for (a, b), kind in kinds.items()}
    passing = {kinds[ends] for ends in between if ends in kinds}
    chosen: set[InputKind] = set(passing) if len(between) > _MANY else set()
    scene = lay(with_terminals(diagram, chosen, labels))
    for _ in range(_ATTEMPTS):
        more = _crossing(scene, kinds, passing) | _through(scene, kinds)
        if not more:
            break
        chosen |= more
        scene = lay(with_terminals(diagram, chosen, labels))
    return scene


def _through(scene: Scene, kinds: dict[tuple[str, str], InputKind]) -> set[InputKind]:
    """The kinds of lines that run through marks."""
    edges = (scene.edges[number] for number in through_marks(scene))
    found = (kinds.get((edge.source, edge.target)) for edge in edges)
    return {kind for kind in found if kind is not None}


def _crossing(
    scene: Scene, kinds: dict[tuple[str, str], InputKind], passing: set[InputKind]
) -> set[InputKind]:
    """The kinds of lines without which no line crosses many, and the picture has few crossings."""
    own = [kinds.get((edge.source, edge.target)) for edge in scene.edges]
    left = set(crossings(scene.edges))
    chosen: set[InputKind] = set()
    while left:
        count = Counter(number for pair in left for number in pair)
        of_kind: dict[InputKind, list[int]] = defaultdict(list)
        for number, crossed in count.items():
            kind = own[number]
            if kind is not None:
                of_kind[kind].append(crossed)
        worst = {kind: max(found) for kind, found in of_kind.items()}
        if not worst or (max(worst.values()) <= _EACH and len(left) <= _ALL):
            break
        kind = max(worst, key=lambda kind: (kind in passing, sum(of_kind[kind]), kind[0], kind[2]))
        chosen.add(kind)
        left = {pair for pair in left if kind not in (own[pair[0]], own[pair[1]])}
    return chosen
