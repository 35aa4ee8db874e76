r"""What a picture computes, line by line: the instructions that it shows, plates as loops.

    Input     \mathcal{W}=\{W^{1}, W^{l}\},\ \mathcal{V}=\{b^{1}, b^{l}\}
    for       l=2,\ldots,100
      MatMul    h^{l} = W^{l}x^{l-1}
      Nonlin    x^{l} = \phi(h^{l} + b^{l})

Values without a name are written where they are read; a long one has a line and a name of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import takewhile

from tpgraph.notation.diagram.diagram import Vertex
from tpgraph.notation.diagram.folded import Folded
from tpgraph.notation.diagram.instruction_latex import LONGEST, Formulas
from tpgraph.notation.diagram.mark_texts import MarkTexts
from tpgraph.notation.diagram.plate_letters import PlateLetters
from tpgraph.notation.diagram.rounding import rounded
from tpgraph.notation.scene.scene import ListingLine
from tpgraph.program import Data, Equation, MatMul, Target, Variable
from tpgraph.program.labels import default_latex
from tpgraph.program.variables import join_name

__all__ = ["listed"]

_SETS = r"\mathcal{W}", r"\mathcal{V}", r"\mathcal{C}"
"""The sets of matrices, vectors and scalars that a program is given."""
_DATA = ""


def listed(folded: Folded, around: str | None = None) -> tuple[ListingLine, ...]:
    """The lines of a diagram of a program, in the program's order; `around` is the range of a plate
    around all of it.
    """
    assert folded.diagram.texts is not None, "diagrams of programs have listings"
    return tuple(_Lines(folded, folded.diagram.texts, around).all())


@dataclass
class _Lines:
    """The lines of a diagram; `read` are the inputs so far, by the set they are of."""

    folded: Folded
    texts: MarkTexts
    around: str | None
    labels: dict[str, str] = field(default_factory=dict)
    read: dict[str, dict[str, None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        diagram, self.program = self.folded.diagram, self.texts.program
        self.letters = PlateLetters(self.program, self.folded.groups)
        self.gates = {name: gate for gate in diagram.gates for name in gate.outputs}
        self.given = {v.variable for v in diagram.vertices if v.embeds and not self._embeds(v)}
        self.given |= self.program.equation_of.keys() - {e.out.name for e in self.texts.equations}
        self.made = set(self.gates) | {p.target for p in diagram.products if p.matrix}
        self.made |= {v.id for v in diagram.vertices if v.embeds} - self.given
        self.drawn = {v.variable for v in diagram.vertices}
        self.marked = {v.variable: v.label for v in reversed(diagram.vertices)}
        self.labels |= {n: s for n, s in self.marked.items() if s and n not in self.made}

    def _embeds(self, vertex: Vertex) -> bool:
        """Whether it is made of data, and so has an instruction."""
        equation = self.program.equation_of.get(vertex.variable)
        return isinstance(equation, MatMul) and (
            equation.operand.name in self.program.declaration_of
        )

    def all(self) -> Iterator[ListingLine]:
        lines = list(self._instructions())
        sets = [rf"{k} = \{{{', '.join(self.read[k])}\}}" for k in _SETS if k in self.read]
        if _DATA in self.read:
            sets.append(", ".join(self.read[_DATA]))
        if sets:
            yield ListingLine("Input", r", \; ".join(sets))
        yield from lines
        outputs = [self._formulas("").name(v) for v in self.program.outputs if v.name in self.drawn]
        if outputs:
            yield ListingLine("Output", ", ".join(outputs))

    def _instructions(self) -> Iterator[ListingLine]:
        outer = () if self.around is None else (self.around,)
        inside: tuple[str, ...] = ()
        marks: list[str] = []
        for equation in self.program.equations:
            name = equation.out.name
            if name not in self.made:
                continue
            self._note_inputs(equation)
            said = self._line(equation)
            marks += self._marks(name)
            if said is None:
                continue
            plates = (*outer, *(p.label for p in self.folded.plates if name in p.members))
            pairs = zip(plates, inside, strict=False)
            common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
            for depth, label in enumerate(plates[common:], common):
                yield ListingLine("for", label, depth)
            inside = plates
            yield ListingLine(*said, len(plates), tuple(marks))
            marks = []

    def _marks(self, name: str) -> Iterator[str]:
        """The gate and the vector of an instruction, and what dots lead to from there."""
        gate = self.gates.get(name)
        behind = (b for a, b in self.folded.dots if a == name)
        for mark in (*((gate.id,) if gate is not None else ()), name, *sorted(behind)):
            yield self.folded.names.get(mark, mark)

    def _formulas(self, name: str) -> Formulas:
        return Formulas(self.program, self.labels, self.letters.called(name))

    def _line(self, equation: Equation) -> tuple[str, str] | None:
        """The rule and the formula; None of an unnamed value that is written where it is read."""
        name, formulas = equation.out.name, self._formulas(equation.out.name)
        rule, right = type(equation).__name__, self._right(equation, formulas)
        if not equation.out.is_temporary:
            return rule, f"{formulas.label(equation.out)} = {right}"
        mark = self.marked.get(name, "")
        own = mark and mark.replace(" ", "") != right.replace(" ", "")
        if not own and len(right) <= LONGEST and name in self._operands:
            self.labels[name] = right
            return None
        self.labels[name] = mark if own else self._numbered(equation.out, formulas)
        return rule, f"{self.labels[name]} = {right}"

    @cached_property
    def _operands(self) -> frozenset[str]:
        """What drawn instructions read."""
        drawn = (e for e in self.program.equations if e.out.name in self.made)
        return frozenset(v.name for e in drawn for v in e.inputs)

    def _numbered(self, variable: Variable, formulas: Formulas) -> str:
        """The name of an unnamed value by its statement, as in listings of programs."""
        base, index, k = variable.parts
        statement = Variable(join_name(base, index), variable.type)
        label = formulas.label(statement) or default_latex(statement.name)
        return rf"\langle {label}\rangle_{{{k}}}"

    def _right(self, equation: Equation, formulas: Formulas) -> str:
        """The right-hand side; of a sum over all blocks of a plate what its gate says."""
        gate = self.gates.get(equation.out.name)
        read = {v.name for v in equation.inputs if v.name in self.program.body}
        if gate is not None and self.folded.plates and not read <= self.drawn | set(self.labels):
            return gate.text.pooled or gate.text.text
        if self.texts.brief and not isinstance(equation, MatMul):
            equation = replace(equation, function=rounded(equation.function))
        return formulas.right(equation)

    def _note_inputs(self, equation: Equation) -> None:
        formulas = self._formulas(equation.out.name)
        for variable in equation.inputs:
            name = variable.name
            bound = name in self.program.equation_of and name not in self.given
            if bound or name in self.texts.sums:
                continue
            declaration = self.program.declaration_of.get(name)
            kind = _DATA if isinstance(declaration, Data | Target) else _set_of(variable)
            self.read.setdefault(kind, {})[formulas.name(variable)] = None


def _set_of(variable: Variable) -> str:
    """The set of matrices, vectors or scalars that a program is given."""
    if variable.is_matrix:
        return _SETS[0]
    return _SETS[2] if variable.is_scalar else _SETS[1]
