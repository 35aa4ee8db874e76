"""Writing equations: names that are free, coordinatewise formulas, factors of width.

A width enters a program by one scalar alone, ε = 1/√n → 0 (ε_m for a second base width m): the
factor n^q is written ε^(−2q). So a program says by its text which quantities vanish or explode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from tpgraph.functions import (
    PRIMITIVES,
    Apply,
    Argument,
    Expression,
    differentiate,
    div,
    mul,
    neg,
    number,
    power,
    rename_arguments,
    simplify,
)
from tpgraph.program import (
    Builder,
    Declaration,
    Equation,
    InitialScalar,
    MatMul,
    Moment,
    Nonlin,
    Origin,
    Pass,
    Place,
    Program,
    TimedName,
    Variable,
    base_of,
    join_name,
    split_name,
    statement_name,
    temporary_name,
)
from tpgraph.program.equations import rebuilt
from tpgraph.program.hints import kept_hints
from tpgraph.transform.powers import WidthPower
from tpgraph.types import Dimension, Scalar, Vector, Width

__all__ = [
    "Emitter",
    "Formula",
    "base_names",
    "keep_labels",
    "label_errors",
    "start_builder",
]

_SCALAR = Scalar()
_ROOT = div(number(1), Apply(PRIMITIVES["sqrt"], (Argument(0),)))


def base_names(program: Program) -> set[str]:
    """The names of variables without their indices."""
    return {base_of(name) for name in program.variables}


def start_builder(
    program: Program, name: str, declarations: Iterable[Declaration] | None = None
) -> Builder:
    """A builder with the program's widths and functions, and with these declarations."""
    builder = Builder(name)
    builder.parametrization = program.parametrization
    for width in program.widths:
        builder.width(width)
    for function in program.functions:
        builder.define(function)
    for declaration in program.declarations if declarations is None else declarations:
        builder.declare(declaration)
    names = {f.name for f in program.functions} | set(builder.scope)
    for labelled, latex in program.labels.items():
        if labelled in names:
            builder.label(labelled, latex)
    return builder


def keep_labels(builder: Builder, program: Program) -> None:
    """Label the variables that a program's equations still bind under their own name, and keep what
    is said of the picture of those, and of how it trains.
    """
    for equation in program.equations:
        name = equation.out.name
        if name in program.labels and name in builder.scope:
            builder.label(name, program.labels[name])
    for hint in kept_hints(program.hints, builder.scope):
        builder.hint(hint)
    if program.training_plan is not None:
        builder.train_by(program.training_plan)


def label_errors(builder: Builder, program: Program, errors: Mapping[str, Variable]) -> None:
    """Label the error signals of what a program labels, by a d before it."""
    for name, error in errors.items():
        if name in program.labels:
            builder.label(error.name, f"d{program.labels[name]}")


class Formula:
    """A coordinatewise expression being written: its arguments, each once, in order of use."""

    def __init__(self) -> None:
        self._index: dict[str, int] = {}
        self.arguments: list[Variable] = []

    def ref(self, variable: Variable) -> Argument:
        """The variable as an argument."""
        return Argument(self.position(variable))

    def position(self, variable: Variable) -> int:
        """The number of the argument that stands for the variable."""
        index = self._index.get(variable.name)
        if index is None:
            index = self._index[variable.name] = len(self.arguments)
            self.arguments.append(variable)
        return index

    def call(self, function: Expression, arguments: Sequence[Variable]) -> Expression:
        """An expression over its own arguments, as part of this formula."""
        return rename_arguments(function, [self.position(a) for a in arguments])


