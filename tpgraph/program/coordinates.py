"""What Tensor Programs IV predicts of coordinates: how sizes and changes scale with width.

Exponents e of n^e, computed along the program's equations; W = M w has entries of order n^(−a−b),
an update moves W by n^(−c) M² ∂L/∂W, so by n^(−2a−c) ∂L/∂W. With [d] = 1 where dimension d is a
width and 0 where it is fixed, h = W x over dimensions d_h, d_x:

    size      |h| = |x| − (a+b) + ½ [d_x]
    gradient  |∂x| = |∂h| + max(−(a+b) + ½ [d_h], −(2a+c) + |∂h| + |x| + [d_h] after one step)
    change    |Δh| = max(|Δx| − (a+b) + ½ [d_x], −(2a+c) + max_uses(|∂h| + |x|) + |x| + [d_x])

A readout V Δx sums n in place of √n terms of the part of Δx along V; V x does so at initialization
where x depends on V. Through ψ go |∂ψ| (`tpgraph.program.growth`) times changes and gradients; a
Moment's gradient is 1/n of each argument's, and its size n^(−1/2) less where coordinates are
symmetric in the sign (`tpgraph.program.local_signs`). For a perceptron this is TP IV's
|Δx^L| = −r, with r = min_l (min(a+b, 2a+c)_{L+1} + c − 1 + 2a_l + [l=1]).

Source: Yang & Hu, Tensor Programs IV (arXiv 2011.14522), sections 3 and 5, Theorem 3.3.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from tpgraph.functions import arguments_of, gradient, inline, simplify
from tpgraph.program.equations import (
    Data,
    Declaration,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    MatMul,
    Moment,
    Nonlin,
    Parameter,
    Target,
)
from tpgraph.program.graph import Program
from tpgraph.program.growth import UNKNOWN, ZERO, growth, largest
from tpgraph.program.local_signs import LocalSigns
from tpgraph.program.parametrization import layer_kind, relevant_dimension
from tpgraph.program.reach import ancestors
from tpgraph.program.scales import DeclaredScales
from tpgraph.program.variables import Variable
from tpgraph.types import Dimension, Width

__all__ = [
    "UNCHANGED",
    "UNKNOWN",
    "UNSTABLE",
    "Prediction",
    "decisive",
    "in_training",
    "predict",
]

UNCHANGED = ZERO
"""The change of what training does not touch."""
UNSTABLE = math.inf
"""The change of what grows with width, unless a bounded function holds it back."""
_ROUNDS = 4
"""Of sizes that training gives to what vanished, and changes for these sizes."""


@dataclass(frozen=True)
class Prediction:
    """Exponents e of n^e by name: of x at initialization, and of x_t − x_0 after training.

    UNCHANGED, UNSTABLE and UNKNOWN stand where there is no number.
    """

    sizes: Mapping[str, float]
    changes: Mapping[str, float]


@dataclass(frozen=True)
class _Layer:
    """A matrix or trained vector: `entry` −(a+b), `update` −(2a+c) or UNCHANGED."""

    entry: float
    update: float


def predict(program: Program, steps: int) -> Prediction:
    """The exponents of every vector and scalar of a program, after so many SGD steps.

    Numbers are those of one step where nothing that enters a function grows, upper bounds where
    training acts through sums of mean zero alone. From the second step on, what is unstable
    feeds on itself, and all that training touches is UNSTABLE.
    """
    found = in_training(program, is_later=steps > 1)
    changes = found.changes
    if steps == 0:
        changes = dict.fromkeys(changes, UNCHANGED)
    sizes = [found.sizes[o.name] for o in program.outputs]
    if steps > 1 and any(e > 0 for e in (*sizes, *(changes[v] for v in decisive(program)))):
        changes = {name: e if e == UNCHANGED else UNSTABLE for name, e in changes.items()}
    return Prediction(found.sizes, changes)


def in_training(program: Program, is_later: bool) -> Prediction:
    """The exponents of one step: of the first, or, if `is_later`, of one after it.

    Then what vanished at initialization has the size that training has given to it, up to order 1.
    """
    layers = _layers(program)
    start = _sizes(program, layers)
    sizes, changes = start, _step(program, layers, start, False)
    for _ in range(_ROUNDS if is_later else 0):
        grown = {v: max(e, min(0.0, changes[v])) if e < 0 else e for v, e in start.items()}
        before, sizes = sizes, grown
        changes = _step(program, layers, sizes, True)
        if sizes == before:
            break
    return Prediction(start, changes)


def decisive(program: Program) -> tuple[str, ...]:
    """What must not grow: outputs, wide vectors that they depend on, arguments of functions.

    Part of an expression may grow where it enters linearly, as V x in f = (V x)/n.
    """
    needed = ancestors(program, [o.name for o in program.outputs])
    found = {o.name for o in program.outputs}
    for equation in program.equations:
        out = equation.out
        if out.name not in needed:
            continue
        if out.is_wide and not out.is_temporary:
            found.add(out.name)
        if isinstance(equation, Nonlin | Moment):
            found.update(v.name for v in _inside_functions(equation))
    return tuple(name for name in program.variables if name in found)


def _inside_functions(equation: Nonlin | Moment) -> Iterator[Variable]:
    """The arguments in which ψ is not linear."""
    for index, slope in gradient(inline(equation.function)).items():
        if index in arguments_of(simplify(slope)):
            yield equation.arguments[index]


def _layers(program: Program) -> dict[str, _Layer]:
    """The exponents of every matrix and of every trained vector."""
    found = {}
    for declaration in program.declarations:
        match declaration:
            case InitialMatrix(variable):
                columns = variable.matrix.columns
                found[variable.name] = _Layer(-0.5 * _wide(columns), UNCHANGED)
            case Parameter(variable):
                found[variable.name] = _trained(program, variable)
            case Data() | Target() | InitialScalar() | InitialVectors():
                pass
            case _:
                assert_never(declaration)
    return found


def _trained(program: Program, variable: Variable) -> _Layer:
    assert program.parametrization is not None, "checked by the builder"
    kind = layer_kind(variable)
    a, b = (float(e) for e in program.parametrization.exponents(kind))
    c = float(program.parametrization.c)
    if not _wide(relevant_dimension(variable, kind)):
        a = b = 0.0
    return _Layer(0.0 - (a + b), 0.0 - (2 * a + c))


def _wide(dimension: Dimension) -> int:
    return int(isinstance(dimension, Width))


def _ends(equation: MatMul) -> tuple[int, int]:
    """[d_h] and [d_x] of h = W x."""
    return int(equation.out.is_wide), int(equation.operand.is_wide)


def _sizes(program: Program, layers: Mapping[str, _Layer]) -> dict[str, float]:
    sizes: dict[str, float] = {}
    scales, signs = DeclaredScales(program), LocalSigns(program)
    for declaration in program.declarations:
        for index, variable in enumerate(declaration.variables):
            if not variable.is_matrix:
                layer = layers.get(variable.name)
                own = _initial(declaration, index, scales)
                sizes[variable.name] = own if layer is None else layer.entry
    for equation in program.equations:
        match equation:
            case MatMul(out, matrix, _, operand):
                d_h, d_x = _ends(equation)
                summed = d_x / 2 if d_h or signs.is_centred(equation) else d_x
                sizes[out.name] = sizes[operand.name] + layers[matrix.name].entry + summed
            case Nonlin(out) | Moment(out):
                averaged = isinstance(equation, Moment) and signs.is_centred(equation)
                sizes[out.name] = _through(equation, sizes) - averaged / 2
            case _:
                assert_never(equation)
    return sizes


def _initial(declaration: Declaration, index: int, scales: DeclaredScales) -> float:
    """Of what is not trained."""
    match declaration:
        case InitialScalar():
            return float(scales.exponent(declaration))
        case InitialVectors(_, mean, covariance) if (
            not mean[index] and not covariance[index][index]
        ):
            return ZERO
        case _:
            return 0.0


def _through(equation: Nonlin | Moment, sizes: Mapping[str, float]) -> float:
    return growth(equation.function, [sizes[v.name] for v in equation.arguments])


def _step(
    program: Program, layers: Mapping[str, _Layer], sizes: Mapping[str, float], is_later: bool
) -> dict[str, float]:
    """The changes of one step, where everything has these sizes."""
    slopes = _slopes(program, layers, sizes, is_later)
    return _Changes(program, layers, sizes, slopes).whole


def _slopes(
    program: Program, layers: Mapping[str, _Layer], sizes: Mapping[str, float], is_later: bool
) -> dict[str, float]:
    """The exponents of ∂L/∂x, where L′ is of order one at every output."""
    slopes = dict.fromkeys(program.variables, ZERO)
    for output in program.outputs:
        slopes[output.name] = 0.0 if sizes[output.name] <= 0 else UNKNOWN
    for equation in reversed(program.equations):
        h = slopes[equation.out.name]
        if h == ZERO:
            continue
        match equation:
            case MatMul(_, matrix, _, x):
                layer, d_h = layers[matrix.name], _ends(equation)[0]
                moved = layer.update + h + sizes[x.name] + d_h if is_later else ZERO
                _raise(slopes, x, h + max(layer.entry + d_h / 2, moved))
            case Nonlin(out):
                for v, slope in _partials(equation, sizes):
                    _raise(slopes, v, h + slope + int(v.is_scalar and out.is_wide))
            case Moment():
                for v, slope in _partials(equation, sizes):
                    _raise(slopes, v, h + slope - int(v.is_wide))
            case _:
                assert_never(equation)
    return slopes


def _partials(
    equation: Nonlin | Moment, sizes: Mapping[str, float]
) -> Iterator[tuple[Variable, float]]:
    """|∂ψ| by every argument that ψ depends on."""
    inner = [sizes[v.name] for v in equation.arguments]
    for index, slope in gradient(inline(equation.function)).items():
        yield equation.arguments[index], growth(slope, inner)


def _raise(slopes: dict[str, float], variable: Variable, exponent: float) -> None:
    slopes[variable.name] = largest([slopes[variable.name], exponent])


class _Changes:
    """`whole` |Δx|, and `aligned` its part along ∂L/∂x, which a readout sums coherently."""

    def __init__(
        self,
        program: Program,
        layers: Mapping[str, _Layer],
        sizes: Mapping[str, float],
        slopes: Mapping[str, float],
    ) -> None:
        self._layers, self._sizes = layers, sizes
        self._outer: dict[str, float] = {}
        for equation in program.equations:
            if isinstance(equation, MatMul):
                used = slopes[equation.out.name] + sizes[equation.operand.name]
                before = self._outer.get(equation.matrix.name, ZERO)
                self._outer[equation.matrix.name] = largest([before, used])
        self.whole: dict[str, float] = {}
        self.aligned: dict[str, float] = {}
        for declaration in program.declarations:
            for v in declaration.variables:
                if not v.is_matrix:
                    layer = layers.get(v.name)
                    own = UNCHANGED if layer is None else layer.update + slopes[v.name]
                    self.whole[v.name] = self.aligned[v.name] = own
        for equation in program.equations:
            if isinstance(equation, MatMul):
                self._product(equation)
            else:
                self._gate(equation)

    def _product(self, equation: MatMul) -> None:
        out, x = equation.out.name, equation.operand.name
        layer, (d_h, d_x) = self._layers[equation.matrix.name], _ends(equation)
        moved = layer.update + self._outer[equation.matrix.name]
        own = moved + self._sizes[x] + d_x
        passed = self.whole[x] + layer.entry + d_x / 2
        if d_x:  # W Wᵀ dh is along dh
            along = self.aligned[x] + layer.entry + (d_x / 2 if d_h else d_x)
        else:
            along = self.whole[x] + (moved if d_h else layer.entry)
        self.whole[out] = largest([passed, along, own])
        self.aligned[out] = largest([along, own])

    def _gate(self, equation: Nonlin | Moment) -> None:
        """The largest Δx^i ∂_iψ, unless one grows that ψ is not linear in."""
        out = equation.out
        self.whole[out.name] = self.aligned[out.name] = UNSTABLE
        if self._is_unstable(equation):
            return
        moved = [
            (v, slope)
            for v, slope in _partials(equation, self._sizes)
            if slope != ZERO and self.whole[v.name] != UNCHANGED
        ]
        whole = largest([self.whole[v.name] + slope for v, slope in moved])
        self.whole[out.name] = self.aligned[out.name] = whole
        if out.is_wide:
            wide = [self.aligned[v.name] for v in equation.arguments if v.is_wide]
            along = [
                slope + (self.aligned[v.name] if v.is_wide else self.whole[v.name] + max(wide))
                for v, slope in moved
            ]
            self.aligned[out.name] = min(whole, largest(along))

    def _is_unstable(self, equation: Nonlin | Moment) -> bool:
        growing = {i for i, v in enumerate(equation.arguments) if self.whole[v.name] > 0}
        return bool(growing) and any(
            growing & set(arguments_of(simplify(slope)))
            for index, slope in gradient(inline(equation.function)).items()
            if index in growing
        )
