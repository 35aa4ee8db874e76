"""What the rules meet on their way through a program: data, and errors, which get a name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from tpgraph.errors import TPDataError, TPError
from tpgraph.limits.estimates import Array
from tpgraph.limits.not_closed import NotClosed
from tpgraph.limits.written_at import written_at
from tpgraph.program import Data, Equation, Program, Target

__all__ = ["given_value", "in_limit_of"]


def given_value(declaration: Data | Target, data: Mapping[str, Array]) -> Array | None:
    """The values of a data input or target on every input, (N, d); None for a target without any.

    Raises TPDataError for data that are missing or do not fit.
    """
    variable, size = declaration.variable, declaration.variable.dim.size({})
    if variable.name not in data:
        if isinstance(declaration, Target):
            return None
        raise TPDataError(
            f"no value was given for {variable}",
            declaration.span,
            f"{size} numbers",
            "give the data: the limit is that of a network on one sample",
        )
    value = np.asarray(data[variable.name], dtype=float)
    if value.shape[1:] != (size,) or not np.isfinite(value).all():
        raise TPDataError(
            f"the value of {variable} does not fit", declaration.span, f"{size} finite numbers"
        )
    return value


@contextmanager
def in_limit_of(program: Program, equation: Equation) -> Iterator[None]:
    """Let an error of the block, a TPError or NotClosed, name this instruction and its line."""
    try:
        yield
    except TPError as error:
        error.message = f"in the limit of {equation.out}: {error.message}"
        raise error.at(written_at(program, equation)) from None
    except NotClosed as error:
        raise NotClosed(error.reason, equation.out.name, written_at(program, equation)) from None
