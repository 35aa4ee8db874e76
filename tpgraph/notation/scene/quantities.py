r"""Numbers beside a mark as LaTeX: `0.51 \to 0.520 \pm 0.001` from finite width to the limit."""

from __future__ import annotations

from tpgraph.notation.scene.annotation import Annotation, Quantity, QuantityKind

__all__ = ["number_latex", "quantity_lines"]

_DIGITS = 3
_DIGITS_OF_SCALARS = 4  # of a number with an error bar, where there is more room
_LARGE, _SMALL = 4, -3  # powers of ten from which a number is written with one
_ROUNDING = 1e-12
_TERMS = 3  # of Ż in a line

_SYMBOLS: dict[QuantityKind, str] = {
    "value": "",
    "mean": r"\mu=",
    "var": r"\sigma^{2}=",
    "hat": r"\hat{\sigma}^{2}=",
    "dot": r"\dot{Z}=",
    "size": r"|\cdot|=",
}


def quantity_lines(annotation: Annotation) -> tuple[str, ...]:
    """The dimension, a line for each number, and one for all of Ż."""
    found = annotation.quantities
    lines = [annotation.dimension] if annotation.dimension else []
    lines += [_SYMBOLS[q.kind] + _numbers(q) for q in found if q.kind != "dot"]
    terms = [rf"{_numbers(q)}\,Z^{{{q.of}}}" for q in found if q.kind == "dot"]
    if terms:
        more = r"+\cdots" if len(terms) > _TERMS else ""
        lines.append(_SYMBOLS["dot"] + _summed(terms[:_TERMS]) + more)
    return tuple(lines)


def _summed(terms: list[str]) -> str:
    first, *others = terms
    return first + "".join(term if term.startswith("{-") else f"+{term}" for term in others)


def _numbers(quantity: Quantity) -> str:
    finite, limit = quantity.finite, quantity.limit
    parts = [] if finite is None else [number_latex(finite)]
    if limit is not None:
        digits = _DIGITS_OF_SCALARS if quantity.kind == "value" else _DIGITS
        parts.append(number_latex(limit, quantity.error, digits))
    # In braces a minus sign keeps to its number.
    return r"\to ".join(f"{{{part}}}" if part.startswith("-") else part for part in parts)


def number_latex(value: float, error: float = 0.0, most: int = _DIGITS) -> str:
    r"""A number to three digits, or to the first digit of its error, then with the error.

    An error is left out that would be seen behind the digit number `most` only.

    >>> number_latex(0.52037, 0.0012), number_latex(0.52037, 1e-5), number_latex(-1.5e6)
    ('0.520\\pm 0.001', '0.520', '-1.50\\cdot 10^{6}')
    """
    if abs(value) <= error <= _ROUNDING:
        return "0"
    if error <= _ROUNDING * abs(value):
        error = 0.0
    power = _power(max(abs(value), error))
    shift = 0 if _SMALL <= power < _LARGE else power
    value, error, power = value / 10.0**shift, error / 10.0**shift, power - shift
    decimals, bar = max(_DIGITS - 1 - power, 0), ""
    if error and -_power(error, 1) <= most - 1 - power:
        decimals = max(-_power(error, 1), 0)
        bar = rf"\pm {error:.{decimals}f}"
    elif value == round(value):
        decimals = 0
    text = f"{value:.{decimals}f}"
    if not shift:
        return text + bar
    return rf"({text}{bar})\cdot 10^{{{shift}}}" if bar else rf"{text}\cdot 10^{{{shift}}}"


def _power(value: float, digits: int = _DIGITS) -> int:
    """The power of ten of the first digit when a number is rounded to so many; 0 of 0."""
    return int(f"{value:.{digits - 1}e}".partition("e")[2]) if value else 0
