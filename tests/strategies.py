"""Random well-typed programs.

    from strategies import programs

`programs()` draws programs of all constructs; `programs(tame=True)` those whose values stay finite
and moderate; `programs(differentiable=True)` networks with a loss over smooth bounded functions,
for checks of gradients. Sizes go up to hundreds of equations.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from typing import TypeVar

from hypothesis import strategies as st

from tpgraph.functions import (
    ADD,
    DIV,
    MUL,
    NEG,
    POW,
    PRIMITIVES,
    Apply,
    Argument,
    Defined,
    Function,
    Number,
    number,
)
from tpgraph.program import (
    MUP,
    NTK,
    STANDARD,
    Builder,
    Call,
    Constant,
    Data,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    Mean,
    Nonlin,
    Parameter,
    Parametrization,
    Product,
    Program,
    Ref,
    Target,
    Term,
    Variable,
)
from tpgraph.types import Dimension, Fixed, Matrix, Scalar, Vector, Width

__all__ = ["programs"]

T = TypeVar("T")

SMOOTH = ("tanh", "sin", "cos", "sigmoid", "erf", "arctan")
BOUNDED = (*SMOOTH, "sign", "step")
MODERATE = (*BOUNDED, "relu", "abs", "silu", "gelu", "softplus")
ANY = tuple(n for n, p in PRIMITIVES.items() if p.arity == 1 and n != "neg")
NAMES = ("x", "h", "z", "ξ", "x̃", "u_1", "σ_w", "δh̃", "Ω", "long_name", "ẋ", "a", "T", "N", "e1")
LABELS = ("x^{l}", "\\tilde h", 'a "quoted" one', "", "#", "ξ")


@st.composite
def programs(
    draw: st.DrawFn,
    min_equations: int = 1,
    max_equations: int = 30,
    tame: bool = False,
    differentiable: bool = False,
    network: bool | None = None,
) -> Program:
    """A well-typed program with about the given number of equations (statements may need more)."""
    size = draw(st.integers(min_equations, max_equations))
    if differentiable:
        network = True
    elif network is None:
        network = draw(st.booleans())
    # A large program would exhaust hypothesis's entropy; its choices come from a drawn seed.
    choose = _Drawn(draw) if size <= 8 else _Seeded(draw(st.integers(0, 2**32 - 1)))
    maker = _Maker(choose, network, tame or differentiable, differentiable)
    return maker.program(size)


class _Drawn:
    """Choices drawn by hypothesis one by one, so that they shrink."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def pick(self, options: Sequence[T]) -> T:
        return self._draw(st.sampled_from(options))

    def integer(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))


