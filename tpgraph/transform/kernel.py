"""The neural tangent kernel as a program of Moments.

    K(ξ, ξ̄) = ⟨∇f(ξ), ∇f(ξ̄)⟩ = Σ_W Σ_{i,j} (M²/S²) ⟨dh_i, dh̄_j⟩ ⟨x_i, x̄_j⟩

over the params W = M w and their uses h_i = W x_i; every inner product is a length times a Moment,
in the NTK parametrization K_W = σ_w² Σ_{i,j} mean(dh_i dh̄_j) mean(x_i x̄_j). A bias has x = 1.
Source: Tensor Programs IIb (arXiv 2105.03703), Eqs. 97–100.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tpgraph.errors import TPTypeError
from tpgraph.functions import Argument, add
from tpgraph.program import (
    Data,
    Declaration,
    Equation,
    MatMul,
    Pass,
    Place,
    Program,
    Target,
    TimedName,
    Variable,
    join_name,
    split_name,
)
from tpgraph.program.any_program import reads_program
from tpgraph.program.reach import ancestors, descendants
from tpgraph.transform.backward import differentiate_program
from tpgraph.transform.contexts import BAR, input_name, input_pass
from tpgraph.transform.emit import Emitter, Formula, keep_labels, start_builder
from tpgraph.transform.gradients import Gradient, GradientTerm, gradients_of, inner_product_factor
from tpgraph.transform.powers import ONE, WidthPower

__all__ = ["ntk"]


@reads_program
def ntk(program: Program, of: str | None = None) -> Program:
    """The kernel of the output (or the variable `of`) for two inputs ξ and ξ̄.

    The result binds K_W for every param W and their sum K, its output. An output of several
    components has cotangents χ, χ̄ as data: K = ⟨∇(χ·f)(ξ), ∇(χ̄·f)(ξ̄)⟩, so that unit vectors pick
    an entry. Raises TPTypeError without params or without an output.
    """
    if not program.parameters:
        raise TPTypeError(
            f"program {program.name} has no param, and so no tangent kernel",
            mend="declare what is trained with param",
        )
    found = differentiate_program(program, of)
    gradients = gradients_of(found, program.parameters)
    return _Kernel(program, found.program, gradients).build()


class _Kernel:
    """Two contexts, and the Moments between them."""

    def __init__(
        self, original: Program, complete: Program, gradients: tuple[Gradient, ...]
    ) -> None:
        ends = {v.name for g in gradients for t in g.terms for v in t.ends}
        self.needed = ancestors(complete, ends)
        given = [d.variable.name for d in complete.declarations if isinstance(d, Data | Target)]
        self.doubled = descendants(complete, given)
        self.complete = complete
        self.gradients = gradients
        name = input_name(original)
        self.first, self.second = input_pass(name, 1), input_pass(name, 2, BAR)
        declarations = list(self._declarations(original))
        builder = start_builder(complete, f"{original.name}-ntk", declarations)
        self.emitter = Emitter(builder, complete)
        self.bars: dict[str, Variable] = {}
        self.moments: dict[tuple[str, str], Variable] = {}

    def _declarations(self, original: Program) -> Iterator[Declaration]:
        for declaration in self.complete.declarations:
            match declaration:
                case Data(variable) | Target(variable):
                    if variable.name in self.needed:
                        timed = TimedName(variable.name, None)
                        yield Data(variable, place=Place("forward", self.first, timed=timed))
                case _:
                    used = any(v.name in self.needed for v in declaration.variables)
                    if used or declaration in original.declarations:
                        yield declaration

    def build(self) -> Program:
        """The program of the kernel."""
        emitter = self.emitter
        for equation in self.complete.equations:
            if equation.out.name in self.needed:
                emitter.add(replace(equation, place=self._place(equation, self.first)))
        outside = [d.variable for d in self.complete.data]
        outside += [d.variable for d in self.complete.targets]
        for variable in outside:
            if variable.name in self.needed:
                self._double_data(variable)
        for equation in self.complete.equations:
            if equation.out.name in self.needed and equation.out.name in self.doubled:
                self._double(equation)
        emitter.place = Place("between")
        formula = Formula()
        parts = [formula.ref(part) for g in self.gradients if (part := self._part(g)) is not None]
        name = emitter.free("K")
        emitter.builder.output(emitter.bind(name, formula, add(*parts)))
        keep_labels(emitter.builder, self.complete)
        for bar in self.bars.values():
            label = emitter.timed[bar.name].label
            if label is not None:
                emitter.builder.label(bar.name, label)
        return emitter.builder.build()

    def _place(self, equation: Equation, passing: Pass, accent: str = "") -> Place:
        """The place of an equation of the backward pass in the pass of one of the inputs."""
        place, name = equation.place, equation.out.name
        assert place is not None, "what is differentiated has places"
        partner = place.partner
        if accent and partner in self.bars:
            partner = self.bars[partner].name
        return Place(place.row, passing, partner, TimedName(name, None, accent=accent))

    def _barred(self, variable: Variable) -> Variable:
        """What stands for a variable of the first input in the pass of the second."""
        latex = self.complete.labels.get(variable.name)
        timed = TimedName(variable.name, None, accent=BAR, latex=latex)
        bar = Variable(self.emitter.named(timed), variable.type)
        self.bars[variable.name] = bar
        return bar

    def _second(self, variable: Variable) -> Variable:
        return self.bars.get(variable.name, variable)

    def _double_data(self, variable: Variable) -> None:
        bar = self._barred(variable)
        place = Place("forward", self.second, timed=self.emitter.timed[bar.name])
        self.emitter.builder.declare(Data(bar, place=place))

    def _double(self, equation: Equation) -> None:
        """The same equation for the second input."""
        place = self._place(equation, self.second, BAR)
        out = self._barred(equation.out)
        if isinstance(equation, MatMul):
            operand = self._second(equation.operand)
            doubled: Equation = replace(equation, out=out, operand=operand, place=place)
        else:
            arguments = tuple(map(self._second, equation.arguments))
            doubled = replace(equation, out=out, arguments=arguments, place=place)
        self.emitter.add(doubled)

    def _part(self, gradient: Gradient) -> Variable | None:
        """K_W: the sum over pairs of uses; None where the output does not depend on W."""
        if not gradient.terms:
            return None
        formula = Formula()
        pairs = [self._pair(formula, a, b) for a in gradient.terms for b in gradient.terms]
        base, index, _ = split_name(gradient.parameter.variable.name)
        name = self.emitter.free(join_name(f"K_{base}", index))
        terms = [self.emitter.scaled(formula, factor, *inner) for factor, inner in pairs]
        return self.emitter.bind(name, formula, add(*terms))

    def _pair(
        self, formula: Formula, a: GradientTerm, b: GradientTerm
    ) -> tuple[WidthPower, list[Argument]]:
        """The factor and the Moments of one pair of uses."""
        ends = zip(a.ends, b.ends, strict=True)
        moments: list[Argument] = [formula.ref(self._moment(x, self._second(y))) for x, y in ends]
        return inner_product_factor(a, b), moments

    def _moment(self, x: Variable, y: Variable) -> Variable:
        """mean(x ȳ)."""
        key = x.name, y.name
        if key not in self.moments:
            name = self.emitter.free(f"θ[{len(self.moments) + 1}]")
            formula = Formula()
            product = formula.ref(x), formula.ref(y)
            self.moments[key] = self.emitter.mean(
                name, formula, self.emitter.scaled(formula, ONE, *product)
            )
        return self.moments[key]
