"""What the rules meet on their way through a program: data, and errors, which get a name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from tpgraph.errors import TPArgumentError, TPDataError, TPError
from tpgraph.limits.estimates import Array
from tpgraph.limits.not_closed import NotClosed
from tpgraph.limits.written_at import written_at
from tpgraph.program import Data, Equation, Program, Target
from tpgraph.program.formula_text import formula_text

__all__ = ["given_value", "in_limit_of"]

_LONGEST = 60
"""Letters of a formula that says of what a limit is; the line is told as well."""


def given_value(declaration: Data | Target, data: Mapping[str, Array]) -> Array | None:
    """The values of a data input or target on every input, (N, d); None for a target without any.

    Raises TPDataError for data that are missing or do not fit.
    """
    variable, size = declaration.variable, declaration.variable.dim.size({})
    if variable.name not in data:
        if isinstance(declaration, Target):
            return None
        raise TPArgumentError(
            f"no value was given for {variable}",
            declaration.span,
            f"{size} numbers",
            "give a sample, as the limit is that of a network on one: --data FILE or --synthetic,"
            f" in Python data={{{variable.name!r}: …}}",
        )
    value = np.asarray(data[variable.name], dtype=float)
    count = value[0].size
    if value.shape[1:] != (size,) or not np.isfinite(value).all():
        given = f": {count} numbers" if count != size else ""
        raise TPDataError(
            f"the value of {variable} does not fit{given}",
            declaration.span,
            f"{size} finite numbers",
            "give one sample, a row of them" if count > size and count % size == 0 else None,
        )
    return value


@contextmanager
def in_limit_of(program: Program, equation: Equation) -> Iterator[None]:
    """Let an error of the block, a TPError or NotClosed, name this instruction and its line."""
    try:
        yield
    except TPError as error:
        where = formula_text(program, equation.out, _LONGEST)
        error.message = f"in the limit of {where}: {error.message}"
        raise error.at(written_at(program, equation)) from None
    except NotClosed as error:
        where = formula_text(program, equation.out, _LONGEST)
        raise NotClosed(error.reason, where, written_at(program, equation)) from None
