"""From a program to its diagram: vectors, scalars, gates and products.

Drawn is the strict program: wide vectors, the scalars made from them, and what else their gates
read. "io" asks for the data, the readout and the loss as well, "all" for every declared vector and
scalar, used or not, as one edits.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from typing import Literal, TypeAlias

from tpgraph.functions import Apply, Defined
from tpgraph.notation.diagram.colours import matrix_looks
from tpgraph.notation.diagram.diagram import Diagram, GateMark, ProductEdge, Vertex, gate_id
from tpgraph.notation.diagram.gate_text import formula, gate_text
from tpgraph.notation.diagram.rounding import rounded
from tpgraph.notation.scene.style import PAPER, Style
from tpgraph.program import Equation, MatMul, Moment, Nonlin, Place, Program, Variable
from tpgraph.program.labels import default_latex, defining, latex_name, matrix_latex

__all__ = ["Shown", "diagram_of"]

Shown: TypeAlias = Literal["body", "io", "all"]
"""What is drawn of a program: the strict program, also data, readout and loss, or everything."""


def diagram_of(
    program: Program,
    *,
    shown: Shown = "body",
    style: Style = PAPER,
    brief: bool = False,
    sums: Container[str] = (),
) -> Diagram:
    """The marks of a program, as far as they are shown.

    If it is `brief`, constants in gates have four digits; `sums` are scalars that stand for the
    sign of a sum.
    """
    return _Marks(program, shown, style, brief, sums).diagram()


class _Marks:
    """The names, labels and colours of one picture while it is put together."""

    def __init__(
        self, program: Program, shown: Shown, style: Style, brief: bool, sums: Container[str]
    ) -> None:
        self.program = program
        self.brief = brief
        self.sums = sums
        self.shown = shown
        self.show_io = shown != "body"
        self.style = style
        self.equations = tuple(
            e for e in program.equations if self.show_io or e.out.name in program.body
        )
        self.forced: set[str] = set()
        self.labels: dict[str, str] = {}

    def diagram(self) -> Diagram:
        shown = tuple(self._variables())
        self.labels = {v.name: self._label(v) for v in shown}
        gates = tuple(self._gates())
        return Diagram(
            title=self.program.name,
            vertices=tuple(self._vertex(v) for v in shown),
            gates=gates,
            products=tuple(self._products()),
        )

    def _variables(self) -> Iterator[Variable]:
        """Declared variables where they are used, or all, and what the equations bind, in order.

        A scalar made outside of what is drawn, which a gate reads, stands like an initial one.
        """
        used = {v.name for e in self.equations for v in self._read(e)}
        used |= {v.name for v in self.program.outputs}
        if not self.equations or self.shown == "all":
            used |= set(self.program.declaration_of)
        for declaration in self.program.declarations:
            for variable in declaration.variables:
                drawn = not variable.is_matrix and (self.show_io or not variable.is_fixed)
                if drawn and variable.name in used:
                    yield variable
        made = {e.out.name for e in self.equations}
        for out in (e.out for e in self.program.equations):
            if out.name in made or (out.is_scalar and out.name in used):
                yield out

    def _read(self, equation: Equation) -> Iterator[Variable]:
        if not self._embeds(equation):
            yield from (v for v in equation.inputs if not v.is_matrix)

    def _embeds(self, equation: Equation) -> bool:
        """Whether it makes a G-var of data that is not drawn."""
        return isinstance(equation, MatMul) and equation.operand.is_fixed and not self.show_io

    def _label(self, variable: Variable) -> str:
        """The label beside a variable's mark: its name, an embedding's product, or none."""
        if variable.name in self.program.labels:
            return self.program.labels[variable.name]
        equation = self.program.equation_of.get(variable.name)
        backward = equation and equation.place and equation.place.row == "backward"
        if isinstance(equation, MatMul) and self._embeds(equation) and not backward:
            return self._product_label(equation)
        return "" if variable.is_temporary else latex_name(self.program, variable)

    def _product_label(self, equation: MatMul) -> str:
        return _joined(matrix_latex(self.program, equation), self._name(equation.operand.name))

    def _name(self, name: str) -> str:
        """How a formula names a variable: by its label, a temporary G-var by its product.

        Of a label such as `dx = v` it takes what stands behind the equals sign.
        """
        if self.labels.get(name):
            return defining(self.labels[name])
        variable = self.program.variables[name]
        if not variable.is_temporary:
            return latex_name(self.program, variable) or default_latex(name)
        equation = self.program.equation_of[name]
        if isinstance(equation, MatMul) and not equation.operand.is_temporary:
            return self._product_label(equation)
        return ""

    def _vertex(self, variable: Variable) -> Vertex:
        equation = self.program.equation_of.get(variable.name)
        origin = equation or self.program.declaration_of[variable.name]
        kind = self._kind(variable)
        embeds = isinstance(equation, MatMul) and self._embeds(equation)
        label = self.labels[variable.name]
        if not label and variable.name in self.forced:
            label = self._name(variable.name)
        return Vertex(
            id=variable.name,
            kind=kind,
            fill="filled" if kind == "X" else "hollow",
            label=label,
            title=f"{variable.name}: {_described(kind, variable)}",
            embeds=equation.matrix.name if isinstance(equation, MatMul) and embeds else None,
            span=origin.span,
            place=equation.place if equation else None,
        )

    def _kind(self, variable: Variable) -> Literal["G", "X", "scalar", "data"]:
        if variable.is_scalar:
            return "scalar"
        if variable.is_fixed:
            return "data"
        return "G" if self.program.is_g(variable) else "X"

    def _gates(self) -> Iterator[GateMark]:
        for group in _grouped(e for e in self.equations if not isinstance(e, MatMul)):
            first = group[0]
            said = replace(first, function=rounded(first.function)) if self.brief else first
            text = gate_text(self.program, said, self._name, self.sums)
            self.forced |= text.mentions
            yield GateMark(
                id=gate_id(first.out.name, self.program.variables),
                bar=isinstance(first, Moment),
                text=text,
                inputs=tuple(dict.fromkeys(a.name for a in first.arguments)),
                outputs=tuple(e.out.name for e in group),
                title="\n".join(formula(self.program, e) for e in group),
                span=first.span,
                place=first.place,
                reads=first.reads,
            )

    def _products(self) -> Iterator[ProductEdge]:
        found = [e for e in self.equations if isinstance(e, MatMul) and not self._embeds(e)]
        looks = matrix_looks((e.matrix.name for e in found), self.style)
        for equation in found:
            color, dash = looks.get(equation.matrix.name, (None, ()))
            yield ProductEdge(
                source=equation.operand.name,
                target=equation.out.name,
                matrix=equation.matrix.name,
                transpose=equation.transpose,
                label=matrix_latex(self.program, equation),
                color=color,
                dash=dash,
                span=equation.span,
                place=equation.place,
            )


_KIND_WORDS = {"G": "G-var", "X": "X-var", "data": "data"}


def _described(kind: str, variable: Variable) -> str:
    return "scalar" if kind == "scalar" else f"{_KIND_WORDS[kind]}, {variable.type}"


def _joined(left: str, right: str) -> str:
    r"""`\Sigma` and `x` need a space between them, `W^{1}` and `\xi` do not."""
    command = left.rpartition("\\")
    spaced = command[1] and command[2].isalpha() and right[:1].isalnum()
    return f"{left} {right}" if spaced else left + right


def _position(equation: Equation) -> Place | None:
    """The place of an equation, whatever it binds."""
    return None if equation.place is None else replace(equation.place, timed=None)


def _grouped(equations: Iterable[Nonlin | Moment]) -> list[list[Nonlin | Moment]]:
    """Equations that apply one defined function alone to the same inputs stand together.

    Only if nothing but the order of the inputs tells them apart, and each once: the outputs of one
    function such as softmax.
    """
    groups: dict[object, list[Nonlin | Moment]] = {}
    for equation in equations:
        key: object = equation.out.name
        match equation.function:
            case Apply(Defined(name), inner, 0) if len(inner) == len(equation.arguments) > 1:
                inputs = frozenset(a.name for a in equation.arguments)
                key = (type(equation), name, inputs, _position(equation))
        groups.setdefault(key, []).append(equation)
    return list(groups.values())
