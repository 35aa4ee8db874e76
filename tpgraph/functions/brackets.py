"""Brackets of LaTeX mathematics, which grow around what is tall."""

from __future__ import annotations

import re

__all__ = ["latex_brackets", "without_shown_braces"]

_SHOWN = re.compile(r"\\[\\{}]")


def without_shown_braces(text: str) -> str:
    r"""LaTeX text with those braces alone that make groups: without `\{` and `\}`.

    >>> without_shown_braces(r"\{x\}^{2}")
    'x^{2}'
    """
    return _SHOWN.sub("", text)


def _is_tall(text: str) -> bool:
    """Whether a LaTeX text has a fraction, beside those in superscripts."""
    raised, text = [False], without_shown_braces(text)
    for place, character in enumerate(text):
        if character == "{":
            raised.append(raised[-1] or text[place - 1 : place] == "^")
        elif character == "}":
            raised.pop()
        elif text.startswith(r"\frac", place) and not raised[-1]:
            return True
    return False


def latex_brackets(text: str, left: str = "(", right: str = ")") -> str:
    """The text in brackets, which grow around a fraction."""
    return rf"\left{left}{text}\right{right}" if _is_tall(text) else f"{left}{text}{right}"
