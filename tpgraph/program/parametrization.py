"""abc-parametrizations: how a trainable parameter scales with width.

    W = M w,   M = scale · n^(−a) [· 1/√d for an input matrix],
    w ~ N(0, s n^(−2b)),   learning rate η n^(−c)

with exponents of the layer kind: input (fixed → width, and trainable vectors), hidden, readout
(width → fixed). The n of a and b is the column count for hidden and readout matrices and the row
count for input matrices and vectors; that of c is the program's first width. In the standard
parametrization the input's 1/d sits in the variance instead and M = scale.

Source: Yang & Hu, Tensor Programs IV (arXiv 2011.14522), sections 3 and 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias, assert_never

from tpgraph.errors import TPTypeError
from tpgraph.program.equations import Parameter
from tpgraph.program.variables import Variable
from tpgraph.types import Dimension, Fixed, Matrix, Scalar, Vector, Width

__all__ = [
    "MUP",
    "NTK",
    "STANDARD",
    "Analysis",
    "Kind",
    "Parametrization",
    "Regime",
    "Scaling",
    "analyze",
    "layer_kind",
    "relevant_dimension",
    "scaling",
]

Kind: TypeAlias = Literal["input", "hidden", "readout"]
Regime: TypeAlias = Literal["unstable", "trivial", "kernel", "feature learning", "unknown"]
KINDS: tuple[Kind, ...] = ("input", "hidden", "readout")


@dataclass(frozen=True, slots=True)
class Parametrization:
    """Exponents a, b for (input, hidden, readout) and c of the learning rate."""

    name: str
    a: tuple[Fraction, Fraction, Fraction]
    b: tuple[Fraction, Fraction, Fraction]
    c: Fraction

    def exponents(self, kind: Kind) -> tuple[Fraction, Fraction]:
        """(a, b) of a layer kind."""
        return self.a[KINDS.index(kind)], self.b[KINDS.index(kind)]


_HALF, _ZERO = Fraction(1, 2), Fraction(0)
STANDARD = Parametrization("standard", (_ZERO, _ZERO, _ZERO), (_ZERO, _HALF, _HALF), _ZERO)
NTK = Parametrization("ntk", (_ZERO, _HALF, _HALF), (_ZERO, _ZERO, _ZERO), _ZERO)
MUP = Parametrization("mup", (-_HALF, _ZERO, _HALF), (_HALF, _HALF, _HALF), _ZERO)


def layer_kind(variable: Variable) -> Kind:
    """The kind of a trainable variable's layer; it follows the declaration, not the use.

    Raises TPTypeError for what cannot be trained: scalars, fixed × fixed matrices.
    """
    match variable.type:
        case Vector():
            return "input"
        case Matrix(Width(), Width()):
            return "hidden"
        case Matrix(Width(), Fixed()):
            return "input"
        case Matrix(Fixed(), Width()):
            return "readout"
        case Matrix():
            raise TPTypeError(
                f"{variable} : {variable.matrix.rows} × {variable.matrix.columns} has no width",
                expected="a param with at least one dimension that is a width",
            )
        case Scalar():
            raise TPTypeError(f"{variable} is a scalar; scalars are not trained")
        case _:
            assert_never(variable.type)


@dataclass(frozen=True, slots=True)
class Scaling:
    """The numbers of one parameter at given widths.

    `multiplier` M of W = M w, `variance` of the entries of w, `rate` factor of the learning rate.
    """

    kind: Kind
    multiplier: float
    variance: float
    rate: float

    @property
    def entry_variance(self) -> float:
        """The variance of the entries of W."""
        return self.multiplier**2 * self.variance


def scaling(
    parameter: Parameter,
    parametrization: Parametrization,
    base: Width | None,
    widths: Mapping[str, int],
) -> Scaling:
    """The scaling of one parameter; `base` is the program's first width."""
    kind = layer_kind(parameter.variable)
    a, b = parametrization.exponents(kind)
    n = relevant_dimension(parameter.variable, kind)
    size = float(n.size(widths)) if isinstance(n, Width) else 1.0
    multiplier = parameter.scale * size ** float(-a)
    variance = parameter.variance * size ** float(-2 * b)
    if kind == "input" and parameter.variable.is_matrix:
        d = parameter.variable.matrix.columns.size(widths)
        if parametrization.name == "standard":
            variance /= d
        else:
            multiplier /= d**0.5
    rate = base.size(widths) ** float(-parametrization.c) if base is not None else 1.0
    return Scaling(kind, multiplier, variance, rate)


def relevant_dimension(variable: Variable, kind: Kind) -> Dimension:
    """The dimension whose size is the n of n^(−a) and n^(−2b)."""
    match variable.type:
        case Vector(dim):
            return dim
        case Matrix(rows, columns):
            return rows if kind == "input" else columns
        case _:
            raise AssertionError(variable)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What training does as width grows, in the terms of Tensor Programs IV.

    `r` is the exponent n^(−r) of the largest change of features, None where training changes none;
    `stable` and `nontrivial` as in Theorem 3.3: nothing grows, and the output moves. Among those,
    features are learned where r = 0, else it is the kernel regime. `is_known` is False where the
    exponents of some variable are not known.
    """

    r: Fraction | None
    stable: bool
    nontrivial: bool
    is_known: bool = True

    @property
    def feature_learning(self) -> bool:
        """Whether the features move in the limit."""
        return self.regime == "feature learning"

    @property
    def kernel_regime(self) -> bool:
        """Whether training becomes kernel gradient descent in the limit."""
        return self.regime == "kernel"

    @property
    def regime(self) -> Regime:
        """The one word for it."""
        if not self.is_known:
            return "unknown"
        if not self.stable:
            return "unstable"
        if not self.nontrivial:
            return "trivial"
        return "feature learning" if self.r == 0 else "kernel"


def analyze(parametrization: Parametrization, kinds: Iterable[Kind]) -> Analysis:
    """Stability and feature learning, for a network that has layers of the given kinds.

    r = min(a_{L+1} + b_{L+1}, 2a_{L+1} + c) + c − 1 + min_{l≤L}(2a_l + [l = 1]); stable iff
    a₁ + b₁ = 0, a_l + b_l = 1/2, a_{L+1} + b_{L+1} ≥ 1/2, r ≥ 0, 2a_{L+1} + c ≥ 1 and
    a_{L+1} + b_{L+1} + r ≥ 1; nontrivial iff one of the last two is an equality (TP IV, Thm 3.3).
    """
    present = set(kinds)
    (a_in, b_in), (a_hid, b_hid), (a_out, b_out) = map(parametrization.exponents, KINDS)
    c = parametrization.c
    body = [2 * a_in + 1] * ("input" in present) + [2 * a_hid] * ("hidden" in present)
    r = min(a_out + b_out, 2 * a_out + c) + c - 1 + min(body, default=2 * a_in + 1)
    stable = (
        ("input" not in present or a_in + b_in == 0)
        and ("hidden" not in present or a_hid + b_hid == _HALF)
        and a_out + b_out >= _HALF
        and r >= 0
        and 2 * a_out + c >= 1
        and a_out + b_out + r >= 1
    )
    nontrivial = 2 * a_out + c == 1 or a_out + b_out + r == 1
    return Analysis(r, stable, nontrivial)
