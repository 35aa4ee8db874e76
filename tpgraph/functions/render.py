"""Expressions as text: in the `.tp` language, in numpy, in LaTeX.

One walk with operator precedences serves the three; a `Dialect` says how numbers, operators and
calls are spelled.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from tpgraph.functions.derivative import expand
from tpgraph.functions.evaluate import evaluate
from tpgraph.functions.expression import (
    Apply,
    Argument,
    Defined,
    Expression,
    Number,
    Primitive,
    number,
    substitute,
)
from tpgraph.functions.table import ADD, DIV, MUL, NEG, POW

__all__ = [
    "is_call",
    "latex_number",
    "number_text",
    "numpy_helpers",
    "primitives_of",
    "to_latex",
    "to_numpy",
    "to_text",
]

SUM, PRODUCT, SIGN, POWER, ATOM = range(5)
"""Binding strength, weakest first: a + b, a * b, -a, a ^ b, f(a)."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a target spells things. Each speller gets texts and returns (text, strength).

    `tight_signs` says that a sign may not follow an operator: a (−b), where others write a * -b.
    """

    number: Callable[[Fraction], tuple[str, int]]
    call: Callable[[Apply, Sequence[str]], tuple[str, int]]
    times: Callable[[Sequence[str]], str]
    divide: Callable[[str, str], tuple[str, int]]
    power: Callable[[str, str], tuple[str, int]]
    divide_strength: tuple[int, int]
    power_strength: tuple[int, int]
    argument: Callable[[str], int] = lambda text: ATOM
    brackets: Callable[[str], str] = lambda text: f"({text})"
    tight_signs: bool = False

    def render(self, expression: Expression, arguments: Sequence[str]) -> str:
        """The text of the expression, with the texts of its arguments."""
        return self._walk(expression, arguments)[0]

    def _walk(self, expression: Expression, names: Sequence[str]) -> tuple[str, int]:
        match expression:
            case Number(value):
                return self.number(value)
            case Argument(index):
                return names[index], self.argument(names[index])
            case Apply(function, _, order) if order == 0 and isinstance(function, Primitive):
                return self._primitive(expression, names)
            case Apply():
                return self._call(expression, names)

    def _primitive(self, apply: Apply, names: Sequence[str]) -> tuple[str, int]:
        function, inner = apply.function, apply.arguments
        if function == ADD:
            return self._sum(inner, names), SUM
        if function == MUL:
            # a factor after the first would regroup if it were a product itself
            rest = [self._after(e, names, SIGN) for e in inner[1:]]
            return self.times([self._at(inner[0], names, PRODUCT), *rest]), PRODUCT
        if function == NEG:
            least = PRODUCT if self.tight_signs else POWER
            return "-" + self._after(inner[0], names, least), SIGN
        if function == DIV:
            return self.divide(*self._pair(inner, names, self.divide_strength))
        if function == POW:
            return self.power(*self._pair(inner, names, self.power_strength))
        return self._call(apply, names)

    def _call(self, apply: Apply, names: Sequence[str]) -> tuple[str, int]:
        return self.call(apply, [self._walk(e, names)[0] for e in apply.arguments])

    def _pair(
        self, inner: Sequence[Expression], names: Sequence[str], least: tuple[int, int]
    ) -> tuple[str, str]:
        return self._at(inner[0], names, least[0]), self._at(inner[1], names, least[1])

    def _at(self, expression: Expression, names: Sequence[str], least: int) -> str:
        """The text, in parentheses if it binds less than `least`."""
        text, strength = self._walk(expression, names)
        return text if strength >= least else self.brackets(text)

    def _after(self, expression: Expression, names: Sequence[str], least: int) -> str:
        """The text behind an operator."""
        text = self._at(expression, names, least)
        return self.brackets(text) if self.tight_signs and text.startswith("-") else text

    def _sum(self, terms: Sequence[Expression], names: Sequence[str]) -> str:
        texts = [self._at(terms[0], names, SUM)]
        for term in terms[1:]:
            match term:
                case Apply(function, (inner,), 0) if function == NEG:
                    texts += " - ", self._after(inner, names, PRODUCT)
                case Number(value) if value < 0:
                    texts += " - ", self._after(Number(-value), names, PRODUCT)
                case _:
                    texts += " + ", self._after(term, names, PRODUCT)
        return "".join(texts)


def _decimal(value: Fraction) -> str | None:
    """The shortest exact decimal text, or None where the expansion does not end soon."""
    if value.denominator == 1 and abs(value) < 10**15:
        return str(value.numerator)
    text = repr(float(value))
    return text if Fraction(text) == value else None


def number_text(value: Fraction | float) -> str:
    """A number as the `.tp` language reads it: a decimal if it is one, else a quotient.

    A float is the decimal that Python shows.

    >>> number_text(0.1), number_text(Fraction(-1, 3)), number_text(10**20 + 1)
    ('0.1', '-1/3', '100000000000000000001')
    """
    exact = Fraction(repr(value)) if isinstance(value, float) else Fraction(value)
    return _decimal(exact) or str(exact)


def _plain_number(value: Fraction) -> tuple[str, int]:
    text = number_text(value)
    if "/" in text:
        return text, SUM if value < 0 else PRODUCT
    return text, SIGN if value < 0 else ATOM


def _text_call(call: Apply, arguments: Sequence[str]) -> tuple[str, int]:
    return f"{call.function.name}{chr(39) * call.order}({', '.join(arguments)})", ATOM


_TEXT = Dialect(
    number=_plain_number,
    call=_text_call,
    times=" * ".join,
    divide=lambda a, b: (f"{a} / {b}", PRODUCT),
    power=lambda a, b: (f"{a}^{b}", POWER),
    divide_strength=(PRODUCT, SIGN),
    power_strength=(ATOM, POWER),
)


def to_text(
    expression: Expression, arguments: Sequence[str], products: Container[str] = frozenset()
) -> str:
    """The expression in the `.tp` language: `φ(h[1] + b[1])`, `a * b / c`, `z^2`, `φ'(h)`.

    `products` are the texts of arguments that are products of matrices, as in `(W x)^2`.

    >>> square = Apply(POW, (Argument(0), number(2)))
    >>> to_text(square, ["z"]), to_text(square, ["W x"], {"W x"})
    ('z^2', '(W x)^2')
    """
    dialect = replace(_TEXT, argument=lambda text: POWER if text in products else ATOM)
    return dialect.render(expression, arguments)


def is_call(expression: Expression) -> bool:
    """Whether the text of an expression is a name or a call, so that it needs no parentheses
    anywhere.
    """
    match expression:
        case Apply(function, _, 0):
            return function not in (ADD, MUL, NEG, DIV, POW)
        case _:
            return not isinstance(expression, Number)


def _numpy_number(value: Fraction) -> tuple[str, int]:
    if value.denominator == 1 and abs(value) < 10**15:
        text = str(value.numerator)
    else:
        text = repr(float(value))
    return text, SIGN if value < 0 else ATOM


Spelled: TypeAlias = Callable[[Primitive], str]
"""The Python text of a table function, with holes for its arguments."""


def _in_numpy(function: Primitive) -> str:
    return function.numpy


def _python_call(
    names: Mapping[str, str], spelled: Spelled
) -> Callable[[Apply, Sequence[str]], tuple[str, int]]:
    def call(apply: Apply, arguments: Sequence[str]) -> tuple[str, int]:
        function = apply.function
        if isinstance(function, Defined):
            return f"{names[function.name]}{'_prime' * apply.order}({', '.join(arguments)})", ATOM
        assert apply.order == 0, "derivatives of table functions are written out before"
        written = spelled(function)
        safe = [a if a.replace("_", "a").isalnum() else f"({a})" for a in arguments]
        bare = [a if f"({{{i}}})" in written else safe[i] for i, a in enumerate(arguments)]
        text = written.format(*bare) if function.arity == 1 else written.format(*safe)
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
    expression: Expression,
    arguments: Sequence[str],
    functions: Mapping[str, str] | None = None,
    spelled: Spelled = _in_numpy,
) -> str:
    """The expression as Python source over numpy (imported as np) and the name DTYPE.

    `spelled` gives the texts of table functions where they are those of another library.

    `functions` maps the program's own functions to the Python names under which they are defined
    (`f`, its derivatives `f_prime`, `f_prime_prime`); without it they are written out.
    """
    if functions is None:
        expression, functions = inline(expression), {}
    dialect = Dialect(
        number=_numpy_number,
        call=_python_call(functions, spelled),
        times=" * ".join,
        divide=lambda a, b: (f"{a} / {b}", PRODUCT),
        power=lambda a, b: (f"{a}**{b}", POWER),
        divide_strength=(PRODUCT, SIGN),
        power_strength=(ATOM, POWER),
    )
    return dialect.render(_expand_primitives(expression), arguments)


def inline(expression: Expression) -> Expression:
    """The expression over the table's functions alone, derivatives written out."""
    return _inlined(expand(expression))


