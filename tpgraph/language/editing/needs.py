"""What must stand above what: statements at the margin, with their blocks, and what they need."""

from __future__ import annotations

from collections.abc import Iterable

from tpgraph.language import syntax as s
from tpgraph.language.editing.statement_places import block
from tpgraph.language.editing.substitution import used_names
from tpgraph.language.readings import Reading, Statement

__all__ = ["heads", "needs", "with_needs"]


def heads(reading: Reading) -> list[Statement]:
    """The statements at the margin, in order."""
    return [one for one in reading.statements if not one.loops]


def needs(reading: Reading) -> dict[int, set[int]]:
    """The numbers of the statements at the margin that each of them needs above it.

    Variables are looked up one by one in the program, so that `x[2]` needs what binds `x[1]` and
    not every statement of the family; sizes, numbers and functions by their names.
    """
    head = {inner.number: one.number for one in heads(reading) for inner in block(reading, one)}
    found: dict[int, set[int]] = {one.number: set() for one in heads(reading)}
    known = {name: head[origin.statement] for name, origin in reading.origin.items()}
    for equation in reading.program.equations if reading.program is not None else ():
        if equation.origin is not None:
            own = head[equation.origin.statement]
            found[own] |= {known[v.name] for v in equation.inputs if v.name in known}
    defined = _by_name(reading)
    trained = [one.number for one in heads(reading) if isinstance(one.node, s.SetParametrization)]
    for one in heads(reading):
        whole = isinstance(one.node, s.Output | s.Loss | s.SetLabel)
        for inner in block(reading, one):
            for name in used_names(inner.node):
                for other in defined.get(name.base, ()):
                    is_size = not isinstance(other.node, s.Declare | s.Equate | s.Loop)
                    if is_size or whole:
                        found[one.number].add(head[other.number])
            if isinstance(inner.node, s.Declare) and inner.node.kind == "param":
                found[one.number].update(trained)
    return {number: {n for n in wanted if n != number} for number, wanted in found.items()}


def _by_name(reading: Reading) -> dict[str, list[Statement]]:
    """The statements that define a name."""
    found: dict[str, list[Statement]] = {}
    for statement in reading.statements:
        for base in statement.binds:
            found.setdefault(base, []).append(statement)
    return found


def with_needs(wanted: Iterable[int], needed: dict[int, set[int]]) -> set[int]:
    """The statements with all that they need, and what that needs."""
    found: set[int] = set()
    todo = list(wanted)
    while todo:
        number = todo.pop()
        if number not in found:
            found.add(number)
            todo += needed[number]
    return found
