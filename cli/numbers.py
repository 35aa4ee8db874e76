"""Numbers and names in the text of an option."""

from __future__ import annotations

import math

import tpgraph as tp

__all__ = ["numbers", "parse_names", "parse_range", "whole_numbers"]


def parse_range(text: str, option: str) -> list[float]:
    """`"0:5:50"` as 50 values from 0 to 5, `"1,1.5,2"` or `"1"` as those. Raises TPError."""
    try:
        if ":" in text:
            first, last, count = text.split(":")
            start, stop, steps = float(first), float(last), int(count)
            if steps < 1 or not (math.isfinite(start) and math.isfinite(stop)):
                raise ValueError
            return [start + (stop - start) * i / max(1, steps - 1) for i in range(steps)]
        values = [float(part) for part in text.split(",")]
    except ValueError:
        raise tp.TPDataError(
            f"{option} {text} is not understood",
            expected="FIRST:LAST:COUNT, such as 0:5:50, or values such as 1,1.5,2",
        ) from None
    return values


def numbers(text: str | None, option: str) -> tuple[float, ...] | None:
    """A list of numbers, if one was given."""
    return None if text is None else tuple(parse_range(text, option))


def whole_numbers(text: str | None, option: str) -> tuple[int, ...] | None:
    """A list of whole numbers, if one was given. Raises TPError for others."""
    values = numbers(text, option)
    if values is None:
        return None
    if any(int(value) != value for value in values):
        raise tp.TPDataError(f"{option} {text} is not understood", expected="whole numbers")
    return tuple(int(value) for value in values)


def parse_names(text: str | None) -> tuple[str, ...] | None:
    """`L,σ_w2,-` as three names, of which `-` is none."""
    if text is None:
        return None
    parts = tuple("" if part.strip() == "-" else part.strip() for part in text.split(","))
    if len(parts) != 3:
        raise tp.TPDataError(f"--names {text} is not understood", expected="three, as L,σ_w2,-")
    return parts