class Emitter:
    """A builder with fresh names; equations come from here with one object per expression."""

    def __init__(self, builder: Builder, program: Program) -> None:
        self.builder = builder
        self.program = program
        self.place: Place | None = None
        self.ones: set[str] = set()  # variables that are known to be 1 or the vector of ones
        self.rescaled: dict[str, tuple[WidthPower, Variable]] = {}  # name: it is factor · variable
        self.last: Equation | None = None
        self.passing: Pass | None = None  # of what is written under the names of the network
        self.timed = dict(program.timed)
        self.origins: dict[str, Origin | None] = {}
        self._equation_of = program.equation_of
        self._vectors: dict[int, Vector] = {}
        self._counts: dict[str, int] = {}
        self._roots: dict[Width, Variable] = {}
        self._partials: dict[tuple[Expression, int], Expression] = {}

    def free(self, name: str) -> str:
        """The name itself, or with a number behind its base where it is bound already."""
        if name not in self.builder.scope:
            return name
        base, index, temporary = split_name(name)
        k = 2
        while (candidate := join_name(f"{base}_{k}", index, temporary)) in self.builder.scope:
            k += 1
        return candidate

    def named(self, timed: TimedName, origin: Origin | None = None) -> str:
        """A free name for what this is, made of what a statement makes."""
        name = self.free(timed.name)
        self.timed[name], self.origins[name] = timed, origin
        return name

    def temporary(self, target: str) -> str:
        """A free name for an intermediate of the statement that binds `target`."""
        stem = statement_name(target)
        k = self._counts.get(stem, 0) + 1
        while (name := temporary_name(stem, k)) in self.builder.scope:
            k += 1
        self._counts[stem] = k
        if target in self.timed:
            self.timed[name] = self.timed[target].temporary(k)
        return name

    def reserve(self, target: str, count: int) -> None:
        """Leave the first `count` intermediates of `target` to other statements."""
        stem = statement_name(target)
        self._counts[stem] = max(self._counts.get(stem, 0), count)

    def matmul(self, name: str, matrix: Variable, transpose: bool, operand: Variable) -> Variable:
        """Bind name = matrix · operand, or its transpose."""
        shape = matrix.matrix
        out = Variable(name, self._vector(shape.columns if transpose else shape.rows))
        return self._made(MatMul, out, matrix, transpose, operand)

    def bind(self, name: str, formula: Formula, expression: Expression) -> Variable:
        """Bind a coordinatewise expression: a Nonlin, or a Moment among scalars."""
        vector = next((a for a in formula.arguments if a.is_vector), None)
        if vector is None:
            return self.mean(name, formula, expression)
        out, function = Variable(name, vector.type), self.builder.intern(expression)
        return self._made(Nonlin, out, function, tuple(formula.arguments))

    def mean(self, name: str, formula: Formula, expression: Expression) -> Variable:
        """Bind (1/n) Σ_α of a coordinatewise expression."""
        out, function = Variable(name, _SCALAR), self.builder.intern(expression)
        return self._made(Moment, out, function, tuple(formula.arguments))

    def add(self, equation: Equation, place: Place | None = None) -> Variable:
        """Add an equation, with what is known of what it binds, at this place unless it has one."""
        out, place, origin = equation.out, equation.place or place, equation.origin
        place, origin = self._placed(out.name, place, origin)
        if place is not equation.place or origin is not equation.origin:
            equation = rebuilt(equation, out, place, origin)
        return self._add(equation)

    def _made(self, make: Callable[..., Equation], out: Variable, *what: object) -> Variable:
        """Add an equation of this kind, at the emitter's place."""
        place, origin = self._placed(out.name, self.place, None)
        return self._add(make(out, *what, place, None, origin))

    def _add(self, equation: Equation) -> Variable:
        self.last = equation
        return self.builder.add(equation)

    def _placed(
        self, name: str, place: Place | None, origin: Origin | None
    ) -> tuple[Place | None, Origin | None]:
        """Where a variable is bound and by what statement, with what is known of it."""
        timed = self.timed.get(name)
        if timed is None and self.passing is not None:
            timed = TimedName(name, None)
        if timed is None or place is None or place.timed is not None:
            return place, origin
        place = Place(place.row, self._context(place), place.partner, timed)
        return place, origin or self.origins.get(name)

    def _vector(self, dim: Dimension) -> Vector:
        """One object for the vectors of a dimension."""
        if id(dim) not in self._vectors:
            self._vectors[id(dim)] = Vector(dim)
        return self._vectors[id(dim)]

    def _context(self, place: Place) -> Pass | None:
        """The pass of a place: an error signal belongs to that of its partner."""
        if place.context is not None or place.row == "between":
            return place.context
        partner = self._equation_of.get(place.partner or "")
        known = partner is not None and partner.place is not None and partner.place.context
        return known or self.passing

    def partial(self, function: Expression, index: int) -> Expression:
        """∂ function / ∂ argument `index`, simplified."""
        key = (function, index)
        if key not in self._partials:
            self._partials[key] = simplify(differentiate(function, index))
        return self._partials[key]

    def scaled(self, formula: Formula, factor: WidthPower, *factors: Expression) -> Expression:
        """factor · Π factors as an expression of the formula, with the widths as powers of ε."""
        below: list[Expression] = []
        above: list[Expression] = []
        for width, exponent in factor.exponents:
            root = formula.ref(self.root(width))
            where = above if exponent < 0 else below
            where.append(power(root, number(2 * abs(exponent))))
        sign = number(abs(factor.constant))
        product = mul(sign, *above, *factors)
        quotient = div(product, mul(*below)) if below else product
        return neg(quotient) if factor.constant < 0 else quotient

    def root(self, width: Width) -> Variable:
        """The scalar ε = 1/√n → 0 of a base width n, declared when it is first needed."""
        if width not in self._roots:
            self._roots[width] = self._find_root(width) or self._declare_root(width)
        return self._roots[width]

    def _find_root(self, width: Width) -> Variable | None:
        for declaration in self.program.declarations:
            match declaration:
                case InitialScalar(variable, value, 0.0, (only,)) if only == width:
                    if value == _ROOT and variable.name in self.builder.scope:
                        return variable
        return None

    def _declare_root(self, width: Width) -> Variable:
        first = not self._roots
        name = self.free("ε" if first else f"ε_{width.name}")
        declaration = InitialScalar(Variable(name, Scalar()), _ROOT, 0.0, (width,))
        return self.builder.declare(declaration)[0]
