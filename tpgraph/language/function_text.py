"""Functions that come as a text alone: expressions of the language over given names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tpgraph.errors import Source, within
from tpgraph.functions import Expression, Function
from tpgraph.language.changes import PlacedError
from tpgraph.language.lines import logical_lines
from tpgraph.language.parser import expression
from tpgraph.language.scope import Scope
from tpgraph.language.to_terms import Terms
from tpgraph.program import Builder

__all__ = ["function_of"]


def function_of(text: str, names: Sequence[str], functions: Mapping[str, Function]) -> Expression:
    """The expression over these names that a text of the language is.

    Raises a TPError, placed in the text.
    """
    head = f"fn f({', '.join(names) or 'z'}) = "
    source = Source("function", (head + text).replace("\n", " ").replace("\r", " "))
    scope = Scope(source, Builder())
    scope.functions = dict(functions)
    own = Source("function", text)
    for line in logical_lines(source):
        if line.error is not None:
            raise within(line.error, own, len(head))
    try:
        _, body = expression(source, 0)
        return Terms(scope).expression(body, list(names))
    except PlacedError as problem:
        raise within(problem.located(source, 0), own, len(head)) from None
