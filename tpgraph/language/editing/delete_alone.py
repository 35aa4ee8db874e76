"""Some of many taken away alone: what loops and families make beside them stays."""

from __future__ import annotations

from collections.abc import Sequence

from tpgraph.language.editing.delete import delete
from tpgraph.language.editing.edit import Edit
from tpgraph.language.editing.everywhere import many, only_these
from tpgraph.language.editing.statement_places import origin_of
from tpgraph.language.readings import Reading
from tpgraph.program import Program

__all__ = ["delete_alone"]


def delete_alone(reading: Reading, *names: str) -> Edit:
    """The variables go, and what is made of them, and nothing else: a loop or family that makes
    others too is written out first.
    """
    for name in names:
        origin_of(reading, name)
    program = reading.program
    assert program is not None, "what is bound is of a program"
    gone = _made_of(program, names)
    split = [name for name in gone if not gone.keys() >= {*many(reading, name)}]
    return only_these(reading, split, lambda written: delete(written, *names))


def _made_of(program: Program, names: Sequence[str]) -> dict[str, None]:
    """The variables and all that is made of them."""
    found, waiting = dict.fromkeys(names), list(names)
    while waiting:
        for user in program.uses[waiting.pop()]:
            if user.out.name not in found:
                found[user.out.name] = None
                waiting.append(user.out.name)
    return found
