"""What tpgraph says when the input is wrong.

Every mistake of a user is a `TPError`: what is wrong, where, what was expected and how to mend it.
Assertions are kept for what cannot happen.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field

from tpgraph.sentences import Sentence

__all__ = [
    "Source",
    "Span",
    "TPArgumentError",
    "TPDataError",
    "TPError",
    "TPErrorGroup",
    "TPImportError",
    "TPLimitError",
    "TPNameError",
    "TPRandomError",
    "TPSyntaxError",
    "TPTypeError",
    "TPWarning",
    "TextEdit",
    "warn",
]

_SHOWN_WIDTH = 160
_SHOWN_WORD = 100
_LONG_WORD = re.compile(r"\S{1000,}")
"""What no name, path or number is that someone means; its beginning is shown."""
_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""What a terminal obeys, or cannot be written: controls, turns of direction, lone surrogates."""


def printable(text: str) -> str:
    r"""The text with escapes for what does not print, such as \x1b; its lines stay.

    >>> print(printable("a\x1b[2Jb"))
    a\x1b[2Jb
    """
    return "\n".join(map(on_one_line, text.split("\n")))


def on_one_line(text: str) -> str:
    r"""The text with escapes for what does not print, ends of lines among it.

    >>> print(on_one_line("a\n# b"))
    a\n# b
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _symbol(found: re.Match[str]) -> str:
    """One character in its place, so that carets still stand under what they mean."""
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else "\ufffd"


@dataclass(frozen=True, slots=True)
class Source:
    """A text and the name under which errors speak of it (a path, or `<text>`)."""

    name: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Span:
    """The characters `start` (included) to `end` (excluded) of a source, counted from 0."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        """Line of the first character, counted from 1."""
        return self.source.text.count("\n", 0, self.start) + 1

    @property
    def column(self) -> int:
        """Column of the first character, counted from 1."""
        return self.start - self._line_start() + 1

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"

    def _line_start(self) -> int:
        return self.source.text.rfind("\n", 0, self.start) + 1

    def excerpt(self) -> str:
        """The line with its number, and a row of carets under the spanned characters."""
        begin = self._line_start()
        end = self.source.text.find("\n", begin)
        line = self.source.text[begin : end if end >= 0 else len(self.source.text)]
        column = self.start - begin
        count = max(1, min(self.end - self.start, len(line) - column))
        if len(line) > _SHOWN_WIDTH:  # a window of an overlong line, around the place
            left = max(0, column - _SHOWN_WIDTH // 2)
            line = line[left : left + _SHOWN_WIDTH]
            column -= left
            count = max(1, min(count, _SHOWN_WIDTH - column))
        number = f"{self.line:5d}"
        lead = "".join("\t" if character == "\t" else " " for character in line[:column])
        shown = _OBEYED.sub(_symbol, line)
        return f"{number} | {shown}\n{' ' * len(number)} | {lead}{'^' * count}"


@dataclass(frozen=True, slots=True)
class TextEdit:
    """A change of a text: `replacement` in place of what stands at `span`, which may be empty.

    A `guess` is one of several things that may have been meant; others can mean nothing else.
    """

    span: Span
    replacement: str
    guess: bool = False


def _shortened(text: str) -> str:
    """The text with the beginnings alone of words that are too long to be read.

    >>> _shortened(f"no {'x' * 5000} there")[-27:]
    'xx… (5000 characters) there'
    """
    return _LONG_WORD.sub(
        lambda found: f"{found[0][:_SHOWN_WORD]}… ({len(found[0])} characters)", text
    )


def _shown(words: str) -> str:
    """Words as they may be shown; a `Sentence` keeps its names."""
    if isinstance(words, Sentence):
        return words.each(lambda part: printable(_shortened(part)))
    return printable(_shortened(words))


class TPError(Exception):
    """A mistake in the input: `message`, and where known `span`, `expected` and `mend`.

    Each of them may be a `Sentence`, which knows what of it are names of variables.
    Where the mend is a change of the text, `edits` carries it as data, in order and disjoint.
    """

    def __init__(
        self,
        message: str,
        span: Span | None = None,
        expected: str | None = None,
        mend: str | None = None,
        edits: Iterable[TextEdit] = (),
    ) -> None:
        message = _shown(message)
        super().__init__(message)
        self.message = message
        self.span = span
        self.expected = expected and _shown(expected)
        self.mend = mend and _shown(mend)
        self.edits = tuple(edits)

    @property
    def errors(self) -> tuple[TPError, ...]:
        """The single errors that this one stands for."""
        return (self,)

    @property
    def is_guessed(self) -> bool:
        """Whether its edits are a guess, which somebody should see before they are made."""
        return any(edit.guess for edit in self.edits)

    def at(self, span: Span | None) -> TPError:
        """The same error with a place, if it has none yet."""
        if self.span is None:
            self.span = span
        return self

    def __str__(self) -> str:
        place = f"{self.span}: " if self.span is not None else ""
        rows = [f"{printable(place)}error: {self.message}"]
        if self.span is not None:
            rows.append(self.span.excerpt())
        if self.expected:
            rows.append(printable(f"  expected: {self.expected}"))
        if self.mend:
            rows.append(printable(f"  mend: {self.mend}"))
        return "\n".join(rows)


def within(error: TPError, part: Source, start: int) -> TPError:
    """The error of a text into which `part` was put at `start`, with its place in the part.

    A place outside of the part becomes its nearest end; an error without a place stays as it is.
    """
    if error.span is None:
        return error
    ends = error.span.start, error.span.end
    first, last = (min(max(0, end - start), len(part.text)) for end in ends)
    placed = Span(part, first, last)
    return type(error)(error.message, placed, error.expected, error.mend)


class TPSyntaxError(TPError):
    """The text is not of the language's form."""


