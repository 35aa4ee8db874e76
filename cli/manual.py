"""Commands that tell other programs of tpgraph: man and grammar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

import tpgraph as tp
from tpgraph_cli.endings import refuse_other_ending
from tpgraph_cli.files import write
from tpgraph_cli.places import require_places

__all__ = ["grammar", "man"]

_TextOut = Annotated[
    str | None, typer.Option("--out", "--output", "-o", help="File to write; - is stdout.")
]


def man(context: typer.Context, out: _TextOut = None) -> None:
    """Write the manual page, of all commands with their options and examples.

    It is troff, for `man`: as tpgraph.1 in a folder man1 of MANPATH, or read at once.
    """
    require_places(out)
    refuse_other_ending(out, "a manual page", ".1")
    write("\n".join(_page(context.find_root())) + "\n", out)


def grammar(out: _TextOut = None) -> None:
    """Write the TextMate grammar of .tp, by which VS Code, Sublime Text and others colour it."""
    require_places(out)
    refuse_other_ending(out, "a TextMate grammar", ".json")
    write(tp.language.textmate_grammar(), out)


def _page(root: Any) -> Iterator[str]:
    """The lines of the page, by what the commands say of themselves."""
    group = root.command
    yield '.TH TPGRAPH 1 "" tpgraph "User Commands"'
    yield from (".SH NAME", f"tpgraph \\- {_text(group.help.split(':')[0])}")
    yield from (".SH SYNOPSIS", ".B tpgraph", "COMMAND [OPTIONS] [ARGUMENTS]")
    yield from (".SH DESCRIPTION", _text(group.help))
    yield "Pages that explain more: tpgraph guide."
    yield from (".SH OPTIONS", *_options(group, root))
    yield ".SH COMMANDS"
    for path, command in _commands(group, "tpgraph"):
        yield from _section(path, command, root)
    yield ".SH EXIT STATUS"
    yield from (".TP", "0", "done")
    yield from (
        ".TP",
        "1",
        "what a file holds is wrong: standard error says where, and the mend",
    )
    yield from (
        ".TP",
        "2",
        "the command line is wrong: a refused value, a missing file",
    )
    yield from (".TP", "130", "interrupted; what is done is kept where the message says so")
    yield ".SH SEE ALSO"
    yield from (f"tpgraph guide {page.name}" for page in tp.guide.pages())


def _commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every command with the words that call it, those of groups behind their group."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def _section(path: str, command: Any, root: Any) -> Iterator[str]:
    context = type(root)(command, info_name=path)
    usage = " ".join(command.collect_usage_pieces(context))
    yield f'.SS "{_text(f"{path} {usage}")}"'
    for paragraph in command.help.split("\n\n"):
        yield from (".PP", _text(" ".join(paragraph.split())))
    yield from _options(command, context)
    yield from (".PP", ".nf")
    yield from (_text(line) for line in (command.epilog or "").split("\n") if line != "\b")
    yield ".fi"


def _options(command: Any, context: Any) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            names, said = record
            yield from (".TP", f"\\fB{_text(names)}\\fR", _text(" ".join(said.split())))


def _text(said: str) -> str:
    """A text as troff shows it, in ASCII: dashes as they are, no request at the start of a line."""
    escaped = said.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    escaped = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in escaped)
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
