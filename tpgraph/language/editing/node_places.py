"""Where in the syntax tree a place stands, and how a loop's statement names what it reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

from tpgraph.errors import Span
from tpgraph.language import syntax as s
from tpgraph.language.editing.edit import name_refusal, refusal
from tpgraph.language.editing.statement_places import origin_of
from tpgraph.language.readings import Reading, Statement
from tpgraph.program import Equation, Origin, join_name, split_name
from tpgraph.sentences import sentence

__all__ = [
    "FoundNode",
    "Way",
    "alike",
    "equation_of",
    "found_at",
    "index_place",
    "inside",
    "is_loose",
    "nodes_in",
    "require_single",
    "right_side",
    "says_the_same",
    "spelled",
    "value_of",
    "ways_of",
]


_PLACES = frozenset(("start", "end", "origin", "opening", "closing"))


class FoundNode(NamedTuple):
    """A node of a statement with the nodes around it, outermost first."""

    statement: Statement
    around: tuple[Any, ...]
    node: Any

    @property
    def start(self) -> int:
        """Where the node begins in the source."""
        return int(self.statement.node.origin + self.node.start)

    @property
    def end(self) -> int:
        """Where it ends."""
        return int(self.statement.node.origin + self.node.end)

    @property
    def parent(self) -> Any:
        """The node that it is a part of."""
        return self.around[-1]

    def of(self, depth: int) -> FoundNode:
        """The node around it at a depth."""
        return FoundNode(self.statement, self.around[:depth], self.around[depth])


def children(node: Any) -> Iterator[Any]:
    """The nodes right below a node, in the order of the text; a loop's block is not below it."""
    for item in node:
        if isinstance(node, s.Loop | s.Broken) and item is node.body:
            continue
        if hasattr(item, "start"):
            yield item
        elif isinstance(item, tuple):
            yield from children(item)


def nodes_in(node: Any) -> Iterator[Any]:
    """A node and all below it."""
    yield node
    for child in children(node):
        yield from nodes_in(child)


def says_the_same(one: object, other: object) -> bool:
    """Whether two nodes say the same, wherever they stand."""
    if not isinstance(one, tuple):
        return one == other
    if type(one) is not type(other) or not isinstance(other, tuple) or len(one) != len(other):
        return False
    fields: Sequence[str] = getattr(one, "_fields", ()) or [""] * len(one)
    return all(
        name in _PLACES or says_the_same(mine, others)
        for name, mine, others in zip(fields, one, other, strict=True)
    )


def index_place(reading: Reading, name: s.Name, origin: int) -> tuple[int, int]:
    """Where the index of a name of the line at `origin` stands, with its brackets.

    An empty place behind a name without one.
    """
    own = reading.tokens_in(origin + name.start, origin + name.end)
    start = next((token.start for token in own if token.text == "["), origin + name.end)
    end = next((token.end for token in reversed(own) if token.text == "]"), start)
    return start, end


def found_at(reading: Reading, span: Span) -> FoundNode:
    """The node that stands at a place of the source."""
    inside_of = [
        one
        for one in reading.statements
        if one.span.start <= span.start and span.end <= one.span.end
    ]
    statement = inside_of[-1]
    start, end = span.start - statement.node.origin, span.end - statement.node.origin
    node: Any = statement.node
    around: list[Any] = []
    while (node.start, node.end) != (start, end) or isinstance(node, s.Statement):
        around.append(node)
        if isinstance(node, s.Invoke) and (node.opening, node.closing) == (start, end):
            node = node.bracketed
            break
        node = next(c for c in children(node) if c.start <= start and end <= c.end)
    return FoundNode(statement, tuple(around), node)


def equation_of(reading: Reading, name: str) -> Equation:
    """The equation that binds a name. Raises TPNameError where none does."""
    origin_of(reading, name)
    assert reading.program is not None
    found = reading.program.equation_of.get(name)
    if found is None:
        declaration = reading.program.declaration_of[name]
        raise name_refusal(
            sentence("{} is declared, not computed", name), declaration.span, "choose an equation"
        )
    return found


def require_single(found: FoundNode, what: str, extent: Span) -> None:
    """Refuse what stands in a `sum(… for k …)`: one text for many terms."""
    for node in found.around:
        if isinstance(node, s.SumOver):
            raise refusal(
                sentence("{} stands in a sum over ", what)
                + f"{node.variable.full}, where one text says many terms",
                extent,
                "edit the formula itself",
            )


