r"""Labels as LaTeX that pdflatex and lualatex set alike, with amsmath and amssymb.

A label is mathematics without dollar signs, may hold Unicode letters and signs, and breaks its
lines at `\\`. `portable` spells what is not ASCII as commands and escapes what text may contain.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tpgraph.errors import TPError
from tpgraph.program.tex_commands import ACCENT_COMMANDS, ARGUMENTS, FOREIGN

__all__ = [
    "CHARACTERS",
    "GREEK_COMMANDS",
    "SIGNS",
    "TOKEN",
    "LatexText",
    "closing",
    "is_foreign",
    "one_line",
    "portable",
    "prose",
    "require_settable",
    "spelled_out",
    "words",
]


_GREEK_LETTERS = "αβγδεζηθικλμνξπρστυφχψωϵϑϕϖϱςΓΔΘΛΞΠΣΥΦΨΩ"
_GREEK_NAMES = (
    "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega epsilon vartheta varphi varpi varrho varsigma Gamma Delta Theta "
    "Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
GREEK_COMMANDS = dict(zip(_GREEK_LETTERS, _GREEK_NAMES.split(), strict=True))
"""Greek letters and the names of their commands."""

SIGNS = {
    "ᵀ": r"^{\top}",
    "⊤": r"\top ",
    "′": "'",
    "−": "-",
    "·": r"\cdot ",
    "⋅": r"\cdot ",
    "×": r"\times ",
    "÷": r"\div ",
    "±": r"\pm ",
    "⊙": r"\odot ",
    "⊗": r"\otimes ",
    "⊕": r"\oplus ",
    "∂": r"\partial ",
    "∇": r"\nabla ",
    "∑": r"\sum ",
    "∏": r"\prod ",
    "√": r"\surd ",
    "∞": r"\infty ",
    "→": r"\to ",
    "≤": r"\leq ",
    "≥": r"\geq ",
    "≠": r"\neq ",
    "≈": r"\approx ",
    "∼": r"\sim ",
    "∈": r"\in ",
    "…": r"\ldots ",
    "⟨": r"\langle ",
    "⟩": r"\rangle ",
    "‖": r"\|",
    "ℓ": r"\ell ",
    "ℝ": r"\mathbb{R}",
    "𝔼": r"\mathbb{E}",
    "°": r"^{\circ}",
}
"""Signs and their commands."""

CHARACTERS = {**{letter: rf"\{name} " for letter, name in GREEK_COMMANDS.items()}, **SIGNS}
"""What stands in mathematics for a letter, a sign, or a raised or lowered digit."""
for _digits, _mark in (("⁰¹²³⁴⁵⁶⁷⁸⁹", "^"), ("₀₁₂₃₄₅₆₇₈₉", "_")):
    CHARACTERS |= {digit: f"{_mark}{{{value}}}" for value, digit in enumerate(_digits)}

TOKEN = re.compile(r"\\(?P<name>[A-Za-z]+)\*?[ ]*|\\.|.", re.DOTALL)
"""A command with the spaces that end it, an escaped character, or a character."""

_TEXT_NAMES = "text textrm textup textnormal mbox hbox textit emph textsl textbf texttt textsf"
_TEXT = frozenset(_TEXT_NAMES.split())
_INSTEAD = {
    "transpose": r"\top ",
    "coloneqq": r"\mathrel{:=}",
    "bm": r"\boldsymbol ",
    "mathscr": r"\mathcal ",
    "space": r"\ ",
    "limits": "",
    "nolimits": "",
}
_SIZE_NAMES = "big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm"
_SIZES = frozenset(_SIZE_NAMES.split())
_DELIMITER = re.compile(r"[()\[\]|/<>.]|\\[{}|]|\\[lr]?(?:angle|ceil|floor|vert|Vert|brace|brack)")
_ESCAPES = frozenset(rf"\{character}" for character in ",:;! >{}|%#&_$")
_ARGUMENT = re.compile(
    r"(?:\\[A-Za-z]+[ ]*(?=\{)|[^\x00-\x7f]|[A-Za-z](?=[\u0300-\u036f]))[\u0300-\u036f]*"
)
"""Of `^` and `_`: what TeX would not take as one without braces of its own."""
_TEXT_MARKS = frozenset("\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327")
_TEXT_LETTERS = frozenset("ßøØæÆœŒłŁı–—‘’“”")
_TEXT_ESCAPES = {
    **{c: rf"\{c}" for c in "#%&_{}$"},
    **{c: f"${c}$" for c in "<>|"},
    "^": r"\^{}",
}


@dataclass(frozen=True, slots=True)
class LatexText:
    """The lines of a label in LaTeX, and what in it LaTeX does not know (commands, characters).

    A foreign character stands in the lines as its name or its number in Unicode.
    """

    lines: tuple[str, ...]
    foreign: tuple[str, ...] = ()


def portable(label: str) -> LatexText:
    r"""A label as ASCII LaTeX mathematics, but for accented Latin letters inside `\text`.

    A break inside of braces, where LaTeX has none, is a space.

    >>> portable("ξᵀ ⊙ x̃₁").lines
    ('\\xi ^{\\top} \\odot  \\tilde{x}_{1}',)
    >>> portable(r"\text{50% of ξ}\\b").lines
    ('\\text{50\\% of $\\xi $}', 'b')

    Raises TPError for what is no mathematics of a label: the gate of every text on its way to TeX.
    """
    require_settable(label)
    foreign: list[str] = []
    tokens = [match.group() for match in TOKEN.finditer(label)]
    depth, lines = 0, [""]
    for token in tokens:
        depth += {"{": 1, "}": -1}.get(token, 0)
        if token == r"\\" and depth == 0:
            lines.append("")
        else:
            lines[-1] += r"\ " if token == r"\\" else token
    shown = tuple("".join(_math(line, foreign)) for line in lines)
    return LatexText(shown, tuple(dict.fromkeys(foreign)))


def one_line(label: str) -> str:
    r"""A label in one line of LaTeX, its line breaks as spaces.

    >>> one_line(r"h\\ξ")
    'h\\ \\xi '

    Raises TPError for what is no mathematics of a label, and for a command that pictures know but
    LaTeX with amsmath and amssymb lacks.
    """
    text = portable(label)
    unknown = [command for command in text.foreign if len(command) > 1 and command[0] == "\\"]
    if unknown:
        raise _unsettable(
            label, f"LaTeX has no {', '.join(unknown)}", "commands of LaTeX, amsmath and amssymb"
        )
    return r"\ ".join(text.lines)


def words(text: str) -> str:
    r"""A plain text, every character of which stands for itself, as LaTeX mathematics.

    >>> words(r"}\input{x}")
    '\\text{\\}$\\backslash$input\\{x\\}}'
    """
    return rf"\text{{{prose(text)}}}"


def prose(text: str) -> str:
    r"""A plain text, every character of which stands for itself, as LaTeX text.

    >>> prose("50% of x_1, with --lr η")
    '50\\% of x\\_1, with -{}-lr $\\eta $'
    """
    normal = unicodedata.normalize("NFC", text)
    shown = "".join(_word_character(character, []) for character in normal)
    return shown.replace("--", "-{}-")


def spelled_out(number: str) -> str:
    r"""A number as LaTeX mathematics, its power of ten spelled out.

    >>> spelled_out("0.25"), spelled_out("1e-05")
    ('0.25', '1 \\cdot 10^{-5}')
    """
    mantissa, mark, exponent = number.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if mark else mantissa


def require_settable(label: str) -> None:
    """Raise a TPError where a label could leave its group, or holds a command of no mathematics.

    Braces and pairs of left and right match; every command is one of `tex_commands.ARGUMENTS` and
    finds its arguments in its own group; characters by their codes (`^^5c`) are refused.
    """
    if not label.isprintable() and any(unicodedata.category(c)[0] == "C" for c in label):
        raise _unsettable(label, "it contains a control character", "printable text")
    tokens = list(TOKEN.finditer(label))
    pairs = [0]
    for index, token in enumerate(tokens):
        piece, name = token.group(), token["name"]
        if piece == "{":
            pairs.append(0)
        elif piece == "}":
            if len(pairs) == 1 or pairs.pop():
                raise _unsettable(label, "its groups do not match", "a } for every {")
        elif name in ("left", "right"):
            pairs[-1] += 1 if name == "left" else -1
            if pairs[-1] < 0:
                raise _unsettable(label, "its groups do not match", r"a \right for every \left")
        if name and name not in ARGUMENTS:
            raise _unsettable(label, rf"\{name} is no command of labels", "mathematics of LaTeX")
        foreign = name in FOREIGN  # such a label is painted, or refused, as a whole
        wanted = 0 if foreign else ARGUMENTS.get(name or "", 0) + (piece in ("^", "_"))
        if wanted and not _has_arguments(tokens, index + 1, wanted):
            raise _unsettable(label, f"{piece.strip()} lacks what it applies to", "an argument")
    if len(pairs) > 1 or pairs[0]:
        raise _unsettable(label, "its groups do not match", "a } for every {")


def _has_arguments(tokens: Sequence[re.Match[str]], at: int, wanted: int) -> bool:
    """Whether so many arguments follow in the group at hand."""
    for _ in range(wanted):
        while at < len(tokens) and tokens[at].group() == " ":
            at += 1
        if at >= len(tokens) or tokens[at].group() in ("}", "^", "_", r"\\"):
            return False
        depth = 0
        while at < len(tokens):
            depth += {"{": 1, "}": -1}.get(tokens[at].group(), 0)
            at += 1
            if depth == 0:
                break
    return True


def _unsettable(label: str, reason: str, expected: str) -> TPError:
    short = label if len(label) <= 60 else f"{label[:57]}..."
    return TPError(
        f"the label {short!r} cannot be typeset: {reason}",
        expected=expected,
        mend="give the variable another label",
    )


def closing(text: str, opening: int) -> int:
    """The index of the brace that closes the one at `opening`; the text's end if none does."""
    depth = 0
    for match in TOKEN.finditer(text, opening):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            return match.start()
    return len(text)


