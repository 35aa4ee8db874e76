"""Lines that differ only in the digits of their indices share one syntax tree.

A flat file repeats a few shapes of line, `h[17] = W x[16]`. Two lines with the same text around
their written-out indices, and indices of the same lengths, have the same tree up to the names in
it, places included; so the tree of the first serves as the template of the others, and lark sees
each shape twice. A line without written-out indices is kept as it is: a text that is edited says
most of its lines again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from tpgraph.language.syntax import Loop, Name, Statement

__all__ = ["Key", "Templates"]

_WHOLE = r"(?:0|-?[1-9][0-9]{0,8})"
_INDEX = re.compile(rf"(?<=[\w\u0300-\u036f])(\[{_WHOLE}(?:,{_WHOLE})*\])")
_MAX_LENGTH = 400
_MAX_TEMPLATES = 4096

Key: TypeAlias = tuple[str, ...]
_Make: TypeAlias = Callable[[Sequence[str]], Any]


class Templates:
    """The templates of the shapes of line seen so far, and the lines that are their own shape."""

    def __init__(self) -> None:
        self._lines: dict[str, Statement] = {}
        self._makers: dict[Key, Callable[[Sequence[str], int], Statement] | None] = {}

    @staticmethod
    def split(text: str) -> list[str]:
        """The text around written-out indices, and they; one piece where no template serves."""
        if '"' in text or len(text) > _MAX_LENGTH:
            return [text]
        return _INDEX.split(text)

    def made(self, pieces: list[str], origin: int) -> Statement | None:
        """The statement of a line whose shape is known; else None."""
        if len(pieces) == 1:
            known = self._lines.get(pieces[0])
            return None if known is None else _moved(known, origin)
        maker = self._makers.get(_key(pieces))
        return maker(pieces[1::2], origin) if maker is not None else None

    def learn(self, pieces: list[str], statement: Statement) -> None:
        """Remember the shape of a line that was read; its template is made the second time."""
        if len(pieces) == 1:
            self._keep(pieces[0], statement)
            return
        key = _key(pieces)
        if key in self._makers:
            self._makers[key] = _statement_maker(pieces, statement)
            return
        if len(self._makers) >= _MAX_TEMPLATES:
            self._makers.clear()
        self._makers[key] = None

    def _keep(self, line: str, statement: Statement) -> None:
        """Remember a line without indices."""
        if len(line) > _MAX_LENGTH:
            return
        if len(self._lines) >= _MAX_TEMPLATES:
            self._lines.clear()
        self._lines[line] = statement


def _key(pieces: list[str]) -> Key:
    return (*pieces[::2], ",".join([str(len(index)) for index in pieces[1::2]]))


def _statement_maker(
    pieces: list[str], statement: Statement
) -> Callable[[Sequence[str], int], Statement]:
    places: dict[int, int] = {}
    offset = 0
    for number, piece in enumerate(pieces):
        if number % 2:
            places[offset] = number // 2
        offset += len(piece)
    text = "".join(pieces)
    make = _maker(statement, text, places)
    return lambda indices, origin: _moved(make(indices) if make else statement, origin)


def _moved(statement: Any, origin: int) -> Any:
    """The statement at another origin; that of `for …: statement` moves with it."""
    if isinstance(statement, Loop):
        body = tuple(_moved(inner, origin) for inner in statement.body)
        return statement._replace(body=body, origin=origin)
    return statement._replace(origin=origin)


def _maker(node: Any, text: str, places: dict[int, int]) -> _Make | None:
    """Makes the node with other indices; None where it has none."""
    if type(node) is Name:
        return _name_maker(node, text, places)
    parts = [
        (position, make)
        for position, item in enumerate(node)
        if isinstance(item, tuple) and (make := _maker(item, text, places)) is not None
    ]
    if not parts:
        return None
    kind, items, new = type(node), list(node), tuple.__new__

    def build(indices: Sequence[str]) -> Any:
        changed = items.copy()
        for position, make in parts:
            changed[position] = make(indices)
        return new(kind, changed)

    return build


def _name_maker(node: Name, text: str, places: dict[int, int]) -> _Make | None:
    bracket = text.find("[", node.start, node.end)
    if bracket not in places:
        return None
    base, number, intermediate = node.base, places[bracket], node.intermediate
    tail = f"~{intermediate}" if intermediate else ""
    start, end, new = node.start, node.end, tuple.__new__
    return lambda indices: new(
        Name, (base, f"{base}{indices[number]}{tail}", (), intermediate, start, end)
    )
