"""Expressions and numbers as LaTeX mathematics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from tpgraph.functions.brackets import latex_brackets, without_shown_braces
from tpgraph.functions.expression import Apply, Defined, Expression
from tpgraph.functions.expression_text import exact_decimal
from tpgraph.functions.render import ATOM, POWER, PRODUCT, SIGN, SUM, Dialect

__all__ = ["to_latex"]


def _latex_number(value: Fraction) -> tuple[str, int]:
    r"""A number as LaTeX: `0.1`, `\frac{1}{3}`."""
    decimal = exact_decimal(abs(value))
    if decimal and "e" in decimal:
        mantissa, _, exponent = decimal.partition("e")
        decimal = "" if mantissa == "1" else rf"{mantissa} \cdot "
        decimal += f"10^{{{int(exponent)}}}"
    text = decimal or rf"\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    if value < 0:
        return f"-{text}", SIGN
    return text, PRODUCT if r"\cdot" in text else ATOM if text[-1] != "}" else POWER


def _latex_product(factors: Sequence[str]) -> str:
    """Factors side by side, with a dot where a digit would go on the number before it."""
    texts = [factors[0]]
    for factor in factors[1:]:
        texts += r" \cdot " if factor[:1].isdigit() else r" \, ", factor
    return "".join(texts)


def _has_superscript(text: str) -> bool:
    """Whether a LaTeX text has `^` outside of braces, so that a second one needs parentheses."""
    depth = 0
    for character in without_shown_braces(text):
        depth += (character == "{") - (character == "}")
        if character in "^'" and depth == 0:
            return True
    return False


def _latex_call(names: Mapping[str, str]) -> Callable[[Apply, Sequence[str]], tuple[str, int]]:
    def call(apply: Apply, arguments: Sequence[str]) -> tuple[str, int]:
        function = apply.function
        if function.name == "sqrt" and not isinstance(function, Defined) and apply.order == 0:
            return rf"\sqrt{{{arguments[0]}}}", ATOM
        if function.name == "abs" and not isinstance(function, Defined) and apply.order == 0:
            return latex_brackets(arguments[0], "|", "|"), ATOM
        head = names[function.name] if isinstance(function, Defined) else function.latex
        head = r"\mathrm{sqrt}" if head == r"\sqrt" else head
        if apply.order and _has_superscript(head):
            head = f"{{{head}}}"
        given = latex_brackets(", ".join(arguments))
        near = r"\!" if given.startswith(r"\left") else ""  # such brackets keep clear of a name
        return f"{head}{chr(39) * apply.order}{near}{given}", ATOM

    return call


def to_latex(
    expression: Expression, arguments: Sequence[str], functions: Mapping[str, str] | None = None
) -> str:
    """The expression as LaTeX mathematics; `functions` gives the LaTeX names of defined ones."""
    dialect = Dialect(
        number=_latex_number,
        call=_latex_call(functions or {}),
        times=_latex_product,
        divide=lambda a, b: (rf"\frac{{{a}}}{{{b}}}", POWER),
        power=lambda a, b: (f"{a}^{{{b}}}", POWER),
        divide_strength=(SUM, SUM),
        power_strength=(ATOM, SUM),
        argument=lambda text: POWER if _has_superscript(text) else ATOM,
        brackets=latex_brackets,
        tight_signs=True,
    )
    return dialect.render(expression, arguments)
