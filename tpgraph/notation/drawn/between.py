"""Contexts for what happens between passes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from tpgraph.program import Equation, Moment, Pass, Place

__all__ = ["placed"]


def placed(equations: list[Equation]) -> list[Equation]:
    """The equations with a context for those between passes that serve one context alone.

    Means that nothing reads are left out.
    """
    homes: dict[str, set[tuple[str, Pass | None]]] = defaultdict(set)
    found: list[Equation] = []
    for equation in reversed(equations):
        place, serves = equation.place or Place("forward"), homes[equation.out.name]
        if place.row == "between":
            if isinstance(equation, Moment) and not serves:
                continue
            contexts = {context for _, context in serves}
            if len(contexts) == 1 and None not in contexts:
                back = {row for row, _ in serves} == {"backward"}
                (context,) = contexts
                place = replace(place, row="backward" if back else "forward", context=context)
        for variable in equation.inputs:
            homes[variable.name].add((place.row, place.context))
        found.append(replace(equation, place=place))
    return found[::-1]