def right_side(statement: Statement) -> s.Expr:
    """What an equation or the loss computes."""
    node = statement.node
    if not isinstance(node, s.Equate | s.Loss):
        raise refusal("this statement has no formula", statement.span, "choose an equation")
    return node.value


def value_of(reading: Reading, name: str) -> FoundNode:
    """The expression that makes a name: all behind `=`, or the part that an unnamed one is."""
    equation = equation_of(reading, name)
    assert equation.span is not None
    return found_at(reading, equation.span)


def inside(reading: Reading, found: FoundNode) -> tuple[int, int, bool]:
    """The place of an expression without the brackets around it, and whether there are some.

    A comment before the closing bracket is none of the expression's.
    """
    tokens = reading.tokens_in(found.start, found.end)
    if len(tokens) < 3 or tokens[0].text != "(" or tokens[-1].text != ")":
        return found.start, found.end, False
    depth = 0
    for token in tokens[:-1]:
        depth += (token.text in {"(", "["}) - (token.text in {")", "]"})
        if depth == 0:
            return found.start, found.end, False
    own = [token for token in tokens[1:-1] if token.kind != "comment"]
    return own[0].start, own[-1].end, True


def is_loose(found: FoundNode) -> bool:
    """Whether a sum may stand at a place without brackets."""
    match found.parent:
        case s.Equate() | s.Loss() | s.MeanOf() | s.SumOver():
            return True
        case s.Invoke():
            return bool(found.parent.opening != found.node.start)
        case s.Chain("+", items) as chain:
            return not chain.subtracts([id(i) for i in items].index(id(found.node)))
        case _:
            return False


def spelled(reading: Reading, name: str, statement: Statement, origin: Origin) -> str:
    """A name as the statement of a loop says it: b[2] is b[l-1] where l is 3.

    Among the ways to count from the loops' variables the first counts that names something for
    every value of the loops; else the name as it is. Raises TPTypeError where that exists for
    none.
    """
    ways = ways_of(reading, name, statement, origin)
    return f"{split_name(name)[0]}[{','.join(map(_written, ways))}]" if ways else name


def ways_of(reading: Reading, name: str, statement: Statement, origin: Origin) -> Sequence[Way]:
    """The same for each of its indices; none where nothing of it counts along."""
    base, index, temporary = split_name(name)
    if temporary is not None:
        raise refusal(sentence("{} has no name of its own", name), statement.span, "name it first")
    if not origin.values or not index:
        return ()
    runs = _runs(reading, statement)
    bound = reading.program.variables if reading.program is not None else {}
    for choice in product(*(_ways(k, i, origin, statement) for i, k in enumerate(index))):
        names = [f"{base}[{','.join(str(_value(w, run)) for w in choice)}]" for run in runs]
        if all(one in bound for one in names):
            return choice
    raise refusal(
        sentence("{} does not count along with the loop over ", name) + ", ".join(origin.values),
        statement.span,
        "write the loop out first, to change this one alone",
    )


def alike(reading: Reading, name: str, statement: Statement, origin: Origin) -> list[str]:
    """What a name says, as the statement of a loop says it, for all values of the loops."""
    ways, base = ways_of(reading, name, statement, origin), split_name(name)[0]
    runs = _runs(reading, statement)
    return (
        [join_name(base, tuple(_value(w, run) for w in ways)) for run in runs] if ways else [name]
    )


Way = tuple[str, int]
"""A variable of a loop and what is added to it; "" for a number alone."""


def _ways(index: int, position: int, origin: Origin, statement: Statement) -> Sequence[Way]:
    """How an index can be said, the variable first that the target has at this position."""
    own = statement.node.target.indices if isinstance(statement.node, s.Equate) else ()
    same = own[position] if position < len(own) else None
    first = same.base if isinstance(same, s.Name) else ""
    variables = sorted(origin.values, key=lambda v: v != first)
    return [*((v, index - origin.values[v]) for v in variables), ("", index)]


def _value(way: Way, run: Origin) -> int:
    variable, offset = way
    return run.values[variable] + offset if variable else offset


def _written(way: Way) -> str:
    variable, offset = way
    if not variable:
        return str(offset)
    return f"{variable}{offset:+d}" if offset else variable


def _runs(reading: Reading, statement: Statement) -> list[Origin]:
    """What the statement made, once for every value of its loops."""
    return [one for one in reading.origin.values() if one.statement == statement.number]
