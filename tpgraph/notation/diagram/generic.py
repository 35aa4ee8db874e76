r"""Texts with a letter in the place of an index: `W^{50}` is `W^{l}`, `x^{49}` is `x^{l-1}`.

A number in a text is such an index if it moves with the blocks, which a second text, that of the
block after, shows.
"""

from __future__ import annotations

import re

__all__ = ["generic_name", "generic_text", "range_text"]

_NUMBER = re.compile(r"(\d+)")


def generic_text(one: str, other: str, step: int, letter: str, index: int) -> str:
    """`one` with `letter` for the numbers that are by `step` greater in `other`.

    `index` is the value that the letter stands for; in LaTeX (with a backslash or a brace in the
    text) a minus is set without space. What does not correspond stays as it is.

    >>> generic_text("W^{50} x^{49}", "W^{51} x^{50}", 1, "l", 50)
    'W^{l} x^{l{-}1}'
    """
    latex = "{" in one or "\\" in one
    parts, others = _NUMBER.split(one), _NUMBER.split(other)
    if len(parts) != len(others) or parts[::2] != others[::2]:
        return one
    for i in range(1, len(parts), 2):
        a, b = int(parts[i]), int(others[i])
        if b - a == step:
            parts[i] = _offset(letter, a - index, latex)
    return "".join(parts)


def _offset(letter: str, by: int, latex: bool = False) -> str:
    if not by:
        return letter
    sign = "-" if by < 0 else "+"
    return f"{letter}{{{sign}}}{abs(by)}" if latex else f"{letter}{sign}{abs(by)}"


def generic_name(name: str, position: int, letter: str, value: int) -> str:
    """The name with the letter for one of its indices; others may be letters already.

    >>> generic_name("x[49]~1", 0, "l", 50)
    'x[l-1]~1'
    """
    base, _, rest = name.partition("[")
    index, _, temporary = rest.partition("]")
    written = index.split(",")
    written[position] = _offset(letter, int(written[position]) - value)
    return f"{base}[{','.join(written)}]{temporary}"


def range_text(letter: str, first: int, last: int, step: int) -> str:
    r"""The label of a plate, `l=2,\,\ldots,\,100`."""
    second = rf"{first + step},\," if abs(step) > 1 else ""
    return rf"{letter}={first},\,{second}\ldots,\,{last}"