def _math(text: str, foreign: list[str]) -> Iterator[str]:
    at = 0
    while at < len(text):
        piece, at = _piece(text, at, foreign)
        yield piece
        if piece in ("^", "_") and (argument := _ARGUMENT.match(text, at)):
            end = argument.end()
            while text[end : end + 1] == "{":
                end = closing(text, end) + 1
            yield f"{{{''.join(_math(text[at:end], foreign))}}}"
            at = end


def _piece(text: str, at: int, foreign: list[str]) -> tuple[str, int]:
    """What stands for the token at `at`, and where the next one begins."""
    match = TOKEN.match(text, at)
    assert match is not None
    token, name, at = match.group(), match["name"], match.end()
    if name in _TEXT and text[at : at + 1] == "{":
        end = closing(text, at)
        command = "mbox" if name == "hbox" else name
        return rf"\{command}{{{_text(text[at + 1 : end], foreign)}}}", end + 1
    if name:
        return _command(token, name, text[at:], foreign), at
    if token[0] == "\\":
        if token not in _ESCAPES:
            foreign.append(token)
        return token, at
    marks = _marks(text, at)
    return _accented(token, marks, foreign), at + len(marks)


def _command(token: str, name: str, rest: str, foreign: list[str]) -> str:
    if name in FOREIGN:
        foreign.append(rf"\{name}")
    if name in _SIZES and not _DELIMITER.match(rest):
        return ""
    return _INSTEAD.get(name, token)


