"""What a syntax error says: the mistakes that people make, then what could have stood there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Set
from typing import Any, NamedTuple

from lark import Lark
from lark.exceptions import UnexpectedInput, UnexpectedToken
from lark.lexer import PatternStr

from tpgraph.errors import Source, Span, TPError, TPSyntaxError
from tpgraph.language.lines import Line
from tpgraph.language.names import KEYWORDS, STATEMENTS

__all__ = ["explain"]

_WORDS = {
    "NUMBER": "a number",
    "STRING": 'a text in "quotes"',
    "PROGRAM_NAME": "a name",
    "NAME": "a name",
    "INDEXED": "a name",
    "INTERMEDIATE": "",
    "TRANSPOSE": "",
    "PRIMES": "",
    "CIRCUMFLEX": "",
    "BY": "`×`",
    "TO": "`->`",
    "AS_X": "`as X`",
    "$END": "the end of the line",
}
_EXPRESSION = {"NAME", "NUMBER", "LPAR", "MEAN", "SUM"}
_OPERATORS = {"PLUS", "MINUS", "TIMES", "OVER"}
_BEHIND = {"CIRCUMFLEX", "TRANSPOSE", "PRIMES", "INTERMEDIATE"}
_FOREIGN = {
    "def": "fn", "lambda": "fn", "let": "const", "var": "const", "while": "for", "repeat": "for",
    "input": "data", "weight": "param", "bias": "param", "activation": "fn",
}  # fmt: skip
_CHARACTERS = {
    "@": "a matrix multiplies what stands behind it: W x",
    ";": "write one statement a line",
    "%": "comments begin with #",
    "{": "write ( or [",
    "}": "write ) or ]",
    "∗": "write *",
    "∼": "write ~",
    "′": "write '",
    "’": "write '",
    "‘": "write '",
    "“": 'write "',
    "”": 'write "',
    "–": "write -",
    "—": "write -",
    "≔": "write =",
    "…": "write ..",
    "⊙": "write *",
    "∘": "write *",
    "²": "write ^2",
    "³": "write ^3",
    "&": "write *, or one statement a line",
    "!": "delete it",
    "$": "delete it: labels alone are LaTeX",
    "\\": "write the letter itself, or its name: xi",
    "?": "delete it",
}


class _Failure(NamedTuple):
    """Where a line stopped making sense: its text, the place, what was there and what could be."""

    text: str
    start: int
    end: int
    found: str
    accepted: Set[str]

    @property
    def first(self) -> str:
        """The word that the line begins with."""
        match = re.match(r"\w+", self.text)
        return match.group() if match else ""

    @property
    def before(self) -> str:
        return self.text[: self.start].rstrip()


def explain(
    lark: Lark, text: str, unexpected: UnexpectedInput, source: Source, line: Line
) -> TPError:
    """The error of a line that lark could not read."""
    failure = _failure(lark, text, unexpected)
    answer = next(filter(None, (mistake(failure) for mistake in _MISTAKES)), None)
    if answer is None:
        answer = _Answer(_default_message(failure))
    start, end = answer.place or (failure.start, failure.end)
    span = Span(source, line.start + start, line.start + max(end, start + 1))
    expected = answer.expected or _expected(lark, failure.accepted)
    return TPSyntaxError(answer.message, span, expected, answer.mend)


def _failure(lark: Lark, text: str, unexpected: UnexpectedInput) -> _Failure:
    interactive: Any = lark.parse_interactive(text)  # lark leaves some of its methods untyped
    try:
        for _ in interactive.iter_parse():
            pass
        interactive.feed_eof()
    except UnexpectedInput as again:
        unexpected = again
    accepted = interactive.accepts()
    if isinstance(unexpected, UnexpectedToken) and unexpected.token.type != "$END":
        token = unexpected.token
        start = token.start_pos or 0
        return _Failure(text, start, token.end_pos or start + 1, str(token), accepted)
    if isinstance(unexpected, UnexpectedToken):
        return _Failure(text, len(text), len(text) + 1, "", accepted)
    start = unexpected.pos_in_stream or 0
    return _Failure(text, start, start + 1, text[start : start + 1], accepted)


class _Answer(NamedTuple):
    message: str
    expected: str | None = None
    mend: str | None = None
    place: tuple[int, int] | None = None


def _default_message(failure: _Failure) -> str:
    if not failure.found:
        return "the line ends too early"
    found = failure.found if len(failure.found) <= 40 else failure.found[:40] + "…"
    return f"{found!r} does not fit here" if "`" in found else f"`{found}` does not fit here"


def _expected(lark: Lark, accepted: Set[str]) -> str:
    """What could stand there, in words."""
    words: dict[str, None] = {}
    rest = set(accepted)
    if rest >= _OPERATORS:
        words["an operator such as +"] = None
        rest -= _OPERATORS | _BEHIND | _EXPRESSION | {"INDEXED", "LSQB"}
    elif rest >= _EXPRESSION:
        words["an expression"] = None
        rest -= _EXPRESSION | {"INDEXED", "MINUS", "STRING"}
    if rest >= {"DATA", "PARAM", "FOR"}:
        return "a statement: a word such as width, param or for, or an equation x = …"
    spelled = {
        t.name: f"`{t.pattern.value}`" for t in lark.terminals if isinstance(t.pattern, PatternStr)
    }
    rest = {name for name in rest if spelled.get(name) != "`√`"}
    for name in sorted(rest, key=lambda name: (name == "$END", name)):
        word = _WORDS.get(name, spelled.get(name, ""))
        if word:
            words[word] = None
    listed = list(words)[:6]
    return " or ".join(filter(None, [", ".join(listed[:-1]), *listed[-1:]]))


# ---- the mistakes that people make


def _power(f: _Failure) -> _Answer | None:
    at = f.text.find("**", max(0, f.start - 1), f.start + 2)
    if at < 0:
        return None
    return _Answer("`**` is not an operator", "`^`", "write powers as z^2", (at, at + 2))


def _equality(f: _Failure) -> _Answer | None:
    if f.found == "=" and f.before.endswith("="):
        return _Answer("`==` compares, and nothing is compared here", "one `=`", "write `=`")
    if f.text.startswith(":=", f.start):
        return _Answer("`:=` is not used here", "`=`", "write `=`")
    return None


def _numpy_transpose(f: _Failure) -> _Answer | None:
    if not re.match(r"\.T\b", f.text[f.start :]):
        return None
    return _Answer(
        "`.T` is not a transpose here", "W' or W^T", "write W' x", (f.start, f.start + 2)
    )


def _slashes(f: _Failure) -> _Answer | None:
    if f.found == "/" and f.text[f.start - 1 : f.start] == "/":
        return _Answer("`//` is not an operator", mend="divide by `/`; comments begin with #")
    return None


def _quote(f: _Failure) -> _Answer | None:
    if f.found != '"' or "STRING" not in f.accepted:
        return None
    return _Answer("the text is never closed", 'a second `"`', 'write `"` behind it')


def _character(f: _Failure) -> _Answer | None:
    if len(f.found) != 1 or (f.found.isalnum() and f.found not in "⁰¹²³⁴⁵⁶⁷⁸⁹"):
        return None
    if f.found in "⁰¹²³⁴⁵⁶⁷⁸⁹":
        return _Answer(f"the raised digit `{f.found}` is not read", "`^`", "write powers as z^2")
    if f.found in _CHARACTERS:
        return _Answer(f"`{f.found}` is not a sign of the language", mend=_CHARACTERS[f.found])
    if f.found in "()[]=:~,+-*/^'\"._#|<>×√→· \t\n":
        return None
    return _Answer(
        f"`{f.found}` (U+{ord(f.found):04X}) is not a sign of the language", mend="delete it"
    )


def _word_as_name(f: _Failure) -> _Answer | None:
    second = f.text[len(f.first) :].lstrip()
    if f.first not in KEYWORDS or not second.startswith(("=", "[", "~", "+", "*", "/")):
        return None
    if f.before.lstrip() not in {f.first, f"{f.first}["} or f.first in {"loss", "mean", "sum"}:
        return None
    message = f"`{f.first}` is a word of the language and cannot be a name"
    mend = f"choose another name, such as {f.first}_1"
    return _Answer(message, None, mend, (0, len(f.first)))


def _distribution(f: _Failure) -> _Answer | None:
    if "TILDE" in f.accepted and f.found == "=":
        return _Answer("a distribution begins with `~`, not `=`", "`~`", "write: ~ N(0, 1)")
    if "TILDE" in f.accepted and f.found in {"", "scale", "N", "as"}:
        mend = "write, for instance: ~ N(0, 1)"
        return _Answer("the distribution is missing", "`~` and N(mean, variance)", mend)
    if "N" in f.accepted and f.before.endswith("~"):
        return _Answer("this is not a distribution", "N(mean, variance)", "write: ~ N(0, 1)")
    if f.found == "~" and "EQUAL" in f.accepted and f.first not in KEYWORDS:
        mend = f"declare it: vector {f.first} : n ~ N(0, 1)"
        return _Answer("an equation does not draw at random", "`=`", mend)
    return None


def _missing_colon(f: _Failure) -> _Answer | None:
    if f.first == "for":
        return _loop_header(f)
    if "COLON" not in f.accepted:
        return None
    if f.first in STATEMENTS:
        known = re.match(r"\w+\s+[^\s:~=]+", f.text)
        head = known.group() if known else f"{f.first} x"
        return _Answer("the dimension is missing", "`:` and a dimension", f"write: {head} : n")
    return None


def _loop_header(f: _Failure) -> _Answer | None:
    if "COLON" in f.accepted:
        mend = f"write `:` behind {f.before.split()[-1] if f.before.split() else 'the range'}"
        return _Answer("the `for` has no colon behind its range", "`:`", mend)
    if "IN" in f.accepted:
        return _Answer("the `for` names no range", "`in`", "write: for l in 2..L:")
    if f.found in {":", "", ")", ","} or f.found == "." or f.found.startswith("."):
        return _Answer("this is not a range", "`..` between its ends", "write: for l in 2..L:")
    return None


def _no_expression(f: _Failure) -> _Answer | None:
    """`output V x`: an expression where a name belongs."""
    if f.first == "output" and f.start > 7:
        mend = "bind it above: f = V x, then: output f"
        return _Answer("an output is a variable, not an expression", "a name", mend)
    return None


def _sum_without_range(f: _Failure) -> _Answer | None:
    """`sum(v)`, meant as the sum over coordinates."""
    if f.found == ")" and "FOR" in f.accepted:
        mend = "write: sum(x[k] for k in 1..3); over the coordinates there is mean(x)"
        return _Answer("the sum names no range", "`for`", mend)
    return None


def _misspelt_word(f: _Failure) -> _Answer | None:
    if f.first in KEYWORDS or f.before != f.first or not f.first:
        return None
    if f.first in _FOREIGN:
        near = [_FOREIGN[f.first]]
    else:
        near = difflib.get_close_matches(f.first, STATEMENTS, n=1, cutoff=0.6)
    if not near and not re.match(r"\w", f.found or " "):
        return None
    mend = f"did you mean {near[0]}?" if near else "begin with width, param, for, …, or write x = …"
    message = f"`{f.first}` does not begin a statement"
    return _Answer(message, "a word of the language, or an equation", mend, (0, len(f.first)))


_MISTAKES: tuple[Callable[[_Failure], _Answer | None], ...] = (
    _power,
    _equality,
    _numpy_transpose,
    _slashes,
    _quote,
    _character,
    _word_as_name,
    _misspelt_word,
    _distribution,
    _missing_colon,
    _no_expression,
    _sum_without_range,
)
