"""The command that takes a PyTorch module in: import."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, TypeVar

import typer

import tpgraph as tp
from tpgraph_cli.choices import choice
from tpgraph_cli.endings import refuse_other_ending
from tpgraph_cli.files import parse_widths, write
from tpgraph_cli.named_values import named_values
from tpgraph_cli.numbers import OptionError, read_whole, shown, whole
from tpgraph_cli.places import require_places

__all__ = ["import_"]

T = TypeVar("T")

_WIDTH = 64
"""At which a module is built where no width is given, and at twice that."""
_AXES = 16
"""Of an array; numpy has 32 or 64."""


class ParametrizationName(StrEnum):
    """How W is made of the trained w."""

    standard = "standard"
    ntk = "ntk"
    mup = "mup"


class LossName(StrEnum):
    """Losses of an output and a target."""

    mse = "mse"
    cross_entropy = "cross_entropy"


def import_(
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL.py:CLASS", help="A Python file, and the module in it."),
    ],
    width: Annotated[
        list[str] | None,
        typer.Option(
            "--width",
            metavar="NAME=SIZE",
            help="The argument that is a width, such as n=64; repeatable. The first is, 64, by"
            " default.",
        ),
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="NAME=SHAPE",
            help="Shape of one sample, such as x=3,4; repeatable. Of one input 3,4 is enough.",
        ),
    ] = None,
    tokens: Annotated[
        list[str] | None,
        typer.Option(
            "--tokens", metavar="NAME=SHAPE", help="As --input, of whole numbers (tokens)."
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="Another argument of the class; repeatable."
        ),
    ] = None,
    parametrization: Annotated[
        ParametrizationName, choice(ParametrizationName, help="How W is made of the trained w.")
    ] = ParametrizationName.standard,
    base: Annotated[
        int | None,
        typer.Option(
            help="Freeze factors that grow with the width at this width.",
            parser=whole(2),
            metavar="NUMBER",
        ),
    ] = None,
    loss: Annotated[
        LossName | None, choice(LossName, help="A loss of the output and a target.")
    ] = None,
    train: Annotated[
        bool, typer.Option("--train", help="In training mode: batches are normalized.")
    ] = False,
    batch: Annotated[
        int,
        typer.Option(help="Samples that meet in the program.", parser=whole(), metavar="NUMBER"),
    ] = 1,
    out: Annotated[
        str | None, typer.Option("--out", "--output", "-o", help="Program to write; - is stdout.")
    ] = None,
) -> None:
    """Write the Tensor Program of a PyTorch module. The Python file is run: it is code of yours.

    CLASS is called with the width's name, at the given size and at twice that, and exported; what
    differs is a width or a power of it. What was chosen on the way is said on standard error and
    in comments of the program. Needs torch: pip install 'tpgraph[torch]'.
    """
    path, name = _file_and_class(model)
    require_places(out, reads=[path])
    refuse_other_ending(out, "a program", ".tp")
    example = _example(inputs or [], tokens or [], batch)
    sizes, chosen = parse_widths(width), _settings(settings or [])
    if twice := next((name for name in sizes if name in chosen), None):
        raise OptionError(f"{shown(twice)} is a width by --width, and given by --set too")
    imported = partial(
        tp.from_torch,
        tp.bridges.load_module(path, name, chosen),
        example,
        sizes or _WIDTH,
        parametrization=parametrization.value,
        loss=loss.value if loss is not None else None,
    )
    found = imported(base=base, train=train)
    if base is not None:
        _require_effect(found, "--base", "no factor grows with the width", imported, train=train)
    if train:
        _require_effect(found, "--train", "it has no batch normalization", imported, base=base)
    write(found.text, out)
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)


def _require_effect(
    found: Any, option: str, reason: str, imported: Callable[..., Any], **without: Any
) -> None:
    """A usage error for an option without which the program would be the same."""
    try:
        other = imported(**without)
    except tp.TPError:
        return
    if other.text == found.text:
        raise typer.BadParameter(f"{option} does nothing for this module: {reason}")


def _file_and_class(text: str) -> tuple[str, str]:
    """`model.py:Model` as a file and the name of a class in it. Raises TPDataError."""
    path, colon, name = text.rpartition(":")
    if not (colon and path and name.isidentifier()):
        raise OptionError(
            f"{shown(text)} is not understood", expected="MODEL.py:CLASS, such as model.py:Model"
        )
    return path, name


def _example(inputs: list[str], tokens: list[str], batch: int) -> Any:
    """Inputs of the shapes that --input and --tokens give, by name, or the only one alone.

    Raises TPDataError for none.
    """
    import numpy as np

    shapes = _shapes("--input", inputs, batch)
    of_tokens = _shapes("--tokens", tokens, batch)
    if len(shapes) + len(of_tokens) > 1 and "" in (*shapes, *of_tokens):
        raise OptionError("of several inputs one has no name", expected="NAME=SHAPE: x=3,4")
    if both := next((name for name in of_tokens if name in shapes), None):
        raise OptionError(f"{both} has a shape by --input and another by --tokens")
    if not shapes and not of_tokens:
        raise OptionError(
            "no shape of an input is given", mend="give one for each argument: --input x=3,4"
        )
    taken = 8 * sum(map(math.prod, (*shapes.values(), *of_tokens.values())))
    tp.bounds.MEMORY.require(taken, f"inputs of these shapes take {taken:,} bytes")
    rng = np.random.default_rng(0)
    found = {
        **{name: rng.standard_normal(shape) for name, shape in shapes.items()},
        **{name: np.zeros(shape, dtype=np.int64) for name, shape in of_tokens.items()},
    }
    return found.get("", found)


def _shapes(option: str, given: list[str], batch: int) -> dict[str, tuple[int, ...]]:
    """`["x=3,4"]` as {"x": (batch, 3, 4)}; `x=` is a sample without axes, `3,4` has no name.

    Raises TPError.
    """

    def read(sizes: str, named: str) -> tuple[int, ...]:
        parts = sizes.split(",", _AXES) if sizes else []
        if len(parts) > _AXES:
            raise OptionError(f"{named}{shown(sizes)} has more than {_AXES} axes")
        return (batch, *(read_whole(part, named) for part in parts))

    if len(given) == 1 and given[0].replace(",", "").isdecimal():
        return {"": read(given[0], option)}
    return _of_arguments(option, given, "NAME=SHAPE: x=3,4", read)


def _settings(values: list[str]) -> dict[str, int | float | bool | str]:
    """`["depth=3", "bias=false"]` as arguments by name."""
    return _of_arguments("--set", values, "NAME=VALUE: depth=3", _value)


def _of_arguments(
    option: str, given: list[str], expected: str, read: Callable[[str, str], T]
) -> dict[str, T]:
    """Named values whose names are those of a function's arguments."""
    found = named_values(option, given, expected, read)
    if other := next((name for name in found if not name.isidentifier()), None):
        raise OptionError(f"{option} {shown(other)} names no argument", expected=expected)
    return found


def _value(text: str, named: str) -> int | float | bool | str:
    """A number that a float can hold, true or false, or a text. Raises TPDataError."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        value = float(text)
    except ValueError:
        return text
    if math.isinf(value) and not text.lstrip("+-").lower().startswith("inf"):
        raise OptionError(f"{named}{shown(text)} is too large", expected="a number to 1e308")
    try:
        return int(text)
    except ValueError:
        return value
