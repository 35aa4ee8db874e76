"""Numbers in place of loop variables, by the syntax tree: `b[l-1]` where l is 3 is `b[2]`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from tpgraph.errors import TPError
from tpgraph.language import syntax as s
from tpgraph.language.changes import PlacedError
from tpgraph.language.constants import value_of, whole
from tpgraph.language.editing.edit import Patch
from tpgraph.language.editing.node_places import children
from tpgraph.language.readings import Reading, Statement
from tpgraph.language.repetition import Linear, pieces_text

__all__ = [
    "full_names",
    "linear",
    "numbers",
    "range_of",
    "respelled",
    "substituted",
    "used_names",
    "values_of",
]


def numbers(reading: Reading) -> dict[str, Fraction | int]:
    """The values of the `const` and `dim` of a text, by name."""
    found: dict[str, Fraction | int] = {}
    for statement in reading.statements:
        if isinstance(statement.node, s.DefineConst | s.DefineDim):
            try:
                found[statement.node.name.full] = value_of(statement.node.value, found)
            except (PlacedError, TPError):
                continue  # its error is among those of the reading
    return found


def range_of(reading: Reading, loop: s.Loop, values: Mapping[str, int]) -> range:
    """The values of a loop inside of loops at `values`. Raises TPError where they are not known."""
    known = {**numbers(reading), **values}
    try:
        return range(whole(loop.range.low, known), whole(loop.range.high, known) + 1)
    except PlacedError as placed:
        raise placed.located(reading.source, loop.origin) from None


def values_of(reading: Reading, statement: Statement) -> Iterator[dict[str, int]]:
    """The values of the loops around a statement, in the order in which they are run through."""
    found: list[dict[str, int]] = [{}]
    for number in statement.loops:
        loop = reading.statements[number].node
        if not isinstance(loop, s.Loop):
            return
        variable = loop.variable.full
        found = [
            {**values, variable: value}
            for values in found
            for value in range_of(reading, loop, values)
        ]
    yield from found


def full_names(reading: Reading, name: s.Name, values: Mapping[str, int]) -> list[str]:
    """The names that a name stands for, its indices as numbers, the last index fastest."""
    if name.full:
        return [name.full]
    known = {**numbers(reading), **values}
    rows: list[tuple[int, ...]] = [()]
    try:
        for index in name.indices:
            if isinstance(index, s.Range):
                ways = range(whole(index.low, known), whole(index.high, known) + 1)
            else:
                ways = range(only := whole(index, known), only + 1)
            rows = [(*row, way) for row in rows for way in ways]
    except (PlacedError, TPError):
        return []
    tail = f"~{name.intermediate}" if name.intermediate else ""
    return [f"{name.base}[{','.join(map(str, row))}]{tail}" for row in rows]


def used_names(node: Any, hidden: frozenset[str] = frozenset()) -> Iterator[s.Name]:
    """The names that a statement says, parameters of functions and what is bound by them left out.

    A block below a `for` is not looked at.
    """
    if isinstance(node, s.Name):
        if node.base not in hidden:
            yield node
        for index in node.indices:
            yield from used_names(index, hidden)
        return
    if isinstance(node, s.DefineFunction):
        yield node.name
        yield from used_names(node.body, hidden | {p.base for p in node.parameters})
        return
    if isinstance(node, s.Explicit):
        yield from used_names(node.body, hidden | {p.base for p in node.parameters})
        for argument in node.arguments:
            yield from used_names(argument, hidden)
        return
    for child in children(node):
        yield from used_names(child, hidden)


def linear(node: Any, values: Mapping[str, int]) -> Linear | None:
    """An index as a sum of a number and names, with the values put in; None where it is none."""
    match node:
        case s.Exact(value) if value.denominator == 1:
            return Linear(int(value))
        case s.Name(base, full) if full == base:
            return Linear(values[base]) if base in values else Linear(0, ((base, 1),))
        case s.Minus(operand):
            inner = linear(operand, values)
            return None if inner is None else _scaled(inner, -1)
        case s.Chain("+", items):
            parts = [linear(item, values) for item in items]
            signs = [-1 if node.subtracts(i) else 1 for i in range(len(items))]
            found = [_scaled(p, k) for p, k in zip(parts, signs, strict=True) if p is not None]
            return _total(found) if len(found) == len(items) else None
        case _:
            return None


def _scaled(form: Linear, factor: int) -> Linear:
    terms = tuple((name, factor * times) for name, times in form.terms)
    return Linear(factor * form.constant, terms)


def _total(forms: list[Linear]) -> Linear:
    terms: dict[str, int] = {}
    for form in forms:
        for name, times in form.terms:
            terms[name] = terms.get(name, 0) + times
    kept = tuple((name, times) for name, times in terms.items() if times)
    return Linear(sum(form.constant for form in forms), kept)


def respelled(
    reading: Reading, statements: Iterable[Statement], names: Mapping[str, str]
) -> Iterator[Patch]:
    """The patches that write other names in place of some, wherever statements say them."""
    for statement in statements:
        origin = statement.node.origin
        for name in used_names(statement.node):
            if name.base in names:
                (token, *_) = reading.tokens_in(origin + name.start, origin + name.start + 1)
                yield Patch(token.start, token.end, names[name.base])


def substituted(
    reading: Reading, node: Any, origin: int, values: Mapping[str, int]
) -> Iterator[Patch]:
    """The patches that put numbers in place of loop variables in a node of a line at `origin`."""
    if not values:
        return
    for name in used_names(node):
        if name.base in values and not name.indices and not _is_in_index(node, name):
            number = values[name.base]
            text = f"({number})" if number < 0 else str(number)
            yield Patch(origin + name.start, origin + name.end, text)
        for index in name.indices:
            for part in (index.low, index.high) if isinstance(index, s.Range) else (index,):
                if any(one.base in values for one in used_names(part)):
                    text = _index(reading, part, origin, values)
                    yield Patch(origin + part.start, origin + part.end, text)


def _is_in_index(node: Any, wanted: s.Name) -> bool:
    """Whether a name stands in the index of another: then that is written as a whole."""
    return any(
        index.start <= wanted.start and wanted.end <= index.end
        for name in used_names(node)
        for index in name.indices
    )


def _index(reading: Reading, part: Any, origin: int, values: Mapping[str, int]) -> str:
    """An index with the values put in, as short as it can be said."""
    form = linear(part, values)
    if form is not None:
        return pieces_text([form], str).replace(" ", "")
    try:
        return str(whole(part, {**numbers(reading), **values}))
    except (PlacedError, TPError):
        text, position, pieces = reading.source.text, origin + part.start, []
        for name in used_names(part):
            if name.base in values:
                pieces += [text[position : origin + name.start], f"({values[name.base]})"]
                position = origin + name.end
        return "".join([*pieces, text[position : origin + part.end]])