def _marks(text: str, at: int) -> str:
    """The combining characters from `at` on."""
    end = at
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return text[at:end]


def _accented(letter: str, marks: str, foreign: list[str]) -> str:
    if letter not in CHARACTERS:
        whole = unicodedata.normalize("NFD", letter)
        letter, marks = whole[0], whole[1:] + marks
    shown = _letter(letter, foreign)
    for mark in marks:
        if mark in ACCENT_COMMANDS:
            shown = rf"\{ACCENT_COMMANDS[mark]}{{{shown.strip()}}}"
        else:
            foreign.append(mark)
    return shown


def _letter(letter: str, foreign: list[str]) -> str:
    if letter in "&%#$":
        return rf"\{letter}"
    if letter.isascii():
        return letter
    if letter in CHARACTERS:
        return CHARACTERS[letter]
    foreign.append(letter)
    return rf"\mathrm{{{_spelled(letter)}}}"


@lru_cache(maxsize=4096)
def is_foreign(letter: str) -> bool:
    """Whether a letter of a name is spelled out, as pictures and LaTeX have none of its shape.

    >>> [is_foreign(letter) for letter in "xξéж重"]
    [False, False, False, True, True]
    """
    return not letter.isascii() and bool(portable(letter).foreign)


def _spelled(character: str) -> str:
    """The last word of its Unicode name, such as `zhe` for ж, else its number."""
    word = unicodedata.name(character, "").lower().rpartition(" ")[2]
    return word if word.isalpha() else f"U{ord(character):04X}"


def _text(content: str, foreign: list[str]) -> str:
    """Words, in which `$...$` is mathematics again."""
    pieces = re.sub(r"\\\$", "\0", content).split("$")
    return "".join(
        f"${''.join(_math(piece, foreign))}$" if index % 2 else _words(piece, foreign)
        for index, piece in enumerate(pieces)
    )


def _words(words: str, foreign: list[str]) -> str:
    plain = re.sub(r"\\([%#&_{} ])", r"\1", words).replace("\0", "$")
    return "".join(_word_character(c, foreign) for c in unicodedata.normalize("NFC", plain))


def _word_character(character: str, foreign: list[str]) -> str:
    if character in _TEXT_ESCAPES:
        return _TEXT_ESCAPES[character]
    if character == "\\":
        foreign.append(character)
        return r"$\backslash$"
    parts = unicodedata.normalize("NFD", character)
    if (parts[0].isascii() and _TEXT_MARKS.issuperset(parts[1:])) or character in _TEXT_LETTERS:
        return character
    if character in CHARACTERS:
        return f"${CHARACTERS[character]}$"
    foreign.append(character)
    return _spelled(character)
