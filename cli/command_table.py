"""The commands by their names, each loaded and made when it is asked for, as one run needs one;
and the group of them, with what it does for shells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

import typer
from typer import completion
from typer.core import TyperGroup

import tpgraph as tp
from tpgraph_cli.examples import add_commands
from tpgraph_cli.numbers import shown

__all__ = ["CommandTable", "ShellsGroup"]

_SCRIPTS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "--install-completion": completion.install_callback,
    "--show-completion": completion.show_callback,
}
_SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")

_MODULES: Mapping[str, str] = MappingProxyType(
    {
        "draw": "pictures", "gallery": "pictures", "guide": "guide", "lesson": "lessons",
        "check": "texts", "fmt": "texts", "show": "texts", "compile": "execution",
        "run": "execution", "train": "learning", "evaluate": "learning", "predict": "learning",
        "edit": "editor", "limit": "limits", "kernel": "kernels", "import": "importing",
        "compare": "comparison", "coordcheck": "comparison", "man": "manual", "grammar": "manual",
        "compare-parametrizations": "parametrizations", "study": "studies",
    }
)  # fmt: skip
"""Where the function of a command stands, or of several the `app`, in the order of the help."""


class CommandTable(Mapping[str, Any]):
    """The commands as Typer makes them of functions."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _made(name, import_module(f"tpgraph_cli.{_MODULES[name]}"))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


def _made(name: str, module: Any) -> Any:
    """A command, or a group of them, with what all have that is not their own."""
    around = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    around.callback()(lambda: None)  # a group, though of one command
    own = name.replace("-", "_")
    if hasattr(module, "app"):
        around.add_typer(module.app, name=name)
    else:
        add_commands(around, getattr(module, own, None) or getattr(module, f"{own}_"))
    group: Any = typer.main.get_command(around)
    return group.commands[name]


class ShellsGroup(TyperGroup):
    """The commands, whose two options of completion take the name of a shell or find it out."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = CommandTable()

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
