"""What the language accepts of texts and numbers; beyond it the answer is a TPLimitError."""

from __future__ import annotations

from fractions import Fraction

from tpgraph.bounds import BYTES, DIGITS, LINES, NUMBER
from tpgraph.errors import Span, TPLimitError

__all__ = ["read_number", "require_lines", "require_size"]

_EXPONENT = 400
_MEND = "write repetitions as families and for loops, or split the program"


def require_size(size: int) -> None:
    """Raise a TPLimitError where a text is larger than the language accepts."""
    most = BYTES.most
    more = "more than " if size == most + 1 else ""  # no more was read of a stream
    BYTES.require(size, f"the program has {more}{size / 2**20:.0f} MB", mend=_MEND)


def require_lines(text: str) -> None:
    """Raise a TPLimitError where a text has more lines than are read in reasonable time."""
    lines = text.count("\n") + 1
    LINES.require(lines, f"the program has {lines:,} lines", mend=_MEND)


def read_number(text: str, span: Span | None = None) -> Fraction:
    """The exact value of a number as it is written. Raises TPLimitError where it is too large."""
    mantissa, _, exponent = text.replace("E", "e").partition("e")
    DIGITS.require(len(mantissa), f"a number of {len(mantissa)} characters", span)
    if exponent and (len(exponent) > 5 or abs(int(exponent)) > _EXPONENT):
        raise TPLimitError(f"the exponent {exponent[:12]} is too large", span, "numbers to 1e308")
    value = Fraction(text)
    if abs(value) > NUMBER.most:
        raise TPLimitError("the number is too large", span, "numbers to 1e308")
    return value
