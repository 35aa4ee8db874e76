"""Statements that repeat, rolled into `for` loops over families.

First over positions: the members of one family are one statement over their indices. Then over
blocks: a run of statements that follows itself, where every variable is read from its own
repetition, from one before, or from outside. Loops over one range that stand behind one another
become one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from tpgraph.bridges.torch_in.chosen_cells import Base
from tpgraph.bridges.torch_in.named_cells import common_path
from tpgraph.bridges.torch_in.reserved import BLOCKS, POSITIONS
from tpgraph.language.repetition import (
    Assignment,
    ForLoop,
    Linear,
    Statement,
    Use,
    generalized_statement,
    steps,
    uses,
    with_uses,
)

__all__ = ["Rolled", "rolled"]

_LONGEST = 400
"""Statements in a block that may repeat."""


@dataclass(slots=True)
class Rolled:
    """Statements and loops; `origin` says of which family a number was made."""

    statements: list[Statement]
    bases: list[Base]
    outputs: list[Use]
    loss: Use | None


def rolled(
    rows: Sequence[tuple[int, Sequence[Assignment]]],
    bases: Sequence[Base],
    outputs: Sequence[Use],
    loss: Use | None,
    modules: dict[str, int],
) -> Rolled:
    """The statements rolled; `modules` counts the indices of a parameter that may repeat."""
    statements: list[Statement] = []
    for base, members in rows:
        statements += _over_positions(list(members), bases[base].rank)
    found = Rolled(statements, list(bases), list(outputs), loss)
    for variable in BLOCKS:
        if not _Blocks(found, variable, modules).roll():
            break
    found.statements = fused(found.statements)
    return found


# ---- positions


def _over_positions(rows: Sequence[Statement], rank: int) -> list[Statement]:
    """Members of a family in the order of their indices: the last index innermost."""
    found = list(rows)
    for axis in reversed(range(rank)):
        if any(_reads_itself(row) for row in found):
            return found
        found = [_as_loop(chain, axis) or chain[0] for chain in _chains(found, axis)]
    return found


def _reads_itself(row: Statement) -> bool:
    """Whether a member reads another: then their order stays."""
    own = _head(row).base
    return sum(use.base == own for use in uses(row)) > 1


def _chains(rows: Sequence[Statement], axis: int) -> Iterator[list[Statement]]:
    """The longest chains of members that are one over an axis, in the order of their firsts."""
    places: dict[tuple[object, ...], list[int]] = {}
    for k, row in enumerate(rows):
        places.setdefault(_place(row, axis, 0), []).append(k)
    used: set[int] = set()
    for k, row in enumerate(rows):
        if k in used:
            continue
        chain = [row]
        while True:
            following = [j for j in places.get(_place(chain[-1], axis, 1), ()) if j not in used]
            fits = [j for j in following if _as_loop([*chain, rows[j]], axis) is not None]
            if not fits:
                break
            chain.append(rows[fits[0]])
            used.add(fits[0])
        yield chain


def _place(row: Statement, axis: int, step: int) -> tuple[object, ...]:
    """The place of a member, or of the one `step` further along an axis."""
    index = _head(row).index
    moved = replace(index[axis], constant=index[axis].constant + step)
    return (*index[:axis], moved, *index[axis + 1 :])


def _as_loop(rows: Sequence[Statement], axis: int) -> ForLoop | None:
    """Members whose indices step along one axis and are equal along all others."""
    variable, heads = POSITIONS[axis], [_head(row).index for row in rows]
    values = [index[axis].constant for index in heads]
    others = {(*index[:axis], *index[axis + 1 :]) for index in heads}
    if len(rows) < 2 or len(others) > 1 or values != list(range(values[0], values[0] + len(rows))):
        return None
    body = generalized_statement(rows, variable, values)
    if body is None:
        return None
    return ForLoop(variable, Linear(values[0]), Linear(values[-1]), (body,))


def _head(row: Statement) -> Use:
    """The target of a statement, whose indices say what it runs over."""
    return row.target if isinstance(row, Assignment) else _head(row.body[0])


# ---- blocks


def _shape(statement: Statement, modules: dict[str, int]) -> tuple[object, ...]:
    """What two statements must share to be one over a variable."""
    if isinstance(statement, ForLoop):
        inner = tuple(_shape(b, modules) for b in statement.body)
        return "for", statement.variable, statement.low.terms, statement.high.terms, inner
    pieces: list[object] = []
    for piece in (statement.target, *statement.value):
        match piece:
            case Use(base, index):
                free = modules.get(base, len(index)) if isinstance(base, str) else len(index)
                pieces.append((base if isinstance(base, str) else "#",
                               tuple(f.terms for f in index[:free]), index[free:]))  # fmt: skip
            case Linear(_, terms):
                pieces.append(terms)
            case _:
                pieces.append(piece)
    return tuple(pieces)


@dataclass(slots=True)
class _Block:
    """`count` repetitions of `period` statements from `start` on."""

    start: int
    period: int
    count: int

    @property
    def saved(self) -> int:
        """How many statements fewer there are when it is rolled."""
        return (self.count - 1) * self.period


@dataclass(slots=True)
class _Blocks:
    found: Rolled
    variable: str
    modules: dict[str, int]
    fixed: set[str | int] = field(default_factory=set)

    def roll(self) -> bool:
        """Roll every block that repeats, the longest first; whether there was one."""
        self.fixed = {use.base for use in (*self.found.outputs, *self._losses())}
        any_rolled = False
        while self._roll_one():
            any_rolled = True
        return any_rolled

    def _losses(self) -> list[Use]:
        return [self.found.loss] if self.found.loss is not None else []

    def _roll_one(self) -> bool:
        for block in self._candidates():
            for count in range(block.count, 1, -1):
                if self._try(_Block(block.start, block.period, count)):
                    return True
        return False

    def _candidates(self) -> list[_Block]:
        shapes = [_shape(s, self.modules) for s in self.found.statements]
        numbers: dict[object, int] = {}
        keys = [numbers.setdefault(shape, len(numbers)) for shape in shapes]
        blocks = []
        for start in range(len(keys)):
            for period in range(1, min(_LONGEST, (len(keys) - start) // 2) + 1):
                same = 0
                while start + period + same < len(keys) and (
                    keys[start + same] == keys[start + period + same]
                ):
                    same += 1
                if same >= period:
                    blocks.append(_Block(start, period, 1 + same // period))
        blocks.sort(key=lambda b: (-b.saved, b.period, b.start))
        return blocks[:60]

    def _try(self, block: _Block) -> bool:
        rows = self.found.statements
        copies = [
            rows[block.start + r * block.period : block.start + (r + 1) * block.period]
            for r in range(block.count)
        ]
        if any(_mentions(s, self.variable) for copy in copies for s in copy):
            return False
        renamed = _renaming(copies, self.fixed, len(self.found.bases))
        if renamed is None:
            return False
        inner = [s for copy in copies for s in copy]
        values = self._values(copies)
        change = _change(renamed, values[0] - 1)
        changed = [with_uses(s, change) for s in inner]
        body = []
        for j in range(block.period):
            made = generalized_statement(changed[j :: block.period], self.variable, values)
            if made is None:
                return False
            body.append(made)
        loop = ForLoop(self.variable, Linear(values[0]), Linear(values[-1]), tuple(body))
        self._apply(block, loop, change, renamed, copies)
        return True

    def _values(self, copies: Sequence[Sequence[Statement]]) -> tuple[int, ...]:
        """What the variable runs over: the first index of a parameter or input that counts up."""
        for column in zip(*copies, strict=True):
            rows = [[u for u in uses(s) if isinstance(u.base, str)] for s in column]
            values = steps(rows)
            if values is not None:
                return values
        return tuple(range(1, len(copies) + 1))

    def _apply(
        self,
        block: _Block,
        loop: ForLoop,
        change: _Change,
        renamed: dict[int, tuple[int, int]],
        copies: Sequence[Sequence[Statement]],
    ) -> None:
        rows, bases = self.found.statements, self.found.bases
        slots = [[bases[b] for b in _families(copy) if isinstance(b, int)] for copy in copies]
        for same in zip(*slots, strict=True):
            path = common_path([base.path for base in same])
            bases.append(replace(same[0], rank=same[0].rank + 1, path=path))
        stop = block.start + block.period * block.count
        before = [with_uses(s, change) for s in rows[: block.start]]
        behind = [with_uses(s, change) for s in rows[stop:]]
        self.found.statements = [*before, loop, *behind]
        self.found.outputs = [change(use) for use in self.found.outputs]
        self.fixed |= set(renamed) | set(range(len(bases) - len(slots[0]), len(bases)))


class _Change:
    """Renames families that became members of one over a loop."""

    def __init__(self, renamed: dict[int, tuple[int, int]], offset: int) -> None:
        self.renamed = renamed
        self.offset = offset

    def __call__(self, use: Use) -> Use:
        if not isinstance(use.base, int) or use.base not in self.renamed:
            return use
        base, place = self.renamed[use.base]
        return Use(base, (Linear(place + self.offset), *use.index))


def _change(renamed: dict[int, tuple[int, int]], offset: int) -> _Change:
    return _Change(renamed, offset)


def _mentions(statement: Statement, variable: str) -> bool:
    if isinstance(statement, ForLoop):
        return statement.variable == variable or any(_mentions(b, variable) for b in statement.body)
    return False


def _targets(statement: Statement) -> Iterator[Use]:
    if isinstance(statement, ForLoop):
        for inner in statement.body:
            yield from _targets(inner)
    else:
        yield statement.target


def _families(copy: Sequence[Statement]) -> list[str | int]:
    """The families that a copy makes, each once; several statements may make one."""
    return list(dict.fromkeys(t.base for s in copy for t in _targets(s)))


def _renaming(
    copies: Sequence[Sequence[Statement]], fixed: set[str | int], first: int
) -> dict[int, tuple[int, int]] | None:
    """What every family of the copies is called over the loop: (family, repetition from 1).

    A family read from outside in the first repetition, where the others read that of the
    repetition before, is the member before the first. None where the copies read differently.
    """
    slots = [_families(copy) for copy in copies]
    if any(len(row) != len(slots[0]) for row in slots):
        return None
    places: dict[int, tuple[int, int]] = {}
    for r, row in enumerate(slots):
        for j, base in enumerate(row):
            if not isinstance(base, int) or base in fixed or base in places:
                return None
            places[base] = (first + j, r + 1)
    reads = [[u.base for s in copy for u in uses(s)] for copy in copies]
    for column in zip(*reads, strict=True):
        if not _read_alike(column, places, fixed):
            return None
    return places


def _read_alike(
    column: Sequence[str | int], places: dict[int, tuple[int, int]], fixed: set[str | int]
) -> bool:
    """Whether the repetitions read one thing at one place; enters what comes before the first."""
    if len(set(column)) == 1:
        return True
    last = column[-1]
    if not isinstance(last, int) or last not in places:
        return False
    slot, at = places[last]
    back = len(column) - at
    for r, base in enumerate(column, 1):
        wanted = (slot, r - back)
        if not isinstance(base, int):
            return False
        if base in places:
            if places[base] != wanted:
                return False
        elif wanted[1] > 0 or base in fixed or wanted in places.values():
            return False
        else:
            places[base] = wanted
    return True


# ---- loops that stand behind one another


def fused(statements: Sequence[Statement]) -> list[Statement]:
    """Neighbouring loops over one range as one, inside of loops too."""
    found: list[Statement] = []
    for statement in statements:
        before = found[-1] if found else None
        if (
            isinstance(statement, ForLoop)
            and isinstance(before, ForLoop)
            and _may_join(before, statement)
        ):
            found[-1] = replace(before, body=before.body + statement.body)
        else:
            found.append(statement)
    return [replace(s, body=tuple(fused(s.body))) if isinstance(s, ForLoop) else s for s in found]


def _may_join(first: ForLoop, second: ForLoop) -> bool:
    """Whether each repetition of the second reads nothing that the first makes later."""
    same = (first.variable, first.low, first.high) == (second.variable, second.low, second.high)
    if not same:
        return False
    made = {target.base: target.index for target in _targets(first)}
    for use in uses(second):
        index = made.get(use.base)
        if index is None:
            continue
        if not _is_ready(index, use.index, first.variable):
            return False
    return True


def _is_ready(made: Sequence[Linear], read: Sequence[Linear], variable: str) -> bool:
    """Whether what is read has the index of this repetition, or an earlier one."""
    for target, wanted in zip(made, read, strict=True):
        if variable not in dict(target.terms):
            continue
        return target.terms == wanted.terms and wanted.constant <= target.constant
    return False
