"""Networks that a study trains: a program's text with chosen constants, made ready once a process.

A study is over any program with one data input, outputs and a loss. Its text and constants go
with every task, so that a worker needs nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.compiler import Module, Params, compile
from tpgraph.errors import (
    Source,
    TPArgumentError,
    TPDataError,
    TPError,
    TPLimitError,
    TPNameError,
    TPTypeError,
    within,
)
from tpgraph.kernels.empirical import Finite, finite
from tpgraph.language import Reading, editing, parse, read
from tpgraph.language.editing.formulas import loss_patch
from tpgraph.language.syntax import DefineConst, DefineDim, Loss
from tpgraph.program import Program, require_memory
from tpgraph.study.activations import NAMED_FUNCTIONS, unknown_function

__all__ = [
    "CALLED",
    "NAMES",
    "Constants",
    "Names",
    "Network",
    "constants_at",
    "constants_of",
    "network",
    "require_names",
    "with_function",
    "with_loss",
]

Array: TypeAlias = npt.NDArray[np.floating]
Constants: TypeAlias = tuple[tuple[str, float], ...]
"""Chosen values of a text's `const` and `dim`, by name."""

Names: TypeAlias = tuple[str, str, str]
"""The constants of a text for depth, σ_w² and σ_b²; "" for one that it has not."""

NAMES: Names = ("L", "σ_w2", "σ_b2")

CALLED = "the program"
"""How mistakes in a text call it."""


@dataclass(frozen=True)
class Network:
    """A program, its module and its tangent kernel, in one dtype."""

    program: Program
    module: Module
    tangent: Finite

    def init(self, width: int, seed: np.random.SeedSequence) -> Params:
        """Everything random, with this size of every width."""
        widths = {w.name: width for w in self.program.base_widths}
        return self.module.init(widths, seed)  # type: ignore[arg-type]

    def require_memory(self, width: int, rows: int) -> None:
        """Raise TPLimitError where a network of this width, on so many inputs, is too large."""
        widths = {w.name: width for w in self.program.base_widths}
        require_memory(self.program, widths, rows)

    def ntk(self, params: Params, X: Array, *, diverged: bool = False) -> Array:
        """The NTK over inputs and all components of outputs, (N m, N m).

        Raises TPError where it is not finite; with `diverged` it has nan and infinities there, so
        that one training that diverged does not end a sweep.
        """
        kernel = self.tangent.measured if diverged else self.tangent.kernel
        found = kernel(params, X).ntk
        assert found is not None
        size = found.shape[0] * (found.shape[1] if found.ndim == 4 else 1)
        return np.asarray(found.reshape(size, size))


@lru_cache(maxsize=8)
def network(text: str, constants: Constants, dtype: str) -> Network:
    """The network of a text. Raises TPErrors of the text, TPTypeError for one that has no loss."""
    program = _chosen(text, constants)
    if program.loss is None or len(program.data) != 1 or len(program.targets) != 1:
        raise TPTypeError(
            f"program {program.name} cannot be trained here",
            expected="one data input, one target and a loss",
        )
    return Network(program, compile(program, dtype), finite(program, "ntk", dtype))


def _chosen(text: str, constants: Constants) -> Program:
    """The program at these constants; where they are at fault, it is they that are named."""
    try:
        return parse(text, CALLED, dict(constants) if constants else None)
    except TPLimitError:
        raise
    except TPError as error:
        if not constants:
            raise
        parse(text, CALLED)  # where the text is at fault itself, it says so
        values = ", ".join(f"{name} = {value:g}" for name, value in constants)
        raise TPDataError(
            f"the program cannot have {values}: {error.message}", mend="choose other values"
        ) from None


def require_names(text: str, names: Names, mend: str | None = None) -> None:
    """Raise TPArgumentError, with this mend, where one of them is no constant of a text."""
    known = [
        statement.node.name.full
        for statement in read(text, CALLED).statements
        if isinstance(statement.node, DefineConst | DefineDim)
    ]
    axes = ("depth", "σ_w²", "σ_b²")
    named = [(name, axis) for name, axis in zip(names, axes, strict=True) if name]
    missing = [f"{name} for {axis}" for name, axis in named if name not in known]
    if not missing:
        return
    there = tuple(name if name in known else "" for name in NAMES)
    option = f"--names {','.join(name or '-' for name in there)}"
    raise TPArgumentError(
        f"the program has no constant {', '.join(missing)}",
        expected=f"names of its constants, {', '.join(known)}, or none" if known else "no names",
        mend=mend or f"name them, - for none: {option}, in Python names={there}",
    )


def constants_of(values: Mapping[str, float]) -> Constants:
    """The values in the order of their names, as tasks hold them."""
    return tuple(sorted((name, value) for name, value in values.items()))


def constants_at(
    names: Names, point: tuple[float, float, float], constants: Constants
) -> Constants:
    """The `constants`, and those of these `names` at a point (depth, σ_w², σ_b²)."""
    chosen = {name: value for name, value in zip(names, point, strict=True) if name}
    return constants_of({**dict(constants), **chosen})


def with_function(text: str, function: str) -> str:
    """The text with another φ: `fn φ(z) = tanh(z)` for tanh.

    Raises TPDataError for a function that has no name, and a text that defines no φ of one
    argument.
    """
    if function not in NAMED_FUNCTIONS:
        raise unknown_function(function, TPDataError)
    try:
        return editing.set_function(read(text, CALLED), "φ", function).apply(text)
    except TPNameError:
        raise TPDataError(
            "the program defines no φ that could be another function",
            expected="one line such as: fn φ(z) = tanh(z)",
        ) from None


def with_loss(text: str, loss: str, called: str = "<loss>") -> str:
    """The text with another loss, such as `(f - y)^2 / k`, the mean over k outputs.

    Raises TPDataError for a text without a line `loss …` and a loss of several lines, and the
    TPErrors of the new loss, placed in it, as it is `called`.
    """
    reading = read(text, CALLED)
    if not any(isinstance(statement.node, Loss) for statement in reading.statements):
        raise TPDataError(
            "the program has no loss that could be another one", expected="one line: loss …"
        )
    if len(loss.splitlines()) != 1:
        raise TPDataError("a loss is one line", expected="an expression, such as (f - y)^2 / 2")
    try:
        return editing.set_loss(reading, loss).apply(text)
    except TPError as error:
        raise _in_loss(reading, loss, called) or error from None


def _in_loss(reading: Reading, loss: str, called: str) -> TPError | None:
    """The first mistake in another loss, placed in the loss as it was written."""
    start, end, _ = loss_patch(reading, loss)
    text = reading.source.text
    stop = start + len(loss)
    for error in read(text[:start] + loss + text[end:], reading.source.name).errors:
        if error.span is not None and start - 1 <= error.span.start <= stop:
            return within(error, Source(called, loss), start)
    return None