def _inlined(expression: Expression) -> Expression:
    match expression:
        case Apply(function, arguments):
            inner = tuple(_inlined(argument) for argument in arguments)
            if isinstance(function, Defined):
                return substitute(inline(function.body), inner)
            return Apply(function, inner)
        case other:
            return other


def _expand_primitives(expression: Expression) -> Expression:
    """Derivatives of table functions written out, those of defined functions kept by name.

    Constant parts become numbers: Python's own arithmetic on whole numbers is not that of floats,
    and a numpy scalar would turn float32 into float64.
    """
    match expression:
        case Apply(function, arguments, order):
            inner = tuple(_expand_primitives(argument) for argument in arguments)
            call = Apply(function, inner, order)
            if all(isinstance(argument, Number) or argument in _BEYOND for argument in inner):
                return _constant(call)
            return call if isinstance(function, Defined) else expand(call) if order else call
        case _:
            return expression


def _constant(call: Apply) -> Expression:
    """The value of a call without arguments, where it is one that a number can hold or infinite."""
    with np.errstate(all="ignore"):
        value = float(evaluate(call, ()))
    if math.isfinite(value):
        return number(value)
    return NAN if math.isnan(value) else INFINITY if value > 0 else NEGATIVE_INFINITY


def _literal(text: str, value: float) -> Apply:
    return Apply(Primitive(text, 0, lambda z: (), lambda: np.asarray(value), text), ())


