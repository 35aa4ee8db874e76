"""Declarations and equations: what a program is made of.

    equation ::= MatMul  h = W x   or  h = Wᵀ x
               | Nonlin  y = ψ(x¹, …, x^k; θ₁, …, θ_l), coordinatewise
               | Moment  θ = (1/n) Σ_α ψ(x¹_α, …, x^k_α; θ₁, …, θ_l)

A Moment without a vector argument is ψ(θ₁, …, θ_l) itself. Each equation binds `out`.

What was read from a text knows its place there, outside of equality: `span` is that of a
declaration or of the expression that an equation computes, `origin` the statement that made it,
and `reads` the places of what an equation reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from tpgraph.errors import Span
from tpgraph.functions import Expression
from tpgraph.program.passes import Pass, TimedName
from tpgraph.program.variables import Variable
from tpgraph.types import Width

__all__ = [
    "Data",
    "Declaration",
    "Equation",
    "InitialMatrix",
    "InitialScalar",
    "InitialVectors",
    "MatMul",
    "Moment",
    "Nonlin",
    "Origin",
    "Parameter",
    "Place",
    "Read",
    "Target",
    "rebuilt",
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something belongs in a computation of several passes.

    `context` is its pass, `partner` the variable of which it is the error signal, `timed` what it
    is of the network that was written out.
    """

    row: Literal["forward", "backward", "between"]
    context: Pass | None = None
    partner: str | None = None
    timed: TimedName | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """The statement of a text that made something.

    `statement` is its number among the text's statements, from 0, those of a `for` block behind
    it; `span` its place. `values` are those of the loops around it, outermost first, and `family`
    the indices in the family that it declares: `param W[2..L]` made W[3] with `family` (3,).
    """

    statement: int
    span: Span
    values: Mapping[str, int] = field(default_factory=dict)
    family: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """One place in a text where an equation reads a variable, under the name that it has there."""

    name: str
    span: Span


class _Single:
    """A declaration of one variable."""

    __slots__ = ()
    variable: Variable

    @property
    def variables(self) -> tuple[Variable, ...]:
        """What it binds."""
        return (self.variable,)


@dataclass(frozen=True, slots=True)
class InitialScalar(_Single):
    """A scalar given from outside: `value` over `widths` at finite width, `limit` at infinity.

    `Argument(i)` of `value` is the size of `widths[i]`.
    """

    variable: Variable
    value: Expression
    limit: float
    widths: tuple[Width, ...] = ()
    span: Span | None = field(default=None, compare=False, repr=False)
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class InitialVectors:
    """Jointly Gaussian vectors: over coordinates iid, (x_α)_x ~ N(mean, covariance).

    `as_x` says that they stand for activations from outside: X-vars in the notation.
    """

    variables: tuple[Variable, ...]
    mean: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    as_x: bool = False
    span: Span | None = field(default=None, compare=False, repr=False)
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class InitialMatrix(_Single):
    """A random r × c matrix that is not trained: entries iid N(0, variance / c)."""

    variable: Variable
    variance: float
    span: Span | None = field(default=None, compare=False, repr=False)
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Parameter(_Single):
    """A trainable matrix or vector W = scale · (width factor) · w.

    The trained w has iid entries N(0, variance · (width exponent)); the parametrization gives the
    width factors (`tpgraph.program.parametrization`).
    """

    variable: Variable
    variance: float
    scale: float = 1.0
    span: Span | None = field(default=None, compare=False, repr=False)
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Data(_Single):
    """An input of fixed dimension, fed at run time, one per sample."""

    variable: Variable
    span: Span | None = field(default=None, compare=False, repr=False)
    origin: Origin | None = field(default=None, compare=False, repr=False)
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Target(_Single):
    """A label of fixed dimension, fed at run time, that only the loss may use."""

    variable: Variable
    span: Span | None = field(default=None, compare=False, repr=False)
    origin: Origin | None = field(default=None, compare=False, repr=False)


Declaration: TypeAlias = InitialScalar | InitialVectors | InitialMatrix | Parameter | Data | Target


class _Reading:
    """An equation that may know where in a text it reads what."""

    __slots__ = ()
    reads: tuple[Read, ...]

    def places(self, name: str) -> tuple[Span, ...]:
        """Where in the text it reads a variable, in order; none if it came from no text."""
        return tuple(read.span for read in self.reads if read.name == name)


@dataclass(frozen=True, slots=True)
class MatMul(_Reading):
    """out = matrix · operand, or matrixᵀ · operand."""

    out: Variable
    matrix: Variable
    transpose: bool
    operand: Variable
    place: Place | None = field(default=None, compare=False, repr=False)
    span: Span | None = field(default=None, compare=False, repr=False)
    origin: Origin | None = field(default=None, compare=False, repr=False)
    reads: tuple[Read, ...] = field(default=(), compare=False, repr=False)

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """The variables it reads."""
        return (self.matrix, self.operand)


class _Gate(_Reading):
    """An equation that applies ψ coordinatewise: its vectors x¹ … x^k and scalars θ₁ … θ_l."""

    __slots__ = ()
    arguments: tuple[Variable, ...]

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """The variables it reads."""
        return self.arguments

    @property
    def vectors(self) -> tuple[Variable, ...]:
        """The vector arguments x¹ … x^k, in order."""
        return tuple(a for a in self.arguments if a.is_vector)

    @property
    def scalars(self) -> tuple[Variable, ...]:
        """The scalar arguments θ₁ … θ_l, in order."""
        return tuple(a for a in self.arguments if a.is_scalar)


@dataclass(frozen=True, slots=True)
class Nonlin(_Gate):
    """out = function(arguments), coordinatewise; at least one argument is a vector."""

    out: Variable
    function: Expression
    arguments: tuple[Variable, ...]
    place: Place | None = field(default=None, compare=False, repr=False)
    span: Span | None = field(default=None, compare=False, repr=False)
    origin: Origin | None = field(default=None, compare=False, repr=False)
    reads: tuple[Read, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Moment(_Gate):
    """out = (1/n) Σ_α function(arguments)_α."""

    out: Variable
    function: Expression
    arguments: tuple[Variable, ...]
    place: Place | None = field(default=None, compare=False, repr=False)
    span: Span | None = field(default=None, compare=False, repr=False)
    origin: Origin | None = field(default=None, compare=False, repr=False)
    reads: tuple[Read, ...] = field(default=(), compare=False, repr=False)


Equation: TypeAlias = MatMul | Nonlin | Moment


def rebuilt(
    equation: Equation, out: Variable, place: Place | None, origin: Origin | None
) -> Equation:
    """The same instruction, bound to `out`, at this place and from this statement."""
    rest = place, equation.span, origin, equation.reads
    if isinstance(equation, MatMul):
        return MatMul(out, equation.matrix, equation.transpose, equation.operand, *rest)
    return type(equation)(out, equation.function, equation.arguments, *rest)
