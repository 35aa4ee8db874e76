"""What unrolled training follows of a test example: its vectors by time, its data by their names.

Nothing is read back from names: transforms say of every equation which pass it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable

from tpgraph.program import Program
from tpgraph.study.samples import Array, Experience

__all__ = ["data_of", "followed_names"]


def followed_names(unrolled: Program, among: Iterable[str]) -> dict[tuple[int, str], str]:
    """Those of `among` that are of the test example, by time and the network's name for them.

    What is the same for all examples is not among them: it has its own name.
    """
    found = {}
    for name in among:
        equation = unrolled.equation_of.get(name)
        place = equation.place if equation is not None else None
        if place is None or place.timed is None or place.context is None:
            continue
        if place.context.kind == "test":
            found[place.context.time, place.timed.of] = name
    return found


def data_of(unrolled: Program, seen: Experience, m: int) -> dict[str, Array]:
    """Every step's samples and test point m, by their names in the unrolled program."""
    found = {}
    for declaration in unrolled.data:
        place = declaration.place
        assert place is not None, "unrolled data have places"
        assert place.timed is not None, "they are of the network"
        assert place.context is not None, "they belong to a pass"
        example, of = place.context, place.timed.of
        if example.kind == "test":
            found[declaration.variable.name] = seen.test[of][m]
        else:
            row = seen.schedule[example.time][(example.element or 1) - 1]
            found[declaration.variable.name] = seen.train[of][row]
    return found
