"""The right-hand side of a statement, its name taken away, and a name given to a part of it."""

from __future__ import annotations

from collections.abc import Container

from tpgraph.errors import Span
from tpgraph.language import syntax as s
from tpgraph.language.editing.delete import delete_loss
from tpgraph.language.editing.edit import Edit, Patch, made, name_refusal, refusal
from tpgraph.language.editing.listed_names import off_lists
from tpgraph.language.editing.node_places import (
    FoundNode,
    equation_of,
    found_at,
    index_place,
    inside,
    is_loose,
    require_single,
    right_side,
    says_the_same,
    value_of,
)
from tpgraph.language.editing.statement_places import (
    LAST,
    extent,
    fresh,
    inserted,
    new_name,
    origin_of,
    statement_of,
)
from tpgraph.language.editing.substitution import full_names, used_names
from tpgraph.language.readings import Reading, Statement
from tpgraph.language.vocabulary import canonical
from tpgraph.program import MatMul, Nonlin, join_name, split_name
from tpgraph.program.naming import is_loss_name
from tpgraph.sentences import sentence

__all__ = ["loss_patch", "name", "set_formula", "set_function", "set_loss", "unname"]


def set_formula(reading: Reading, target: str, text: str | None) -> Edit:
    """Another right-hand side; of an unnamed part, that part alone.

    A loss that is a variable alone, `loss f`, is that variable, which is selected then; None takes
    a loss away. Raises TPTypeError where it would take away what else is made.
    """
    if text is None:
        if is_loss_name(target):
            return delete_loss(reading)
        raise refusal(
            sentence("{} needs a formula", target),
            statement_of(reading, target).span,
            "write one, or delete it",
        )
    base, index, temporary = split_name(target)
    if temporary is not None:
        found = value_of(reading, target)
        require_single(found, target, found.statement.span)
        patch = Patch(found.start, found.end, f"({text})" if not is_loose(found) else text)
        title = sentence("{} = ", target) + text
        return made(reading, [patch], title, select=join_name(base, index))
    statement = statement_of(reading, target)
    patch = _right(statement, text)
    return made(reading, [patch], f"{_left(reading, statement)} = {text}", select=target)


def _left(reading: Reading, statement: Statement) -> str:
    """What a statement says that it makes, as it writes it: `x[l]`."""
    node = statement.node
    if not isinstance(node, s.Equate):
        return "loss"
    return reading.source.text[node.origin + node.target.start : node.origin + node.target.end]


def _right(statement: Statement, text: str) -> Patch:
    value, origin = right_side(statement), statement.node.origin
    return Patch(origin + value.start, origin + value.end, text)


def set_loss(reading: Reading, text: str | None) -> Edit:
    """Another loss; a text without one gets it at its end, None takes it away."""
    if text is None:
        return delete_loss(reading)
    return made(reading, [loss_patch(reading, text)], f"loss {text}")


def loss_patch(reading: Reading, text: str) -> Patch:
    """The formula of the loss, in its statement or in a new one at the end."""
    for statement in reading.statements:
        if isinstance(statement.node, s.Loss):
            return _right(statement, text)
    return inserted(reading, f"loss {text}", LAST)


def set_function(reading: Reading, function: str, other: str) -> Edit:
    """Another function of the table for an `fn` of one parameter: `fn φ(z) = relu(z)`; or any
    expression in its parameter.

    Raises TPNameError where the text defines no such `fn`.
    """
    base = canonical(function)
    for statement in reading.statements:
        node = statement.node
        if (
            isinstance(node, s.DefineFunction)
            and node.name.base == base
            and len(node.parameters) == 1
        ):
            origin, parameter = node.origin, node.parameters[0]
            word = reading.source.text[origin + parameter.start : origin + parameter.end]
            body = f"{other}({word})" if other.isidentifier() and other != word else other
            patch = Patch(origin + node.body.start, origin + node.body.end, body)
            return made(reading, [patch], f"{base} = {other}")
    raise name_refusal(
        f"{reading.source.name} defines no {base}", None, f"add: fn {base}(z) = {other}(z)"
    )


def name(reading: Reading, part: str, word: str | None = None) -> Edit:
    """An unnamed part `x~1` gets a statement of its own above, and its name stands in its place."""
    base, numbers, temporary = split_name(part)
    equation, found = equation_of(reading, part), value_of(reading, part)
    statement = found.statement
    if temporary is None:
        raise refusal(sentence("{} has a name", part), equation.span, "rename it")
    require_single(found, part, statement.span)
    _require_unsaid(reading, base)
    own = new_name(reading, word) if word else fresh(reading, "h")
    node, text, index = statement.node, reading.source.text, ""
    if isinstance(node, s.Equate) and origin_of(reading, part).values:
        start, end = index_place(reading, node.target, node.origin)
        index = text[start:end]
    elif origin_of(reading, part).values:
        raise refusal(
            sentence("{} stands in a loop without an index", part),
            statement.span,
            "write the loop out",
        )
    start, end, _ = inside(reading, found)
    line = text.rfind("\n", 0, statement.line.start) + 1
    if line + len(statement.line.indent) != statement.span.start:
        raise refusal(
            sentence("{} stands behind a `for`", part),
            statement.span,
            "write its block on lines of its own",
        )
    new = f"{own}{index}"
    patches = [
        Patch(line, line, f"{statement.line.indent}{new} = {text[start:end]}\n"),
        Patch(found.start, found.end, new),
    ]
    select = join_name(own, numbers)
    return made(reading, patches, sentence("give {} the name {}", part, own), select=select)


