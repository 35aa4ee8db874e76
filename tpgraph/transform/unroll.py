"""Unrolling SGD: T steps of training as one program over the initial matrices.

With w_t = α_t w_0 − Σ_s β_{t,s} g_s (`tpgraph.transform.schedule`) and the gradient a sum of outer
products dh_s x_sᵀ, a product with the trained matrix W_t = M w_t is a MatMul with the *initial*
matrix, Moments, and one Nonlin:

    W_t y = α_t W_0 y − Σ_{s<t} β_{t,s} (M²/S) χ_s dh_s ⟨x_s, y⟩,   ⟨x_s, y⟩ = m mean(x_s y)
    W_tᵀy = α_t W_0ᵀy − Σ_{s<t} β_{t,s} (M²/S) χ_s x_s ⟨dh_s, y⟩

(M the multiplier, S the scale of dh, n^(−c) and 1/B of a batch with them): in the NTK
parametrization M²m/S = σ²/√n = σ²ε, in μP of order one. Source: Tensor Programs IIb
(arXiv 2105.03703), Appendix D.1, Eqs. 73–90.
"""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tpgraph.functions import MUL, Apply, Argument, Expression, add, mul, number
from tpgraph.program import (
    Data,
    Equation,
    MatMul,
    Moment,
    Nonlin,
    Place,
    Target,
    TimedName,
    Variable,
    split_name,
)
from tpgraph.program.training_plan import TrainingPlan
from tpgraph.transform.contexts import Context
from tpgraph.transform.emit import Emitter, Formula, base_names
from tpgraph.transform.gradients import GradientTerm
from tpgraph.transform.powers import ONE, WidthPower, multiplier, rate, size
from tpgraph.transform.template import Template
from tpgraph.types import Scalar

__all__ = ["FiniteSteps", "Term"]

_BETWEEN = Place("between")
_SCALAR = Scalar()
_PRODUCT = Apply(MUL, (Argument(0), Argument(1)))
_SQUARE = Apply(MUL, (Argument(0), Argument(0)))


class Term(NamedTuple):
    """factor · Π scalars · vector, a summand of an update; without a vector, a constant one.

    Equal factors are one object (`Exact.unique`).
    """

    factor: WidthPower
    scalars: tuple[Variable, ...]
    vector: Variable | None


