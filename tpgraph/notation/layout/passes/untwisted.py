"""Wires that reach one gate and do not cross on their way: those that do are found anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, repeat
from typing import TypeAlias

import numpy as np

from tpgraph.notation.layout.passes.wires import WireRequest
from tpgraph.notation.scene.crossings import times_met
from tpgraph.notation.scene.scene import Point

__all__ = ["untwisted"]

_Found: TypeAlias = tuple[list[WireRequest], list[tuple[Point, ...]]]


def untwisted(
    requests: list[WireRequest],
    find: Callable[..., list[tuple[Point, ...]]],
    crossings: Callable[[_Found], int],
) -> _Found:
    """The requests and the lines that `find` (`wires.route_wires`) makes of them, where wires that
    cross before a gate at which their order is free have exchanged their ports, or the order in
    which they are found, if there are fewer `crossings` then.
    """
    best = requests, find(requests)
    least: float | None = None
    for turn in (_delayed_exchange, _delayed, _exchanged):
        twisted = [*_twisted(*best)]
        if not twisted:
            break
        turned, lines = list(best[0]), dict(enumerate(best[1]))
        for one, other in dict.fromkeys(twisted):
            turned[one], turned[other] = turn(turned[one], turned[other])
            lines.pop(one, None)
            lines.pop(other, None)
        found = turned, find(turned, known=lines)
        least = crossings(best) + len(twisted) if least is None else least
        now = crossings(found) + len([*_twisted(*found)])
        if now < least:
            best, least = found, now
    return best


def _exchanged(a: WireRequest, b: WireRequest) -> tuple[WireRequest, WireRequest]:
    return replace(a, end=b.end), replace(b, end=a.end)


def _delayed(a: WireRequest, b: WireRequest) -> tuple[WireRequest, WireRequest]:
    """That which was found first comes later."""
    if a.turn < b.turn:
        return replace(a, round=b.round + 1), b
    return a, replace(b, round=a.round + 1)


def _delayed_exchange(a: WireRequest, b: WireRequest) -> tuple[WireRequest, WireRequest]:
    return _exchanged(*_delayed(a, b))


def _twisted(
    requests: Sequence[WireRequest], lines: Sequence[Sequence[Point]]
) -> Iterator[tuple[int, int]]:
    """Pairs of wires of one gate and kind that cross, once for every time."""
    gates: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number, request in enumerate(requests):
        if request.kind is not None:
            gates[request.target, request.kind].append(number)
    for numbers in gates.values():
        arrays = {number: np.array(lines[number]) for number in numbers}
        for one, other in combinations(numbers, 2):
            yield from repeat((one, other), times_met(arrays[one], arrays[other]))
