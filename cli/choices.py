"""Options with a few words to choose from: one parser for all, which says what was meant."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

import typer

import tpgraph as tp
from tpgraph_cli.completion import among
from tpgraph_cli.numbers import shown

__all__ = ["choice"]

E = TypeVar("E", bound=StrEnum)


def choice(words: type[E], *names: str, help: str) -> Any:
    """`typer.Option` of one of these words; a usage error names the nearest and all of them."""

    def chosen(value: Any) -> E:
        text = str(value)
        if text in list(words):
            return words(text)
        near = tp.shell.nearest(text, list(words))
        if near is not None and near.casefold() == text.casefold():
            return words(near)
        meant = f"did you mean {near}? " if near else ""
        raise typer.BadParameter(f"{shown(text)} is none of {', '.join(words)}. {meant}".strip())

    return typer.Option(
        *names,
        help=help,
        parser=chosen,
        metavar=f"[{'|'.join(words)}]",
        autocompletion=among(lambda: list(words)),
    )
