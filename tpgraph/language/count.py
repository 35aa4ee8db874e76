"""How much a loop unrolls to, counted before it is unrolled."""

from __future__ import annotations

from tpgraph.language import syntax as s
from tpgraph.language.limits import MAX_TERMS
from tpgraph.language.scope import Scope, names_in

__all__ = ["weight"]


def weight(node: s.Statement | s.Entry, scope: Scope) -> int:
    """Statements and terms that a node unrolls to, in a scope; more than MAX_TERMS is not exact.

    Raises what the bounds of its ranges raise.
    """
    scope.origin = getattr(node, "origin", scope.origin)
    if isinstance(node, s.Loop):
        return _repeated(node.variable.full, node.range, node.body, scope, node)
    if isinstance(node, s.SumOver):
        return _repeated(node.variable, node.range, (node.body,), scope, node)
    return _plain(node, scope)


def _plain(node: object, scope: Scope) -> int:
    """The weight of a node that is not repeated itself."""
    if isinstance(node, s.Loop | s.SumOver):
        return weight(node, scope)
    if isinstance(node, s.Range):
        return len(scope.bounds(node))
    if isinstance(node, s.Exact | s.Name):
        total = 1
        for item in node.indices if isinstance(node, s.Name) else ():
            if isinstance(item, s.Range):
                total *= max(1, len(scope.bounds(item)))
        return total
    if isinstance(node, tuple):
        if not any(isinstance(inner, tuple) for inner in node):
            return 1
        return 1 + sum(_plain(inner, scope) for inner in node if isinstance(inner, tuple))
    return 0


def _repeated(
    name: str,
    interval: s.Range,
    body: tuple[s.Statement | s.Entry, ...],
    scope: Scope,
    node: s.Loop | s.SumOver,
) -> int:
    values = scope.bounds(interval)
    if len(values) > MAX_TERMS or not values:
        return len(values)
    numbers, before = scope.numbers, scope.numbers.get(name)
    dependent = any(name in names_in(inner) for inner in _ranges(body))
    total = 0
    try:
        for value in values if dependent else values[:1]:
            numbers[name] = value
            total += 1 + sum(weight(inner, scope) for inner in body)
            if total > MAX_TERMS:
                break
    finally:
        if before is None:
            numbers.pop(name, None)
        else:
            numbers[name] = before
    scope.origin = node.origin if isinstance(node, s.Loop) else scope.origin
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
