"""Lines into a gate: one more, another in the place of one, one less."""

from __future__ import annotations

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

__all__ = ["connect", "disconnect", "replace"]


def connect(reading: Reading, operand: str, gate: str) -> Edit:
    """A vector dropped on the gate that makes `gate`.

    ` + v` in the innermost sum, `, v` for a function of several arguments, ` * v` in a bar-gate.
    """
    equation = equation_of(reading, gate)
    found = value_of(reading, gate)
    if isinstance(equation, MatMul):
        raise refusal(
            f"{gate} is a product, which takes one vector",
            equation.span,
            f"make a gate of {equation.operand} and {operand}, and multiply that",
        )
    require_single(found, f"the gate of {gate}", found.statement.span)
    new = spelled(reading, operand, found.statement, origin_of(reading, gate))
    is_bar = isinstance(equation, Moment) and isinstance(found.node, s.MeanOf)
    if is_bar:
        found = FoundNode(found.statement, (*found.around, found.node), found.node.operand)
    if isinstance(found.node, s.Explicit):
        raise refusal(
            f"the arguments of {gate} are listed",
            found.statement.span,
            "write its formula anew",
        )
    patch = _factor(reading, found, new) if is_bar else _summand(reading, found, new)
    patches = [*patch, *above(reading, operand, found.statement)]
    return made(reading, patches, f"connect {operand} to {gate}", select=gate)


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


def replace(reading: Reading, old: str, new: str, gate: str) -> Edit:
    """A vector dropped on the place that `old` has in what makes `gate`."""
    places = _places(reading, old, gate)
    statement = places[0].statement
    text = spelled(reading, new, statement, origin_of(reading, gate))
    patches = [Patch(found.start, found.end, text) for found in places]
    patches += above(reading, new, statement)
    return made(reading, patches, f"{new} in place of {old}", select=gate)


def _places(reading: Reading, name: str, gate: str) -> list[FoundNode]:
    """Where what makes `gate` reads a name, each of them a text of its own."""
    equation = equation_of(reading, gate)
    places = [found_at(reading, span) for span in equation.places(name)]
    if not places:
        raise refusal(f"{gate} does not read {name}", equation.span, "choose one of its lines")
    for found in places:
        require_single(found, name, found.statement.span)
    return places


def disconnect(reading: Reading, operand: str, gate: str) -> Edit:
    """The line from `operand` to what makes `gate` drawn off: its term goes."""
    patches: list[Patch] = []
    for found in _places(reading, operand, gate):
        patches += _without(reading, found, operand)
    return made(reading, patches, f"disconnect {operand} from {gate}", select=gate)


def _without(reading: Reading, found: FoundNode, operand: str) -> list[Patch]:
    """The patches that take a term, a factor or an argument away."""
    origin = found.statement.node.origin
    for depth in range(len(found.around) - 1, 0, -1):
        parent, item = found.around[depth], found
        if depth + 1 < len(found.around):
            item = found.of(depth + 1)
        if isinstance(parent, s.Chain):
            _require_alone(reading, item, found, operand)
            return [_item_gone(parent, item.node, origin)]
        if isinstance(parent, s.Invoke) and len(parent.arguments) > 1:
            _require_alone(reading, item, found, operand)
            return [_argument_gone(parent, item.node, origin)]
        if isinstance(parent, s.Juxtaposed | s.Quotient) and item.node is not found.node:
            break
    raise refusal(
        f"without {operand} nothing would be left there",
        found.statement.span,
        "connect something else first, or delete the whole",
    )


def _require_alone(reading: Reading, item: FoundNode, found: FoundNode, operand: str) -> None:
    """Refuse to take away what reads more than the operand."""
    equations = reading.program.equations if reading.program is not None else ()
    for equation in equations:
        if equation.origin is None or equation.origin.statement != item.statement.number:
            continue
        for name, span in ((read.name, read.span) for read in equation.reads):
            within = item.start <= span.start and span.end <= item.end
            holds = span.start <= found.start and found.end <= span.end
            if within and not holds:
                raise refusal(
                    f"{operand} stands in a term with {name}", span, "write the formula anew"
                )


def _item_gone(chain: s.Chain, item: Any, origin: int) -> Patch:
    position = [id(one) for one in chain.items].index(id(item))
    if position:
        return Patch(origin + chain.items[position - 1].end, origin + item.end, "")
    sign = "-" if chain.subtracts(1) else ""
    return Patch(origin + item.start, origin + chain.items[1].start, sign)


def _argument_gone(call: s.Invoke, item: Any, origin: int) -> Patch:
    position = [id(one) for one in call.arguments].index(id(item))
    if position:
        return Patch(origin + call.arguments[position - 1].end, origin + item.end, "")
    return Patch(origin + item.start, origin + call.arguments[1].start, "")
