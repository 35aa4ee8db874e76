"""SGD by fluctuations: the form of which the Master Theorem takes the limit in the NTK regime.

Followed from a context r to a later time t, an example's vectors and scalars change by ε δx, ε =
1/√n → 0:

    x_t = x_r + ε δx                                                         (Eq. 86)
    h = W x:      δh = W_r δx + √n (W_t − W_r) x_t                           (Eqs. 79–81)
    y = φ(x; θ):  δy = (φ(x_r + ε δx; θ_r + ε δθ) − φ(x_r; θ_r)) / ε         (Eqs. 82–84)
    θ = mean φ:   δθ = mean of the same divided difference
    f = V x:      f_t = f_r + ε V_r δx + (V_t − V_r) x_t,   ε V δx = mean(v δx) in NTP  (Eq. 85)

where W_r = α_r W_0 plus Moments times earlier error signals, and α_r = α_t. Error signals at time t
are those of `tpgraph.transform.unroll` at x_t (Eqs. 87–90). A test example is followed from step to
step, a training example from initialization to its own step, which needs two contexts however late
it is.

Weight decay moves x_t at order one, by α_t W_0 in the place of W_0. What is of order ε is the rest,
so there every example is followed from the bare weights α_t w_0 of its own time:

    h̄ = α_t W_0 x̄,   h_t = h̄ + ε δh,   δh = α_t W_0 δx + √n (W_t − α_t W_0) x_t

and with ε → 0 the kernel between ξ̃ at time t and ξ_s is ⟨∇f(ξ̃; α_t w_0), ∇f(ξ_s; α_s w_0)⟩.

The divided difference is a quotient by ε; its limit is Σ ∂_i φ(x) δx_i
(`tpgraph.functions.divided`). With that limit at finite width, SGD is gradient descent with the
tangent kernel at initialization. An output of several components has no single row v: there ε V δx
stays a MatMul times ε. With rows v_j of order one, by which Vᵀ(u/ε) = Σ_j u_j v_j, its component j
has the limit E[Z^{v_j} Z^{δx}]. Equation numbers: Tensor Programs IIb (arXiv 2105.03703), D.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tpgraph.functions import Expression, add, compact, mul, neg
from tpgraph.functions.divided import divided_difference
from tpgraph.program import Equation, MatMul, Moment, Nonlin, Place, TimedName, Variable
from tpgraph.program.training_plan import TrainingPlan
from tpgraph.transform.contexts import Context
from tpgraph.transform.emit import Emitter, Formula
from tpgraph.transform.powers import ONE, WidthPower, size
from tpgraph.transform.schedule import difference
from tpgraph.transform.template import Template
from tpgraph.transform.unroll import FiniteSteps, Term
from tpgraph.types import Width

__all__ = ["Fluctuation"]

_BETWEEN = Place("between")


class Fluctuation(FiniteSteps):
    """SGD with every later pass written as a change of an earlier one, or of one at α_t w_0."""

    def __init__(
        self, emitter: Emitter, template: Template, plan: TrainingPlan, batch: int
    ) -> None:
        super().__init__(emitter, template, plan, batch)
        self._vector_changes: dict[tuple[str, int, int], Variable] = {}

    @property
    def root_n(self) -> WidthPower:
        """√n = 1/ε."""
        first = self.template.program.widths[0]
        return size(Width(first.base or first.name)) ** Fraction(1, 2)

    @property
    def epsilon(self) -> Variable:
        """The scalar ε."""
        return self.emitter.root(self.root_n.exponents[0][0])

    def follow(self, context: Context, equations: Iterable[Equation]) -> None:
        """Write forward equations in a context as changes of its reference."""
        for equation in equations:
            name = equation.out.name
            if name not in self.template.varying:
                continue
            if self._is_outer(equation.out):
                context.values[name] = self._outer(context, equation)
                self.label(context.timed(name, self.labels), context.values[name])
                continue
            change = self._changed(context, equation)
            if change is not None:
                context.changes[name] = change
                self.label(self._delta(context, name), change)

    def value(self, context: Context, variable: Variable) -> Variable:
        """What a variable is in a context: x_t = x_r + ε δx, written when it is first needed."""
        name = variable.name
        reference = context.reference
        if reference is None or name in context.values or name in self.trained:
            return super().value(context, variable)
        change = context.changes.get(name)
        before = self.value(reference, variable)
        if change is None:
            return before
        formula = Formula()
        start = formula.ref(before)
        expression = add(start, mul(formula.ref(self.epsilon), formula.ref(change)))
        timed = context.timed(name, self.labels)
        outer_place, self.emitter.place = self.emitter.place, Place("forward", context.passing)
        bound = self.emitter.bind(self.emitter.named(timed), formula, expression)
        self.emitter.place = outer_place
        context.values[name] = bound
        self.label(timed, bound)
        return bound

    def _is_outer(self, variable: Variable) -> bool:
        return variable.is_fixed or variable.name in self.template.scales.outer

    def _change(self, context: Context, variable: Variable) -> Variable | None:
        """δ of an input; None if it does not change."""
        name = variable.name
        if name in context.changes:
            return context.changes[name]
        if name in self.trained:
            return self._vector_change(context, variable)
        if name not in self.template.varying or not self._is_outer(variable):
            return None
        assert context.reference is not None, "changes are relative to a reference"
        formula = Formula()
        after = formula.ref(self.value(context, variable))
        before = formula.ref(self.value(context.reference, variable))
        expression = self.emitter.scaled(formula, self.root_n, add(after, neg(before)))
        self.emitter.place = _BETWEEN
        delta = self._delta(context, name)
        change = self.emitter.bind(self.emitter.named(delta), formula, expression)
        context.changes[name] = change
        self.label(delta, change)
        return change

    def _delta(self, context: Context, name: str) -> TimedName:
        return context.timed(name, self.labels, "δ")

    def _vector_change(self, context: Context, b: Variable) -> Variable | None:
        """δb = √n (b_t − b_r)."""
        assert context.reference is not None, "changes are relative to a reference"
        t, r = context.time, context.reference.time
        key = b.name, r, t
        if key not in self._vector_changes:
            steps = difference(self.beta(context), self.beta(context.reference))
            terms = list(self.update(b.name, False, None, steps, self.root_n))
            if not terms:
                return None
            since = "" if r in (t - 1, t) else f"_{r}"
            self.emitter.place = _BETWEEN
            name = self.emitter.named(TimedName(b.name, t, "δ", mark=since))
            self._vector_changes[key] = self.combine(name, [], terms)
        return self._vector_changes[key]

    def _changed(self, context: Context, equation: Equation) -> Variable | None:
        """δ of what an equation makes; None if it does not change."""
        if isinstance(equation, MatMul):
            return self._product_change(context, equation)
        changes = {a.name: self._change(context, a) for a in equation.arguments}
        if not any(changes.values()):
            return None
        name = self.emitter.named(self._delta(context, equation.out.name), equation.origin)
        formula, expression = self._difference(context, equation, changes)
        self.emitter.place = _BETWEEN
        if isinstance(equation, Moment):
            return self.emitter.mean(name, formula, expression)
        if not any(a.is_vector for a in formula.arguments):
            formula.position(self.value(context, equation.vectors[0]))
        return self.emitter.bind(name, formula, expression)

    def _difference(
        self,
        context: Context,
        equation: Nonlin | Moment,
        changes: dict[str, Variable | None],
    ) -> tuple[Formula, Expression]:
        """The divided difference of an equation's function, over the reference's values."""
        assert context.reference is not None, "changes are relative to a reference"
        given = equation.arguments
        before = [self.value(context.reference, a) for a in given]
        moving = {i: changes[a.name] for i, a in enumerate(given)}
        after = [v for v in moving.values() if v is not None]
        k = len(given)
        numbers = iter(range(k, k + len(after)))
        places = {i: next(numbers) for i, v in moving.items() if v is not None}
        function = divided_difference(equation.function, k, places, k + len(after))
        formula = Formula()
        return formula, formula.call(*compact(function, [*before, *after, self.epsilon]))

    def _product_change(self, context: Context, equation: MatMul) -> Variable | None:
        """δh = W_r δx + √n (W_t − W_r) x_t, with W or its transpose."""
        W, transpose, x = equation.matrix, equation.transpose, equation.operand
        change = self._change(context, x)
        name = self.emitter.named(self._delta(context, equation.out.name), equation.origin)
        terms = self._weight_terms(context, equation, change, ONE, self.root_n)
        self.emitter.place = _BETWEEN
        if change is None:
            return self.combine(name, [], terms) if terms else None
        alpha = self._alpha(context, W)
        if not terms and alpha == 1.0:
            return self.product(name, W, transpose, change)
        start = self.product(None, W, transpose, change, name)
        return self.combine(name, [(alpha, start)], terms)

    def _alpha(self, context: Context, matrix: Variable) -> float:
        """α_t; 1 for a matrix that is not trained."""
        return self.plan.alpha[context.time] if matrix.name in self.trained else 1.0

    def _weight_terms(
        self,
        context: Context,
        equation: MatMul,
        change: Variable | None,
        before: WidthPower,
        since: WidthPower,
    ) -> list[Term]:
        """before · (W_r − α_r W_0) δx + since · (W_t − W_r) x_t."""
        W, transpose, x = equation.matrix, equation.transpose, equation.operand
        assert context.reference is not None, "changes are relative to a reference"
        if W.name not in self.trained:
            return []
        earlier = self.beta(context.reference)
        terms: list[Term] = []
        if change is not None:
            terms += self.update(W.name, transpose, change, earlier, before)
        now = self.value(context, x)
        steps = difference(self.beta(context), earlier)
        terms += self.update(W.name, transpose, now, steps, since)
        return terms

    def _outer(self, context: Context, equation: Equation) -> Variable:
        """What comes after a readout, in order one: f_t itself."""
        if not (isinstance(equation, MatMul) and equation.operand.is_wide):
            return self._write(context, equation)
        assert context.reference is not None, "changes are relative to a reference"
        change = self._change(context, equation.operand)
        epsilon = ONE / self.root_n
        terms = self._weight_terms(context, equation, change, epsilon, ONE)
        before = self.value(context.reference, equation.out)
        timed = context.timed(equation.out.name, self.labels)
        name = self.emitter.named(timed, equation.origin)
        if change is not None:
            terms.insert(0, self._read_out(context, equation, change, name))
        self.emitter.place = Place("forward", context.passing)
        return self.combine(name, [(1.0, before)], terms)

    def _read_out(self, context: Context, equation: MatMul, change: Variable, f: str) -> Term:
        """ε α_t V δx; with the readout row v = s V' at hand, ε α_t (m/s) mean(v δx)."""
        V, transpose = equation.matrix, equation.transpose
        epsilon = WidthPower(self._alpha(context, V)) / self.root_n
        row = self._readout_row(equation)
        self.emitter.place = _BETWEEN
        if row is None:
            product = self.product(self._temporary(f), V, transpose, change)
            return Term(self.unique(epsilon), (), product)
        theta = self.moment(row, change)
        assert theta is not None, "a change is not constant"
        factor = epsilon * size(change.dim) / self.template.scales.vector
        return Term(self.unique(factor), (theta,), None)

    def _readout_row(self, equation: MatMul) -> Variable | None:
        """v = Vᵀ s, if the error signals are those of the output V x itself."""
        for name, (factor, seed) in self.template.rescaled.items():
            if seed.name in self.template.ones and factor == self.template.scales.vector:
                scaled = self.shared.get(name)
                key = equation.matrix.name, not equation.transpose
                if scaled is not None and (*key, scaled.name) in self._products:
                    return self._products[*key, scaled.name]
        return None
