r"""LaTeX label mathematics translated to the dialect that matplotlib's mathtext can set.

Mathtext knows most of LaTeX's mathematics. Translated are synonyms (`\le` is `\leq`), text
(`\textit{two words}` is `\mathit{two\ words}`), sizing commands that a label does not need, and
Unicode letters and signs, which would otherwise come from another font.
"""

from __future__ import annotations

import re

from tpgraph.bounds import LABEL
from tpgraph.errors import TPError
from tpgraph.program.tex import CHARACTERS, GREEK_COMMANDS, SIGNS, TOKEN, closing
from tpgraph.program.tex_commands import ACCENT_COMMANDS

__all__ = ["COMMANDS", "DROPPED", "TEXT_FONTS", "lines", "translate"]

_MAX_DEPTH = 20

_SYNONYMS = {
    "le": r"\leq ",
    "ge": r"\geq ",
    "lVert": r"\|",
    "rVert": r"\|",
    "lvert": "|",
    "rvert": "|",
    "lbrace": r"\{",
    "rbrace": r"\}",
    "lbrack": "[",
    "rbrack": "]",
    "tfrac": r"\frac",
    "bm": r"\boldsymbol",
    "gets": r"\leftarrow ",
    "land": r"\wedge ",
    "lor": r"\vee ",
    "coloneqq": ":=",
    "iff": r"\Leftrightarrow ",
    "implies": r"\Rightarrow ",
    "transpose": r"\top ",
    "dotsc": r"\ldots ",
    "dotsb": r"\cdots ",
    "mathscr": r"\mathcal",
    "space": r"\ ",
}
_DROPPED_NAMES = (
    "displaystyle textstyle scriptstyle limits nolimits mathstrut mathop mathopen mathclose "
    "mathbin mathrel mathord mathpunct big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr "
    "Biggl Biggr bigm Bigm"
)
DROPPED = frozenset(_DROPPED_NAMES.split())
TEXT_FONTS = {
    "text": None,
    "textrm": None,
    "textup": None,
    "textnormal": None,
    "mbox": None,
    "hbox": None,
    "textit": "it",
    "emph": "it",
    "textsl": "it",
    "textbf": "bf",
    "texttt": "tt",
    "textsf": "sf",
}
COMMANDS = {name: letter for letter, name in GREEK_COMMANDS.items()} | {
    spelling[1:].strip(): sign
    for sign, spelling in SIGNS.items()
    if spelling[:1] == "\\" and spelling[1:].strip().isalpha()
}
"""Names of commands and the characters that they stand for."""
COMMANDS |= {"le": "≤", "ge": "≥", "ne": "≠", "leq": "≤", "cdots": "⋯", "dots": "…", "prime": "′"}
# How far, in em of the superscript, mathtext puts it too far to the right.
_SUPERSCRIPT_SHIFT = {
    **dict.fromkeys("bdhkl", 0.19),
    **dict.fromkeys("it", 0.15),
    **dict.fromkeys("acegmnopqrsuvwxyz", 0.115),
    **{rf"\{name}": 0.12 for name in ("beta", "delta", "theta", "lambda", "phi", "psi", "xi")},
    **{rf"\{name}": 0.08 for name in ("alpha", "chi", "eta", "mu", "sigma", "rho", "omega")},
}
_ESCAPED = (r"\#", r"\&")  # which a letter behind them would make commands of
_ACCENTS = frozenset(ACCENT_COMMANDS.values())
_UPRIGHT_SCRIPT = re.compile(r"\\(?:math(?!it|cal|bb)|text|operatorname)[a-z]*\s*\{[^{}]*\^")


def lines(label: str) -> tuple[str, ...]:
    r"""The lines of a label, which `\\` outside braces separates, each as mathtext; inside of
    braces it is a space.

    Raises TPError for a label that cannot be one.
    """
    _check(label)
    depth, parts = 0, [""]
    for token in (match.group() for match in TOKEN.finditer(label)):
        depth += {"{": 1, "}": -1}.get(token, 0)
        if token == r"\\" and depth == 0:
            parts.append("")
        else:
            parts[-1] += r"\ " if token == r"\\" else token
    return tuple(_tightened(translate(part)) for part in parts)


