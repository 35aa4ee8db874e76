"""Reverse accumulation: the rules by which error signals pass through equations.

With s a power of width, the error signals of a quantity L that is differentiated are

    dx = s ∂L/∂x  for a wide vector,    dθ = (s/n) ∂L/∂θ  for a scalar made from wide vectors, and
                  for a vector of fixed dimension or its scalar that enters wide vectors,
    dz = ∂L/∂z    for what comes after a readout: vectors of fixed dimension and their scalars,

so that all of them are of order one. Write S_x for the scale s, s/n or 1 of x. Then

    MatMul h = W x              dx += (S_x/S_h) Wᵀ dh
    Nonlin y = φ(x…; θ…) on m   dx += ∂_x φ ⊙ dy,   dθ += m (S_θ/S_y) mean(∂_θ φ dy)
    Moment θ = mean φ over m    dx += (S_x/(m S_θ)) ∂_x φ dθ,   dη += (S_η/S_θ) mean(∂_η φ) dθ

Source: Tensor Programs IIb (arXiv 2105.03703), Eqs. 74–78 and Figure 6, without Moments; the
scales are those of Tensor Programs IV (arXiv 2011.14522).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from tpgraph.program import Equation, MatMul, Place, Program, Variable
from tpgraph.program.reach import ancestors, descendants
from tpgraph.transform.emit import Emitter, Formula
from tpgraph.transform.error_scales import Scales
from tpgraph.transform.powers import ONE, WidthPower
from tpgraph.transform.share_sums import Sums
from tpgraph.transform.shares import Part, PointwiseShare, ProductShare, Shares, itself

__all__ = ["reverse"]


_UNPARTNERED = Place("backward")


def reverse(
    emitter: Emitter,
    program: Program,
    scales: Scales,
    seeds: Mapping[str, Variable],
    wanted: Collection[str],
    naming: Callable[[str], str],
) -> dict[str, Variable]:
    """Append the error signals of everything between `wanted` and the seeds.

    `seeds` are error signals that are bound already; `naming` gives the name of the error signal of
    a name. Returns the error signals by the name of their variable; those that vanish identically
    are absent.
    """
    active = descendants(program, wanted) & ancestors(program, seeds)
    walk = _Reverse(emitter, scales, active, naming, dict(seeds))
    for equation in reversed(program.equations):
        name = equation.out.name
        if name in active or name in seeds:
            walk.finish(equation.out)
            walk.push(equation)
    for variable in reversed([v for d in program.declarations for v in d.variables]):
        if variable.name in active and not variable.is_matrix:
            walk.finish(variable)
    return walk.errors


class _Reverse:
    """One walk from the outputs to the inputs."""

    def __init__(
        self,
        emitter: Emitter,
        scales: Scales,
        active: set[str],
        naming: Callable[[str], str],
        errors: dict[str, Variable],
    ) -> None:
        self.emitter = emitter
        self.active = active
        self.naming = naming
        self.errors = errors
        self.seeds = frozenset(errors)
        self.shares = Shares(emitter, scales)
        self.sums = Sums(emitter)
        self.parts: dict[str, list[Part]] = {}

    def push(self, equation: Equation) -> None:
        """Give every active input of an equation its share of the output's error signal."""
        dy = self.errors.get(equation.out.name)
        if dy is None:
            return
        if isinstance(equation, MatMul):
            if equation.operand.name in self.active:
                self._add(equation.operand, self.shares.product(equation, dy))
            return
        for variable, part in self.shares.pointwise(equation, dy, self.active):
            self._add(variable, part)

    def _add(self, variable: Variable, part: Part) -> None:
        self.parts.setdefault(variable.name, []).append(part)

    def finish(self, variable: Variable) -> None:
        """Bind the error signal of a variable, all of whose uses have been seen."""
        parts = self.parts.pop(variable.name, [])
        if not parts:
            return
        emitter = self.emitter
        name = self.naming(variable.name)
        if variable.name in self.seeds:
            seed = self.errors[variable.name]
            parts.append(itself(seed))
            name = emitter.temporary(name)
        place = Place("backward", partner=variable.name)
        self.errors[variable.name] = self._bound(name, variable, parts, place)

    def _bound(
        self, name: str, variable: Variable, parts: Sequence[Part], place: Place
    ) -> Variable:
        """The sum of the parts, under this name and at this place."""
        emitter, first = self.emitter, parts[0]
        emitter.place = _UNPARTNERED
        if len(parts) == 1 and isinstance(first, ProductShare):
            operand = self._rescaled(name, first.operand, first.factor)
            emitter.place = place
            return emitter.matmul(name, first.matrix, first.transpose, operand)
        formula = Formula()
        if len(parts) == 1 and isinstance(first, PointwiseShare) and first.mean:
            emitter.place = place
            return emitter.mean(name, formula, self.sums.total(formula, [first]))
        named = self._grouped(name, [self._named(name, part) for part in parts])
        expression = self.sums.total(formula, named)
        if variable.is_vector and not any(a.is_vector for a in formula.arguments):
            formula.position(variable)  # unused: it says how long the constant vector is
        emitter.place = place
        return emitter.bind(name, formula, expression)

    def _named(self, name: str, part: Part) -> PointwiseShare:
        """One contribution as a term of the sum; products and means get a name of their own."""
        emitter = self.emitter
        if isinstance(part, ProductShare):
            operand = self._rescaled(name, part.operand, part.factor)
            out = emitter.temporary(name)
            return itself(emitter.matmul(out, part.matrix, part.transpose, operand))
        if part.mean:
            inside = Formula()
            inner = self.sums.total(inside, [replace(part, factor=ONE)])
            part = itself(emitter.mean(emitter.temporary(name), inside, inner), part.factor)
        for width, _ in part.factor.exponents:
            emitter.root(width)  # declared in the order of the parts
        return part

    def _grouped(self, name: str, parts: Sequence[PointwiseShare]) -> Sequence[PointwiseShare]:
        """The parts, or where their sum would be too long a function, sums of some of them."""
        groups = [parts] if len(parts) == 1 else self.sums.groups(parts)
        if len(groups) == 1:
            return parts
        found = []
        for group in groups:
            formula = Formula()
            expression = self.sums.total(formula, group)
            partial = self.emitter.bind(self.emitter.temporary(name), formula, expression)
            found.append(itself(partial))
        return found

    def _rescaled(self, name: str, operand: Variable, factor: WidthPower) -> Variable:
        """The error signal behind a readout in the scale of those before it."""
        if factor == ONE:
            return operand
        formula = Formula()
        expression = self.emitter.scaled(formula, factor, formula.ref(operand))
        scaled = self.emitter.bind(self.emitter.temporary(name), formula, expression)
        self.emitter.rescaled[scaled.name] = factor, operand
        return scaled
