"""The `.tp` language: text and JSON to programs and back."""

from __future__ import annotations

from pathlib import Path

from tpgraph.embedded import extract_program, is_picture
from tpgraph.errors import Source, Span, TPDataError, TPSyntaxError
from tpgraph.language.document import from_json, to_json
from tpgraph.language.elaborate import elaborate
from tpgraph.language.formatter import format_source
from tpgraph.language.limits import MAX_BYTES, require_size
from tpgraph.language.printer import to_text
from tpgraph.program import Program

__all__ = ["format_text", "from_json", "load", "parse", "to_json", "to_text"]


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
    file = Path(path)
    try:
        require_size(file.stat().st_size)
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)  # what is no regular file may have no end
    except OSError as error:
        raise TPDataError(f"{file} cannot be read: {error.strerror}") from None
    require_size(len(data))
    if is_picture(data):
        return parse(_inside(data, str(path)), str(path))
    text = _decoded(data, str(path))
    if file.suffix == ".json":
        return from_json(text, str(path))
    return parse(text, str(path))


def _inside(data: bytes, name: str) -> str:
    """The text that a picture carries."""
    text = extract_program(data)
    if text is None:
        raise TPDataError(
            f"{name} is a picture without a program in it",
            expected="a .tp file, or a picture by `tpgraph draw`, which carries its program",
        )
    return text


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        source = Source(name, before + "\ufffd")
        raise TPSyntaxError(
            f"the byte 0x{data[error.start]:02x} is not UTF-8",
            Span(source, len(before), len(before) + 1),
            "text in UTF-8",
            "save the file in the encoding UTF-8",
        ) from None


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
