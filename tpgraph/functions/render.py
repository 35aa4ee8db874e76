"""Expressions as text: one walk with operator precedences, which serves every target.

A `Dialect` says how numbers, operators and calls are spelled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tpgraph.functions.expression import Apply, Argument, Expression, Number, Primitive
from tpgraph.functions.table import ADD, DIV, MUL, NEG, POW

__all__ = ["ATOM", "POWER", "PRODUCT", "SIGN", "SUM", "Dialect"]

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
