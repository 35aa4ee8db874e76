r"""What an instruction computes, as a line of LaTeX: `\text{MatMul}\quad h^{2} = W^{2}x^{1}`.

Values that the program leaves unnamed go by what they are: `x^{2} = \phi(W^{2}x^{1} + b^{2})`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, assert_never

from tpgraph.functions import to_latex
from tpgraph.notation.diagram.generic import Called
from tpgraph.program import (
    Equation,
    MatMul,
    Moment,
    Nonlin,
    Program,
    Variable,
    default_latex,
    latex_functions,
    latex_name,
)
from tpgraph.program.labels import defining, used_latex
from tpgraph.program.variables import statement_name

__all__ = ["LONGEST", "Formulas", "Instruction"]

LONGEST = 60
"""The characters of LaTeX for which an unnamed value is written out."""


class Instruction(NamedTuple):
    r"""What is said of an instruction: its rule in words, its formula in LaTeX.

    >>> print(Instruction("MatMul", "h = W x").latex)
    \text{MatMul}\quad h = W x
    """

    rule: str
    formula: str

    @property
    def latex(self) -> str:
        """Both, side by side."""
        rule = rf"\text{{{self.rule}}}"
        return rf"{rule}\quad {self.formula}" if self.formula else rule


class Formulas:
    """The formulas of a program's instructions; `labels` name what the program leaves unnamed, and
    `called` says what names are called in a plate.
    """

    def __init__(
        self, program: Program, labels: Mapping[str, str], called: Called | None = None
    ) -> None:
        self.program = program
        self.labels = labels
        self.functions = latex_functions(program)
        self.called = called

    def start(self) -> Instruction:
        """What stands before the first instruction."""
        return Instruction("Initial vectors", "")

    def caption(self, name: str) -> Instruction:
        """The rule and the formula of the instruction that binds `name`."""
        equation = self.program.equation_of[name]
        rule, right = type(equation).__name__, self.right(equation)
        left = self.labels.get(name, "")
        if not equation.out.is_temporary:
            left = self.label(equation.out)
        told = left and left.replace(" ", "") != right.replace(" ", "")
        return Instruction(rule, f"{left} = {right}" if told else right)

    def right(self, equation: Equation) -> str:
        """The right-hand side of an equation."""
        match equation:
            case MatMul(_, _, _, operand):
                matrix = used_latex(self.label(equation.matrix), equation.transpose)
                vector = self.name(operand)
                return f"{matrix}{self._factor(vector)}"
            case Nonlin():
                return self._applied(equation)
            case Moment():
                inner = self._applied(equation)
                if not equation.vectors:
                    return inner
                n = default_latex(str(equation.vectors[0].dim))
                mean = rf"\frac{{1}}{{{n}}}\sum_{{\alpha}}"
                return rf"{mean}\left({inner}\right)_{{\alpha}}"
            case _:
                assert_never(equation)

    def label(self, variable: Variable) -> str:
        """The label of a variable, in a plate with letters for its indices."""
        if self.called is not None:
            return self.called.latex(variable.name)
        return latex_name(self.program, variable)

    def name(self, variable: Variable) -> str:
        """The name of a variable; of an unnamed one its formula, or a dot for a long one."""
        if not variable.is_temporary:
            return defining(self.label(variable)) or default_latex(variable.name)
        if label := self.labels.get(variable.name):
            return label
        equation = self.program.equation_of.get(variable.name)
        if equation is None:
            return default_latex(statement_name(variable.name))
        text = self.right(equation)
        return text if len(text) <= LONGEST else r"{\cdot}"

    def _applied(self, equation: Nonlin | Moment) -> str:
        names = [self._factor(self.name(a)) for a in equation.arguments]
        return to_latex(equation.function, names, self.functions)

    def _factor(self, text: str) -> str:
        """A sum in parentheses; a name that starts with a letter apart from a command."""
        if " + " in text or " - " in text:
            return rf"\left({text}\right)"
        return rf"\,{text}" if text[:1] == "-" else f" {text}"
