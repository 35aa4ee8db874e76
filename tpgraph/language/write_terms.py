"""Terms as text that reads back as the same term: as few brackets as that allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import assert_never

from tpgraph.functions import (
    ADD,
    DIV,
    MUL,
    NEG,
    POW,
    Apply,
    Argument,
    Expression,
    Number,
    number_text,
)
from tpgraph.language.vocabulary import ascii_name
from tpgraph.program import Call, Constant, Mean, Once, Product, Ref, Term

__all__ = ["term_of", "term_text"]

SUM, PRODUCT, SIGN, APPLIED, POWER, ATOM = range(6)
"""Binding strength, weakest first: a + b, a * b, -a, W a, a ^ b, f(a)."""

Spell = Callable[[str], str]


def term_of(expression: Expression, arguments: Sequence[Term]) -> Term:
    """The term of an expression at argument terms."""
    match expression:
        case Argument(index):
            return arguments[index]
        case Number(value):
            return Constant(value)
        case Apply(function, inner, order):
            return Call(function, tuple([term_of(e, arguments) for e in inner]), order)
        case _:
            assert_never(expression)


def _number(value: Fraction) -> tuple[str, int]:
    text = number_text(value)
    if "/" in text:
        return text, PRODUCT
    return text, SIGN if value < 0 else ATOM


def term_text(term: Term, spell: Spell, ascii: bool = False) -> str:
    """The text of a term; `spell` writes the names of variables."""
    return _Writer(spell, ascii).write(term)[0]


class _Writer:
    def __init__(self, spell: Spell, ascii: bool) -> None:
        self.spell = spell
        self.ascii = ascii

    def write(self, term: Term) -> tuple[str, int]:
        match term:
            case Ref(variable):
                return self.spell(variable.name), ATOM
            case Constant(value):
                return _number(value)
            case Once(operand):
                return self.write(operand)
            case Mean(operand):
                return f"mean({self.write(operand)[0]})", ATOM
            case Product(matrix, transpose, operand):
                mark = "'" if transpose else ""
                return f"{self.spell(matrix.name)}{mark} {self.at(operand, APPLIED)}", APPLIED
            case Call():
                return self._call(term)
            case _:
                assert_never(term)

    def at(self, term: Term, least: int) -> str:
        text, strength = self.write(term)
        return text if strength >= least else f"({text})"

    def _call(self, call: Call) -> tuple[str, int]:
        inner = call.arguments
        if call.order == 0:
            if call.function == ADD:
                return self._sum(inner), SUM
            if call.function == MUL:
                first = self.at(inner[0], SIGN if _is(inner[0], MUL) else PRODUCT)
                return " * ".join([first, *(self.at(t, SIGN) for t in inner[1:])]), PRODUCT
            if call.function == NEG and not isinstance(inner[0], Constant):
                return "-" + self.at(inner[0], APPLIED), SIGN
            if call.function == DIV and _is_plain_quotient(inner):
                return f"{self.at(inner[0], PRODUCT)} / {self.at(inner[1], SIGN)}", PRODUCT
            if call.function == POW:
                exponent = self.at(inner[1], POWER)
                if exponent.startswith("T"):  # x^T would read as a transpose
                    exponent = f"({exponent})"
                return f"{self.at(inner[0], ATOM)}^{exponent}", POWER
        name = ascii_name(call.function.name) if self.ascii else call.function.name
        arguments = ", ".join([self.write(t)[0] for t in inner])
        return f"{name}{chr(39) * call.order}({arguments})", ATOM

    def _sum(self, terms: Sequence[Term]) -> str:
        parts = [self.at(terms[0], PRODUCT)]
        for term in terms[1:]:
            match term:
                case Call(function, (inner,), 0) if function == NEG and not isinstance(
                    inner, Constant
                ):
                    parts.append(" - " + self.at(inner, PRODUCT))
                case Constant(value) if value < 0:
                    parts.append(" - " + self.at(Constant(-value), PRODUCT))
                case _:
                    parts.append(" + " + self.at(term, PRODUCT))
        return "".join(parts)


def _is(term: Term, function: object) -> bool:
    return isinstance(term, Call) and term.order == 0 and term.function == function


def _is_plain_quotient(inner: Sequence[Term]) -> bool:
    """Whether `a / b` reads back as the quotient: two numbers would become one, and 0 an error."""
    left, right = inner
    if not isinstance(right, Constant):
        return True
    return right.value != 0 and not isinstance(left, Constant)
