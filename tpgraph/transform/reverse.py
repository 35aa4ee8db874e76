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

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from tpgraph.functions import Expression, add, mul, number, simplify
from tpgraph.program import Equation, MatMul, Moment, Nonlin, Place, Program, Variable
from tpgraph.program.reach import ancestors, descendants
from tpgraph.transform.emit import Emitter, Formula, compact
from tpgraph.transform.powers import ONE, WidthPower, entry_exponent, size
from tpgraph.types import Width

__all__ = ["Scales", "reads_out", "reverse", "scales_of"]


@dataclass(frozen=True, slots=True)
class Scales:
    """The scale S of every error signal: dx = S ∂L/∂x.

    `vector` is the s of wide vectors, `scalar` the s/n of scalars; `outer` names the vectors of
    fixed dimension and scalars that come after a readout.
    """

    vector: WidthPower
    scalar: WidthPower
    outer: frozenset[str]

    def of(self, variable: Variable) -> WidthPower:
        """S of one variable."""
        if variable.is_wide:
            return self.vector
        return ONE if variable.name in self.outer else self.scalar


def scales_of(program: Program, targets: Collection[str]) -> Scales:
    """The scales for differentiating the variables `targets`.

    s = n^(a+b) with the exponents of the readout (the least, if there are several that the targets
    depend on), so that dx = s Vᵀ df is of order one; s = n if all is read out by Moments.
    """
    needed = ancestors(program, targets)
    readouts = [
        (entry_exponent(program, e), e.operand.dim)
        for e in program.equations
        if isinstance(e, MatMul) and e.out.name in needed and reads_out(e)
    ]
    if not program.widths:
        return Scales(ONE, ONE, frozenset())
    n = size(program.widths[0])
    s = n
    if readouts:
        exponent, dim = min(readouts, key=lambda found: found[0])
        assert isinstance(dim, Width), dim
        n = size(Width(dim.base or dim.name))
        s = n**exponent
    return Scales(s, s / n, _outer(program))


def reads_out(product: MatMul) -> bool:
    """Whether f = V x takes a wide vector to one of fixed dimension."""
    return product.out.is_fixed and product.operand.is_wide


def _outer(program: Program) -> frozenset[str]:
    """Vectors of fixed dimension and scalars that no wide vector is made of, or after a readout.

    A scalar made from a wide vector is never among them.
    """
    wide = ancestors(program, [v.name for v in program.variables.values() if v.is_wide])
    read = descendants(program, [e.out.name for e in program.equations if _reads_out(e)])
    outer = {v.name for v in program.variables.values() if v.is_fixed}
    for equation in program.equations:
        inputs = equation.inputs
        after = any(v.is_fixed or v.name in outer for v in inputs)
        if equation.out.is_scalar and after and not any(v.is_wide for v in inputs):
            outer.add(equation.out.name)
    return frozenset(name for name in outer if name in read or name not in wide)


def _reads_out(equation: Equation) -> bool:
    return isinstance(equation, MatMul) and reads_out(equation)


@dataclass(frozen=True, slots=True)
class _Product:
    """The contribution factor · matrix · operand, or with the transpose."""

    matrix: Variable
    transpose: bool
    operand: Variable
    factor: WidthPower


@dataclass(frozen=True, slots=True)
class _Pointwise:
    """The contribution factor · function(arguments), or its mean for a scalar."""

    function: Expression
    arguments: tuple[Variable, ...]
    factor: WidthPower
    mean: bool = False


_Part: TypeAlias = _Product | _Pointwise


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
        self.scales = scales
        self.active = active
        self.naming = naming
        self.errors = errors
        self.seeds = frozenset(errors)
        self.parts: dict[str, list[_Part]] = {}

    def push(self, equation: Equation) -> None:
        """Give every active input of an equation its share of the output's error signal."""
        dy = self.errors.get(equation.out.name)
        if dy is None:
            return
        match equation:
            case MatMul(out, matrix, transpose, operand):
                if operand.name in self.active:
                    factor = self.scales.of(operand) / self.scales.of(out)
                    self._add(operand, _Product(matrix, not transpose, dy, factor))
            case Nonlin() | Moment():
                for variable in dict.fromkeys(equation.arguments):
                    if variable.name in self.active:
                        self._push_pointwise(equation, variable, dy)
            case _:
                assert_never(equation)

    def _push_pointwise(self, equation: Nonlin | Moment, variable: Variable, dy: Variable) -> None:
        positions = [i for i, a in enumerate(equation.arguments) if a == variable]
        slope = add(*(self.emitter.partial(equation.function, i) for i in positions))
        if slope == number(0):
            return
        formula = Formula()
        inner = formula.call(slope, equation.arguments)
        one = dy.name in self.emitter.ones
        function = inner if one else mul(inner, formula.ref(dy))
        factor = self.scales.of(variable) / self.scales.of(equation.out)
        vector = next((a for a in equation.arguments if a.is_vector), None)
        if vector is not None and variable.is_scalar and isinstance(equation, Nonlin):
            factor *= size(vector.dim)
        elif vector is not None and variable.is_vector and isinstance(equation, Moment):
            factor /= size(vector.dim)
        mean = variable.is_scalar and vector is not None
        self._add(variable, _Pointwise(*compact(function, formula.arguments), factor, mean))

    def _add(self, variable: Variable, part: _Part) -> None:
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
            parts.append(_Pointwise(Formula().ref(seed), (seed,), ONE))
            name = emitter.temporary(name)
        place = Place("backward", partner=variable.name)
        emitter.place = Place("backward")
        match parts:
            case [_Product(matrix, transpose, operand, factor)]:
                operand = self._rescaled(name, operand, factor)
                emitter.place = place
                self.errors[variable.name] = emitter.matmul(name, matrix, transpose, operand)
            case [_Pointwise(function, arguments, factor, True)]:
                emitter.place = place
                formula = Formula()
                inner = formula.call(function, arguments)
                expression = simplify(emitter.scaled(formula, factor, inner))
                self.errors[variable.name] = emitter.mean(name, formula, expression)
            case _:
                formula = Formula()
                total = add(*(self._term(name, formula, part) for part in parts))
                if variable.is_vector and not any(a.is_vector for a in formula.arguments):
                    formula.position(variable)  # unused: it says how long the constant vector is
                emitter.place = place
                self.errors[variable.name] = emitter.bind(name, formula, simplify(total))

    def _term(self, name: str, formula: Formula, part: _Part) -> Expression:
        """One contribution as a term of the sum; products and means get a name of their own."""
        emitter = self.emitter
        match part:
            case _Product(matrix, transpose, operand, factor):
                operand = self._rescaled(name, operand, factor)
                product = emitter.matmul(emitter.temporary(name), matrix, transpose, operand)
                return formula.ref(product)
            case _Pointwise(function, arguments, factor, True):
                inside = Formula()
                inner = inside.call(function, arguments)
                mean = emitter.mean(emitter.temporary(name), inside, simplify(inner))
                return emitter.scaled(formula, factor, formula.ref(mean))
            case _Pointwise(function, arguments, factor):
                return emitter.scaled(formula, factor, formula.call(function, arguments))
            case _:
                assert_never(part)

    def _rescaled(self, name: str, operand: Variable, factor: WidthPower) -> Variable:
        """The error signal behind a readout in the scale of those before it."""
        if factor == ONE:
            return operand
        formula = Formula()
        expression = self.emitter.scaled(formula, factor, formula.ref(operand))
        scaled = self.emitter.bind(self.emitter.temporary(name), formula, expression)
        self.emitter.rescaled[scaled.name] = factor, operand
        return scaled
