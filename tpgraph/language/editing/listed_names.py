"""Names in the lists of `output`, `group`, `hide` and their kind: what goes, out of ranges too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from tpgraph.language import syntax as s
from tpgraph.language.editing.edit import Patch
from tpgraph.language.editing.statement_places import whole_extent
from tpgraph.language.editing.substitution import full_names
from tpgraph.language.readings import Reading, Statement
from tpgraph.program import join_name, split_name

__all__ = ["in_ranges", "lists_of", "names_gone", "off_lists", "range_patches"]


def lists_of(node: s.Statement) -> tuple[tuple[s.Name, ...], ...]:
    """The lists of names that a statement has, none of which may be empty."""
    match node:
        case s.Output(names):
            return (names,)
        case s.SetHint(names=names, others=others):
            return (names, others) if others else (names,)
    return ()


def off_lists(
    reading: Reading, statement: Statement, left: Callable[[s.Name], list[str] | None]
) -> list[Patch]:
    """The patches that leave in the lists of a statement what is left of each name, None for all
    of it; the whole statement where nothing is left in one.
    """
    patches: list[Patch] = []
    origin = statement.node.origin
    for names in lists_of(statement.node):
        found = [left(one) for one in names]
        gone = {(origin + one.start, origin + one.end)
                for one, rest in zip(names, found, strict=True) if rest == []}  # fmt: skip
        if len(gone) == len(names):
            return [Patch(*whole_extent(reading, statement), "")]
        patches += names_gone(names, origin, gone)
        patches += [Patch(origin + one.start, origin + one.end, in_ranges(rest))
                    for one, rest in zip(names, found, strict=True) if rest]  # fmt: skip
    return patches


def names_gone(
    names: Sequence[s.Name], origin: int, places: set[tuple[int, int]]
) -> Iterator[Patch]:
    """The patches that take the names at some places off a list, of which others stay."""
    kept = [n for n in names if (origin + n.start, origin + n.end) not in places]
    for position, name in enumerate(names):
        if name in kept:
            continue
        if any(one in kept for one in names[:position]):
            yield Patch(origin + names[position - 1].end, origin + name.end, "")
        else:
            yield Patch(origin + name.start, origin + names[position + 1].start, "")


def range_patches(reading: Reading, old: str, new: str) -> Iterator[Patch]:
    """The patches that write another name for one variable into the ranges that hold it."""
    for statement in reading.statements:
        origin = statement.node.origin
        for one in (name for names in lists_of(statement.node) for name in names):
            said = full_names(reading, one, {})
            if old in said and len(said) > 1:
                other = [new if full == old else full for full in said]
                yield Patch(origin + one.start, origin + one.end, in_ranges(other))


def in_ranges(names: Sequence[str]) -> str:
    """Names in a row, those that count up by one as a range.

    >>> in_ranges(["x[1]", "x[2]", "x[3]", "y", "x[5]"])
    'x[1..3], y, x[5]'
    """
    runs: list[list[str]] = [[name] for name in names[:1]]
    for before, name in pairwise(names):
        if _follows(before, name):
            runs[-1].append(name)
        else:
            runs.append([name])
    return ", ".join(map(_range, runs))


def _follows(before: str, name: str) -> bool:
    base, index, temporary = split_name(before)
    return bool(index) and split_name(name) == (base, (*index[:-1], index[-1] + 1), temporary)


def _range(run: Sequence[str]) -> str:
    if len(run) == 1:
        return run[0]
    base, first, _ = split_name(run[0])
    last = split_name(run[-1])[1][-1]
    return f"{join_name(base, first).removesuffix(']')}..{last}]"
