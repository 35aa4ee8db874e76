"""What repeats, said once: anti-unification of pieces of text that differ in whole numbers alone.

A statement is a sequence of pieces; `Linear` ones are whole numbers or sums over loop variables
such as `l - 1`, `Use` ones names with such indices. Several statements are one statement over a
new variable where all pieces agree but for numbers that are affine in the variable:

    h[2] = W[2] x[1],  h[3] = W[3] x[2]     are  h[l] = W[l] x[l-1]  for l in 2..3
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

__all__ = [
    "Assignment",
    "ForLoop",
    "Linear",
    "Piece",
    "Statement",
    "Use",
    "affine",
    "generalized",
    "generalized_statement",
    "pieces_text",
    "runs",
    "steps",
    "uses",
    "with_uses",
]


@dataclass(frozen=True, slots=True)
class Linear:
    """`constant` plus multiples of loop variables."""

    constant: int
    terms: tuple[tuple[str, int], ...] = ()

    def __str__(self) -> str:
        parts = [(factor < 0, _multiple(name, abs(factor))) for name, factor in self.terms]
        if self.constant or not parts:
            parts.append((self.constant < 0, str(abs(self.constant))))
        parts.sort(key=lambda part: part[0])  # what is added stands in front
        (minus, first), *rest = parts
        return f"{'-' * minus}{first}" + "".join(f" {'-' if m else '+'} {text}" for m, text in rest)


def _multiple(name: str, factor: int) -> str:
    return name if factor == 1 else f"{factor} * {name}"


@dataclass(frozen=True, slots=True)
class Use:
    """A name with its indices; the name may be a number that stands for one still to be chosen."""

    base: str | int
    index: tuple[Linear, ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """`target = value`."""

    target: Use
    value: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class ForLoop:
    """`for variable in low..high:` over statements."""

    variable: str
    low: Linear
    high: Linear
    body: tuple[Statement, ...]


Piece: TypeAlias = "str | Linear | Use"
Statement: TypeAlias = "Assignment | ForLoop"


def affine(values: Sequence[int], numbers: Sequence[int]) -> tuple[int, int] | None:
    """(a, b) with numbers = a · values + b; None where there is none in whole numbers.

    Two numbers alone may step by no more than 3, else any two would do.

    >>> affine([1, 2, 3], [3, 5, 7]), affine([1, 2], [4, 4]), affine([1, 2], [1, 5])
    ((2, 1), (0, 4), None)
    """
    if len(set(numbers)) == 1:
        return 0, numbers[0]
    slope, rest = divmod(numbers[1] - numbers[0], values[1] - values[0])
    if rest or (len(values) == 2 and abs(slope) > 3):
        return None
    offset = numbers[0] - slope * values[0]
    fits = all(n == slope * v + offset for v, n in zip(values, numbers, strict=True))
    return (slope, offset) if fits else None


def generalized(
    rows: Sequence[Sequence[Piece]], variable: str, values: Sequence[int]
) -> tuple[Piece, ...] | None:
    """The one sequence that all rows are at values of the variable; None where there is none."""
    if len({len(row) for row in rows}) > 1:
        return None
    found: list[Piece] = []
    for column in zip(*rows, strict=True):
        piece = _piece(column, variable, values)
        if piece is None:
            return None
        found.append(piece)
    return tuple(found)


def _piece(column: Sequence[Piece], variable: str, values: Sequence[int]) -> Piece | None:
    first = column[0]
    if all(piece == first for piece in column):
        return first
    match first:
        case Linear():
            forms = [piece for piece in column if isinstance(piece, Linear)]
            return _linear(forms, variable, values) if len(forms) == len(column) else None
        case Use(base):
            names = [p for p in column if isinstance(p, Use) and p.base == base]
            if len(names) < len(column) or len({len(n.index) for n in names}) > 1:
                return None
            index = generalized([n.index for n in names], variable, values)
            return None if index is None else Use(base, _linears(index))
        case _:
            return None


def _linears(pieces: Sequence[Piece]) -> tuple[Linear, ...]:
    return tuple(piece for piece in pieces if isinstance(piece, Linear))


def _linear(forms: Sequence[Linear], variable: str, values: Sequence[int]) -> Linear | None:
    if len({form.terms for form in forms}) > 1:
        return None
    fit = affine(values, [form.constant for form in forms])
    if fit is None:
        return None
    slope, offset = fit
    return Linear(offset, forms[0].terms + ((variable, slope),) * (slope != 0))


def generalized_statement(
    rows: Sequence[Statement], variable: str, values: Sequence[int]
) -> Statement | None:
    """As `generalized`, for statements and loops of them."""
    first = rows[0]
    if isinstance(first, Assignment):
        equations = [row for row in rows if isinstance(row, Assignment)]
        if len(equations) < len(rows):
            return None
        pieces = generalized([(e.target, *e.value) for e in equations], variable, values)
        if pieces is None or not isinstance(pieces[0], Use):
            return None
        return Assignment(pieces[0], pieces[1:])
    loops = [row for row in rows if isinstance(row, ForLoop)]
    if len(loops) < len(rows) or len({(w.variable, len(w.body)) for w in loops}) > 1:
        return None
    ends = generalized([(w.low, w.high) for w in loops], variable, values)
    columns = zip(*(w.body for w in loops), strict=True)
    body = [generalized_statement(column, variable, values) for column in columns]
    if ends is None or any(b is None for b in body):
        return None
    low, high = _linears(ends)
    return ForLoop(first.variable, low, high, tuple(b for b in body if b is not None))


def steps(rows: Sequence[Sequence[Piece]]) -> tuple[int, ...] | None:
    """The first numbers that go up by one from row to row: the values a reader would choose."""
    for column in zip(*rows, strict=False):
        for numbers in _numbers(column):
            pairs = pairwise(numbers)
            if all(b == a + 1 for a, b in pairs):
                return tuple(numbers)
    return None


def _numbers(column: Sequence[Piece]) -> Iterator[list[int]]:
    if all(isinstance(piece, Linear) for piece in column):
        yield [piece.constant for piece in column if isinstance(piece, Linear)]
    names = [piece for piece in column if isinstance(piece, Use)]
    if len(names) == len(column):
        for index in zip(*(name.index for name in names), strict=False):
            yield [form.constant for form in index]


def runs(
    items: Sequence[Sequence[Piece]], make: Callable[[Sequence[Sequence[Piece]]], object | None]
) -> Iterator[tuple[int, int]]:
    """(start, stop) of the longest runs, from the left, of which `make` makes one thing."""
    start = 0
    while start < len(items):
        stop = start + 1
        while stop < len(items) and make(items[start : stop + 1]) is not None:
            stop += 1
        yield start, stop
        start = stop


def uses(statement: Statement) -> Iterator[Use]:
    """The names in a statement, in order, the target first."""
    if isinstance(statement, ForLoop):
        for inner in statement.body:
            yield from uses(inner)
        return
    yield statement.target
    for piece in statement.value:
        if isinstance(piece, Use):
            yield piece


def with_uses(statement: Statement, change: Callable[[Use], Use]) -> Statement:
    """The statement with every name changed."""
    if isinstance(statement, ForLoop):
        return replace(statement, body=tuple(with_uses(b, change) for b in statement.body))
    value = tuple(change(p) if isinstance(p, Use) else p for p in statement.value)
    return Assignment(change(statement.target), value)


def pieces_text(pieces: Sequence[Piece], name: Callable[[str | int], str]) -> str:
    """The text of pieces; `name` spells the names."""
    words = []
    for piece in pieces:
        if isinstance(piece, Use):
            index = ",".join(str(form).replace(" ", "") for form in piece.index)
            words.append(name(piece.base) + (f"[{index}]" if index else ""))
        else:
            words.append(str(piece))
    return "".join(words)
