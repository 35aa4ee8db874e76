"""Which exact numbers a program may hold: ratios of widths, exponents of a parametrization."""

from __future__ import annotations

from fractions import Fraction

from tpgraph.errors import Span, TPLimitError, TPNameError, TPTypeError
from tpgraph.program.parametrization import MUP, NTK, STANDARD, Parametrization
from tpgraph.program.typing_rules import MAX_NUMBER

__all__ = ["require_exact", "require_parametrization"]

_MAX_EXPONENT = 100


def require_exact(value: object, what: str, span: Span | None, most: Fraction = MAX_NUMBER) -> None:
    """Raise TPTypeError for what is no fraction, and TPLimitError for one too large or small."""
    if not isinstance(value, Fraction | int) or isinstance(value, bool):
        raise TPTypeError(f"{what} is a {type(value).__name__}", span, "an exact number")
    size = abs(Fraction(value))
    if size > most or (size and size * MAX_NUMBER < 1):
        limit = "100" if most == _MAX_EXPONENT else "1e308"
        raise TPLimitError(f"{what} is too large or too small", span, f"a number up to {limit}")


def require_parametrization(given: Parametrization) -> None:
    """Raise a TPError for none of the three by their own exponents, nor `abc` by any."""
    known = {p.name: p for p in (NTK, MUP, STANDARD)}
    if given.name != "abc" and known.get(given.name) != given:
        raise TPNameError(
            f"there is no parametrization {given.name!r} of these exponents",
            expected="ntk, mup, standard, or exponents under the name abc",
        )
    exponents: tuple[Fraction, ...]
    for letter, exponents in (("a", given.a), ("b", given.b), ("c", (given.c,))):
        if len(exponents) != (1 if letter == "c" else 3):
            raise TPTypeError(f"{letter} has {len(exponents)} exponents", expected="three")
        for exponent in exponents:
            require_exact(exponent, f"the exponent {letter}", None, Fraction(_MAX_EXPONENT))
