"""Expressions as text: in the `.tp` language, in numpy, in LaTeX.

One walk with operator precedences serves the three; a `Dialect` says how numbers, operators and
calls are spelled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tpgraph.functions.derivative import expand
from tpgraph.functions.expression import (
    Apply,
    Argument,
    Defined,
    Expression,
    Number,
    substitute,
)
from tpgraph.functions.table import ADD, DIV, MUL, NEG, POW

__all__ = [
    "latex_number",
    "numpy_helpers",
    "to_latex",
    "to_numpy",
    "to_text",
]

SUM, PRODUCT, SIGN, POWER, ATOM = range(5)
"""Binding strength, weakest first: a + b, a * b, -a, a ^ b, f(a)."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a target spells things. Each speller gets texts and returns (text, strength)."""

    number: Callable[[Fraction], tuple[str, int]]
    call: Callable[[Apply, Sequence[str]], tuple[str, int]]
    times: str
    divide: Callable[[str, str], tuple[str, int]]
    power: Callable[[str, str], tuple[str, int]]
    divide_strength: tuple[int, int]
    power_strength: tuple[int, int]
    parentheses: tuple[str, str] = ("(", ")")

    def render(self, expression: Expression, arguments: Sequence[str]) -> str:
        """The text of the expression, with the texts of its arguments (taken as atoms)."""
        return self._walk(expression, arguments)[0]

    def _walk(self, expression: Expression, names: Sequence[str]) -> tuple[str, int]:
        match expression:
            case Number(value):
                return self.number(value)
            case Argument(index):
                return names[index], ATOM
            case Apply(function, inner, order):
                if order == 0 and not isinstance(function, Defined):
                    if function == ADD:
                        return self._sum(inner, names), SUM
                    if function == MUL:
                        # a factor after the first would regroup if it were a product itself
                        rest = [self._at(e, names, SIGN) for e in inner[1:]]
                        return self.times.join([self._at(inner[0], names, PRODUCT), *rest]), PRODUCT
                    if function == NEG:
                        return "-" + self._at(inner[0], names, POWER), SIGN
                    if function == DIV:
                        left, right = self.divide_strength
                        return self.divide(
                            self._at(inner[0], names, left), self._at(inner[1], names, right)
                        )
                    if function == POW:
                        left, right = self.power_strength
                        return self.power(
                            self._at(inner[0], names, left), self._at(inner[1], names, right)
                        )
                return self.call(expression, [self._walk(e, names)[0] for e in inner])

    def _at(self, expression: Expression, names: Sequence[str], least: int) -> str:
        text, strength = self._walk(expression, names)
        left, right = self.parentheses
        return text if strength >= least else f"{left}{text}{right}"

    def _sum(self, terms: Sequence[Expression], names: Sequence[str]) -> str:
        text = self._at(terms[0], names, SUM)
        for term in terms[1:]:
            match term:
                case Apply(function, (inner,), 0) if function == NEG:
                    text += " - " + self._at(inner, names, PRODUCT)
                case Number(value) if value < 0:
                    text += " - " + self._at(Number(-value), names, PRODUCT)
                case _:
                    text += " + " + self._at(term, names, PRODUCT)
        return text


def _decimal(value: Fraction) -> str | None:
    """The shortest exact decimal text, or None where the expansion does not end soon."""
    if value.denominator == 1 and abs(value) < 10**15:
        return str(value.numerator)
    text = repr(float(value))
    return text if Fraction(text) == value else None


def _plain_number(value: Fraction) -> tuple[str, int]:
    decimal = _decimal(abs(value))
    text = decimal or f"{abs(value.numerator)}/{value.denominator}"
    strength = ATOM if decimal else PRODUCT
    return (f"-{text}", SIGN if decimal else SUM) if value < 0 else (text, strength)


def _text_call(call: Apply, arguments: Sequence[str]) -> tuple[str, int]:
    return f"{call.function.name}{chr(39) * call.order}({', '.join(arguments)})", ATOM


_TEXT = Dialect(
    number=_plain_number,
    call=_text_call,
    times=" * ",
    divide=lambda a, b: (f"{a} / {b}", PRODUCT),
    power=lambda a, b: (f"{a}^{b}", POWER),
    divide_strength=(PRODUCT, SIGN),
    power_strength=(ATOM, POWER),
)


def to_text(expression: Expression, arguments: Sequence[str]) -> str:
    """The expression in the `.tp` language: `φ(h[1] + b[1])`, `a * b / c`, `z^2`, `φ'(h)`."""
    return _TEXT.render(expression, arguments)


def _numpy_number(value: Fraction) -> tuple[str, int]:
    if value.denominator == 1 and abs(value) < 10**15:
        text = str(value.numerator)
    else:
        text = repr(float(value))
    return text, SIGN if value < 0 else ATOM


