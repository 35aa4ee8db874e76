"""Lines into a gate: one more, another in the place of one, one less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tpgraph.functions import PRIMITIVES
from tpgraph.language import syntax as s
from tpgraph.language.editing.edit import Edit, Patch, made, refusal
from tpgraph.language.editing.node_places import (
    FoundNode,
    equation_of,
    found_at,
    inside,
    is_loose,
    require_single,
    spelled,
    value_of,
)
from tpgraph.language.editing.order import above
from tpgraph.language.editing.statement_places import origin_of
from tpgraph.language.readings import Reading
from tpgraph.program import MatMul, Moment
from tpgraph.sentences import sentence

__all__ = ["connect", "disconnect", "replace"]


def connect(reading: Reading, operand: str, gate: str, *, said: str | None = None) -> Edit:
    """A vector dropped on the gate that makes `gate`.

    ` + v` in the innermost sum, `, v` for a function of several arguments, ` * v` in a bar-gate.
    `said` is how the text is to say it, as `s[T]` for `s[6]`.
    """
    equation = equation_of(reading, gate)
    found = value_of(reading, gate)
    if isinstance(equation, MatMul):
        raise refusal(
            sentence("{} is a product, which takes one vector", gate),
            equation.span,
            sentence("make a gate of {} and {}, and multiply that", equation.operand.name, operand),
        )
    require_single(found, sentence("the gate of {}", gate), found.statement.span)
    new = said or spelled(reading, operand, found.statement, origin_of(reading, gate))
    is_bar = isinstance(equation, Moment) and isinstance(found.node, s.MeanOf)
    if is_bar:
        found = FoundNode(found.statement, (*found.around, found.node), found.node.operand)
    if isinstance(found.node, s.Explicit):
        raise refusal(
            sentence("the arguments of {} are listed", gate),
            found.statement.span,
            "write its formula anew",
        )
    patch = _factor(reading, found, new) if is_bar else _summand(reading, found, new)
    patches = [*patch, *above(reading, operand, found.statement)]
    return made(reading, patches, sentence("connect {} to {}", operand, gate), select=gate)


def _factor(reading: Reading, found: FoundNode, new: str) -> list[Patch]:
    """` * v` behind an expression, in brackets where it binds weaker."""
    *_, bracketed = inside(reading, found)
    weak = isinstance(found.node, s.Juxtaposed) or (
        isinstance(found.node, s.Chain) and found.node.operator == "+"
    )
    if weak and not bracketed:
        return [Patch(found.start, found.start, "("), Patch(found.end, found.end, f") * {new}")]
    return [Patch(found.end, found.end, f" * {new}")]


def _summand(reading: Reading, found: FoundNode, new: str) -> list[Patch]:
    """` + v` in the innermost sum of an expression, or one more argument of its function."""
    while isinstance(found.node, s.Invoke):
        node = found.node
        if len(node.arguments) > 1:
            if not _takes_more(reading, node):
                break
            end = found.statement.node.origin + node.arguments[-1].end
            return [Patch(end, end, f", {new}")]
        found = FoundNode(found.statement, (*found.around, node), node.arguments[-1])
    _, end, bracketed = inside(reading, found)
    if bracketed or is_loose(found):
        return [Patch(end, end, f" + {new}")]
    return [Patch(found.start, found.start, "("), Patch(found.end, found.end, f" + {new})")]


def _takes_more(reading: Reading, call: s.Invoke) -> bool:
    """Whether a function takes more arguments than it is given."""
    own = {f.name: f for f in reading.program.functions} if reading.program is not None else {}
    function = own.get(call.function) or PRIMITIVES.get(call.function)
    arity = None if function is None else function.arity
    return arity is None or arity > len(call.arguments)


def replace(reading: Reading, old: str, new: str, gate: str, *, said: str | None = None) -> Edit:
    """A vector dropped on the place that `old` has in what makes `gate`; `said` as in `connect`."""
    places = _places(reading, old, gate)
    statement = places[0].statement
    text = said or spelled(reading, new, statement, origin_of(reading, gate))
    patches = [Patch(found.start, found.end, text) for found in places]
    patches += above(reading, new, statement)
    return made(reading, patches, sentence("{} in place of {}", new, old), select=gate)


def _places(reading: Reading, name: str, gate: str) -> list[FoundNode]:
    """Where what makes `gate` reads a name, each of them a text of its own."""
    equation = equation_of(reading, gate)
    places = [found_at(reading, span) for span in equation.places(name)]
    if not places:
        raise refusal(
            sentence("{} does not read {}", gate, name), equation.span, "choose one of its lines"
        )
    for found in places:
        require_single(found, name, found.statement.span)
    return places


def disconnect(reading: Reading, operand: str, gate: str) -> Edit:
    """The line from `operand` to what makes `gate` drawn off: every term of it goes."""
    parts = _parts_gone(_places(reading, operand, gate), operand)
    for item in (item for part in parts for item in part.gone):
        _require_alone(reading, item, operand, gate)
    patches = [patch for part in parts for patch in part.patches()]
    return made(reading, patches, sentence("disconnect {} from {}", operand, gate), select=gate)


@dataclass(frozen=True)
class _PartGone:
    """Some items of a sum or a product, or some arguments of a function, that go."""

    whole: FoundNode
    gone: tuple[FoundNode, ...]

    @property
    def items(self) -> Sequence[Any]:
        node = self.whole.node
        return node.items if isinstance(node, s.Chain) else node.arguments

    @property
    def left(self) -> list[bool]:
        gone = {id(one.node) for one in self.gone}
        return [id(item) not in gone for item in self.items]

    def patches(self) -> Iterator[Patch]:
        """Each item goes with the sign or comma before it; the first ones with that behind."""
        node, origin, left = self.whole.node, self.whole.statement.node.origin, self.left
        first = left.index(True)
        if first:
            sign = "-" if isinstance(node, s.Chain) and node.subtracts(first) else ""
            yield Patch(origin + self.items[0].start, origin + self.items[first].start, sign)
        for position in range(first + 1, len(left)):
            if not left[position]:
                before, item = self.items[position - 1], self.items[position]
                yield Patch(origin + before.end, origin + item.end, "")


def _parts_gone(places: Sequence[FoundNode], operand: str) -> list[_PartGone]:
    """The parts that go with the places; where nothing would be left of one, it goes itself."""
    wholes: dict[int, tuple[FoundNode, dict[int, FoundNode]]] = {}
    for found in places:
        whole, item = _removable(found, operand)
        wholes.setdefault(id(whole.node), (whole, {}))[1].setdefault(id(item.node), item)
    parts = [_PartGone(whole, tuple(items.values())) for whole, items in wholes.values()]
    if all(any(part.left) for part in parts):
        return parts
    higher = [[part.whole] if not any(part.left) else part.gone for part in parts]
    return _parts_gone([found for some in higher for found in some], operand)


def _removable(found: FoundNode, operand: str) -> tuple[FoundNode, FoundNode]:
    """The innermost sum, product or function of several arguments around, and its item there."""
    for depth in range(len(found.around) - 1, 0, -1):
        parent = found.of(depth)
        item = found.of(depth + 1) if depth + 1 < len(found.around) else found
        several = isinstance(parent.node, s.Invoke) and len(parent.node.arguments) > 1
        if isinstance(parent.node, s.Chain) or several:
            return parent, item
        if isinstance(parent.node, s.Juxtaposed | s.Quotient) and item.node is not found.node:
            break
    raise refusal(
        sentence("without {} nothing would be left there", operand),
        found.statement.span,
        "connect something else first, or delete the whole",
    )


def _require_alone(reading: Reading, item: FoundNode, operand: str, gate: str) -> None:
    """Refuse to take away what reads more than the operand, in the run of its loops."""
    equations = reading.program.equations if reading.program is not None else ()
    own = origin_of(reading, gate)
    for equation in equations:
        origin = equation.origin
        if origin is None or (origin.statement, origin.values) != (own.statement, own.values):
            continue
        within = [
            read
            for read in equation.reads
            if item.start <= read.span.start and read.span.end <= item.end
        ]
        for read in within:
            inner = any(
                read.span.start <= one.span.start
                and one.span.end <= read.span.end
                and one.name == operand
                for one in within
            )
            if not inner:
                raise refusal(
                    sentence("{} stands in a term with {}", operand, read.name),
                    read.span,
                    "write the formula anew",
                )
