"""The order of gates' inputs in which the lines, as they are drawn, cross least."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from tpgraph.notation.layout.places import Places, moved_ports

__all__ = ["Tangle", "untwisted"]

_MOST = 4  # times that lines which cross before their gate change places
_TANGLED = 100  # crossings from which another order of inputs does not help

Drawn = TypeVar("Drawn")
Drawn_co = TypeVar("Drawn_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Tangle(Generic[Drawn_co]):
    """How many pairs of lines cross as they are `drawn`, and by gates the pairs of inputs of which
    they do before it.
    """

    crossings: int
    twisted: Mapping[str, Sequence[tuple[str, str]]]
    drawn: Drawn_co


def untwisted(
    places: Places,
    turned_to: Callable[[Mapping[str, Sequence[str]]], Places],
    tangle_of: Callable[[Places], Tangle[Drawn]],
    trials: int,
) -> tuple[Places, Drawn]:
    """The places, or those with inputs of gates in other orders in which fewer lines cross: of all
    gates that are reached crosswise, or of those alone that are not any more then.
    """
    places = replace(places, gates=dict(moved_ports(places)))
    best, kept = tangle_of(places), dict[str, Sequence[str]]()
    orders = dict(_wanted(places, best.twisted)) if best.crossings <= _TANGLED else {}
    for _ in range(min(trials, _MOST)):
        if not orders:
            break
        others = turned_to(kept | orders)
        others = replace(others, gates=dict(moved_ports(others)))
        found = tangle_of(others)
        if found.crossings < best.crossings and others.crowded <= places.crowded:
            places, best, kept = others, found, kept | orders
            orders = dict(_wanted(places, best.twisted))
        else:
            better = {gate for gate in orders if _twists(found, gate) < _twists(best, gate)}
            orders = {gate: orders[gate] for gate in better} if len(better) < len(orders) else {}
    return places, best.drawn


def _twists(tangle: Tangle[Drawn], gate: str) -> int:
    return len(tangle.twisted.get(gate, ()))


def _wanted(
    places: Places, twisted: Mapping[str, Sequence[tuple[str, str]]]
) -> Iterator[tuple[str, Sequence[str]]]:
    """The orders of inputs from the top in which lines that cross before their gate would not, as
    far as its text can be read so.
    """
    for gate in places.diagram.gates:
        if gate.id in twisted and gate.rearranges:
            down = [*places.gates[gate.id].ports]
            rank = {name: float(-place) for place, name in enumerate(down)}
            height = dict(rank)
            for pair in twisted[gate.id]:
                upper, lower = sorted(pair, key=lambda name: -rank[name])
                height[upper] -= 1.0
                height[lower] += 1.0
            order = gate.by_height(height, down)
            if list(order) != down:
                yield gate.id, order
