"""What a drag offers, tried: the kinds of marks say what may fit, the edit itself says what does.

A drop into a loop writes it for every value, one into a sum for every term; only the text that it
would make says whether it can be. Trying costs a reading each, so that it is done after the offer
is shown, some of it at a time, between what the pointer asks for.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from tpgraph.editor.gestures import edit_of, is_about_many
from tpgraph.editor.refusals import error_data
from tpgraph.errors import TPError
from tpgraph.language.readings import Reading

__all__ = ["tried"]

_SECONDS = 0.1
"""How long one request tries; what the pointer asks for waits no longer."""


def tried(
    reading: Reading, edits: Iterable[Mapping[str, Any]], seconds: float = _SECONDS
) -> list[dict[str, Any] | None]:
    """Of the first edits, at least of one, as time allows: None for what is made, else why not.

    `here` is whether "only here" is made in its place.
    """
    found: list[dict[str, Any] | None] = []
    end = time.perf_counter() + seconds
    for do in edits:
        found.append(_tried(reading, do))
        if time.perf_counter() > end:
            break
    return found


def _tried(reading: Reading, do: Mapping[str, Any]) -> dict[str, Any] | None:
    refused = _refusal(reading, do, only=False)
    if refused is None:
        return None
    return {
        "why": error_data(refused.errors[0]),
        "here": is_about_many(reading, do) and _refusal(reading, do, only=True) is None,
    }


def _refusal(reading: Reading, do: Mapping[str, Any], *, only: bool) -> TPError | None:
    try:
        edit_of(reading, do, only)
    except TPError as error:
        return error
    return None
