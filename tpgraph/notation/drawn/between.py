"""Contexts for what happens between passes, and the order of what passes do for others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, takewhile

from tpgraph.program import Equation, Moment, Pass, Place

__all__ = ["placed", "settled"]


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


def settled(equations: Sequence[Equation]) -> list[Equation]:
    """The equations, those of a forward pass that it does not read itself right behind their
    inputs, and means that stand in another layer right before what reads them first.

    What the backward pass or another pass alone needs of a layer is bound where that begins with
    it, and means of what two layers give stand in the midst of the first; here each stands in its
    layer.
    """
    row = {e.out.name: _row(e) for e in equations}
    own = {v.name for e in equations for v in e.inputs if row.get(v.name) == _row(e)}
    when: dict[str, tuple[int, int]] = {}
    for i, equation in enumerate(equations):
        kind, context = _row(equation)
        when[equation.out.name] = i, 0
        if kind == "forward" and context is not None and equation.out.name not in own:
            read = [when[v.name] for v in equation.inputs if v.name in when]
            number, behind = max(read, default=(i, -1))
            when[equation.out.name] = number, behind + 1
    reader: dict[str, Equation] = {}
    for i, equation in reversed([*enumerate(equations)]):
        first = reader.get(equation.out.name)
        if first is not None and isinstance(equation, Moment) and _apart(equations, i, first):
            number, behind = when[first.out.name]
            when[equation.out.name] = number, behind - 1
        for variable in equation.inputs:
            other = reader.get(variable.name, equation)
            reader[variable.name] = min(equation, other, key=lambda e: when[e.out.name])
    return sorted(equations, key=lambda e: when[e.out.name])


def _apart(equations: Sequence[Equation], number: int, reader: Equation) -> bool:
    """Whether something of another layer is made between one of them and its reader."""
    layer, row = reader.out.parts.indices, _row(reader)
    before = takewhile(lambda e: e is not reader, islice(equations, number + 1, None))
    return any(_row(e) == row and e.out.parts.indices != layer for e in before)


def _row(equation: Equation) -> tuple[str, Pass | None]:
    place = equation.place or Place("forward")
    return place.row, place.context
