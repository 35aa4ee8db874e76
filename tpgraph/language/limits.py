"""What the language accepts at most; beyond it the answer is a TPLimitError, not a dead machine."""

from __future__ import annotations

from fractions import Fraction

from tpgraph.errors import Span, TPLimitError

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_DIGITS",
    "MAX_ERRORS",
    "MAX_FUNCTION",
    "MAX_INDEX",
    "MAX_NAME",
    "MAX_NUMBER",
    "MAX_TERMS",
    "read_number",
    "require_size",
]

MAX_BYTES = 32 * 1024 * 1024
"""Of a file."""
MAX_DEPTH = 100
"""Of brackets in brackets, and of operators in operators."""
MAX_TERMS = 5_000_000
"""Of the program that loops, sums and families unroll to."""
MAX_INDEX = 10**9
MAX_NAME = 200
MAX_DIGITS = 400
MAX_NUMBER = Fraction(10**308)
MAX_FUNCTION = 100_000
"""Operations of a function of the program's own, with those it calls written out."""
MAX_ERRORS = 20
"""After so many errors the run stops."""

_EXPONENT = 400


def require_size(size: int) -> None:
    """Raise a TPLimitError where a text is larger than the language accepts."""
    if size > MAX_BYTES:
        more = "more than " if size == MAX_BYTES + 1 else ""  # no more was read of a stream
        raise TPLimitError(
            f"the program has {more}{size / 2**20:.0f} MB",
            expected=f"at most {MAX_BYTES // 2**20} MB",
            mend="write repetitions as families and for loops, or split the program",
        )


def read_number(text: str, span: Span | None = None) -> Fraction:
    """The exact value of a number as it is written. Raises TPLimitError where it is too large."""
    mantissa, _, exponent = text.replace("E", "e").partition("e")
    if len(mantissa) > MAX_DIGITS:
        raise TPLimitError(
            f"a number of {len(mantissa)} characters", span, f"at most {MAX_DIGITS} digits"
        )
    if exponent and (len(exponent) > 5 or abs(int(exponent)) > _EXPONENT):
        raise TPLimitError(f"the exponent {exponent[:12]} is too large", span, "numbers to 1e308")
    value = Fraction(text)
    if abs(value) > MAX_NUMBER:
        raise TPLimitError("the number is too large", span, "numbers to 1e308")
    return value
