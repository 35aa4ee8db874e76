"""The `.tp` language: text and JSON to programs and back."""

from __future__ import annotations

from pathlib import Path

from tpgraph.errors import Source, Span, TPSyntaxError
from tpgraph.language.document import from_json, to_json
from tpgraph.language.elaborate import elaborate
from tpgraph.language.formatter import format_source
from tpgraph.language.limits import require_size
from tpgraph.language.printer import to_text
from tpgraph.language.reading import read_program, text_of
from tpgraph.program import Program

__all__ = [
    "format_text",
    "from_json",
    "load",
    "parse",
    "read_program",
    "text_of",
    "to_json",
    "to_text",
]


def parse(text: str, name: str = "<text>") -> Program:
    """The program that a text in the `.tp` language describes.

    `name` is what errors call the text. Raises a TPError, or a TPErrorGroup of every independent
    one.
    """
    return elaborate(_source(text, name))


def format_text(text: str, name: str = "<text>", ascii: bool = False) -> str:
    """The text in its canonical layout, with Greek letters or in ASCII; the program is the same.

    Raises the syntax errors of the text; names and types are not looked at.
    """
    return format_source(_source(text, name), ascii)


def load(path: str | Path) -> Program:
    """The program in a `.tp` file, a `.json` document, or a picture that tpgraph has made.

    SVG, PDF and TikZ carry the text of their program. Raises TPDataError where the file cannot be
    read or a picture carries none, else as `parse` does.
    """
    text = text_of(read_program(path), str(path))
    if Path(path).suffix == ".json":
        return from_json(text, str(path))
    return parse(text, str(path))


def _source(text: str, name: str) -> Source:
    """The source of a text: without a byte order mark, lines ended by a newline alone."""
    require_size(len(text))
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    source = Source(name, text)
    zero = text.find("\0")
    if zero >= 0:
        raise TPSyntaxError(
            "a NUL byte", Span(source, zero, zero + 1), "text", "is this a file of another kind?"
        )
    return source
