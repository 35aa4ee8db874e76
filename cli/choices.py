"""Options with a few words to choose from, one or several: one reader says what was meant."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

import typer

import tpgraph as tp
from tpgraph_cli.completion import among
from tpgraph_cli.numbers import shown

__all__ = ["ScheduleName", "choice", "several"]

E = TypeVar("E", bound=StrEnum)


class ScheduleName(StrEnum):
    """How the learning rate goes over the steps, of every command alike."""

    constant = "constant"
    cosine = "cosine"
    linear = "linear"
    warm_up = "warm-up"


def _chosen(text: str, words: type[E]) -> E:
    """The word of a text; a usage error names the nearest and all of them."""
    if text in list(words):
        return words(text)
    near = tp.shell.nearest(text, list(words))
    if near is not None and near.casefold() == text.casefold():
        return words(near)
    meant = f" Did you mean {near}?" if near else ""
    raise typer.BadParameter(f"{shown(text)} is none of {', '.join(words)}.{meant}")


def several(words: type[E]) -> Callable[[Any], str]:
    """The parser of some of these words, with commas between them; none of them twice."""

    def parsed(value: Any) -> str:
        found = [_chosen(part.strip(), words) for part in str(value).split(",")]
        if twice := next((word for word in found if found.count(word) > 1), None):
            raise typer.BadParameter(f"{twice} stands twice")
        return ",".join(found)

    return parsed


def choice(words: type[E], *names: str, help: str) -> Any:
    """`typer.Option` of one of these words."""
    return typer.Option(
        *names,
        help=help,
        parser=lambda value: _chosen(str(value), words),
        metavar=f"[{'|'.join(words)}]",
        autocompletion=among(lambda: list(words)),
    )
