"""Numbers in the text of options: one parser of each kind, with bounds, for every command.

    whole      12                          in least … most, at most as many digits as a count has
    real       0.1, -3e-2                  finite, of at most 1e100
    exact      10, 1/2, 1e-3               a rational that a program can hold
    range      FIRST:LAST:COUNT or a list  of reals
    rates      0.1 or 0.1,0.05             of every step, or one for each

None of them does work that grows with what is typed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

import typer

import tpgraph as tp

if TYPE_CHECKING:
    from tpgraph import Bound

__all__ = [
    "OptionError",
    "in_option",
    "in_six",
    "name_in_option",
    "numbers",
    "parse_depths",
    "parse_names",
    "parse_point",
    "parse_range",
    "parse_rows",
    "rates",
    "read_exact",
    "read_real",
    "read_whole",
    "real",
    "shown",
    "whole",
    "whole_numbers",
]

_LARGEST = 1e100
"""Of a real: its square is a float still."""
_SHOWN = 60

T = TypeVar("T")


class OptionError(tp.TPArgumentError):
    """What is no value of an option, alone or beside another: a usage error, exit code 2."""


def name_in_option(option: str, name: str, value: object) -> tp.Span:
    """The place of a name in NAME=VALUE of an option."""
    return tp.Span(tp.shell.Source(option, f"{name}={value}"), 0, len(name))


def in_option(option: str, text: str, place: tp.Span | None = None) -> tp.Span:
    """The place in the text of an option that a place in the same text is; otherwise all of it."""
    start, end = (place.start, place.end) if place and place.source.text == text else (0, len(text))
    return tp.Span(tp.shell.Source(option, text), start, end)


def in_six(value: float) -> str:
    """A number with six decimals, or with six digits and a power of ten where they would not tell.

    >>> in_six(-0.25), in_six(1e-9), in_six(3.9430796e102)
    ('-0.250000', ' 1.00000e-09', ' 3.94308e+102')
    """
    fits = value == 0 or not math.isfinite(value) or 1e-4 <= abs(value) < 1e9
    return f"{value: .6f}" if fits else f"{value: .5e}"


def shown(text: str) -> str:
    """What was typed, as a message quotes it: on one line, and not all of a long one."""
    short = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
    return tp.shell.on_one_line(short) or "''"


def whole(least: int = 1, most: Bound | int | None = None) -> Callable[[Any], int]:
    """The parser of a whole number for `typer.Option`: a usage error outside of least … most."""

    def integer(value: Any) -> int:
        return _usage(lambda: read_whole(str(value), "", least, most))

    return integer


def real(
    least: float | None = None, *, above: float | None = None, below: float = math.inf
) -> Callable[[Any], float]:
    """The parser of a finite number for `typer.Option`: a usage error outside of its bounds."""

    def number(value: Any) -> float:
        return _usage(lambda: read_real(str(value), "", least, above, below))

    return number


def rates(value: Any) -> tuple[float, ...]:
    """Learning rates of `typer.Option`: one above 0, or one for each step, which may end at 0."""
    texts = str(value).split(",")

    def read() -> tuple[float, ...]:
        tp.bounds.VALUES.require(len(texts), f"these are {len(texts)} rates")
        if len(texts) == 1:
            return (read_real(texts[0], "", above=0),)
        return tuple(read_real(text, "", 0) for text in texts)

    return _usage(read)


def read_whole(text: str, option: str, least: int = 1, most: Bound | int | None = None) -> int:
    """A whole number of least … most, by default `bounds.COUNT`. Raises TPError."""
    digits = text.strip()
    fits = re.fullmatch(r"[+-]?[0-9]+", digits) is not None
    bound = tp.bounds.COUNT if most is None else most
    largest = bound if isinstance(bound, int) else bound.most
    too_long = len(digits.lstrip("+-0")) > len(str(largest))
    if not fits:
        raise _not_understood(text, option, f"a whole number ≥ {least}")
    if digits.startswith("-") if too_long else int(digits) < least:
        raise _out_of_range(text, option, f"a whole number ≥ {least}")
    if too_long or int(digits) > largest:
        message = _as_given(option, text) + " is too large"
        if isinstance(bound, int):
            raise OptionError(message, expected=f"at most {bound}")
        raise bound.exceeded(message)
    return int(digits)


def read_real(
    text: str,
    option: str,
    least: float | None = None,
    above: float | None = None,
    below: float = math.inf,
) -> float:
    """A finite number, at most 1e100, ≥ `least`, > `above` and < `below`. Raises TPDataError."""
    asked = ((" ≥ ", least), (" > ", above), (" < ", None if math.isinf(below) else below))
    floor = " and".join(f"{sign}{bound:g}" for sign, bound in asked if bound is not None)
    try:
        if len(text) > tp.bounds.CHARACTERS.most:
            raise ValueError
        value = float(text)
    except ValueError:
        raise _not_understood(text, option, f"a number{floor}") from None
    is_too_small = (least is not None and value < least) or (above is not None and value <= above)
    if not math.isfinite(value) or abs(value) > _LARGEST or is_too_small or value >= below:
        most = f", at most {_LARGEST:g}" if math.isinf(below) else ""
        raise _out_of_range(text, option, f"a finite number{floor}{most}")
    return value


def read_exact(text: str, option: str) -> Fraction:
    """`10`, `1/2` or `1e-3` as a rational within 1e308. Raises TPDataError."""
    expected = "NAME=VALUE with a number such as 10, 1/2 or 1e-3, at most 1e308"
    exponents = re.findall(r"[eE]([+-]?[0-9]+)", text)
    if len(text) > tp.bounds.CHARACTERS.most or any(abs(int(e)) > 308 for e in exponents):
        raise _not_understood(text, option, expected)
    try:
        value = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        raise _not_understood(text, option, expected) from None
    if abs(value) > tp.bounds.NUMBER.most:
        raise _not_understood(text, option, expected)
    return value


def parse_range(text: str, option: str, least: float | None = None) -> list[float]:
    """`"0:5:50"` as 50 values from 0 to 5, `"1,1.5,2"` or `"1"` as those. Raises TPError."""
    expected = "FIRST:LAST:COUNT, such as 0:5:50, or values such as 1,1.5,2"
    if ":" in text:
        parts = text.split(":", 3)
        if len(parts) != 3:
            raise _not_understood(text, option, expected)
        start, stop = (read_real(part, option, least) for part in parts[:2])
        steps = read_whole(parts[2], option, 1, tp.bounds.VALUES)
        return [start + (stop - start) * i / max(1, steps - 1) for i in range(steps)]
    tp.bounds.VALUES.require(text.count(",") + 1, f"{option} has {text.count(',') + 1} values")
    return [read_real(part, option, least) for part in text.split(",")]


def numbers(text: str | None, option: str, least: float | None = None) -> tuple[float, ...] | None:
    """A list of numbers, if one was given."""
    return None if text is None else tuple(parse_range(text, option, least))


def whole_numbers(text: str | None, option: str, least: int = 1) -> tuple[int, ...] | None:
    """A list of whole numbers, if one was given; FIRST:LAST:COUNT too. Raises TPError."""
    values = numbers(text, option)
    if values is None:
        return None
    if any(not value.is_integer() for value in values):
        raise _not_understood(text or "", option, "whole numbers, such as 50,100")
    return tuple(read_whole(str(int(value)), option, least) for value in values)


def parse_depths(text: str | None, option: str = "--depths") -> tuple[int, ...] | None:
    """`"100"` as 1 … 100, `"2:49"` as 2 … 49, `"3,10"` as those. Raises TPError."""
    if text is None:
        return None
    if "," in text:
        return whole_numbers(text, option)
    first, colon, last = text.partition(":")
    low = read_whole(first, option) if colon else 1
    high = read_whole(last if colon else first, option, 1, tp.bounds.VALUES)
    if high < low:
        raise _not_understood(text, option, "the first depth, a colon, and one not below it")
    return tuple(range(low, high + 1))


def parse_point(text: str, option: str = "--at") -> tuple[float, float]:
    """`"2,0"` as (σ_w², σ_b²), variances. Raises TPError."""
    values = parse_range(text, option, 0) if text.count(",") == 1 and ":" not in text else []
    if len(values) != 2:
        raise _not_understood(text, option, "σ_w²,σ_b², such as 1.5,0.1")
    return values[0], values[1]


def parse_rows(text: str, option: str = "--rows") -> tuple[int, int | None]:
    """`"10:20"` as (10, 20); a missing end is the first or the last. Raises TPError."""
    first, colon, last = text.partition(":")
    if not colon:
        raise _not_understood(text, option, "I:J, such as 0:100")
    start = read_whole(first, option, 0) if first.strip() else 0
    return start, read_whole(last, option, 0) if last.strip() else None


def parse_names(text: str | None) -> tuple[str, ...] | None:
    """`L,σ_w2,-` as three names, of which `-` is none."""
    if text is None:
        return None
    parts = tuple("" if part.strip() == "-" else part.strip() for part in text.split(","))
    if len(parts) != 3:
        raise _not_understood(text, "--names", "three, as L,σ_w2,-")
    return parts


def _as_given(option: str, text: str) -> str:
    """An option and its value as they are written: `--width n=0`, `--seed x`."""
    between = "" if not option or option.endswith("=") else " "
    return f"{option}{between}{shown(text)}"


def _out_of_range(text: str, option: str, expected: str) -> OptionError:
    return OptionError(_as_given(option, text) + " is out of range", None, expected)


def _not_understood(text: str, option: str, expected: str) -> OptionError:
    return OptionError(_as_given(option, text) + " is not understood", None, expected)


def _usage(read: Callable[[], T]) -> T:
    """What is read, or the usage error that says why not; Typer names the option."""
    try:
        return read()
    except tp.TPError as error:
        parts = [error.message, error.expected and f"expected: {error.expected}", error.mend]
        raise typer.BadParameter("; ".join(part for part in parts if part)) from None
