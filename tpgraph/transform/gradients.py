"""Gradients by the trainables: sums of outer products of error signals and activations.

    W = M w:   ∂L/∂w = Σ over uses h = W x of (M/S_h) dh xᵀ,   and of (M/S_h) x dhᵀ for h = Wᵀ x
    a trainable vector b = M w:   ∂L/∂w = (M/S_b) db

with S the scales of `tpgraph.transform.reverse`. Source: Tensor Programs IIb, Eqs. 73 and 97.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tpgraph.program import MatMul, Parameter, Program, Variable
from tpgraph.program.any_program import reads_program
from tpgraph.transform.backward import Differentiated, differentiate_program
from tpgraph.transform.powers import WidthPower, multiplier, size

__all__ = [
    "Gradient",
    "GradientTerm",
    "gradients",
    "gradients_of",
    "inner_product_factor",
    "unordered_pairs",
]


@dataclass(frozen=True, slots=True)
class GradientTerm:
    """coefficient · left rightᵀ, or coefficient · left where the parameter is a vector."""

    coefficient: WidthPower
    left: Variable
    right: Variable | None = None

    @property
    def ends(self) -> tuple[Variable, ...]:
        """The variables of the outer product."""
        return (self.left,) if self.right is None else (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Gradient:
    """∂L/∂w of a parameter W = M w: the sum of its terms."""

    parameter: Parameter
    terms: tuple[GradientTerm, ...]


@reads_program
def gradients(program: Program, of: str | None = None) -> tuple[Gradient, ...]:
    """The gradient of every trainable, over the variables of `backward(program, of)`."""
    return gradients_of(differentiate_program(program, of), program.parameters)


def gradients_of(found: Differentiated, parameters: Iterable[Parameter]) -> tuple[Gradient, ...]:
    """The gradients of a program that is differentiated already."""
    return tuple(Gradient(p, tuple(_terms(found, p))) for p in parameters)


def _terms(found: Differentiated, parameter: Parameter) -> Iterable[GradientTerm]:
    program, errors, scales = found.program, found.errors, found.scales
    assert program.parametrization is not None, "checked by the builder"
    M = multiplier(parameter, program.parametrization)
    name = parameter.variable.name
    if parameter.variable.is_vector:
        if name in errors:
            yield GradientTerm(M / scales.of(parameter.variable), errors[name])
        return
    for equation in program.uses[name]:
        if isinstance(equation, MatMul) and equation.out.name in errors:
            dh, x = errors[equation.out.name], equation.operand
            coefficient = M / scales.of(equation.out)
            if equation.transpose:
                yield GradientTerm(coefficient, x, dh)
            else:
                yield GradientTerm(coefficient, dh, x)


def unordered_pairs(
    terms: Sequence[GradientTerm],
) -> Iterator[tuple[GradientTerm, GradientTerm]]:
    """Every pair of terms once; one of two different terms stands for both orders."""
    return ((a, b) for i, a in enumerate(terms) for b in terms[: i + 1])


def inner_product_factor(a: GradientTerm, b: GradientTerm) -> WidthPower:
    """(M²/S²) n_h n_x, the factor of Π mean(x x̄) over the ends in the inner product ⟨a, b⟩."""
    factor = a.coefficient * b.coefficient
    for end in a.ends:
        factor *= size(end.dim)
    return factor
