"""The mistakes that people make in a line, and how to mend them."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Set
from itertools import chain, count
from typing import NamedTuple

from tpgraph.language.syntax import Change
from tpgraph.language.vocabulary import KEYWORDS, STATEMENTS

__all__ = ["MISTAKES", "Diagnosis", "Failure"]

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
    "&": "write *, or one statement a line",
    "!": "delete it",
    "$": "delete it: labels alone are LaTeX",
    "\\": "write the letter itself, or its name: xi",
    "?": "delete it",
}
_RAISED = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹")


class Failure(NamedTuple):
    """Where a line stopped making sense: its text, the place, what was there and what could be.

    `taken` are the words of the whole text, `indent` stands in front of the line.
    """

    text: str
    start: int
    end: int
    found: str
    accepted: Set[str]
    taken: Set[str]
    indent: str

    def here(self, text: str) -> tuple[Change, ...]:
        """The change that writes a text in place of what was found."""
        return (Change(self.start, self.start + len(self.found), text),)

    def fresh(self, base: str) -> str:
        """A name that the text does not hold yet."""
        names = chain((base,), (f"{base}_{k}" for k in count(1)))
        return next(name for name in names if name not in self.taken)

    @property
    def first(self) -> str:
        """The word that the line begins with."""
        match = re.match(r"\w+", self.text)
        return match.group() if match else ""

    @property
    def before(self) -> str:
        """The line up to the place, without white space at its end."""
        return self.text[: self.start].rstrip()


class Diagnosis(NamedTuple):
    """What is said of a mistake, its place in the line, and the changes that mend it."""

    message: str
    expected: str | None = None
    mend: str | None = None
    place: tuple[int, int] | None = None
    changes: tuple[Change, ...] = ()


def _power(f: Failure) -> Diagnosis | None:
    at = f.text.find("**", max(0, f.start - 1), f.start + 2)
    if at < 0:
        return None
    return Diagnosis("`**` is not an operator", "`^`", "write powers as z^2", (at, at + 2),
        (Change(at, at + 2, "^"),),
    )  # fmt: skip


def _equality(f: Failure) -> Diagnosis | None:
    if f.found == "=" and f.before.endswith("="):
        message = "`==` compares, and nothing is compared here"
        return Diagnosis(message, "one `=`", "write `=`", None, f.here(""))
    if f.text.startswith(":=", f.start):
        changes = (Change(f.start, f.start + 2, "="),)
        return Diagnosis("`:=` is not used here", "`=`", "write `=`", None, changes)
    return None


def _numpy_transpose(f: Failure) -> Diagnosis | None:
    if not re.match(r"\.T\b", f.text[f.start :]):
        return None
    place = f.start, f.start + 2
    changes = (Change(*place, "'"),)
    return Diagnosis("`.T` is not a transpose here", "W' or W^T", "write W' x", place, changes)


def _slashes(f: Failure) -> Diagnosis | None:
    if f.found == "/" and f.text[f.start - 1 : f.start] == "/":
        mend = "divide by `/`; comments begin with #"
        return Diagnosis("`//` is not an operator", None, mend, None, f.here(""))
    return None


def _quote(f: Failure) -> Diagnosis | None:
    if f.found != '"' or "STRING" not in f.accepted:
        return None
    changes = (Change(len(f.text), len(f.text), '"'),)
    return Diagnosis(
        "the text is never closed", 'a second `"`', 'write `"` behind it', None, changes
    )


def _character(f: Failure) -> Diagnosis | None:
    if f.found and set(f.found) <= _RAISED:
        what = "digit" if len(f.found) == 1 else "digits"
        message = f"the raised {what} `{f.found}` {'is' if what == 'digit' else 'are'} not read"
        power = f"^{unicodedata.normalize('NFKC', f.found)}"
        return Diagnosis(message, "`^`", "write powers as z^2", None, f.here(power))
    if len(f.found) != 1 or f.found.isalnum():
        return None
    if f.found in _CHARACTERS:
        message = f"`{f.found}` is not a sign of the language"
        return Diagnosis(message, None, _CHARACTERS[f.found], None, _respelled(f))
    if f.found in "()[]=:~,+-*/^'\"._#|<>×√→· \t\n":
        return None
    message = f"`{f.found}` (U+{ord(f.found):04X}) is not a sign of the language"
    return Diagnosis(message, None, "delete it", None, f.here(""))


def _respelled(f: Failure) -> tuple[Change, ...]:
    """The mend of a sign that is none of the language, where it can only be one."""
    behind = f.text[f.end :]
    space = len(behind) - len(behind.lstrip())
    match f.found:
        case ";":
            if f.first == "for":
                return ()
            line = f"\n{f.indent}" if behind.strip() else ""
            return (Change(f.start, f.end + space, line),)
        case "@":
            return (Change(f.start, f.end + space, ""),)
        case "\\" | "!" | "$" | "?":
            return f.here("")
    written = re.fullmatch(r"write (\S+)", _CHARACTERS[f.found])
    return f.here(written[1]) if written else ()


def _word_as_name(f: Failure) -> Diagnosis | None:
    second = f.text[len(f.first) :].lstrip()
    if f.first not in KEYWORDS or not second.startswith(("=", "[", "~", "+", "*", "/")):
        return None
    if f.before.lstrip() not in {f.first, f"{f.first}["} or f.first in {"loss", "mean", "sum"}:
        return None
    message = f"`{f.first}` is a word of the language and cannot be a name"
    place, other = (0, len(f.first)), f.fresh(f"{f.first}_1")
    mend = f"choose another name, such as {other}"
    return Diagnosis(message, None, mend, place, (Change(*place, other),))


def _distribution(f: Failure) -> Diagnosis | None:
    if "TILDE" in f.accepted and f.found == "=":
        message = "a distribution begins with `~`, not `=`"
        return Diagnosis(message, "`~`", "write: ~ N(0, 1)", None, f.here("~"))
    if "TILDE" in f.accepted and f.found in {"", "scale", "N", "as"}:
        mend = "write, for instance: ~ N(0, 1)"
        message, expected = "the distribution is missing", "`~` and N(mean, variance)"
        return Diagnosis(message, expected, mend, None, _normal(f))
    if "N" in f.accepted and f.before.endswith("~"):
        message, expected = "this is not a distribution", "N(mean, variance)"
        other = re.match(r"\w+\s*\(", f.text[f.start :])
        word = re.match(r"\w+", f.text[f.start :])
        changes = (Change(f.start, f.start + word.end(), "N"),) if word and other else ()
        return Diagnosis(message, expected, "write: ~ N(0, 1)", None, changes)
    if f.found == "~" and "EQUAL" in f.accepted and f.first not in KEYWORDS:
        mend = f"declare it: vector {f.first} : n ~ N(0, 1)"
        declared = Change(0, 0, "vector "), Change(f.start, f.start, ": n ")
        return Diagnosis("an equation does not draw at random", "`=`", mend, None, declared)
    return None


def _normal(f: Failure) -> tuple[Change, ...]:
    """The missing distribution, where nothing stands in its place."""
    if f.found == "N":
        return (Change(f.start, f.start, "~ "),)
    if f.found:
        return (Change(f.start, f.start, "~ N(0, 1) "),)
    return (Change(len(f.before), len(f.before), " ~ N(0, 1)"),)


def _missing_colon(f: Failure) -> Diagnosis | None:
    if f.first == "for":
        return _loop_header(f)
    if "COLON" not in f.accepted:
        return None
    if f.first in STATEMENTS:
        known = re.match(r"\w+\s+[^\s:~=]+", f.text)
        head = known.group() if known else f"{f.first} x"
        mend = f"write: {head} : n"
        named = re.match(r"[^\W\d]\w*|\d+", f.found) is not None
        at = f.start if f.found else len(f.before)
        change = Change(at, at, ": " if named else ": n " if f.found else " : n")
        changes = (change,) if known and known.end() == len(f.before) else ()
        return Diagnosis("the dimension is missing", "`:` and a dimension", mend, None, changes)
    return None


def _loop_header(f: Failure) -> Diagnosis | None:
    if "COLON" in f.accepted:
        mend = f"write `:` behind {f.before.split()[-1] if f.before.split() else 'the range'}"
        colon = (Change(len(f.before), len(f.before), ":"),)
        return Diagnosis("the `for` has no colon behind its range", "`:`", mend, None, colon)
    if "IN" in f.accepted:
        changes = f.here("in") if f.found == "=" else ()
        return Diagnosis("the `for` names no range", "`in`", "write: for l in 2..L:", None, changes)
    if f.found in {":", "", ")", ","} or f.found == "." or f.found.startswith("."):
        message, mend = "this is not a range", "write: for l in 2..L:"
        ends = re.match(r":\s*[\w(]", f.text[f.start :])
        changes = f.here("..") if ends else ()
        return Diagnosis(message, "`..` between its ends", mend, None, changes)
    return None


def _no_expression(f: Failure) -> Diagnosis | None:
    """`output V x`: an expression where a name belongs."""
    if f.first == "output" and f.start > 7:
        mend = "bind it above: f = V x, then: output f"
        name = f.fresh("f")
        rest = f.text.removeprefix("output").lstrip()
        start, end = len(f.text) - len(rest), len(f.text)
        changes = (
            Change(0, start, f"{name} = "),
            Change(end, end, f"\n{f.indent}output {name}"),
        )
        message = "an output is a variable, not an expression"
        one = "," not in f.text and f.text[len("output") : -len(rest)].isspace()
        return Diagnosis(message, "a name", mend, None, changes if one else ())
    return None


def _sum_without_range(f: Failure) -> Diagnosis | None:
    """`sum(v)`, meant as the sum over coordinates."""
    if f.found == ")" and "FOR" in f.accepted:
        mend = "write: sum(x[k] for k in 1..3); over the coordinates there is mean(x)"
        return Diagnosis("the sum names no range", "`for`", mend)
    return None


def _misspelt_word(f: Failure) -> Diagnosis | None:
    if f.first in KEYWORDS or f.before != f.first or not f.first:
        return None
    if f.first in _FOREIGN:
        near = [_FOREIGN[f.first]]
    else:
        near = difflib.get_close_matches(f.first, STATEMENTS, n=1, cutoff=0.6)
    if not near and not re.match(r"\w", f.found or " "):
        return None
    mend = f"did you mean {near[0]}?" if near else "begin with width, param, for, …, or write x = …"
    message, place = f"`{f.first}` does not begin a statement", (0, len(f.first))
    changes = (Change(*place, near[0]),) if near else ()
    return Diagnosis(message, "a word of the language, or an equation", mend, place, changes)


MISTAKES: tuple[Callable[[Failure], Diagnosis | None], ...] = (
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
"""The first that answers speaks."""
