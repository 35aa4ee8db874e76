"""Sentences with the names of variables as the picture says them.

A program calls an unnamed value `x[1]~1`, which no text and no picture shows, and of what a mark of
a folded picture stands for it has one alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tpgraph.editor.pictures import Shown
from tpgraph.language.readings import Reading
from tpgraph.notation.diagram.said_of_marks import Titles
from tpgraph.sentences import Sentence

__all__ = ["called", "listed", "spoken"]


def spoken(data: Any, name: Callable[[str], str]) -> Any:
    """Plain data whose sentences have become words, with each name as it is called."""
    if isinstance(data, Sentence):
        return data.said(name)
    if isinstance(data, Mapping):
        return {key: spoken(value, name) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [spoken(value, name) for value in data]
    return data


def called(name: str, reading: Reading, shown: Shown | None) -> str:
    """What a variable is called: as the picture that is shown says it, else as the text does."""
    if shown is not None and name in shown.program.variables:
        return shown.spelled(name)
    program = reading.program
    known = program is not None and name in program.variables
    return Titles(program).spelled(name) if program is not None and known else name


def listed(reading: Reading, names: Sequence[str], name: Callable[[str], str]) -> list[str]:
    """Names for who reads them; unnamed values only where there is nothing else."""
    known = {} if reading.program is None else reading.program.variables
    named = [one for one in names if one in known and not known[one].is_temporary]
    return list(dict.fromkeys(map(name, named or names)))
