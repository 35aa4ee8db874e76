"""A parametrization as one tunes it at a base width: standard deviations, multipliers, rates.

A network of width n = m n₀ holds plain weights v, W = μ v, instead of the w of W = M w. They train
alike (Lemma J.1 of Tensor Programs V, arXiv 2203.03466: M θ, w / θ, and rates η / θ² of SGD, η / θ
of Adam, for every θ) where, with θ = μ / M,

    std of v    |M| √s_w / μ        s_w the variance of w
    SGD rate    η n^(−c) M² / μ²
    Adam rate   η n^r M / μ         r as `tpgraph.compiler.adaptive_rates` has it

μ is 1, v the weight itself, but for readouts whose entries fall like 1/n: there μ = 1/m, as the
layer `MuReadout` of the package `mup` has it. In mup these are its Table 8: standard deviations
1, m^(−1/2), 1, rates of SGD m, 1, m and of Adam 1, 1/m, 1, times what they are at n₀.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tpgraph.compiler.adaptive_rates import adaptive_exponents
from tpgraph.errors import TPTypeError
from tpgraph.program import Parameter, Program
from tpgraph.program.parametrization import Kind, relevant_dimension, scaling
from tpgraph.study.phrases import Mathematics, exponential, number
from tpgraph.study.samples import sizes_of
from tpgraph.types import Width

__all__ = ["BaseNumber", "LayerShape", "base_shapes"]


@dataclass(frozen=True, slots=True)
class BaseNumber:
    """`at_base` · m^`exponent`, m the width over the base width.

    >>> str(BaseNumber(0.5, Fraction(-1, 2))), str(BaseNumber(2.0, Fraction(1)))
    ('0.5 / √m', '2 m')
    """

    at_base: float
    exponent: Fraction

    def at(self, m: float) -> float:
        """Its value where the width is m times the base width."""
        return self.at_base * float(m ** float(self.exponent))

    def __str__(self) -> str:
        return self.formula.text

    @property
    def formula(self) -> Mathematics:
        """The same for people and for LaTeX."""
        factor = number(f"{self.at_base:.4g}")
        if not self.exponent:
            return factor
        power = _power(abs(self.exponent))
        if self.exponent > 0:
            return Mathematics(f"{factor.text} {power.text}", rf"{factor.latex}\,{power.latex}")
        return Mathematics(f"{factor.text} / {power.text}", f"{factor.latex} / {power.latex}")


def _power(exponent: Fraction) -> Mathematics:
    """m to the `exponent`."""
    named = {Fraction(1): Mathematics("m", "m"), Fraction(1, 2): Mathematics("√m", r"\sqrt{m}")}
    return named.get(exponent) or exponential("m", exponent)


@dataclass(frozen=True, slots=True)
class LayerShape:
    """One trained W = μ v: `multiplier` μ, `std` of v, factors of η for SGD and for Adam."""

    name: str
    kind: Kind
    multiplier: BaseNumber
    std: BaseNumber
    sgd: BaseNumber
    adam: BaseNumber


def base_shapes(program: Program, width: int) -> tuple[LayerShape, ...]:
    """Every trained W at the base width `width`. Raises TPTypeError where nothing is trained."""
    if program.parametrization is None or not program.parameters:
        raise TPTypeError(f"program {program.name} has no param to train")
    adam = adaptive_exponents(program)
    return tuple(_shape(program, p, width, adam[p.variable.name]) for p in program.parameters)


def _shape(program: Program, parameter: Parameter, width: int, adam: Fraction) -> LayerShape:
    chosen = program.parametrization
    assert chosen is not None, "asked before"
    base = program.widths[0] if program.widths else None
    sizes = sizes_of(program, width)
    found = scaling(parameter, chosen, base, sizes)
    variable = parameter.variable
    grows = isinstance(relevant_dimension(variable, found.kind), Width)
    a, b = chosen.exponents(found.kind) if grows else (Fraction(0), Fraction(0))
    c = chosen.c if base is not None else Fraction(0)
    outside = Fraction(-1) if found.kind == "readout" and a + b == 1 else Fraction(0)
    n = float(base.size(sizes)) if base is not None else 1.0
    M = found.multiplier
    return LayerShape(
        name=variable.name,
        kind=found.kind,
        multiplier=BaseNumber(1.0, outside),
        std=BaseNumber(abs(M) * found.variance**0.5, -a - b - outside),
        sgd=BaseNumber(found.rate * M**2, -2 * a - c - 2 * outside),
        adam=BaseNumber(n ** float(adam) * abs(M), adam - a - outside),
    )