class TPNameError(TPError):
    """A name is unbound, bound twice, or of the wrong kind."""


class TPTypeError(TPError):
    """Shapes or kinds do not fit."""


class TPRandomError(TPTypeError):
    """Something stays random where the Master Theorem asks for a number."""


class TPLimitError(TPError):
    """The input is larger or deeper than tpgraph accepts."""


class TPDataError(TPError):
    """Data files or arrays do not fit the program."""


class TPArgumentError(TPDataError):
    """What was asked for cannot be: a file that is not there, a batch of more than all samples.

    The program and the data themselves may be right; other arguments are what mends it.
    """


class TPImportError(TPError):
    """What another library describes is no Tensor Program."""


class TPWarning(UserWarning):
    """Something that is done but may not mean what it seems: `message`, and where known `span`."""

    def __init__(self, message: str, span: Span | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.span = span

    def __str__(self) -> str:
        place = f"{self.span}: " if self.span is not None else ""
        return printable(f"{place}{self.message}")

    @property
    def line(self) -> str:
        """What a command says: its place, that it is a warning, and the message."""
        place = f"{self.span}: " if self.span is not None else ""
        return printable(f"{place}warning: {self.message}")


def warn(warning: TPWarning) -> None:
    """Issue a warning at the line that called tpgraph, which is the reader's own."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and _is_between(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    warnings.warn(warning, stacklevel=level)


def _is_between(module: str) -> bool:
    """Whether it is of tpgraph, or calls for it, as `functools.cached_property` does."""
    return module.partition(".")[0] in ("tpgraph", "functools", "contextlib")


class TPErrorGroup(TPError):
    """Several independent errors of one run."""

    def __init__(self, errors: Iterable[TPError]) -> None:
        self._errors = tuple(single for error in errors for single in error.errors)
        assert self._errors, "an error group needs an error"
        first = self._errors[0]
        super().__init__(first.message, first.span, first.expected, first.mend, first.edits)

    def __reduce__(self) -> tuple[type[TPErrorGroup], tuple[tuple[TPError, ...]]]:
        return TPErrorGroup, (self._errors,)

    @property
    def errors(self) -> tuple[TPError, ...]:
        return self._errors

    def __str__(self) -> str:
        return "\n\n".join(str(error) for error in self._errors)


def raise_all(errors: Iterable[TPError]) -> None:
    """Raise the errors, if any: a single one as itself, several as a `TPErrorGroup`."""
    found = tuple(errors)
    if len(found) == 1:
        raise found[0]
    if found:
        raise TPErrorGroup(found)
