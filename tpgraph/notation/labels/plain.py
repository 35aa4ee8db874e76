r"""LaTeX labels as plain Unicode text, for titles, screen readers and DOT: `W^{1}\xi` is W¹ξ."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from tpgraph.notation.labels.dialect import COMMANDS, DROPPED, TEXT_FONTS
from tpgraph.program.tex_commands import ACCENT_COMMANDS

__all__ = ["plain_text"]

_SUPER = dict(zip("0123456789+-=()in", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱⁿ", strict=True)) | {"⊤": "ᵀ", "T": "ᵀ"}
_SUB = dict(zip("0123456789+-=()aeijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_ACCENTS = {command: mark for mark, command in ACCENT_COMMANDS.items()}
_ACCENTS |= {"widetilde": "\u0303", "widehat": "\u0302", "overline": "\u0304"}
_SILENT = frozenset(("!", "operatorname", "left", "right"))
_SPACES = frozenset((r"\,", r"\:", r"\;", r"\ ", r"\\", "~"))
_TOKEN = re.compile(r"\\(?P<name>[A-Za-z]+)\*?\s*|\\.|\S|\s+", re.DOTALL)


@lru_cache(maxsize=8192)
def plain_text(label: str) -> str:
    """The label in Unicode, as near as plain text comes; unknown commands become their names."""
    tokens = [match.group() for match in _TOKEN.finditer(label)]
    try:
        return unicodedata.normalize("NFC", _read(iter(tokens), end=""))
    except RecursionError:  # such a label cannot be typeset either; its source says as much
        return label


def _read(tokens: Iterator[str], end: str) -> str:
    """The text up to the token `end`, or up to the last one."""
    out = []
    for token in tokens:
        if token == end:
            break
        out.append(_symbol(token, tokens))
    return "".join(out)


def _argument(tokens: Iterator[str]) -> str:
    """The next group or symbol."""
    token = next(tokens, "")
    return _read(tokens, "}") if token == "{" else _symbol(token, tokens)


def _symbol(token: str, tokens: Iterator[str]) -> str:
    if token == "{":
        return _read(tokens, "}")
    if token in ("^", "_"):
        return _script(token, _argument(tokens))
    if token in _SPACES or token.isspace():
        return " "
    if token.startswith("\\"):
        return _command(token[1:].rstrip(" *"), tokens)
    return "" if token in ("}", "$") else token


def _command(name: str, tokens: Iterator[str]) -> str:
    if name in _ACCENTS:
        return _argument(tokens) + _ACCENTS[name]
    if name in ("frac", "dfrac", "tfrac"):
        return f"{_bracketed(_argument(tokens))}/{_bracketed(_argument(tokens))}"
    if name == "sqrt":
        return f"√{_bracketed(_argument(tokens))}"
    silent = name in TEXT_FONTS or name in DROPPED or name.startswith("math") or name in _SILENT
    return "" if silent else COMMANDS.get(name, name)


def _script(mark: str, content: str) -> str:
    table = _SUPER if mark == "^" else _SUB
    if content and all(letter in table for letter in content):
        return "".join(table[letter] for letter in content)
    return f"{mark}{_bracketed(content)}"


def _bracketed(content: str) -> str:
    closed = len(content) <= 1 or content.isalnum() or content[0] + content[-1] == "()"
    return content if closed else f"({content})"