def _numpy_call(names: Mapping[str, str]) -> Callable[[Apply, Sequence[str]], tuple[str, int]]:
    def call(apply: Apply, arguments: Sequence[str]) -> tuple[str, int]:
        function = apply.function
        if isinstance(function, Defined):
            return f"{names[function.name]}{'_prime' * apply.order}({', '.join(arguments)})", ATOM
        assert apply.order == 0, "derivatives of table functions are written out before"
        safe = [a if a.replace("_", "a").isalnum() else f"({a})" for a in arguments]
        bare = [a if f"({{{i}}})" in function.numpy else safe[i] for i, a in enumerate(arguments)]
        text = function.numpy.format(*bare) if function.arity == 1 else function.numpy.format(*safe)
        return (text, ATOM) if _is_one_call(text) else (f"({text})", ATOM)

    return call


def _is_one_call(text: str) -> bool:
    """Whether the text is one call `f(…)`, so that it needs no parentheses around it."""
    head, _, rest = text.partition("(")
    if not head.replace(".", "a").replace("_", "a").isalnum():
        return False
    depth = 1
    for place, character in enumerate(rest):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return place == len(rest) - 1
    return False


def to_numpy(
    expression: Expression, arguments: Sequence[str], functions: Mapping[str, str] | None = None
) -> str:
    """The expression as Python source over numpy (imported as np) and the name DTYPE.

    `functions` maps the program's own functions to the Python names under which they are defined
    (`f`, its derivatives `f_prime`, `f_prime_prime`); without it they are written out.
    """
    if functions is None:
        expression, functions = inline(expression), {}
    dialect = Dialect(
        number=_numpy_number,
        call=_numpy_call(functions),
        times=" * ",
        divide=lambda a, b: (f"{a} / {b}", PRODUCT),
        power=lambda a, b: (f"{a}**{b}", POWER),
        divide_strength=(PRODUCT, SIGN),
        power_strength=(ATOM, POWER),
    )
    return dialect.render(_expand_primitives(expression), arguments)


def inline(expression: Expression) -> Expression:
    """The expression over the table's functions alone, derivatives written out."""
    match expand(expression):
        case Apply(function, arguments):
            inner = tuple(inline(argument) for argument in arguments)
            if isinstance(function, Defined):
                return substitute(inline(function.body), inner)
            return Apply(function, inner)
        case other:
            return other


def _expand_primitives(expression: Expression) -> Expression:
    """Derivatives of table functions written out, those of defined functions kept by name."""
    match expression:
        case Apply(function, arguments, order):
            inner = tuple(_expand_primitives(argument) for argument in arguments)
            call = Apply(function, inner, order)
            return call if isinstance(function, Defined) else expand(call) if order else call
        case _:
            return expression


def numpy_helpers(expression: Expression) -> tuple[str, ...]:
    """The helper definitions that `to_numpy`'s text needs, each once, in order of first use."""
    found: dict[str, None] = {}

    def visit(e: Expression) -> None:
        if isinstance(e, Apply):
            if not isinstance(e.function, Defined) and e.function.helper:
                found[e.function.helper] = None
            for argument in e.arguments:
                visit(argument)

    visit(inline(expression))
    return tuple(found)


def latex_number(value: Fraction) -> tuple[str, int]:
    r"""A number as LaTeX: `0.1`, `\frac{1}{3}`."""
    decimal = _decimal(abs(value))
    if decimal and "e" in decimal:
        mantissa, _, exponent = decimal.partition("e")
        decimal = rf"{mantissa}\cdot 10^{{{int(exponent)}}}"
    text = decimal or rf"\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    return (f"-{text}", SIGN) if value < 0 else (text, ATOM)


def _latex_call(names: Mapping[str, str]) -> Callable[[Apply, Sequence[str]], tuple[str, int]]:
    def call(apply: Apply, arguments: Sequence[str]) -> tuple[str, int]:
        function = apply.function
        if function.name == "sqrt" and not isinstance(function, Defined) and apply.order == 0:
            return rf"\sqrt{{{arguments[0]}}}", ATOM
        if function.name == "abs" and not isinstance(function, Defined) and apply.order == 0:
            return f"|{arguments[0]}|", ATOM
        head = function.latex if not isinstance(function, Defined) else names[function.name]
        return f"{head}{chr(39) * apply.order}({', '.join(arguments)})", ATOM

    return call


def to_latex(
    expression: Expression, arguments: Sequence[str], functions: Mapping[str, str] | None = None
) -> str:
    """The expression as LaTeX mathematics; `functions` gives the LaTeX names of defined ones."""
    dialect = Dialect(
        number=latex_number,
        call=_latex_call(functions or {}),
        times=r" \, ",
        divide=lambda a, b: (rf"\frac{{{a}}}{{{b}}}", ATOM),
        power=lambda a, b: (f"{a}^{{{b}}}", POWER),
        divide_strength=(SUM, SUM),
        power_strength=(ATOM, SUM),
    )
    return dialect.render(expression, arguments)
