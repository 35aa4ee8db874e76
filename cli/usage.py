"""What is said of a command line that no command takes: the mend behind the usage error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from types import MappingProxyType
from typing import Any

import tpgraph as tp
from tpgraph_cli.numbers import shown

__all__ = ["complete"]

_OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "activations": "activation", "alpha": "lr", "batch-size": "batch", "color": "theme",
        "config": "set", "const": "set", "dark": "theme", "decay": "weight-decay",
        "device": "backend", "dim": "set", "epochs": "steps", "eta": "lr", "force": "overwrite",
        "framework": "backend", "hidden": "width", "initializations": "inits", "inits": "seeds",
        "input": "data",
        "iterations": "steps", "learning-rate": "lr", "lr-schedule": "schedule",
        "networks": "seeds", "num-workers": "workers", "of-loss": "of", "opt": "optimizer",
        "orientation": "direction", "outdir": "out", "output-dir": "out", "precision": "dtype",
        "random-state": "seed", "rate": "lr", "restart": "resume", "samples": "limit",
        "scale": "standardize", "seeds": "inits", "size": "width", "split": "validation",
        "style": "theme", "test-size": "validation", "val": "validation",
        "warmup": "warm-up", "wd": "weight-decay",
    }
)  # fmt: skip
"""What other programs call an option, and what it is called here."""

_COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "backward": "show FILE --pass backward", "convert": "draw", "docs": "guide",
        "eval": "evaluate", "export": "draw", "fit": "train", "format": "fmt", "gp": "kernel",
        "help": "--help",
        "lint": "check", "list": "gallery", "new": "edit", "nngp": "kernel", "ntk": "kernel",
        "open": "edit", "parse": "check", "plot": "draw", "print": "show", "render": "draw",
        "serve": "edit", "sgd": "show FILE --pass sgd", "simulate": "run", "test": "evaluate",
        "validate": "check", "version": "--version", "view": "draw",
    }
)  # fmt: skip
"""The same of commands."""

_WITH_COMMAS = ("SIZES", "NAMES", "KINDS", "WORDS", "A,B")
"""How the help calls the value of an option that is a list."""
_PRINTED = ("-o", "--out", "--output")


def complete(error: Any, arguments: Sequence[str]) -> None:
    """Say behind a usage error what was meant, where the arguments tell."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return  # its message is the help
    error.message = tp.shell.on_one_line(error.message)
    if hasattr(error, "possibilities"):
        meant = _option(error, arguments)
        error.possibilities = None
    elif found := re.match(r"No such command '(.*?)'\.", error.message):
        error.message = found.group()
        meant = _command(found.group(1), arguments, error.ctx.command.commands)
    elif "unexpected extra argument" in error.message:
        meant = _in_one(error, arguments)
    else:
        meant = _missing(error, arguments)
    if meant:
        error.message = f"{error.message.rstrip('.')}. {meant}" if error.message else meant


def _option(error: Any, arguments: Sequence[str]) -> str | None:
    """The option that was meant by one that is not there."""
    known = [name for parameter in error.ctx.command.params for name in parameter.opts]
    wanted = error.option_name
    if not wanted.startswith("--"):  # of -set the parser reports -s
        wanted = next((a for a in arguments if a.startswith(wanted)), wanted)
    word = wanted.lstrip("-").partition("=")[0]
    if wanted in _PRINTED:
        return f"{error.ctx.command_path} prints what it finds: > FILE behind it writes that"
    if word.casefold() == "v" and "--version" in known:
        return _meant("--version")
    other = f"--{_OPTIONS.get(word.replace('_', '-').casefold(), '')}"
    return _meant(other if other in known else _nearest(word, known))


def _meant(name: str | None) -> str | None:
    return name and f"Did you mean {name}?"


def _nearest(word: str, known: Iterable[str]) -> str | None:
    """The option of the nearest name; of one that is but begun, the first."""
    names = [name[2:] for name in known if name.startswith("--")]
    near = tp.shell.nearest(word, names) if len(word) > 1 else None
    if near is None and len(word) > 1:
        near = next((name for name in names if name.startswith(word)), None)
    return near and f"--{near}"


def _command(word: str, arguments: Sequence[str], known: Mapping[str, Any]) -> str | None:
    """The command that was meant by a word, or one that takes the file that it is."""
    if Path(word).suffix.lower() in (".tp", ".json") or Path(word).is_file():
        return f"Write what to do with it, such as: tpgraph draw {shown(word)}"
    for group, command in known.items():
        if word.casefold() in getattr(command, "commands", ()):
            return _meant(f"tpgraph {group} {word.casefold()}")
    of_others = _COMMANDS.get(word.casefold())
    if of_others == "--help" and list(arguments[1:2]) == [word]:
        return _meant(" ".join(["tpgraph", *arguments[2:3], "--help"]))
    near = of_others or tp.shell.nearest(word, known)
    return _meant(near and f"tpgraph {near}" if of_others else near)


def _in_one(error: Any, arguments: Sequence[str]) -> str | None:
    """How an option is written whose value came as several arguments."""
    for parameter in error.ctx.command.params:
        for at, option in enumerate(arguments):
            if option not in parameter.opts:
                continue
            values = list(takewhile(lambda a: not a.startswith("-"), arguments[at + 1 :]))
            if len(values) < 2:
                continue
            if str(parameter.metavar).startswith("NAME=") and "=" not in values[0]:
                return f"Write {option} {tp.shell.on_one_line('='.join(values[:2]))}"
            if parameter.metavar in _WITH_COMMAS:
                return f"Write {option} {tp.shell.on_one_line(','.join(values))}"
    return _as_data(error, arguments)


def _missing(error: Any, arguments: Sequence[str]) -> str | None:
    """A file of data among the arguments, where --data is missing."""
    if "--data" in getattr(getattr(error, "param", None), "opts", ()) and not error.message:
        return _as_data(error, arguments)
    return None


def _as_data(error: Any, arguments: Sequence[str]) -> str | None:
    """A file of data that stands without --data."""
    takes_data = any("--data" in parameter.opts for parameter in error.ctx.command.params)
    if not takes_data or "--data" in arguments:
        return None
    files = (a for a in arguments if Path(a).suffix.lower() in (".csv", ".tsv", ".npz"))
    found = next(files, None)
    return found and f"Write --data {shown(found)}"
