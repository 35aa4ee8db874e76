"""Files on the command line: `-` is standard input or output, writes are atomic."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import tpgraph as tp
from tpgraph_cli.completion import programs
from tpgraph_cli.named_values import named_values
from tpgraph_cli.numbers import OptionError, name_in_option, read_exact, read_whole, shown
from tpgraph_cli.places import STANDARD
from tpgraph_cli.streams import is_closed

if TYPE_CHECKING:
    from tpgraph import Program

__all__ = [
    "Constants",
    "File",
    "announce",
    "is_document",
    "is_json",
    "load",
    "parse_constants",
    "parse_widths",
    "program_of",
    "read_text",
    "study_constants",
    "write",
]

_STDIN = "<stdin>"

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="A .tp or .json program, a picture with one, or a name of the gallery; - is stdin.",
        autocompletion=programs,
    ),
]

Constants = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Value of a const or dim, such as L=10; repeatable."
    ),
]


def read_text(file: str) -> tuple[str, str, bool]:
    """The text of a file, or that which a picture carries; its name; whether it is a picture.

    Raises a TPError where the file cannot be read, and for a picture without a program.
    """
    name = _STDIN if file == STANDARD else file
    if file == STANDARD and sys.stdin is None:
        raise tp.TPDataError("standard input is closed", mend="give the program's file")
    there = file == STANDARD or os.path.exists(file)  # by which most files need no gallery
    if not there and (found := tp.gallery.named(file)) is not None:
        return found.text, f"{found.name}.tp", False
    content = tp.read_program(sys.stdin.buffer if file == STANDARD else file)
    return tp.text_of(content, name), name, tp.is_picture(content)


def is_json(text: str) -> bool:
    """Whether a text is a JSON document rather than one of the language."""
    return text.lstrip().startswith("{")


def load(file: str, constants: list[str] | None = None) -> Program:
    """The program in a file, with values of its constants; JSON by its first character on stdin."""
    text, name, _ = read_text(file)
    return program_of(text, name, constants)


def program_of(text: str, name: str, constants: list[str] | None = None) -> Program:
    """The program of a text as `read_text` finds it, with values of its constants."""
    chosen = parse_constants(constants or [])
    if not is_document(text, name):
        return _with_constants(text, name, chosen) if chosen else tp.parse(text, name)
    if chosen:
        raise OptionError(
            f"--set: {name} is a JSON document, which has no constants left to choose",
            mend="choose them where its .tp text is read",
        )
    return tp.from_json(text, name)


def _with_constants(text: str, name: str, chosen: dict[str, Fraction]) -> Program:
    """The program with values of --set, which are at fault where it can be read without them."""
    try:
        return tp.parse(text, name, chosen)
    except tp.TPError as error:
        tp.parse(text, name)
        values = [f"{constant}={value}" for constant, value in chosen.items()]
        first = error.errors[0]
        if first.span is None:  # one of the names, not what the program makes of its value
            raise _unknown(text, name, chosen) or first from None
        said = f"{' '.join(f'--set {value}' for value in values)}: {first.message}"
        raise OptionError(said, first.span, first.expected, first.mend) from None


def _unknown(text: str, name: str, chosen: dict[str, Fraction]) -> OptionError | None:
    """What is said of the first chosen name that is no constant, under that name."""
    for constant, value in chosen.items():
        try:
            tp.parse(text, name, {constant: value})
        except tp.TPError as error:
            if error.span is None:
                place = name_in_option("--set", constant, value)
                return OptionError(error.message, place, error.expected, error.mend)
    return None


def is_document(text: str, name: str) -> bool:
    """Whether a text as `read_text` finds it is a JSON document: by its name, or on stdin by what
    it begins with.
    """
    return Path(name).suffix == ".json" or (name == _STDIN and is_json(text))


def parse_constants(values: list[str]) -> dict[str, Fraction]:
    """`["L=10", "s=1/2"]` as numbers by name. Raises TPError for what is not NAME=VALUE."""
    return named_values("--set", values, "NAME=VALUE, such as L=10 or s=1/2", read_exact)


def study_constants(values: list[str] | None) -> tuple[tuple[str, float], ...]:
    """The same as every study takes them: in the order of their names."""
    return tuple(sorted((name, float(v)) for name, v in parse_constants(values or []).items()))


def write(content: str | bytes, out: str | None) -> None:
    """Write to a file, whole or not at all, and say so; or to standard output."""
    data = content.encode() if isinstance(content, str) else content
    if out is None or out == STANDARD:
        if is_closed():
            raise tp.TPError("standard output is closed", mend="name a file by -o")
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    tp.shell.write_bytes(Path(out), data)
    announce(out)


def announce(out: str) -> None:
    """Say that a file was written."""
    typer.echo(f"wrote {out}", err=True)


def announce_folder(out: Path, names: Iterable[str]) -> None:
    """Say which of these files a folder has got."""
    announce(f"{out}: {', '.join(name for name in names if (out / name).exists())}")


def parse_widths(values: list[str] | None, program: Program | None = None) -> dict[str, int]:
    """`["n=1000"]` as `{"n": 1000}`, of widths of the program where there is one.

    Raises TPError for what is not NAME=SIZE, and for a name that is no width.
    """
    widths = [] if program is None else program.base_widths
    for one in values or ():
        if one.strip().isdecimal():
            named = f"--width {widths[0].name if widths else 'n'}={one.strip()}"
            raise OptionError(
                f"--width {one} names no width",
                expected="NAME=SIZE",
                mend=named if widths else f"such as {named}, by the name of the argument",
            )
    found = named_values("--width", values, "NAME=SIZE, such as n=1000", read_whole)
    known = list(found) if program is None else [width.name for width in program.base_widths]
    if other := next((name for name in found if name not in known), None):
        near = tp.shell.nearest(other, known)
        raise OptionError(
            f"the program has no width {shown(other)}",
            name_in_option("--width", other, found[other]),
            expected=f"sizes of {', '.join(known)}" if known else "no width",
            mend=f"did you mean {near}?" if near else None,
        )
    return found
