"""How much a loop unrolls to, counted before it is unrolled."""

from __future__ import annotations

from tpgraph.bounds import TERMS
from tpgraph.language import syntax as s
from tpgraph.language.scope import Scope, names_in

__all__ = ["weight"]

_UNIT = 8
"""Nodes of the syntax tree that count as one: a statement has a few."""


def weight(node: s.Statement, scope: Scope) -> int:
    """Statements and terms of sums that a node unrolls to, in a scope; long ones count for more.

    More than `bounds.TERMS` is not exact. Raises what the bounds of its ranges raise.
    """
    return -(-_nodes(node, scope) // _UNIT)


def _nodes(node: object, scope: Scope) -> int:
    """The nodes that a node unrolls to."""
    scope.origin = getattr(node, "origin", scope.origin)
    match node:
        case s.Loop(variable, interval, body):
            return _repeated(variable.full, interval, body, scope)
        case s.SumOver(body, variable, interval):
            return _repeated(variable.full, interval, (body,), scope)
        case s.Range():
            return len(scope.bounds(node)) * _UNIT
        case s.Name():
            return _members(node, scope)
        case s.Mark():
            return 0
        case tuple():
            return 1 + sum([_nodes(inner, scope) for inner in node if isinstance(inner, tuple)])
        case _:
            return 1


def _members(name: s.Name, scope: Scope) -> int:
    """One, or the nodes of a family's members."""
    total = 1
    for item in name.indices:
        if isinstance(item, s.Range):
            total = max(total, _UNIT) * len(scope.bounds(item))
    return total


def _repeated(
    name: str, interval: s.Range, body: tuple[s.Statement | s.Expr, ...], scope: Scope
) -> int:
    values, origin = scope.bounds(interval), scope.origin
    most = TERMS.most
    if len(values) > most or not values:
        return len(values) * _UNIT
    numbers, before = scope.numbers, scope.numbers.get(name)
    dependent = any(name in names_in(inner) for inner in _ranges(body))
    total = 0
    try:
        for value in values if dependent else values[:1]:
            numbers[name] = value
            total += sum(max(_UNIT, _nodes(inner, scope)) for inner in body)
            if total > most * _UNIT:
                break
    finally:
        if before is None:
            numbers.pop(name, None)
        else:
            numbers[name] = before
    scope.origin = origin
    return total if dependent else total * len(values)


def _ranges(node: object) -> list[s.Range]:
    """Every range in a tree."""
    found: list[s.Range] = []
    todo = [node]
    while todo:
        item = todo.pop()
        if isinstance(item, s.Range):
            found.append(item)
        if isinstance(item, tuple):
            todo.extend(item)
    return found
