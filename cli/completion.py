"""What a shell may complete arguments with, and the script of a shell that is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer
from typer import completion
from typer.core import TyperGroup

import tpgraph as tp
from tpgraph_cli.numbers import shown

__all__ = ["ShellsGroup", "among", "programs"]

_SCRIPTS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "--install-completion": completion.install_callback,
    "--show-completion": completion.show_callback,
}
_SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")

_ENDINGS = (".tp", ".json", ".svg", ".pdf", ".tex")
"""Of files that hold a program or carry one."""


class ShellsGroup(TyperGroup):
    """The commands, whose two options of completion take the name of a shell or find it out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What remains of the arguments; a named shell gets its script, which is all."""
        option, equals, shell = args[0].partition("=") if args else ("", "", "")
        named = equals or (len(args) > 1 and not args[1].startswith("-"))
        if option in _SCRIPTS and named and not ctx.resilient_parsing:
            shell = shell if equals else args[1]
            if shell not in _SHELLS:
                near = tp.shell.nearest(shell, _SHELLS)
                meant = f". Did you mean {near}?" if near else ""
                said = f"{option}: {shown(shell)} is none of {', '.join(_SHELLS)}{meant}"
                raise typer.BadParameter(said, ctx)
            _SCRIPTS[option](ctx, None, shell)
        return super().parse_args(ctx, args)


def among(words: Callable[[], list[str]]) -> Callable[[str], list[str]]:
    """Those of some words that begin as what is there; they are asked for when a shell asks."""
    return lambda incomplete: [word for word in words() if word.startswith(incomplete)]


def programs(incomplete: str) -> list[str]:
    """Names of the gallery and files of this folder; nothing where the shell knows better.

    A shell that gets no word completes names of files and folders by itself.
    """
    if "/" in incomplete or "\\" in incomplete:
        return []
    files = sorted(file.name for file in Path().iterdir() if file.suffix in _ENDINGS)
    return among(lambda: [*files, *(entry.name for entry in tp.gallery.entries())])(incomplete)
