"""What a lesson made of a program says of it, with «names» for the numbers that it defines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from tpgraph.lessons.sheet import four_digits
from tpgraph.notation.diagram.instruction_latex import LONGEST, Formulas
from tpgraph.program import Equation, MatMul, Moment, Program, Variable, latex_name
from tpgraph.program.coordinates import predict
from tpgraph.program.report import LANGUAGES, report

__all__ = ["Told", "listed"]

_NARROW, _BROAD = 64, 1024
"""Widths of the networks whose numbers stand beside the limits."""

_MOST = 12
"""Instructions that are told of one by one."""

_READS = {
    "MatMul": "A MatMul multiplies {read} by the matrix {matrix}.",
    "Nonlin": "A Nonlin applies a function to every coordinate; it reads {read}.",
    "Moment": "A Moment is the mean of a function over all coordinates; it reads {read}.",
}


class Told:
    """The texts of a program's lesson; `has` says what it has: limit, kernel, backward, exponents.

    `numbers` grows by what the texts name.
    """

    def __init__(
        self,
        program: Program,
        has: frozenset[str],
        data: Mapping[str, Sequence[Sequence[float]]],
    ) -> None:
        self.program, self.has, self.data = program, has, data
        self.numbers: dict[str, Mapping[str, Any]] = {}
        self._formulas = Formulas(program, {})

    @cached_property
    def chosen(self) -> list[Equation]:
        """The instructions that are told of: the first with a name of their own."""
        named = [e for e in self.program.equations if not e.out.is_temporary]
        return [e for e in named if e.out != self.program.loss][:_MOST]

    def name(self, variable: Variable) -> str:
        """Its name as a formula."""
        return f"${latex_name(self.program, variable)}$"

    def names(self, variables: Sequence[Variable]) -> str:
        """Names with commas between them, unnamed values as `the value within x`."""
        return listed(list(dict.fromkeys(self._called(v) for v in variables)))

    def _called(self, variable: Variable) -> str:
        if not variable.is_temporary:
            return self.name(variable)
        return f"${self._formulas.name(variable)}$"

    def formula(self, equation: Equation) -> str:
        """The instruction as a formula, or the name of what it makes where that is long."""
        formula = self._formulas.caption(equation.out.name).formula
        return f"${formula}$" if len(formula) <= LONGEST else self.name(equation.out)

    def number(self, name: str, **facts: Any) -> str:
        """The place of a number in a text, which is defined by it."""
        self.numbers[name] = facts
        return f"«{name}»"

    def summary(self) -> str:
        """The paragraph under the title."""
        count = len(self.program.equations)
        instructions = "1 instruction" if count == 1 else f"{count} instructions"
        language = LANGUAGES[report(self.program).language]
        return f"A program of {instructions}. Its language is {language}."

    def kinds(self) -> str:
        """Which variables are of which kind, and how each is drawn."""
        wide = [e for e in self.program.equations if not e.out.is_temporary and e.out.is_wide]
        G = [e.out for e in wide if isinstance(e, MatMul)]
        X = [e.out for e in wide if not isinstance(e, MatMul)]
        scalars = [
            e.out for e in self.program.equations if e.out.is_scalar and not e.out.is_temporary
        ]
        told = [
            f"G-vars, which a MatMul makes, are hollow circles: {self._many(G)}." if G else "",
            f"X-vars, which a Nonlin makes, are filled circles: {self._many(X)}." if X else "",
            f"Scalars: {self._many(scalars)}." if scalars else "",
            "A dashed line is a MatMul with its matrix beside it, a trapezoid a Nonlin.",
            self._example(),
        ]
        return " ".join(filter(None, told))

    def _many(self, variables: Sequence[Variable]) -> str:
        shown = [self.name(v) for v in variables[:_MOST]]
        more = len(variables) - len(shown)
        return listed([*shown, f"{more} more"] if more > 0 else shown)

    def _example(self) -> str:
        if not self.data:
            return ""
        rows = [
            f"{self._label(name)} = ({', '.join(four_digits(x) for x in rows[0])})"
            for name, rows in self.data.items()
            if len(rows[0]) <= _MOST
        ]
        at = f": {listed(rows)}" if rows else ""
        return f"Numbers below are those of one example{at}."

    def _label(self, name: str) -> str:
        return self.name(self.program.variables[name])

    def instructions(self) -> Iterator[tuple[str, str]]:
        """For every instruction that is told of its formula, and what it makes."""
        for equation in self.chosen:
            yield self.formula(equation), f"{self.reads(equation)} {self.values(equation)}".strip()

    def reads(self, equation: Equation) -> str:
        """The rule of an instruction and what it reads."""
        read = [v for v in equation.inputs if not v.is_matrix]
        matrix = self.name(equation.matrix) if isinstance(equation, MatMul) else ""
        rule = type(equation).__name__
        if not read:
            return f"A {rule} that reads nothing: it is a constant."
        return _READS[rule].format(read=self.names(read), matrix=matrix)

    def values(self, equation: Equation) -> str:
        """What it makes in the limit, and in two networks."""
        out = equation.out
        if "limit" not in self.has:
            return ""
        if out.is_scalar or isinstance(equation, Moment):
            at = self._runs(out, "scalar")
            return f"It tends to {self.limit(out, 'scalar')}. {at}"
        spread = f"mean {self.limit(out, 'mean')} and variance {self.limit(out, 'var')}"
        if not out.is_wide:
            return f"In the limit it has {spread} over initializations."
        return f"In the limit its coordinates have {spread}. {self._runs(out, 'var')}"

    def limit(self, out: Variable, kind: str) -> str:
        """The place of a number of the limit: mean or variance of a vector, or a scalar's value."""
        said = "" if kind == "scalar" else f" {kind}"
        return self.number(f"{out.name}{said}", of="limit", **{kind: out.name})

    def _runs(self, out: Variable, kind: str) -> str:
        at = [
            f"{self.number(f'{out.name} at {n}', of='run', width=n, **{kind: out.name})} at {n}"
            for n in (_NARROW, _BROAD)
        ]
        what = "In networks of two widths it is" if kind == "scalar" else "Variances at two widths:"
        return f"{what} {at[0]} and {at[1]}."

    def backward(self) -> str:
        """What the backward pass is."""
        return (
            "The backward pass is a program too. The gradient of $x$ is called $dx$; each matrix"
            " is used again, transposed, and each function by its derivative."
        )

    def kernels(self) -> str:
        """The kernels of the training and the test example."""
        of = {kind: {"of": "kernel", "kind": kind} for kind in ("nngp", "ntk")}
        lines = [
            f"{label} has {self.number(f'{kind} 00', **of[kind], pair=[0, 0])} for the training"
            f" example with itself, {self.number(f'{kind} 01', **of[kind], pair=[0, 1])} with the"
            " test example."
            for kind, label in (("nngp", "The NNGP"), ("ntk", "The NTK"))
        ]
        first = ""
        if len(self.program.outputs) > 1:
            first = f" Both are here of the first output, {self.name(self.program.outputs[0])}."
        return (
            "The NNGP is the covariance of outputs at initialization; the NTK says how a step on"
            " one example moves the output on another, in the infinitely wide network. "
            + " ".join(lines)
            + first
        )

    def training(self) -> str:
        """The regime, and by which powers of the width vectors move."""
        regime = self.number("regime", of="regime")
        moved = [f"{self.exponent(v)} for {self.name(v)}" for v in self.trained()[:4]]
        changes = f" In a step of SGD coordinates change by order $n^e$; $e$ is {listed(moved)}."
        changes = changes if moved else ""
        return f"Its regime is: {regime}.{changes}"

    def trained(self) -> list[Variable]:
        """Wide vectors among those told of that change in training."""
        changes = predict(self.program, 1).changes
        found = [e.out for e in self.chosen if e.out.is_wide and e.out.name in changes]
        return [v for v in found if changes[v.name] > float("-inf")]

    def exponent(self, variable: Variable) -> str:
        """The place of the exponent of its change."""
        return self.number(f"change {variable.name}", of="exponent", change=variable.name)


def listed(words: Sequence[str]) -> str:
    """Words with commas, and an `and` before the last.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1] if words else "")))