def _check(label: str) -> None:
    if len(label) > LABEL.most:
        raise _rejected(label, f"it has {len(label)} characters", LABEL.allowed)
    if strange := next((c for c in label if not c.isprintable()), ""):
        raise _rejected(label, f"it contains the character U+{ord(strange):04X}", "printable text")
    depth = deepest = 0
    for token in (match.group() for match in TOKEN.finditer(label)):
        depth += {"{": 1, "}": -1}.get(token, 0)
        deepest = max(deepest, depth)
        if depth < 0:
            break
    if depth:
        raise _rejected(label, "its braces do not match", "a } for every {")
    if deepest > _MAX_DEPTH:
        raise _rejected(label, f"its braces nest {deepest} deep", f"at most {_MAX_DEPTH}")


def _rejected(label: str, reason: str, expected: str) -> TPError:
    shown = label if len(label) <= 60 else f"{label[:57]}..."
    return TPError(
        f"the label {shown!r} cannot be typeset: {reason}",
        expected=expected,
        mend="give the variable another label",
    )


def translate(text: str) -> str:
    """LaTeX mathematics without dollar signs, in mathtext's dialect."""
    out: list[str] = []
    at = 0
    while match := TOKEN.match(text, at):
        at = match.end()
        name = match["name"]
        if name in TEXT_FONTS and text[at : at + 1] == "{":
            end = closing(text, at)
            out.append(_text(text[at + 1 : end], TEXT_FONTS[name]))
            at = end + 1
        elif name in _SYNONYMS:
            out.append(_SYNONYMS[name])
        elif match.group() in _ESCAPED:
            out.append(f"{match.group()} ")
        elif name not in DROPPED:
            out.append(CHARACTERS.get(match.group(), match.group().replace("*", "", bool(name))))
    return "".join(out)


def _tightened(text: str) -> str:
    r"""Superscripts moved to where TeX sets them.

    Mathtext shifts the superscript of every slanted letter as if it leant like W; the gap after
    a letter such as b would be as wide as the superscript itself.
    """
    if _UPRIGHT_SCRIPT.search(text):
        return text
    tokens = [match.group() for match in TOKEN.finditer(text)]
    for index in range(len(tokens) - 2):
        nucleus, mark, script = (token.strip() for token in tokens[index : index + 3])
        shift = _SUPERSCRIPT_SHIFT.get(nucleus)
        if mark == "^" and shift and (index == 0 or not _takes_argument(tokens[index - 1])):
            kern = rf"\hspace{{-{shift}}}"
            if script == "{":
                tokens[index + 2] = f"{{{kern}"
            elif script.isalnum() or script == r"\top":
                tokens[index + 2] = f"{{{kern}{script}}}"
    return "".join(tokens)


def _takes_argument(token: str) -> bool:
    """Whether the next letter is a script, or under an accent, which mathtext shifts less."""
    return token in ("_", "^") or token.rstrip("* ")[1:] in _ACCENTS


def _text(content: str, font: str | None) -> str:
    """Words, in which `$...$` is mathematics again."""
    pieces = content.split("$")
    return "".join(
        _words(piece, font) if index % 2 == 0 else translate(piece)
        for index, piece in enumerate(pieces)
    )


def _words(words: str, font: str | None) -> str:
    r"""Upright words keep their spaces and hyphens in `\text`; other fonts need help with them."""
    if not words:
        return ""
    if font is None:
        return rf"\text{{{_unescaped(words)}}}"
    pieces = re.split(r"(\s+|-)", _unescaped(words))
    return "".join(_styled(piece, font) for piece in pieces if piece)


def _styled(piece: str, font: str) -> str:
    if piece.isspace():
        return r"\ "
    if piece == "-":
        return r"\text{-}"
    letters = "".join(CHARACTERS.get(letter, letter) for letter in _escaped(piece))
    return rf"\math{font}{{{letters}}}"


def _escaped(words: str) -> str:
    return re.sub(r"([%#_{}$])", r"\\\1", words)


def _unescaped(words: str) -> str:
    return re.sub(r"\\([%#&_{}$ ])", r"\1", words)
