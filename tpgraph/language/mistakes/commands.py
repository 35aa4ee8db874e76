r"""LaTeX in formulas: `\tanh(u)`, `\frac{a}{b}`, `u^{2}`, `W^\top`, `x_{1}`, `\tilde x`."""

from __future__ import annotations

from typing import NamedTuple

from tpgraph.language.changes import Change
from tpgraph.language.mistakes.failure import Diagnosis, Failure

__all__ = ["braces", "command"]

_SIGNS = {
    **dict.fromkeys(("cdot", "times", "odot", "circ", "ast", "bullet"), "*"),
    **dict.fromkeys(("to", "rightarrow", "longrightarrow"), "->"),
    **dict.fromkeys(("ldots", "dots", "cdots"), ".."),
    **dict.fromkeys(("left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr"), ""),
    **dict.fromkeys(("quad", "qquad"), " "),
    "sim": "~",
    "in": " in ",
    "div": "/",
    "varphi": "phi",
    "varepsilon": "epsilon",
    "vartheta": "theta",
    "varrho": "rho",
    "ell": "l",
    "arctan": "arctan",
    "ln": "log",
    "operatorname": "",
}
_FONTS = frozenset(
    ("mathrm", "mathbf", "mathcal", "mathbb", "mathit", "mathsf", "boldsymbol", "bm", "text")
)
_ACCENTS = {
    "tilde": "tilde", "widetilde": "tilde", "hat": "hat", "widehat": "hat", "bar": "bar",
    "overline": "bar", "dot": "dot", "mathring": "ring",
}  # fmt: skip
_TRANSPOSES = frozenset(("top", "intercal", "transpose", "T", "t", "⊤", "tr", "mathsf"))
_MEND = "write the letter itself, or its name: xi"


class _Written(NamedTuple):
    """What a command and its arguments become, and where they end."""

    text: str
    end: int


def command(f: Failure) -> Diagnosis | None:
    r"""`\phi(u)`, `\frac{a}{b}`, `\cdot`, `W^\top`."""
    if f.found != "\\":
        return None
    message, written = "`\\` is not a sign of the language", _of_command(f)
    start = f.start
    if f.says("^", offset=-1) and f.token(1).text in _TRANSPOSES:
        start, written = f.token(-1).start, _Written("'", f.token(1).end)
    if written is None:
        return Diagnosis(message, None, _MEND, None, f.here(""))
    changes = (Change(start, written.end, written.text),)
    return Diagnosis(message, None, _MEND, (f.start, f.token(1).end), changes)


def _of_command(f: Failure) -> _Written | None:
    word, end = f.token(1).text, f.token(1).end
    if not f.touches() or (not word.isalpha() and word != "\\"):
        return None
    if word == "\\":
        return _Written("", end)
    if word in _SIGNS:
        return _Written(_SIGNS[word], end)
    if word in _FONTS:
        return _argument(f, 2)
    if word in _ACCENTS:
        argument = _argument(f, 2)
        return argument and _Written(f"{argument.text}_{_ACCENTS[word]}", argument.end)
    if word == "sqrt":
        argument = _argument(f, 2)
        return argument and _Written(f"sqrt({argument.text})", argument.end)
    if word == "frac":
        return _fraction(f)
    return None


def _fraction(f: Failure) -> _Written | None:
    above = f.closing(f.at + 2) if f.token(2).text == "{" else None
    below = (
        f.closing(above + 1) if above is not None and f.numbered(above + 1).text == "{" else None
    )
    if above is None or below is None:
        return None
    a, b = _inner(f, f.at + 2, above), _inner(f, above + 1, below)
    return _Written(f"({_grouped(a)}/{_grouped(b)})", f.numbered(below).end)


def _argument(f: Failure, offset: int) -> _Written | None:
    """What stands in braces behind a command; without braces the next token."""
    token = f.token(offset)
    if token.text == "{":
        closing = f.closing(f.at + offset)
        if closing is None:
            return None
        return _Written(_inner(f, f.at + offset, closing), f.numbered(closing).end)
    return _Written(token.text, token.end) if token.text else None


def _inner(f: Failure, opening: int, closing: int) -> str:
    return f.text[f.numbered(opening).end : f.numbered(closing).start].strip()


def _grouped(text: str) -> str:
    return text if text.replace(".", "").isalnum() else f"({text})"


def braces(f: Failure) -> Diagnosis | None:
    """`u^{2}`, `W^{T}`, `x_{1}`, `{u + v}`; and `for l in 1..3 { … }`, `fn f(z) { z^2 }`."""
    closing = f.closing(f.at) if f.found == "{" else None
    if closing is None:
        return None
    opened, closed = f.token(), f.numbered(closing)
    inner, left = _inner(f, f.at, closing), f.token(-1)
    changes: tuple[Change, ...]
    if left.text == "^":
        transposed = inner.lstrip("\\") in _TRANSPOSES
        start = left.start if transposed else opened.start
        changes = (Change(start, closed.end, "'" if transposed else _grouped(inner)),)
    elif left.kind == "name" and left.text.endswith("_") and f.touches(-1):
        changes = (_subscript(f, left.start, left.text[:-1], inner, closed.end),)
    elif f.first in {"for", "fn"} and {"for": "COLON", "fn": "EQUAL"}[f.first] in f.accepted:
        head, last = ":" if f.first == "for" else " =", f.numbered(closing - 1)
        changes = (Change(left.end, opened.end, head), Change(last.end, closed.end, ""))
    else:
        changes = Change(opened.start, opened.end, "("), Change(closed.start, closed.end, ")")
    message = "`{` is not a sign of the language"
    return Diagnosis(message, None, "write ( or [", None, changes)


def _subscript(f: Failure, start: int, base: str, inner: str, end: int) -> Change:
    """`x_{1}` is the name x_1 where the text has it, else a member of a family."""
    name = f"{base}_{inner}"
    return Change(start, end, name if name in f.taken else f"{base}[{inner}]")