NAN, INFINITY = _literal("np.nan", math.nan), _literal("np.inf", math.inf)
NEGATIVE_INFINITY = _literal("-np.inf", -math.inf)
_BEYOND = (NAN, INFINITY, NEGATIVE_INFINITY)


def primitives_of(expression: Expression) -> tuple[Primitive, ...]:
    """The table functions that the expression applies when it is written out, each once."""
    found: dict[Primitive, None] = {}

    def visit(e: Expression) -> None:
        if isinstance(e, Apply):
            if not isinstance(e.function, Defined):
                found.setdefault(e.function)
            for argument in e.arguments:
                visit(argument)

    visit(inline(expression))
    return tuple(found)


def numpy_helpers(expression: Expression) -> tuple[str, ...]:
    """The helper definitions that `to_numpy`'s text needs, each once, in order of first use."""
    return tuple(dict.fromkeys(h for p in primitives_of(expression) for h in p.helpers))


def latex_number(value: Fraction) -> tuple[str, int]:
    r"""A number as LaTeX: `0.1`, `\frac{1}{3}`."""
    decimal = _decimal(abs(value))
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
    for character in text.replace(r"\{", "").replace(r"\}", ""):
        depth += (character == "{") - (character == "}")
        if character in "^'" and depth == 0:
            return True
    return False


def _is_tall(text: str) -> bool:
    """Whether a LaTeX text has a fraction, beside those in superscripts."""
    raised = [False]
    for place, character in enumerate(text):
        if character == "{":
            raised.append(raised[-1] or text[place - 1 : place] == "^")
        elif character == "}":
            raised.pop()
        elif text.startswith(r"\frac", place) and not raised[-1]:
            return True
    return False


def _latex_brackets(text: str, left: str = "(", right: str = ")") -> str:
    """The text in brackets, which grow around a fraction."""
    return rf"\left{left}{text}\right{right}" if _is_tall(text) else f"{left}{text}{right}"


def _latex_call(names: Mapping[str, str]) -> Callable[[Apply, Sequence[str]], tuple[str, int]]:
    def call(apply: Apply, arguments: Sequence[str]) -> tuple[str, int]:
        function = apply.function
        if function.name == "sqrt" and not isinstance(function, Defined) and apply.order == 0:
            return rf"\sqrt{{{arguments[0]}}}", ATOM
        if function.name == "abs" and not isinstance(function, Defined) and apply.order == 0:
            return _latex_brackets(arguments[0], "|", "|"), ATOM
        head = names[function.name] if isinstance(function, Defined) else function.latex
        head = r"\mathrm{sqrt}" if head == r"\sqrt" else head
        if apply.order and _has_superscript(head):
            head = f"{{{head}}}"
        given = _latex_brackets(", ".join(arguments))
        near = r"\!" if given.startswith(r"\left") else ""  # such brackets keep clear of a name
        return f"{head}{chr(39) * apply.order}{near}{given}", ATOM

    return call


def to_latex(
    expression: Expression, arguments: Sequence[str], functions: Mapping[str, str] | None = None
) -> str:
    """The expression as LaTeX mathematics; `functions` gives the LaTeX names of defined ones."""
    dialect = Dialect(
        number=latex_number,
        call=_latex_call(functions or {}),
        times=_latex_product,
        divide=lambda a, b: (rf"\frac{{{a}}}{{{b}}}", POWER),
        power=lambda a, b: (f"{a}^{{{b}}}", POWER),
        divide_strength=(SUM, SUM),
        power_strength=(ATOM, SUM),
        argument=lambda text: POWER if _has_superscript(text) else ATOM,
        brackets=_latex_brackets,
        tight_signs=True,
    )
    return dialect.render(expression, arguments)
