"""Texts and files read as programs; texts written in their canonical layout."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from importlib import import_module
from pathlib import Path

from tpgraph.errors import TPDataError
from tpgraph.language.chosen import with_constants
from tpgraph.language.elaborate import elaborate
from tpgraph.language.formatter import format_source
from tpgraph.language.reading import read_program, text_of
from tpgraph.language.source import source_of
from tpgraph.program import Program

__all__ = ["format_text", "load", "parse"]


def parse(
    text: str, name: str = "<text>", constants: Mapping[str, float | Fraction] | None = None
) -> Program:
    """The program that a text in the `.tp` language describes.

    `name` is what errors call the text; `constants` are values to take for the text's `const` and
    `dim` in place of those it gives. Raises a TPError, or a TPErrorGroup of every independent one.

    >>> text = "width n; const L = 2; vector x[1..L] : n ~ N(0, 1)".replace("; ", chr(10))
    >>> len(parse(text).variables), len(parse(text, constants={"L": 5}).variables)
    (2, 5)
    """
    if not isinstance(text, str):
        raise TPDataError(
            f"a text is wanted, and this is of type {type(text).__name__}",
            mend="tpgraph.load reads a file",
        )
    if "\n" not in text and Path(text).suffix in (".tp", ".json"):
        raise TPDataError(
            f"{text} is the name of a file, not its text", mend=f"tpgraph.load({text!r}) reads it"
        )
    source = source_of(text, name)
    return elaborate(with_constants(source, constants) if constants else source)


def format_text(text: str, name: str = "<text>", ascii: bool = False) -> str:
    """The text in its canonical layout, with Greek letters or in ASCII; the program is the same.

    Raises the syntax errors of the text; names and types are not looked at.
    """
    return format_source(source_of(text, name), ascii)


def load(path: str | Path, constants: Mapping[str, float | Fraction] | None = None) -> Program:
    """The program in a `.tp` file, a `.json` document, or a picture that tpgraph has made.

    SVG, PDF and TikZ carry the text of their program. `constants` are as in `parse`; a JSON
    document has none. Raises TPDataError where the file cannot be read or a picture carries none,
    else as `parse` does.
    """
    if isinstance(path, str) and "\n" in path:
        raise TPDataError("this is a text, not the name of a file", mend="tpgraph.parse reads it")
    if not isinstance(path, str | Path):
        raise TPDataError(f"a file's name is wanted, and this is of type {type(path).__name__}")
    text = text_of(read_program(path), str(path))
    if Path(path).suffix != ".json":
        return parse(text, str(path), constants)
    if constants:
        raise TPDataError(
            f"{path} is a JSON document, which has no constants left to choose",
            mend="choose them where its .tp text is read",
        )
    reader = import_module("tpgraph.language.document_reader")
    program: Program = reader.from_json(text, str(path))
    return program