class _Seeded:
    """Choices of a pseudo-random generator."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def pick(self, options: Sequence[T]) -> T:
        return self._random.choice(options)

    def integer(self, low: int, high: int) -> int:
        return self._random.randint(low, high)


class _Maker:
    def __init__(self, choose: _Drawn | _Seeded, network: bool, tame: bool, smooth: bool) -> None:
        self.choose = choose
        self.network = network
        self.tame = tame
        self.smooth = smooth
        self.builder = Builder(choose.pick(("net", "a-1.b", "two words", "ξ")))
        n = self.builder.width(Width("n"))
        ratio = choose.pick((Fraction(2), Fraction(1, 2)))
        m = self.builder.width(Width("m", ratio, "n"))
        self.n, self.m, self.d = n, m, Fixed(3, "d")
        self.dims: tuple[Dimension, ...] = (n, m)
        self.vectors: dict[Dimension, list[Variable]] = {n: [], m: []}
        self.scalars: list[Variable] = []
        self.matrices: list[Variable] = []
        self.functions: list[Function] = [PRIMITIVES[f] for f in self._table()]
        self.count = 9

    def _table(self) -> Sequence[str]:
        if self.smooth:
            return SMOOTH
        return MODERATE if self.tame else ANY

    def chance(self, percent: int) -> bool:
        return self.choose.integer(1, 100) <= percent

    def name(self) -> str:
        self.count += 1
        base = self.choose.pick(NAMES)
        index = self.choose.integer(0, 2)
        if index == 0:
            return f"{base}[{self.count}]"
        if index == 1:
            return f"{base}[{self.count},{self.choose.integer(-2, 2)}]"
        return f"{base}{self.count}" if "̃" not in base else f"y{self.count}"

    def value(self) -> Fraction:
        return self.choose.pick(
            (
                Fraction(1, 2),
                Fraction(2),
                Fraction(-1),
                Fraction(1, 3),
                Fraction(-3, 7),
                Fraction(1),
            )
        )

    # ---- declarations

    def declare(self) -> None:
        self._functions()
        if self.network:
            self._network()
        if not self.network or self.chance(30):
            self._raw()

    def _functions(self) -> None:
        choose = self.choose
        inner = Apply(choose.pick(self.functions), (Argument(0),))
        body = Apply(MUL, (Number(self.value()), inner)) if self.chance(50) else inner
        phi = self.builder.define(Defined("φ", ("z",), body))
        bounded = PRIMITIVES["tanh"]
        pair = Apply(ADD, (Apply(bounded, (Argument(0),)), Apply(phi, (Argument(1),))))
        if not self.tame:
            order = choose.integer(0, 2)
            pair = Apply(DIV, (pair, Apply(POW, (Argument(0), number(order + 2)))))
        psi = self.builder.define(Defined("ψ_2", ("a", "β"), pair))
        self.functions += [phi] if self.tame and not self.smooth else [phi, psi]

    def _network(self) -> None:
        choose, builder = self.choose, self.builder
        custom = Parametrization(
            "abc",
            (Fraction(0), Fraction(1, 2), Fraction(1, 3)),
            (Fraction(0), Fraction(0), Fraction(1, 2)),
            Fraction(choose.integer(-1, 1)),
        )
        builder.parametrization = choose.pick((NTK, MUP, STANDARD, custom))
        data = [Variable(f"ξ[{i}]", Vector(self.d)) for i in range(1, choose.integer(1, 2) + 1)]
        for variable in data:
            builder.declare(Data(variable))
        self.vectors[self.d] = data
        for dim in self.dims:
            self._param(Matrix(dim, self.d))
            if self.chance(60):
                self._param(Vector(dim))
        for _ in range(choose.integer(1, 3)):
            self._param(Matrix(choose.pick(self.dims), choose.pick(self.dims)))

    def _param(self, type_: Matrix | Vector) -> Variable:
        variable = Variable(self.name(), type_)
        scale = self.choose.pick((1.0, 2**0.5, 0.1))
        variance = self.choose.pick((1.0, 0.5, 2.0))
        self.builder.declare(Parameter(variable, variance, scale))
        if isinstance(type_, Matrix):
            self.matrices.append(variable)
        else:
            self.vectors[type_.dim].append(variable)
        return variable

    def _raw(self) -> None:
        choose, builder = self.choose, self.builder
        for dim in self.dims:
            pair = tuple(Variable(self.name(), Vector(dim)) for _ in range(2))
            correlation = choose.pick((0.0, 0.5, -0.25))
            covariance = ((1.0, correlation), (correlation, 1.0))
            as_x = not self.network and self.chance(20)
            builder.declare(InitialVectors(pair, (0.0, 0.5), covariance, as_x))
            self.vectors[dim] += pair
        for _ in range(choose.integer(1, 3)):
            shape = Matrix(choose.pick(self.dims), choose.pick(self.dims))
            variable = Variable(self.name(), shape)
            builder.declare(InitialMatrix(variable, choose.pick((1.0, 0.7, 2.0))))
            self.matrices.append(variable)
        self._scalar(Number(Fraction(1, 2)), 0.5, ())
        root = Apply(PRIMITIVES["sqrt"], (Argument(0),))
        self._scalar(Apply(DIV, (number(1), root)), 0.0, (self.n,))

    def _scalar(self, value: Number | Apply, limit: float, widths: tuple[Width, ...]) -> None:
        variable = Variable(self.name(), Scalar())
        self.builder.declare(InitialScalar(variable, value, limit, widths))
        self.scalars.append(variable)

    # ---- terms

    def leaf(self, dim: Dimension, deep: int) -> Term:
        """A vector of a dimension, a scalar, a number, or a nested product or mean."""
        kind = self.choose.integer(0, 9)
        if kind == 0:
            return Constant(self.value())
        if kind == 1 and self.scalars:
            return Ref(self.choose.pick(self.scalars))
        if kind == 2 and deep:
            other = self.choose.pick([d for d in self.dims if self.vectors[d]])
            return Mean(self.coordinatewise(other, deep - 1))
        if kind <= 4 and deep:
            product = self.product(dim, deep - 1)
            if product is not None:
                return product
        return Ref(self.choose.pick(self.vectors[dim]))

    def product(self, dim: Dimension, deep: int) -> Term | None:
        """A matrix times a term, of the given dimension."""
        fitting = [
            (matrix, transpose)
            for matrix in self.matrices
            for transpose, rows, columns in (
                (False, matrix.matrix.rows, matrix.matrix.columns),
                (True, matrix.matrix.columns, matrix.matrix.rows),
            )
            if rows == dim and self.vectors.get(columns)
        ]
        if not fitting:
            return None
        matrix, transpose = self.choose.pick(fitting)
        columns = matrix.matrix.rows if transpose else matrix.matrix.columns
        operand: Term = Ref(self.choose.pick(self.vectors[columns]))
        if deep and self.chance(40):
            operand = self.coordinatewise(columns, deep - 1)
        return Product(matrix, transpose, operand)

    def coordinatewise(self, dim: Dimension, deep: int) -> Term:
        """A term over at least one vector of the dimension."""
        anchor: Term = Ref(self.choose.pick(self.vectors[dim]))
        term = anchor if deep <= 0 else self.combined(anchor, dim, deep - 1)
        if self.tame:
            return self.bounded(term)
        return self.call(term) if self.chance(50) else term

    def combined(self, term: Term, dim: Dimension, deep: int) -> Term:
        other = self.leaf(dim, deep)
        kind = self.choose.integer(0, 6)
        if self.tame:
            bounded = self.bounded(other)
            if kind <= 1:
                return Call(MUL, (Constant(self.value()), term, bounded))
            return Call(ADD, (term, self.signed(other))) if kind < 6 else Call(ADD, (bounded, term))
        match kind:
            case 0:
                return Call(ADD, (term, other, self.leaf(dim, 0)))
            case 1:
                return Call(ADD, (self.signed(other), term))
            case 2:
                return Call(MUL, (term, self.signed(other)))
            case 3:
                return Call(DIV, (other, term))
            case 4:
                return Call(POW, (term, Constant(self.choose.pick((Fraction(2), Fraction(-1, 2))))))
            case 5:
                return Call(
                    PRIMITIVES[self.choose.pick(("min", "max", "leaky_relu"))], (other, term)
                )
            case _:
                return Call(ADD, (Call(ADD, (term, other)), self.signed(self.signed(term))))

    def signed(self, term: Term) -> Term:
        return Call(NEG, (term,)) if self.chance(40) else term

    def call(self, term: Term) -> Term:
        function = self.choose.pick(self.functions)
        if function.arity == 2:
            return Call(function, (term, Constant(self.value())))
        order = 0 if self.smooth or self.tame else self.choose.pick((0, 0, 0, 1, 2))
        return Call(function, (term,), order)

    def bounded(self, term: Term) -> Term:
        names = SMOOTH if self.smooth else BOUNDED
        function: Function = PRIMITIVES[self.choose.pick(names)]
        if self.smooth and self.chance(30):
            function = self.builder_function()
        return Call(function, (term,))

    def builder_function(self) -> Function:
        return next(f for f in self.functions if f.name == "φ")

    # ---- equations

    def statement(self) -> None:
        dim = self.choose.pick([d for d in self.dims if self.vectors[d]])
        kind = self.choose.integer(0, 9)
        if kind <= 3:
            product = self.product(dim, self.choose.integer(0, 2))
            if product is not None:
                self._bind(product)
                return
        if kind == 4:
            self._bind(Mean(self.coordinatewise(dim, 2)))
        elif kind == 5 and not self.tame:
            self._unordered(dim)
        elif kind == 6 and self.scalars and not self.smooth:
            self._bind(Call(ADD, (Ref(self.choose.pick(self.scalars)), Constant(self.value()))))
        else:
            self._bind(self.coordinatewise(dim, self.choose.integer(1, 3)))

    def _bind(self, term: Term) -> Variable:
        variable = self.builder.bind(self.name(), term)
        if variable.is_scalar:
            self.scalars.append(variable)
        elif variable.dim in self.vectors:
            self.vectors[variable.dim].append(variable)
        return variable

    def _unordered(self, dim: Dimension) -> None:
        """A Nonlin whose arguments repeat, or stand in another order than they are used in."""
        first, second = (self.choose.pick(self.vectors[dim]) for _ in range(2))
        function = Apply(ADD, (Argument(1), Apply(NEG, (Argument(0),))))
        out = Variable(self.name(), Vector(dim))
        self.builder.add(Nonlin(out, function, (first, second)))
        self.vectors[dim].append(out)

    def ending(self) -> None:
        """Outputs, loss, labels."""
        if self.network:
            self._readout()
        elif self.chance(50):
            pool = [v for dim in self.dims for v in self.vectors[dim]] + self.scalars
            self.builder.output(self.choose.pick(pool))
        for name in list(self.builder.scope)[:: self.choose.integer(3, 9)]:
            self.builder.label(name, self.choose.pick(LABELS))
        if self.chance(30):
            self.builder.label("φ", "\\phi")

    def _readout(self) -> None:
        outputs = self.choose.integer(1, 2)
        one = Fixed(outputs)
        target = Variable("y", Vector(one))
        self.builder.declare(Target(target))
        dim = self.choose.pick(self.dims)
        readout = Variable("V", Matrix(one, dim))
        self.builder.declare(Parameter(readout, 1.0, self.choose.pick((1.0, 0.5))))
        last = Ref(self.choose.pick(self.vectors[dim][-4:]))
        operand = Call(PRIMITIVES["tanh"], (last,)) if self.tame else last
        f = self.builder.bind("f", Product(readout, False, operand))
        self.builder.output(f)
        error = Call(ADD, (Ref(f), Call(NEG, (Ref(target),))))
        square = Call(POW, (error, Constant(Fraction(2))))
        loss: Term = Call(DIV, (square, Constant(Fraction(2))))
        if not self.smooth and self.chance(30):
            loss = Mean(loss)
        name = "loss" if self.chance(70) else "E"
        self.builder.loss(self.builder.bind(name, loss))

    def program(self, size: int) -> Program:
        self.declare()
        if self.network:
            for dim in self.dims:  # every width is reached from the data
                embedding = self.product(dim, 0)
                assert embedding is not None
                self._bind(embedding)
        while len(self.builder._equations) < size:
            self.statement()
        self.ending()
        return self.builder.build()