def _require_unsaid(reading: Reading, base: str) -> None:
    """Refuse where the text itself says `x~1`: the numbers of unnamed parts would change."""
    for statement in reading.statements:
        for said in used_names(statement.node):
            if said.intermediate is not None and said.base == base:
                origin = statement.node.origin
                raise refusal(
                    f"the text itself speaks of unnamed parts of {base}",
                    Span(reading.source, origin + said.start, origin + said.end),
                    "name what it speaks of",
                )


def unname(reading: Reading, target: str) -> Edit:
    """A variable with one use is written in its place, so that it has no name any more.

    Raises TPTypeError where it has more or fewer, where it is an output or the loss, and where
    two gates would become one.
    """
    statement = statement_of(reading, target)
    node, value = statement.node, right_side(statement)
    if not isinstance(node, s.Equate):
        raise refusal("the loss has no other name", statement.span, "write its formula anew")
    place = _only_place(reading, target, statement)
    _require_same_loops(reading, statement, place, node)
    own = FoundNode(statement, (node,), value)
    text = reading.source.text[own.start : own.end]
    *_, bracketed = inside(reading, own)
    atom = isinstance(value, s.Name | s.Invoke | s.MeanOf | s.SumOver | s.Exact)
    product_in_sum = isinstance(value, s.Juxtaposed) and isinstance(place.parent, s.Chain)
    if not (bracketed or atom or product_in_sum or (is_loose(place) and _is_whole(place))):
        text = f"({text})"
    patches = [Patch(*extent(reading, statement), ""), Patch(place.start, place.end, text)]
    patches += _said_no_more(reading, node.target, statement)
    return made(reading, patches, sentence("{} without a name", target), removed=[target])


def _is_whole(place: FoundNode) -> bool:
    return not isinstance(place.parent, s.Chain)


def _only_place(reading: Reading, target: str, statement: Statement) -> FoundNode:
    """The one place at which what a statement binds is read."""
    program = reading.program
    assert program is not None
    made_by = [n for n, o in reading.origin.items() if o.statement == statement.number]
    names = {n for n in made_by if split_name(n)[2] is None}
    given = {v.name for v in program.outputs} | ({program.loss.name} if program.loss else set())
    if names & given:
        raise refusal(
            sentence("{} is an output or the loss", target), statement.span, "keep its name"
        )
    places: dict[tuple[int, int], Span] = {}
    for equation in program.equations:
        for place in equation.reads:
            if place.name in names:
                places[place.span.start, place.span.end] = place.span
                merges = isinstance(equation, Nonlin) or not isinstance(equation, MatMul)
                if merges and not isinstance(program.equation_of[place.name], MatMul):
                    _require_apart(program.equation_of[place.name], equation.out.name, statement)
    counts = [sum(len(e.places(n)) for e in program.equations) for n in names]
    if len(places) != 1 or any(count != 1 for count in counts):
        raise refusal(
            sentence("{} is not used exactly once", target), statement.span, "keep its name"
        )
    (span,) = places.values()
    found = found_at(reading, span)
    require_single(found, target, statement.span)
    return found


def _require_apart(equation: object, user: str, statement: Statement) -> None:
    if isinstance(equation, Nonlin) or not getattr(equation, "vectors", ()):
        raise refusal(
            sentence("its gate and that of {} would become one", user),
            statement.span,
            "write the formula anew where that is wanted",
        )


def _require_same_loops(
    reading: Reading, statement: Statement, place: FoundNode, node: s.Equate
) -> None:
    if statement.loops != place.statement.loops:
        raise refusal(
            "it is made and used in different loops", statement.span, "write the loop out first"
        )
    if statement.loops and not says_the_same(node.target, place.node):
        raise refusal(
            "it is made and used for different values of the loop",
            statement.span,
            "write the loop out first",
        )


def _said_no_more(reading: Reading, target: s.Name, made_by: Statement) -> list[Patch]:
    """What goes that is said of a name that goes: its labels, and it in lists of the picture."""
    gone = {name for name, one in reading.origin.items() if one.statement == made_by.number}
    patches: list[Patch] = []
    for statement in reading.statements:
        if isinstance(statement.node, s.SetLabel) and statement.node.name.base == target.base:
            patches.append(Patch(*extent(reading, statement), ""))
        elif isinstance(statement.node, s.SetHint):
            patches += off_lists(reading, statement, lambda one: _not_in(reading, one, gone))
    return patches


def _not_in(reading: Reading, one: s.Name, gone: Container[str]) -> list[str] | None:
    """What a name of a list says that does not go; None where that is all."""
    said = full_names(reading, one, {})
    left = [full for full in said if full not in gone]
    return None if left == said else left
