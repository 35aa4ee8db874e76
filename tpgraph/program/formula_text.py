"""Variables as messages say them: by name, and what a text leaves unnamed by its formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tpgraph.functions import Argument, Expression, is_call, to_text
from tpgraph.program.equations import Equation, MatMul, Moment
from tpgraph.program.graph import Program
from tpgraph.program.reach import ancestors
from tpgraph.program.variables import Variable, statement_name
from tpgraph.types import Fixed

__all__ = ["applied_text", "formula_text"]

_LONGEST, _TOO_LONG = 240, "·"
"""Letters of a formula; a longer one is a dot, as in gates."""


def formula_text(program: Program, variable: Variable, longest: int = _LONGEST) -> str:
    """The name of a variable; of an intermediate `x~1`, which has none in a text, what it is made
    of: `mean(q * k)`, `W u`, a sum in parentheses, or where that is too long `a part of x`.
    """
    text = _unnamed(program, [variable]).text(variable)
    is_told = text != _TOO_LONG and (len(text) <= longest or not variable.is_temporary)
    return text if is_told else f"a part of {statement_name(variable.name)}"


def applied_text(program: Program, function: Expression, arguments: Sequence[Variable]) -> str:
    """A function of variables that may be unnamed: `log(mean(h^2))`, `(W u)^2`."""
    return _unnamed(program, arguments).applied(function, arguments)


@dataclass(frozen=True)
class _Formulas:
    """Those of unnamed variables, and which of them are products with a matrix."""

    texts: dict[str, str] = field(default_factory=dict)
    products: set[str] = field(default_factory=set)

    def text(self, variable: Variable) -> str:
        return self.texts.get(variable.name, variable.name)

    def applied(self, function: Expression, arguments: Sequence[Variable]) -> str:
        return to_text(function, [self.text(a) for a in arguments], self.products)

    def add(self, equation: Equation) -> None:
        """That of the variable which the equation makes."""
        found = self._formula(equation)
        text = found if len(found) <= _LONGEST else _TOO_LONG
        self.texts[equation.out.name] = text
        if isinstance(equation, MatMul):
            self.products.add(text)

    def _formula(self, equation: Equation) -> str:
        if isinstance(equation, MatMul):
            inner = self.text(equation.operand)
            operand = f"({inner})" if inner in self.products else inner
            return f"{equation.matrix}{chr(39) * equation.transpose} {operand}"
        text = self.applied(equation.function, equation.arguments)
        if isinstance(equation, Moment) and any(v.dim != Fixed(1) for v in equation.vectors):
            return f"mean({text})"
        is_whole = is_call(equation.function) or isinstance(equation.function, Argument)
        return text if is_whole else f"({text})"


def _unnamed(program: Program, variables: Sequence[Variable]) -> _Formulas:
    """The formulas of the unnamed among the variables, and of what is unnamed in them."""
    found = _Formulas()
    unnamed = [v.name for v in variables if v.is_temporary]
    beneath = ancestors(program, unnamed) if unnamed else ()
    for equation in program.equations:
        if equation.out.name in beneath and equation.out.is_temporary:
            found.add(equation)
    return found