class FiniteSteps:
    """The finite-width computation of SGD, being written into a builder."""

    def __init__(
        self, emitter: Emitter, template: Template, plan: TrainingPlan, batch: int
    ) -> None:
        self.emitter = emitter
        self.template = template
        self.plan = plan
        self.trained = {p.variable.name for p in template.program.parameters}
        self.initial = {v.name: v for d in emitter.program.declarations for v in d.variables}
        self.shared: dict[str, Variable] = {}
        self.history: list[list[Context]] = []
        self._products: dict[tuple[str, bool, str], Variable] = {}
        self._moments: dict[tuple[str, str], Variable] = {}
        self._vectors: dict[tuple[str, int, bool], Variable] = {}
        self._combinations: dict[Hashable, Expression] = {}
        self._powers: dict[WidthPower, WidthPower] = {}
        self._factors = self._update_factors(batch)
        numbers = (split_name(name)[2] for name in template.program.variables)
        self._most_temporaries = max((k for k in numbers if k is not None), default=0)
        self._labelled: set[str] = set()
        self._theta = self._free_base("θ")

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of the template."""
        return self.template.program.labels

    def _free_base(self, base: str) -> str:
        taken = base_names(self.template.program)
        while base in taken:
            base += "_"
        return base

    def _update_factors(self, batch: int) -> dict[tuple[str, bool], list[WidthPower]]:
        """−n^(−c) M (M/S) / B times the length of the inner product, for every gradient term."""
        program = self.template.program
        assert program.parametrization is not None, "checked by the builder"
        found: dict[tuple[str, bool], list[WidthPower]] = {}
        for parameter in program.parameters:
            M = multiplier(parameter, program.parametrization)
            outside = WidthPower(-1.0 / batch) * rate(program) * M
            for transpose in (False, True):
                found[parameter.variable.name, transpose] = [
                    outside * term.coefficient * _length(term, transpose)
                    for term in self.template.terms[parameter.variable.name]
                ]
        return found

    def run(self, context: Context, equations: Iterable[Equation]) -> None:
        """Write these equations of the template in a context."""
        for equation in equations:
            name = equation.out.name
            if name in self.template.shared:
                self._share(context, equation)
            else:
                context.values[name] = self._write(context, equation)
                self.label(context.timed(name, self.labels), context.values[name])

    def label(self, timed: TimedName, made: Variable) -> None:
        """Label what stands for a variable of the template, if that has a label."""
        if timed.label is not None and made.name not in self._labelled:
            self._labelled.add(made.name)
            self.emitter.builder.label(made.name, timed.label)

    def _share(self, context: Context, equation: Equation) -> None:
        """Write an equation that is the same in every context, once, in the first."""
        name = equation.out.name
        if name not in self.shared:
            self.emitter.place = self._place(context, equation)
            arguments = [self.shared.get(v.name, v) for v in equation.inputs]
            made = self._copy(self.emitter.free(name), equation, arguments)
            self.shared[name] = made
            if name in self.labels:
                self.emitter.builder.label(made.name, self.labels[name])

    def value(self, context: Context, variable: Variable) -> Variable:
        """What a variable of the template is in a context."""
        name = variable.name
        if name in context.values:
            return context.values[name]
        if name in self.trained:
            return variable if variable.is_matrix else self.vector(variable, context)
        return self.shared[name] if name in self.shared else self.initial[name]

    def _write(self, context: Context, equation: Equation) -> Variable:
        place = self._place(context, equation)
        timed = context.timed(equation.out.name, self.labels)
        name = self.emitter.named(timed, equation.origin)
        if isinstance(equation, MatMul) and equation.matrix.name in self.trained:
            return self._trained_product(context, equation, name, place)
        arguments = [self.value(context, v) for v in equation.inputs]
        self.emitter.place = place
        return self._copy(name, equation, arguments)

    def _place(self, context: Context, equation: Equation) -> Place:
        template = equation.place
        assert template is not None, "a template's equations have places"
        if template.row == "between":
            return _BETWEEN
        partner = template.partner
        if partner is not None:
            made = context.values.get(partner)
            partner = context.timed(partner, self.labels).name if made is None else made.name
        return Place(template.row, context.passing, partner)

    def _copy(self, name: str, equation: Equation, inputs: Sequence[Variable]) -> Variable:
        """The same instruction on other inputs."""
        emitter = self.emitter
        if isinstance(equation, MatMul):
            return self.product(name, inputs[0], equation.transpose, inputs[1])
        out = Variable(name, equation.out.type)
        make = Nonlin if isinstance(equation, Nonlin) else Moment
        return emitter.add(make(out, equation.function, tuple(inputs), emitter.place))

    def _trained_product(
        self, context: Context, equation: MatMul, name: str, place: Place
    ) -> Variable:
        """W_t y or W_tᵀ y."""
        emitter, alpha = self.emitter, self.plan.alpha[context.time]
        W, transpose = equation.matrix, equation.transpose
        operand = self.value(context, equation.operand)
        scale, inner = self.template.rescaled.get(equation.operand.name, (ONE, None))
        y = operand if inner is None else self.value(context, inner)
        terms = list(self.update(W.name, transpose, y, self.beta(context), scale))
        if not terms and alpha == 1.0:
            emitter.place = place
            return self.product(name, W, transpose, operand)
        emitter.place = _BETWEEN
        start = self.product(None, W, transpose, operand, name)
        emitter.place = place
        return self.combine(name, [(alpha, start)], terms)

    def product(
        self,
        name: str | None,
        matrix: Variable,
        transpose: bool,
        operand: Variable,
        target: str = "",
    ) -> Variable:
        """matrix · operand; the one there is already, if there is one."""
        key = matrix.name, transpose, operand.name
        if key not in self._products:
            out = name if name is not None else self._temporary(target)
            self._products[key] = self.emitter.matmul(out, matrix, transpose, operand)
        return self._products[key]

    def _temporary(self, target: str) -> str:
        """A name for an intermediate, behind all those that the template has for a statement."""
        self.emitter.reserve(target, self._most_temporaries)
        return self.emitter.temporary(target)

    def moment(self, x: Variable, y: Variable) -> Variable | None:
        """mean(x y); None stands for 1."""
        if x.name in self.template.ones and y.name in self.template.ones:
            return None
        key = (x.name, y.name) if x.name <= y.name else (y.name, x.name)
        found = self._moments.get(key)
        if found is None:
            out = Variable(f"{self._theta}[{len(self._moments) + 1}]", _SCALAR)
            same = x.name == y.name
            function, arguments = (_SQUARE, (x,)) if same else (_PRODUCT, (x, y))
            found = self.emitter.add(Moment(out, function, arguments, _BETWEEN))
            self._moments[key] = found
        return found

    def beta(self, context: Context) -> tuple[float, ...]:
        """β_{t,s} of the weights in a context, for s < t; of bare weights none."""
        return () if context.bare else self.plan.beta[context.time]

    def vector(self, b: Variable, context: Context) -> Variable:
        """A trainable vector in a context: b_t = α_t b − Σ_s β_{t,s} (M²/S) χ_s db_s."""
        t, alpha = context.time, self.plan.alpha[context.time]
        if t == 0 or (context.bare and alpha == 1.0):
            return b
        key = b.name, t, context.bare
        if key not in self._vectors:
            timed = TimedName(b.name, t, mark=context.mark, latex=self.labels.get(b.name))
            name = self.emitter.named(timed)
            terms = self.update(b.name, False, None, self.beta(context))
            self.emitter.place = _BETWEEN
            self._vectors[key] = self.combine(name, [(alpha, b)], terms)
            self.label(timed, self._vectors[key])
        return self._vectors[key]

    def update(
        self,
        name: str,
        transpose: bool,
        y: Variable | None,
        weights: Sequence[float],
        scale: WidthPower = ONE,
    ) -> Iterator[Term]:
        """Σ_s weight_s times what step s adds to the param, applied to scale · y."""
        base = [scale * factor for factor in self._factors[name, transpose]]
        factors: dict[float, list[WidthPower]] = {}
        pairs = self.template.terms[name]
        for weight, contexts in zip(weights, self.history, strict=False):
            if weight == 0.0:
                continue
            if weight not in factors:
                weighted = (f * WidthPower(weight) for f in base)
                factors[weight] = [self.unique(f) for f in weighted]
            for context in contexts:
                chi = context.values[self.template.chi.name] if self.template.chi else None
                for term, factor in zip(pairs, factors[weight], strict=True):
                    yield self._term(context, term, transpose, y, factor, chi)

    def _term(
        self,
        context: Context,
        term: GradientTerm,
        transpose: bool,
        y: Variable | None,
        factor: WidthPower,
        chi: Variable | None,
    ) -> Term:
        vector = self.value(context, term.left)
        scalars = () if chi is None else (chi,)
        if term.right is not None:
            right = self.value(context, term.right)
            vector, right = (right, vector) if transpose else (vector, right)
            assert y is not None, "a matrix acts on a vector"
            theta = self.moment(right, y)
            scalars = scalars if theta is None else (*scalars, theta)
        return Term(factor, scalars, None if vector.name in self.template.ones else vector)

    def combine(
        self, name: str, heads: Sequence[tuple[float, Variable]], terms: Iterable[Term]
    ) -> Variable:
        """Bind Σ α · head + Σ terms; what all terms share stands in front of them."""
        found, formula = list(terms), Formula()
        starts = tuple((alpha, formula.position(v)) for alpha, v in heads if alpha != 0.0)
        place = formula.position
        inner = [
            (factor, [place(v) for v in (scalars if vector is None else (*scalars, vector))])
            for factor, scalars, vector in found
        ]
        for factor in {id(t.factor): t.factor for t in found}.values():
            for width, _ in factor.exponents:
                formula.position(self.emitter.root(width))
        key = starts, tuple([(id(factor), *where) for factor, where in inner])
        if key not in self._combinations:
            combined = self._combination(formula, starts, inner)
            self._combinations[key] = self.emitter.builder.intern(combined)
        return self.emitter.bind(name, formula, self._combinations[key])

    def unique(self, factor: WidthPower) -> WidthPower:
        """One object for equal factors."""
        return self._powers.setdefault(factor, factor)

    def _combination(
        self,
        formula: Formula,
        starts: Sequence[tuple[float, int]],
        inner: Sequence[tuple[WidthPower, list[int]]],
    ) -> Expression:
        """Σ α · argument + Σ factor · Π arguments."""
        start = [mul(number(alpha), Argument(i)) for alpha, i in starts]
        products = [mul(*map(Argument, positions)) for _, positions in inner]
        factors = [factor for factor, _ in inner]
        if len(inner) > 1 and all(factor == factors[0] for factor in factors):
            products, factors = [add(*products)], factors[:1]
        scaled = (
            self.emitter.scaled(formula, factor, product)
            for factor, product in zip(factors, products, strict=True)
        )
        return add(*start, *scaled)

    def declare(self, context: Context, only: Container[str]) -> None:
        """Declare the data and targets of a context that are named in `only`, all as data."""
        for declaration in self.emitter.program.declarations:
            if isinstance(declaration, Data | Target) and declaration.variable.name in only:
                variable = declaration.variable
                timed = context.timed_data(variable.name, self.labels)
                out = Variable(self.emitter.named(timed), variable.type)
                place = Place("forward", context.passing, timed=timed)
                self.emitter.builder.declare(Data(out, place=place))
                context.values[variable.name] = context.given[variable.name] = out
                self.label(timed, out)

    def remember(self, contexts: Iterable[Context]) -> None:
        """A step is done: keep what the gradients of its examples are made of."""
        kept = {v.name for group in self.template.terms.values() for t in group for v in t.ends}
        if self.template.chi is not None:
            kept.add(self.template.chi.name)
        done = list(contexts)
        for context in done:
            context.values = {k: v for k, v in context.values.items() if k in kept}
        self.history.append(done)


def _length(term: GradientTerm, transpose: bool) -> WidthPower:
    """How many coordinates the inner product of an update sums."""
    if term.right is None:
        return ONE
    return size((term.left if transpose else term.right).dim)
