"""What is 0 for every draw, though no part of it is: values, and gradients of what is trained.

    d = V x − y,  y = V x        f = mean(V x − V x + x): no change of V moves f

Terms of sums that cancel are not seen where sizes are counted term by term. They are of a network
with numbers in general position: what is rounding beside its own terms, at each of some draws, is
identically 0 (Schwartz, Zippel).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.functions import (
    ADD,
    MUL,
    NEG,
    Apply,
    Expression,
    evaluate,
    expand,
    gradient,
    inline,
    reads_components,
)
from tpgraph.program.equations import MatMul, Moment, Nonlin
from tpgraph.program.graph import Program
from tpgraph.program.variables import Variable
from tpgraph.types import Dimension, Matrix, Vector, Width

__all__ = ["Cancelled", "cancelled"]

Array: TypeAlias = npt.NDArray[np.float64]

_DRAWS, _WIDTH, _FEW = 3, 5, 4
_ROUNDING = 1e-11
"""Of a sum beside its terms."""


@dataclass(frozen=True)
class Cancelled:
    """Names of variables that are 0, and of trained ones on which no output depends."""

    zeros: frozenset[str] = frozenset()
    untrained: frozenset[str] = frozenset()

    def both(self, other: Cancelled) -> Cancelled:
        """What is so at two draws."""
        return Cancelled(self.zeros & other.zeros, self.untrained & other.untrained)

    def __bool__(self) -> bool:
        return bool(self.zeros or self.untrained)


@np.errstate(all="ignore")  # what is not finite tells nothing
def cancelled(program: Program) -> Cancelled:
    """What cancels at every draw; none where a function is of all components of a vector."""
    gates = (e for e in program.equations if not isinstance(e, MatMul))
    if any(reads_components(e.function) for e in gates):
        return Cancelled()
    found = _Draw(program, 0).found()
    for seed in range(1, _DRAWS):
        if not found:
            break
        found = found.both(_Draw(program, seed).found())
    return found


class _Draw:
    """One small network with normal numbers for all that is declared, and its backward pass."""

    def __init__(self, program: Program, seed: int) -> None:
        self._program = program
        self._random = np.random.default_rng(seed)
        self._values = {
            v.name: self._random.standard_normal(_shape(v))
            for d in program.declarations
            for v in d.variables
        }

    def found(self) -> Cancelled:
        """What cancels here."""
        zeros = frozenset(self._forward())
        untrained = frozenset(self._backward())
        is_told = all(np.isfinite(v).all() for v in self._values.values())
        return Cancelled(zeros, untrained) if is_told else Cancelled()

    def _forward(self) -> Iterator[str]:
        """The variables that are 0, which are exactly 0 for those that read them."""
        for equation in self._program.equations:
            out = equation.out
            if isinstance(equation, MatMul):
                x = self._values[equation.operand.name]
                matrix = self._matrix(equation)
                value: Array = np.asarray(matrix @ x)
                terms: Array = np.asarray(np.abs(matrix) @ np.abs(x))
            else:
                inner = [self._values[a.name] for a in equation.arguments]
                value = np.asarray(evaluate(equation.function, inner))
                terms = _terms(inline(expand(equation.function)), inner, {})
                if isinstance(equation, Moment):
                    value, terms = np.asarray(np.mean(value)), np.asarray(np.mean(terms))
            is_lost = _is_lost(value, terms)
            if is_lost:
                yield out.name
            self._values[out.name] = np.array(
                np.broadcast_to(0 * value if is_lost else value, _shape(out))
            )

    def _backward(self) -> Iterator[str]:
        """The trained variables whose gradients are 0."""
        slopes = {v.name: np.zeros(_shape(v)) for v in self._program.variables.values()}
        terms = {name: slope.copy() for name, slope in slopes.items()}

        def add(v: Variable, slope: Array, most: Array) -> None:
            for totals, own in ((slopes, slope), (terms, most)):
                shape = _shape(v)
                totals[v.name] = totals[v.name] + (own if shape else np.sum(own))

        for output in self._program.outputs:
            own = self._random.standard_normal(_shape(output))
            add(output, own, np.abs(own))
        for equation in reversed(self._program.equations):
            slope, most = slopes[equation.out.name], terms[equation.out.name]
            slope, most = (0 * slope, most) if _is_lost(slope, most) else (slope, np.abs(slope))
            if isinstance(equation, MatMul):
                matrix, x = self._matrix(equation), self._values[equation.operand.name]
                add(equation.operand, matrix.T @ slope, np.abs(matrix).T @ most)
                pairs = np.outer(slope, x), np.outer(most, np.abs(x))
                own, of_terms = (p.T for p in pairs) if equation.transpose else pairs
                add(equation.matrix, own, of_terms)
                continue
            for v, partial, of_terms in self._partials(equation):
                size = max(1, np.size(partial)) if isinstance(equation, Moment) else 1
                add(v, partial / size * slope, of_terms / size * most)
        for parameter in self._program.parameters:
            name = parameter.variable.name
            if _is_lost(slopes[name], terms[name]):
                yield name

    def _matrix(self, equation: MatMul) -> Array:
        matrix = self._values[equation.matrix.name]
        return matrix.T if equation.transpose else matrix

    def _partials(self, equation: Nonlin | Moment) -> Iterator[tuple[Variable, Array, Array]]:
        """∂ψ by every argument, and its terms, of one coordinate each where ψ has them."""
        inner = [self._values[a.name] for a in equation.arguments]
        shape = np.broadcast_shapes(*(x.shape for x in inner))
        for index, slope in gradient(inline(equation.function)).items():
            found = evaluate(slope, inner), _terms(expand(slope), inner, {})
            value, terms = (np.array(np.broadcast_to(part, shape)) for part in found)
            yield equation.arguments[index], value, np.maximum(terms, np.abs(value))


def _terms(expression: Expression, inner: Sequence[Array], known: dict[int, Array]) -> Array:
    """How large what is added in an expression is; `known` has the parts met before."""
    if id(expression) in known:
        return known[id(expression)]
    match expression:
        case Apply(function, arguments) if function in (ADD, NEG, MUL):
            parts = [_terms(argument, inner, known) for argument in arguments]
            found = math.prod(parts) if function == MUL else sum(parts, np.zeros(()))
        case _:
            found = np.abs(evaluate(expression, inner))
    known[id(expression)] = np.asarray(found)
    return known[id(expression)]


def _is_lost(total: Array, terms: Array) -> bool:
    """Whether a sum is rounding beside its terms."""
    most = np.max(terms, initial=0.0)
    return bool(most > 0 and np.max(np.abs(total), initial=0.0) <= _ROUNDING * most)


def _shape(variable: Variable) -> tuple[int, ...]:
    match variable.type:
        case Matrix(rows, columns):
            return _size(rows), _size(columns)
        case Vector(dim):
            return (_size(dim),)
        case _:
            return ()


def _size(dimension: Dimension) -> int:
    return _WIDTH if isinstance(dimension, Width) else min(dimension.size({}), _FEW)
