"""Signs that the language does not have, and what stands for them."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from tpgraph.language.changes import Change
from tpgraph.language.mistakes.failure import Diagnosis, Failure, said

__all__ = ["alien_sign", "lookalikes", "modulo", "product_sign", "raised", "semicolon"]


class _Sign(NamedTuple):
    """What is said of a sign, and what is written in its place where it can be one thing alone."""

    mend: str
    text: str | None = None


def _as(text: str) -> _Sign:
    return _Sign(f"write {text}", text)


_COMPARED = _Sign("nothing is compared here: step(z), sign(z), max(a, b), relu(z)")
_NORM = _Sign("the mean of the squares is mean(u * u)")
_SIGNS = {
    **dict.fromkeys("∗⊙∘•∙⋆⊛", _as("*")),
    **dict.fromkeys("∼˜～", _as("~")),
    **dict.fromkeys("′’‘`´", _as("'")),
    "″": _as("''"),
    **dict.fromkeys("“”„«»", _as('"')),
    **dict.fromkeys("–—‐‑‒―﹣", _as("-")),
    **dict.fromkeys("÷∕⁄", _as("/")),
    **dict.fromkeys("≔←⟵≡≝", _as("=")),
    **dict.fromkeys("…‥⋯", _as("..")),
    **dict.fromkeys("⇒⟶⟹↦", _as("->")),
    **dict.fromkeys("⊺", _as("'")),
    "∈": _Sign("write in", "in"),
    **dict.fromkeys("<>≤≥≠", _COMPARED),
    **dict.fromkeys("‖∥", _NORM),
    **dict.fromkeys("⟨⟩〈〉", _Sign("the mean of a product is mean(u * v)")),
    "∑": _Sign("write: sum(x[k] for k in 1..3)"),
    "∏": _Sign("write the factors out: x[1] * x[2]"),
    "&": _Sign("write *, or one statement a line"),
    "!": _Sign("nothing is negated or factorial here: -z, 1 - z"),
    "$": _Sign("delete it: labels alone are LaTeX", ""),
    "?": _Sign("delete it", ""),
    "%": _Sign("comments begin with #"),
    "{": _Sign("write ( or ["),
    "}": _Sign("write ) or ]"),
    "\\": _Sign("write the letter itself, or its name: xi", ""),
}
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_POWER = re.compile(r"[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_INVISIBLE = frozenset(("Cf", "Cc", "Co", "Cn", "Cs", "Mn", "Me"))
_KNOWN = frozenset("()[]=:~,+-*/^'\"._#|<>×√→· \t\n")


def raised(f: Failure) -> Diagnosis | None:
    """`u²`, `u⁻¹`."""
    match = _POWER.match(f.text, f.start)
    if match is None:
        return None
    digits = match[0]
    what = "digit" if len(digits) == 1 else "digits"
    message = f"the raised {what} `{digits}` {'is' if what == 'digit' else 'are'} not read"
    power = f"^{digits.translate(_RAISED)}".replace("^+", "^")
    change = Change(*match.span(), power)
    return Diagnosis(message, "`^`", "write powers as z^2", match.span(), (change,))


def lookalikes(f: Failure) -> Diagnosis | None:
    """Signs of other scripts that are those of the language: `（`, `＝`, no-break spaces.

    All of the line at once, since brackets come in pairs.
    """
    if not _plain(f.text[f.start : f.start + 1]):
        return None
    found = [(i, _plain(c)) for i, c in enumerate(f.text)]
    changes = tuple(Change(i, i + 1, plain) for i, plain in found if plain)
    sign, plain = f.text[f.start], _plain(f.text[f.start])
    shown = "a space" if plain == " " else f"`{plain}`"
    message = f"U+{ord(sign):04X} stands where {shown} is meant"
    return Diagnosis(message, shown, f"write {shown}", (f.start, f.start + 1), changes)


def _plain(sign: str) -> str:
    """The sign of ASCII that one of another script is; empty where it is none."""
    if sign.isascii() or sign.isalnum():
        return ""
    if unicodedata.category(sign[:1] or "x") == "Zs":
        return " "
    plain = unicodedata.normalize("NFKC", sign)
    wide = "WIDE" in unicodedata.decomposition(sign).upper()
    return plain if wide and plain in _KNOWN and plain not in "\t\n" else ""


def product_sign(f: Failure) -> Diagnosis | None:
    """`W @ u`, `W %*% u`, and `u × v` outside of a shape."""
    if f.found == "×" and "BY" not in f.accepted and "TIMES" in f.accepted:
        return Diagnosis("`×` stands between dimensions", "`*`", "write *", None, f.here("*"))
    width = 1 if f.found == "@" else 3 if f.says("%", "*", "%") else 0
    if not width:
        return None
    left, right = f.token(-1).end, f.token(width).start
    mend = "a matrix multiplies what stands behind it: W x"
    message = f"`{f.part(f.at, f.at + width - 1)}` is not a sign of the language"
    place = f.start, f.token(width - 1).end
    return Diagnosis(message, None, mend, place, (Change(left, right, " "),))


def semicolon(f: Failure) -> Diagnosis | None:
    """`y = u; z = v`, `max(u; v)`."""
    if f.found != ";":
        return None
    message = "`;` is not a sign of the language"
    if f.depth:
        return Diagnosis(message, "`,`", "write `,` between arguments", None, f.here(","))
    behind = f.token(1)
    line = f"\n{f.indent}" if behind.text else ""
    changes = (Change(f.start, behind.start, line),) if f.first != "for" else ()
    return Diagnosis(message, None, "write one statement a line", None, changes)


def modulo(f: Failure) -> Diagnosis | None:
    """`u % 2`, which nothing stands for."""
    if f.found != "%" or f.token(1).kind != "number":
        return None
    return Diagnosis("`%` is not a sign of the language", None, "comments begin with #")


def alien_sign(f: Failure) -> Diagnosis | None:
    """Any other sign that the language does not have."""
    if len(f.found) != 1 or f.found.isalnum():
        return None
    known = _SIGNS.get(f.found)
    if f.found == "<" and {",", ">"} <= {token.text for token in f.tokens}:
        known = _SIGNS["⟨"]
    if known is not None:
        return Diagnosis(
            f"`{f.found}` is not a sign of the language", None, known.mend, None, _respelled(f)
        )
    if f.found in _KNOWN:
        return None
    message = f"`{f.found}` (U+{ord(f.found):04X}) is not a sign of the language"
    category = unicodedata.category(f.found)
    if category == "Sm" and f.token(1).text:
        return Diagnosis(message, None, "write it with + - * / ^ and functions")
    says_nothing = category in _INVISIBLE or not f.token(1).text
    return Diagnosis(message, None, "delete it", None, f.here("") if says_nothing else ())


def _respelled(f: Failure) -> tuple[Change, ...]:
    """What is written in place of a sign; of quotes, all of the line at once."""
    text = _SIGNS[f.found].text
    if f.found == "∈":
        sign = ":" if "COLON" in f.accepted else "in"
        return (Change(f.token(-1).end, f.token(1).start, f" {sign} "),)
    if text is None or (f.found == "?" and f.token(1).text):
        return ()
    if text == '"':
        quotes = [t for t in f.tokens if _SIGNS.get(t.text) == _SIGNS[f.found]]
        return tuple(said(quote, text) for quote in quotes)
    if text == "'" and f.token(-1).text == "^":
        return (Change(f.token(-1).start, f.end, text),)
    return f.here(text)
