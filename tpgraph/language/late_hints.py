"""Hints of a picture, which may stand before what they name: kept until all is bound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tpgraph.errors import Span, TPError, TPNameError
from tpgraph.language import syntax as s
from tpgraph.language.scope import Scope
from tpgraph.program import Builder
from tpgraph.program.hints import HINTS, Hint, require_said, require_sort
from tpgraph.program.near_names import meant, nearest

__all__ = ["LateHints"]


class LateHints:
    """The hints of a text in their order."""

    def __init__(self, scope: Scope, builder: Builder) -> None:
        self._scope = scope
        self._builder = builder
        self._noted: list[tuple[Hint, Span | None, dict[str, Span]]] = []

    def note(self, node: s.SetHint) -> None:
        """Keep a hint: of every member of the families that it names."""
        names, others = self._places(node.names), self._places(node.others)
        word = node.word if node.side is None else node.side
        kind = next(kind for kind in HINTS if kind == word.text)
        text = None if node.written is None else self._scope.span(node.written)
        span = self._scope.span(node)
        hint = Hint(kind, tuple(n for n, _ in names), node.text, tuple(n for n, _ in others), span)
        self._noted.append((hint, text, dict((*names, *others))))

    def _places(self, names: Iterable[s.Name]) -> list[tuple[str, Span]]:
        """Every variable that is named, with the place that names it."""
        return [(full, self._scope.span(n)) for n in names for full in self._scope.full_names(n)]

    def finish(self) -> Iterator[TPError]:
        """Hand all hints to the builder; what is wrong with them."""
        for hint, text, places in self._noted:
            try:
                if self._is_known(hint, places):
                    for name, place in places.items():
                        require_sort(hint, self._builder.scope[name], place)
                    require_said(hint, text)
                    self._builder.hint(hint)
            except TPError as error:
                yield error.at(text or hint.span)

    def _is_known(self, hint: Hint, places: Mapping[str, Span]) -> bool:
        """Whether all that it names is bound. Raises TPNameError where nothing else failed."""
        known = self._builder.scope
        wrong = next((name for name in places if name not in known), None)
        if wrong is None:
            return True
        if any(name in self._scope.failed for name in places if name not in known):
            return False
        message = f"{hint.kind} names {wrong}, which is not bound"
        near = meant(nearest(wrong, list(known)))
        raise TPNameError(message, places[wrong], mend=near)
