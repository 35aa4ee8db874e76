r"""The texts of marks: labels of vectors and products, texts of gates, titles.

`called` says how things are called in the plate where a mark stands (`generic.Called`); without it
they go by their names.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

from tpgraph.notation.diagram.gate_text import GateText, gate_text
from tpgraph.notation.diagram.generic import Called
from tpgraph.notation.diagram.rounding import rounded
from tpgraph.notation.diagram.said_of_marks import Titles
from tpgraph.notation.scene.annotation import Annotation
from tpgraph.program import Equation, MatMul, Moment, Nonlin, Program, Variable
from tpgraph.program.labels import (
    default_latex,
    defining,
    dimension_latex,
    joined_latex,
    latex_name,
    used_latex,
)
from tpgraph.types import Vector

__all__ = ["MarkTexts", "Shown"]

Shown: TypeAlias = Literal["body", "io", "all"]
"""What is drawn of a program: the strict program, also data, readout and loss, or everything."""


@dataclass(frozen=True)
class MarkTexts:
    """What makes the texts of a picture's marks, and says what has marks.

    If it is `brief`, constants in gates have four digits; `sums` are scalars that stand for the
    sign of a sum; with `dims` vectors have their dimension beside them.
    """

    program: Program
    shown: Shown = "body"
    brief: bool = False
    sums: Container[str] = ()
    dims: bool = False

    @property
    def shows_io(self) -> bool:
        """Whether data, readout and loss have marks."""
        return self.shown != "body"

    @cached_property
    def equations(self) -> tuple[Equation, ...]:
        """What is drawn of the program's equations."""
        body = self.program.body
        return tuple(e for e in self.program.equations if self.shows_io or e.out.name in body)

    @cached_property
    def variables(self) -> dict[str, Variable]:
        """Declared variables where they are used, or all, and what the equations bind, in order."""
        return {v.name: v for v in self._variables()}

    def _variables(self) -> Iterator[Variable]:
        """A scalar of what is not drawn, which a gate reads, stands like an initial one."""
        used = {v.name for e in self.equations for v in self._read(e)}
        used |= {v.name for v in self.program.outputs}
        if not self.equations or self.shown == "all":
            used |= set(self.program.declaration_of)
        for declaration in self.program.declarations:
            for variable in declaration.variables:
                drawn = not variable.is_matrix and (self.shows_io or not variable.is_fixed)
                if drawn and variable.name in used:
                    yield variable
        made = {e.out.name for e in self.equations}
        for out in (e.out for e in self.program.equations):
            if out.name in made or (out.is_scalar and out.name in used):
                yield out

    def _read(self, equation: Equation) -> Iterator[Variable]:
        if not self.embeds(equation):
            yield from (v for v in equation.inputs if not v.is_matrix)

    def embeds(self, equation: Equation | None) -> bool:
        """Whether it makes a G-var of data that is not drawn."""
        product = isinstance(equation, MatMul) and equation.operand.is_fixed
        return product and not self.shows_io

    @cached_property
    def _titles(self) -> Titles:
        """What marks say of themselves."""
        return Titles(self.program)

    @cached_property
    def _labels(self) -> dict[str, str]:
        """Labels by name, as far as they have been asked for: some are made of others."""
        return {}

    def _own(self, variable: Variable) -> str:
        """The label beside the mark of a variable, made once."""
        if variable.name not in self._labels:
            self._labels[variable.name] = self.label(variable)
        return self._labels[variable.name]

    def label(self, variable: Variable, called: Called | None = None) -> str:
        """The label beside a variable's mark: its name, an embedding's product, or none."""
        if variable.name in self.program.labels:
            return self._latex(variable, called)
        equation = self.program.equation_of.get(variable.name)
        backward = equation and equation.place and equation.place.row == "backward"
        if isinstance(equation, MatMul) and self.embeds(equation) and not backward:
            return self._product_name(equation, called)
        return "" if variable.is_temporary else self._latex(variable, called)

    def mention(self, name: str, called: Called | None = None) -> str:
        """How a formula names a variable: by its label, a temporary G-var by its product.

        Of a label such as `dx = v` it takes what stands behind the equals sign.
        """
        variable = self.program.variables[name]
        if name in self.variables and (label := self._own(variable)):
            return defining(label if called is None else self.label(variable, called))
        if not variable.is_temporary:
            return self._latex(variable, called) or default_latex(name)
        equation = self.program.equation_of[name]
        if isinstance(equation, MatMul) and not equation.operand.is_temporary:
            return self._product_name(equation, called)
        return ""

    def _latex(self, variable: Variable, called: Called | None) -> str:
        return latex_name(self.program, variable) if called is None else called.latex(variable.name)

    def _product_name(self, equation: MatMul, called: Called | None) -> str:
        inside = None if called is None else called.inside(equation.out.name)
        return joined_latex(
            self.product(equation, inside), self.mention(equation.operand.name, inside)
        )

    def product(self, equation: MatMul, called: Called | None = None) -> str:
        """The label of a product: its matrix."""
        return used_latex(self._latex(equation.matrix, called), equation.transpose)

    def title(self, variable: Variable, kind: str, called: Called | None = None) -> str:
        """What a variable is, for who points at its mark."""
        return f"{self._titles.spelled(variable.name, called)}: {_described(kind, variable)}"

    def beside(self, variable: Variable) -> Annotation | None:
        """What stands beside the mark of a variable by itself: its dimension, if that is shown."""
        if not self.dims or not isinstance(variable.type, Vector):
            return None
        return Annotation(dimension=f"[{dimension_latex(variable.type.dim)}]")

    def gate(self, equation: Nonlin | Moment, called: Called | None = None) -> GateText:
        """What stands in the gate of an equation."""
        said = replace(equation, function=rounded(equation.function)) if self.brief else equation
        return gate_text(self.program, said, lambda name: self.mention(name, called), self.sums)

    def formulas(self, equations: Sequence[Nonlin | Moment], called: Called | None = None) -> str:
        """The whole equations of a gate in the language of the program, for its title."""
        return "\n".join(self._titles.formula(equation, called) for equation in equations)


_KIND_WORDS = {"G": "G-var", "X": "X-var", "data": "data"}


def _described(kind: str, variable: Variable) -> str:
    return "scalar" if kind == "scalar" else f"{_KIND_WORDS[kind]}, {variable.type}"
