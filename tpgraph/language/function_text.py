"""Functions of JSON documents: expressions over z1, z2, … in the language."""

from __future__ import annotations

from collections.abc import Mapping

from tpgraph.errors import Source
from tpgraph.functions import Expression, Function
from tpgraph.language.lines import logical_lines
from tpgraph.language.parser import expression
from tpgraph.language.scope import Scope
from tpgraph.language.syntax import PlacedError
from tpgraph.language.to_terms import Terms
from tpgraph.program import Builder

__all__ = ["function_of"]


def function_of(text: str, arity: int, functions: Mapping[str, Function]) -> Expression:
    """The expression over z1, z2, … that a text of the language is. Raises a TPError."""
    names = [f"z{i}" for i in range(1, arity + 1)]
    head = f"fn f({', '.join(names) or 'z'}) = "
    source = Source("function", (head + text).replace("\n", " ").replace("\r", " "))
    scope = Scope(source, Builder())
    scope.functions = dict(functions)
    for line in logical_lines(source):
        if line.error is not None:
            raise line.error
    try:
        _, body = expression(source, 0)
        return Terms(scope).expression(body, names)
    except PlacedError as problem:
        raise problem.located(source, 0) from None
