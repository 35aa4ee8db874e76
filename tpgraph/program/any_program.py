"""Wherever a program is wanted, its text, its file or its name in the gallery will do."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, runtime_checkable

from tpgraph.errors import TPTypeError
from tpgraph.program.graph import Program
from tpgraph.reader import program_of

__all__ = ["AnyProgram", "OfAnyProgram", "as_program", "reads_program"]


@runtime_checkable
class OfProgram(Protocol):
    """What was made together with a program, such as an imported module."""

    @property
    def program(self) -> Program:
        """The program."""
        ...


AnyProgram = Program | str | Path | OfProgram
"""A program, its `.tp` text, the file that it stands in, its name in the gallery, or what was made
together with it.
"""

P = ParamSpec("P")
R = TypeVar("R", covariant=True)


class OfAnyProgram(Protocol[P, R]):
    """A function of a program that takes whatever stands for one, by place or as `program=`."""

    def __call__(self, program: AnyProgram, *given: P.args, **named: P.kwargs) -> R: ...


def as_program(given: AnyProgram) -> Program:
    """The program that is given. Raises TPTypeError for what is none, else as `tpgraph.load` does.

    >>> as_program("mlp").name
    'mlp'
    """
    if isinstance(given, Program):
        return given
    if isinstance(given, str | Path):
        found: Program = program_of(given)
        return found
    if isinstance(given, OfProgram) and isinstance(given.program, Program):
        return given.program
    raise TPTypeError(
        f"a program is wanted, and this is of type {type(given).__name__}",
        expected="a Program, its text, its file, or a name of the gallery",
    )


def reads_program(function: Callable[Concatenate[Program, P], R]) -> OfAnyProgram[P, R]:
    """The function of a `program` as one of whatever stands for a program; see `as_program`."""
    called: Callable[..., R] = function

    @wraps(function)
    def read_first(*given: Any, **named: Any) -> R:
        if given:
            return called(as_program(given[0]), *given[1:], **named)
        if "program" in named:
            named["program"] = as_program(named["program"])
        return called(**named)

    return read_first
