"""Endings of the files that commands write: what a name has to end in, and what it must not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import typer

from tpgraph_cli.places import STANDARD

__all__ = ["FIGURES", "refuse_bare_ending", "refuse_other_ending", "require_ending"]

FIGURES = (".pdf", ".png", ".svg")
"""Of plots."""

_KNOWN = (
    ".csv", ".dot", ".eps", ".gif", ".htm", ".html", ".ipynb", ".jpeg", ".jpg", ".json", ".md",
    ".npy", ".npz", ".pdf", ".png", ".py", ".svg", ".tex", ".tp", ".tsv", ".xlsx",
)  # fmt: skip
"""Endings that say what is in a file."""


def refuse_bare_ending(place: str | Path | None, option: str = "-o") -> None:
    """A usage error for a place such as `.svg`, which would be a hidden file."""
    if place is None or (name := Path(place).name).lower() not in _KNOWN:
        return
    named = Path(place).with_name(f"net{name}")
    raise typer.BadParameter(f"{option} {place} is an ending without a name, such as {named}")


def require_ending(
    place: str | Path | None, what: str, endings: Iterable[str], option: str = "-o"
) -> None:
    """A usage error for a place that does not end as a page, a report or a figure does."""
    refuse_bare_ending(place, option)
    known = tuple(endings)
    if place is not None and Path(place).suffix.lower() not in known:
        ends = known[0] if len(known) == 1 else f"one of {', '.join(known)}"
        raise typer.BadParameter(f"{option} {place} is no {what}; it ends in {ends}")


def refuse_other_ending(place: str | None, what: str, *endings: str, option: str = "-o") -> None:
    """A usage error for a place that ends as another kind of file; of `endings` the first is usual.

    A name without an ending, or with one of no known kind, may be given.
    """
    if place is None or place == STANDARD:
        return
    refuse_bare_ending(place, option)
    ending = Path(place).suffix.lower()
    if ending in _KNOWN and ending not in endings:
        usual = Path(place).with_suffix(endings[0])
        raise typer.BadParameter(f"{option} {place} is no name for {what}, such as {usual}")
