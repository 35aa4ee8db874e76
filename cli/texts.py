"""Commands whose result is text: check, fmt, show."""

from __future__ import annotations

import codecs
import json
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

import tpgraph as tp
from tpgraph_cli.endings import refuse_other_ending
from tpgraph_cli.files import (
    Constants,
    File,
    is_document,
    is_json,
    load,
    program_of,
    read_text,
    write,
)
from tpgraph_cli.latex import Standalone, latex_text, require_latex
from tpgraph_cli.passes import FORWARD, Passes, takes_passes
from tpgraph_cli.places import STANDARD

__all__ = ["check", "fmt", "show"]


def check(
    file: File,
    constants: Constants = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Print the program over columns of input matrices.")
    ] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Apply the mends that are changes of the text, asking.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="With --fix: apply all but guesses, without asking.")
    ] = False,
) -> None:
    """Check a program and say what it is.

    Its sub-language of Netsor⊤⁺, its variables' types, whether it is reduced, the gradient
    independence check, and how its parametrization scales. What nothing uses, and names that
    pictures have no letters for, are warned of on standard error.
    """
    _at_most_one({"--json": as_json, "--strict": strict})
    if yes and not fix:
        raise typer.BadParameter("--yes answers what --fix asks; give both")
    if fix:
        _mend(file, yes)
    text, name, _ = read_text(file)
    if not is_document(text, name):
        for warning in tp.language.read(text, name).warnings:
            warnings.warn(warning, stacklevel=1)
    try:
        program = program_of(text, name, constants)
    except tp.TPError as error:
        if not as_json:
            raise
        typer.echo(_json({"errors": [tp.shell.error_entry(single) for single in error.errors]}))
        raise typer.Exit(1) from None
    if strict:
        typer.echo(tp.strict_text(program), nl=False)
    elif as_json:
        typer.echo(_json(tp.report(program).to_json()))
    else:
        typer.echo(str(tp.report(program)))


def _mend(file: str, yes: bool) -> None:
    """Write a file with its errors mended: each after a question, or all that are sure."""
    if file == STANDARD:
        raise typer.BadParameter("--fix changes a file; name one")
    content = tp.read_program(file)
    text = tp.text_of(content, file)
    if tp.is_picture(content) or is_json(text):
        raise tp.TPDataError(f"{file} is not a text of the language", expected="a .tp file")
    tp.shell.require_file(Path(file))
    after = _mended(text, file, yes)
    if after != text:
        mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
        write(mark + after.encode(), file)


def _mended(text: str, name: str, yes: bool) -> str:
    """The text with the mends of its errors, one after the other as they come to light."""
    seen, guesses = set[str](), 0
    for _ in range(_MOST_MENDS):
        reading = tp.language.read(text, name)
        error = next((e for e in reading.errors if e.edits and str(e) not in seen), None)
        if error is None:
            break
        seen.add(str(error))
        edit = tp.editing.mend(reading, error)
        typer.echo(str(error), err=True)
        for change in tp.editing.changed_lines(reading, edit):
            typer.echo(f"  {'+' if change.becomes is not None else '-'} {_line(change)}", err=True)
        if yes and error.is_guessed:
            guesses += 1
            typer.echo("  this is a guess: left as it is", err=True)
            continue
        if not (yes or _agreed(name)):
            continue
        after = edit.apply(text)
        if _place(error) in map(_place, tp.language.read(after, name).errors):
            typer.echo("  the mend does not help here: left as it is", err=True)
            continue
        text = after
    if guesses:
        what = "1 guess is" if guesses == 1 else f"{guesses} guesses are"
        typer.echo(f"{what} left; without --yes, --fix asks of each", err=True)
    return text


_MOST_MENDS = 1_000


def _line(change: tp.editing.ChangedLine) -> str:
    return tp.shell.on_one_line(change.becomes if change.becomes is not None else change.was or "")


def _place(error: tp.TPError) -> tuple[str, int | None, int | None]:
    span = error.span
    place = (None, None) if span is None else (span.line, span.column)
    return error.message, *place


def _agreed(name: str) -> bool:
    """The answer to whether a mend is applied. Raises TPError where nobody answers."""
    try:
        return typer.confirm("apply this mend?", err=True)
    except typer.Abort:
        typer.echo(err=True)
        raise tp.TPError(
            f"no answer: {name} is left as it was",
            expected="yes or no on standard input",
            mend="apply all mends but guesses without a question: --fix --yes",
        ) from None


def _at_most_one(options: dict[str, bool]) -> None:
    """A usage error where more than one form of the output is asked for."""
    given = [option for option, value in options.items() if value]
    if len(given) > 1:
        raise typer.BadParameter(f"choose one of {' and '.join(given)}")


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)


def fmt(
    file: File,
    ascii_: Annotated[
        bool, typer.Option("--ascii", help="Spell Greek letters and signs in ASCII.")
    ] = False,
    check_: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit with 1 if the file would change.")
    ] = False,
    out: Annotated[
        str | None,
        typer.Option("--out", "--output", "-o", help="Write here and not in place; - is stdout."),
    ] = None,
) -> None:
    """Format a .tp file in place; comments stay.

    Of a picture, the program in it is formatted and written to the file that -o names.
    """
    if check_ and out is not None:
        raise typer.BadParameter("--check writes nothing: give no -o")
    refuse_other_ending(out, "a program", ".tp")
    text, name, pictured = read_text(file)
    if pictured and not check_ and out in (None, file):
        raise typer.BadParameter(f"{name} is a picture; name the program's own file with -o")
    if not check_ and out is None and file != STANDARD and not Path(file).exists():
        raise typer.BadParameter(f"{file} is of the gallery; name the file to write with -o")
    if is_json(text):
        raise tp.TPDataError(
            f"{name} is a JSON document",
            expected="a program in the .tp language",
            mend=f"write it as one: tpgraph show --text {file}",
        )
    formatted = tp.format_text(text, name, ascii=ascii_)
    if check_:
        if formatted != text:
            typer.echo(f"{name} would change", err=True)
            raise typer.Exit(1)
        return
    target = out or file
    if target == STANDARD or formatted != text or target != file:
        write(formatted, target)


@takes_passes
def show(
    file: File,
    constants: Constants = None,
    as_json: Annotated[bool, typer.Option("--json", help="The JSON document.")] = False,
    as_text: Annotated[
        bool, typer.Option("--text", help="The program as text, loops unrolled.")
    ] = False,
    as_latex: Annotated[
        bool, typer.Option("--latex", help="The algorithm listing in LaTeX.")
    ] = False,
    standalone: Standalone = False,
    passes: Passes = FORWARD,
) -> None:
    """Print a program, or its passes, as a table: name, type, instruction."""
    _at_most_one({"--json": as_json, "--text": as_text, "--latex": as_latex})
    require_latex(standalone, as_latex)
    program = passes.of_program(load(file, constants))
    if as_json:
        typer.echo(tp.to_json(program))
    elif as_latex:
        typer.echo(latex_text(tp.latex_listing(program), standalone))
    elif as_text:
        typer.echo(tp.to_text(program), nl=False)
    else:
        typer.echo(tp.listing(program))
