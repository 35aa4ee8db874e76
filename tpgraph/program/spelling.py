"""What a caller of the operator API may write for names, dimensions and constants, checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TypeAlias, assert_never

from tpgraph.errors import TPSyntaxError, TPTypeError
from tpgraph.functions import number
from tpgraph.program.statement_terms import Call, Constant, Mean, Once, Product, Ref, Term
from tpgraph.program.variables import Variable, canonical_name
from tpgraph.types import Dimension, Fixed, Scalar, Width

__all__ = [
    "Exponents",
    "as_dimension",
    "as_exponents",
    "as_identifier",
    "as_whole",
    "size_of",
    "variable_name",
    "variables_in",
]

Exponents: TypeAlias = Sequence[int | float | Fraction]
_INDEXED = re.compile(r"(?P<base>[^\[\]]+?)\s*\[(?P<index>[^\[\]]*)\]")
_WHOLE = re.compile(r"\s*(-?\d+)\s*", re.ASCII)


def as_identifier(name: str) -> str:
    """The canonical spelling of a name without index. Raises TPSyntaxError if it is none.

    >>> as_identifier("phi"), as_identifier("sigma_w")
    ('φ', 'σ_w')
    """
    key = canonical_name(name) if isinstance(name, str) and name else ""
    if not key.isidentifier() or key.startswith("_"):
        raise TPSyntaxError(
            f"{name!r} is no name", None, "a letter, then letters, digits or _, such as h or σ_w"
        )
    return key


def variable_name(name: str) -> str:
    """The canonical spelling of a name with or without indices.

    >>> variable_name("h"), variable_name("xi[1, 2]")
    ('h', 'ξ[1,2]')
    """
    match = _INDEXED.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        return as_identifier(name)
    indices = [_WHOLE.fullmatch(part) for part in match["index"].split(",")]
    if not all(indices):
        raise TPSyntaxError(f"{name!r} is no name", None, "whole numbers as indices: h[1], l[2,3]")
    base = as_identifier(match["base"])
    return f"{base}[{','.join(str(int(index[1])) for index in indices if index)}]"


def as_whole(value: object, what: str) -> int:
    """A whole number ≥ 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise TPTypeError(f"{what} is {value!r}", None, "a whole number ≥ 1")
    return value


def as_dimension(dimension: Dimension | int) -> Dimension:
    """A dimension; a whole number is a fixed one without a name."""
    if isinstance(dimension, Width | Fixed):
        return dimension
    if isinstance(dimension, int):
        return Fixed(as_whole(dimension, "a dimension"))
    raise TPTypeError(
        f"{dimension!r} is no dimension", None, "what width(…) or dim(…) returned, or a number ≥ 1"
    )


def as_exponents(letter: str, values: Exponents) -> tuple[Fraction, Fraction, Fraction]:
    """Three exact exponents, for input, hidden and readout."""
    exact = [number(value).value for value in values]
    if len(exact) != 3:
        raise TPTypeError(
            f"{letter} has {len(exact)} exponents", None, "three: for input, hidden and readout"
        )
    return exact[0], exact[1], exact[2]


def size_of(width: Width) -> Variable:
    """What stands for the size of a width while a scalar's value is being written."""
    return Variable(f"the size of {width}", Scalar())


def variables_in(term: Term) -> Iterator[Variable]:
    """The variables of a term, in order of appearance, with repetitions."""
    match term:
        case Ref(variable):
            yield variable
        case Call(_, arguments):
            for argument in arguments:
                yield from variables_in(argument)
        case Product(matrix, _, operand):
            yield matrix
            yield from variables_in(operand)
        case Mean(operand) | Once(operand):
            yield from variables_in(operand)
        case Constant():
            return
        case _:
            assert_never(term)
