"""What depends on what: the variables before and behind given ones."""

from __future__ import annotations

from collections.abc import Collection

from tpgraph.program.graph import Program

__all__ = ["ancestors", "descendants"]


def ancestors(program: Program, names: Collection[str], without: Collection[str] = ()) -> set[str]:
    """The names, and all that they are computed from, not looking behind those `without`."""
    found = set(names)
    for equation in reversed(program.equations):
        if equation.out.name in found and equation.out.name not in without:
            found.update(v.name for v in equation.inputs)
    return found


def descendants(program: Program, names: Collection[str]) -> set[str]:
    """The names, and all that is computed from them."""
    found = set(names)
    for equation in program.equations:
        if any(v.name in found for v in equation.inputs):
            found.add(equation.out.name)
    return found
