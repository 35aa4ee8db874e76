"""The `.tp` language: text and JSON to programs and back."""

from __future__ import annotations

from pathlib import Path

from tpgraph.errors import Source, Span, TPDataError, TPSyntaxError
from tpgraph.language.document import from_json, to_json
from tpgraph.language.elaborate import elaborate
from tpgraph.language.limits import require_size
from tpgraph.language.printer import to_text
from tpgraph.program import Program

__all__ = ["from_json", "load", "parse", "to_json", "to_text"]


def parse(text: str, name: str = "<text>") -> Program:
    """The program that a text in the `.tp` language describes.

    Raises a TPError, or a TPErrorGroup of every independent error.
    """
    require_size(len(text))
    if text.startswith("\ufeff"):
        text = text[1:]
    source = Source(name, text.replace("\r\n", "\n"))
    zero = source.text.find("\0")
    if zero >= 0:
        raise TPSyntaxError("a NUL byte", Span(source, zero, zero + 1), "text")
    return elaborate(source)


def load(path: str | Path) -> Program:
    """The program in a file."""
    file = Path(path)
    try:
        require_size(file.stat().st_size)
        text = file.read_bytes().decode("utf-8")
    except OSError as error:
        raise TPDataError(f"{file} cannot be read: {error.strerror}") from None
    if file.suffix == ".json":
        return from_json(text, str(path))
    return parse(text, str(path))
