"""Statements as pieces that repetition can compare: names with their indices, numbers, words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from tpgraph.language import syntax as s
from tpgraph.language.editing.statement_places import block, extent
from tpgraph.language.editing.substitution import linear, numbers, used_names
from tpgraph.language.readings import Reading, Statement
from tpgraph.language.repetition import Linear, Piece, Use, generalized, pieces_text
from tpgraph.program import split_name

__all__ = ["PlacedPiece", "comments", "last_of", "pieces_of", "rewritten"]


class PlacedPiece(NamedTuple):
    """A piece with its place in the source."""

    piece: Piece
    start: int
    end: int


def pieces_of(reading: Reading, rows: Sequence[Statement]) -> list[list[Piece]]:
    """What each of some statements and its block say, piece by piece."""
    return [[one.piece for one in _placed(reading, row)] for row in rows]


def _placed(reading: Reading, statement: Statement) -> list[PlacedPiece]:
    """The pieces of a statement and its block."""
    found: list[PlacedPiece] = []
    for one in block(reading, statement):
        place = one.span.start
        found.append(
            PlacedPiece(f"at depth {len(one.loops) - len(statement.loops)}:", place, place)
        )
        found += _own(reading, one)
    return found


def _own(reading: Reading, statement: Statement) -> Iterator[PlacedPiece]:
    """The pieces of a statement without its block."""
    node, origin = statement.node, statement.node.origin
    end = origin + (node.range.end if isinstance(node, s.Loop) else node.end)
    uses = {place.start: place for place in _uses(node, origin)}
    position = statement.span.start
    for token in reading.tokens_in(statement.span.start, end):
        if token.start < position or token.kind == "comment":
            continue
        use = uses.get(token.start)
        if use is not None:
            position = use.end
            yield use
        elif token.kind == "number" and token.text.isdigit():
            yield PlacedPiece(Linear(int(token.text)), token.start, token.end)
        else:
            yield PlacedPiece(token.base or token.text, token.start, token.end)


def _uses(node: s.Statement, origin: int) -> Iterator[PlacedPiece]:
    """The names of a statement with indices that are numbers or count from names."""
    head = node._replace(body=()) if isinstance(node, s.Loop) else node
    for name in used_names(head):
        index = _index(name)
        if index:
            yield PlacedPiece(Use(name.base, index), origin + name.start, origin + name.end)


def _index(name: s.Name) -> tuple[Linear, ...]:
    if name.intermediate is not None:
        return ()
    if name.full:
        return tuple(Linear(k) for k in split_name(name.full)[1])
    forms = [linear(index, {}) for index in name.indices]
    found = tuple(form for form in forms if form is not None)
    return found if len(found) == len(forms) else ()


def comments(reading: Reading, rows: Sequence[Statement]) -> list[str]:
    """What the comments of statements say that those of the first do not, each once."""
    said = []
    for row in rows:
        tokens = reading.tokens_in(*extent(reading, row))
        said.append([token.text.rstrip() for token in tokens if token.kind == "comment"])
    others = dict.fromkeys(comment for row in said[1:] for comment in row)
    return [comment for comment in others if comment not in said[0]]


def rewritten(
    reading: Reading, rows: Sequence[Statement], variable: str, values: Sequence[int]
) -> str | None:
    """The whole lines of the first of some statements, as they say all of them over a variable.

    The comments of the others stand above. None where they are not alike.
    """
    columns = [_placed(reading, row) for row in rows]
    made = generalized([[one.piece for one in row] for row in columns], variable, values)
    if made is None:
        return None
    text = reading.source.text
    position, stop = extent(reading, rows[0])
    found = []
    for new, (old, start, end) in zip(made, columns[0], strict=True):
        if new != old:
            found += [text[position:start], _written(new)]
            position = end
    above = [f"{rows[0].line.indent}{comment}\n" for comment in comments(reading, rows)]
    return "".join([*above, *found, text[position:stop]])


def _written(piece: Piece) -> str:
    """A piece that counts from a variable; a sum stands in brackets where it is no index."""
    text = pieces_text([piece], str)
    if isinstance(piece, Linear) and (len(piece.terms) > 1 or piece.constant or " " in text):
        return f"({text})"
    return text


def last_of(reading: Reading, last: int, variable: str = "") -> str:
    """How the last value of a range is said: by a `const` that has it, else as a number.

    For `for l in …` that is L; else the only one that has the value.
    """
    consts = [
        name
        for statement in reading.statements
        if isinstance(statement.node, s.DefineConst)
        for name in statement.binds
    ]
    known = numbers(reading)
    named = [name for name in consts if known.get(name) == Fraction(last)]
    own = variable.upper()
    if own in consts:
        return own if own in named else str(last)
    return named[0] if len(named) == 1 else str(last)
