"""What a syntax error says: the mistakes that people make, then what could have stood there."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

from lark import Lark
from lark.exceptions import UnexpectedInput, UnexpectedToken, VisitError
from lark.lexer import PatternStr

from tpgraph.errors import Source, Span, TPError, TPSyntaxError
from tpgraph.language.changes import Change, PlacedError, edits_of
from tpgraph.language.lexer import words
from tpgraph.language.lines import Line
from tpgraph.language.mistakes import MISTAKES, Diagnosis, Failure
from tpgraph.language.vocabulary import NAME

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


def explain(
    lark: Lark, text: str, unexpected: UnexpectedInput, source: Source, line: Line
) -> TPError:
    """The error of a line that lark could not read.

    A mend is offered as a change of the text where the line can be read with it, or makes sense
    up to a place behind it.
    """
    failure = _failure(lark, text, unexpected, source, line)
    answer = next(filter(None, (mistake(failure) for mistake in MISTAKES)), None)
    if answer is None:
        answer = Diagnosis(_default_message(failure))
    start, end = answer.place or (failure.start, failure.end)
    span = Span(source, line.start + start, line.start + max(end, start + 1))
    expected = answer.expected or _expected(lark, failure.accepted)
    changes = sorted(answer.changes)
    edits = edits_of(changes, source, line.start) if _holds(lark, text, changes) else ()
    return TPSyntaxError(answer.message, span, expected, answer.mend, edits)


def _holds(lark: Lark, text: str, changes: Sequence[Change]) -> bool:
    """Whether changes of a line are a mend: what is in front of them, and they, can be read."""
    if not changes:
        return False
    position, pieces = 0, list[str]()
    for start, end, new, _ in changes:
        pieces += [text[position:start], new]
        position = end
    mended = "".join(pieces)
    reached = len(mended.rstrip())
    whole = mended + text[position:]
    if "\n" in changes[0].text:  # a line more: the first has to be whole
        whole = mended[: mended.index("\n", changes[0].start)]
        reached = len(whole)
    elif not whole.strip():
        return True
    try:
        interactive: Any = lark.parse_interactive(whole)
        for _ in interactive.iter_parse():
            pass
        interactive.feed_eof()
    except UnexpectedInput as unexpected:
        return _place(unexpected, whole)[0] >= reached
    except (PlacedError, VisitError):
        return True  # the form is the language's; what is wrong with it is said then
    return True


def _failure(
    lark: Lark, text: str, unexpected: UnexpectedInput, source: Source, line: Line
) -> Failure:
    interactive: Any = lark.parse_interactive(text)  # lark leaves some of its methods untyped
    try:
        for _ in interactive.iter_parse():
            pass
        interactive.feed_eof()
    except UnexpectedInput as again:
        unexpected = again
    tokens = tuple(token for token in words(text, 0, len(text)) if token.kind != "comment")
    start, end = _place(unexpected, text)
    found = text[start:end]
    at = next((i for i, token in enumerate(tokens) if token.end > start), len(tokens))
    return Failure(
        text,
        start,
        max(end, start + 1),
        found,
        interactive.accepts(),
        frozenset(NAME.findall(source.text)),
        line.indent,
        tokens,
        at,
    )


def _place(unexpected: UnexpectedInput, text: str) -> tuple[int, int]:
    """Where lark stopped: the token that does not fit, a character, or the end of the line."""
    if not isinstance(unexpected, UnexpectedToken):
        start = unexpected.pos_in_stream or 0
        return start, start + len(text[start : start + 1])
    token = unexpected.token
    if token.type == "$END":
        return len(text), len(text)
    return token.start_pos or 0, token.end_pos or 0


def _default_message(failure: Failure) -> str:
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
