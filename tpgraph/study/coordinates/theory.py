"""What Tensor Programs IV predicts of coordinates: how sizes and changes scale with width.

Exponents e of n^e, computed along the program's equations; W = M w has entries of order n^(−a−b),
an update moves W by n^(−c) M² ∂L/∂W, so by n^(−2a−c) ∂L/∂W. With [d] = 1 where dimension d is a
width and 0 where it is fixed, h = W x over dimensions d_h, d_x:

    size      |h| = |x| − (a+b) + ½ [d_x]
    gradient  |∂x| = |∂h| + max(−(a+b) + ½ [d_h], −(2a+c) + |∂h| + |x| + [d_h] after one step)
    change    |Δh| = max(|Δx| − (a+b) + ([d_h] = 0 ? [d_x] : ½ [d_x]),
                         −(2a+c) + max_uses(|∂h| + |x|) + |x| + [d_x])

A readout sums V Δx coherently, since Δx has a part along V. In Nonlins a change passes on as it is,
which is right while nothing grows; a Moment's gradient is 1/n of each argument's. For a perceptron
this is TP IV's |Δx^L| = −r, with r = min_l (min(a+b, 2a+c)_{L+1} + c − 1 + 2a_l + [l=1]).

Source: Yang & Hu, Tensor Programs IV (arXiv 2011.14522), sections 3 and 5, Theorem 3.3.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from tpgraph.functions import (
    Argument,
    Expression,
    arguments_of,
    gradient,
    inline,
    number,
    simplify,
    substitute,
)
from tpgraph.program import (
    Data,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    MatMul,
    Moment,
    Nonlin,
    Parameter,
    Program,
    Target,
    Variable,
    layer_kind,
)
from tpgraph.types import Dimension, Matrix, Width

__all__ = ["UNCHANGED", "UNKNOWN", "UNSTABLE", "Prediction", "predict"]

UNCHANGED = -math.inf
"""The change of what training does not touch."""
UNSTABLE = math.inf
"""The change of what grows with width, unless a bounded function holds it back."""
UNKNOWN = math.nan
"""Where the rules do not reach: what enters a function vanishes or grows at initialization."""


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
    training acts through Moments of mean zero alone. From the second step on, what is unstable
    feeds on itself, and all that training touches is UNSTABLE.
    """
    layers = _layers(program)
    sizes = _sizes(program, layers)
    slopes = _slopes(program, layers, sizes, later=steps > 1)
    changes = _changes(program, layers, sizes, slopes)
    if steps == 0:
        changes = dict.fromkeys(changes, UNCHANGED)
    if steps > 1 and any(e > 0 for e in changes.values()):
        changes = {name: e if e == UNCHANGED else UNSTABLE for name, e in changes.items()}
    return Prediction(sizes, changes)


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
    relevant = variable.dim if variable.is_vector else _relevant(variable.matrix, kind)
    if not _wide(relevant):
        a = b = 0.0
    return _Layer(0.0 - (a + b), 0.0 - (2 * a + c))


def _relevant(matrix: Matrix, kind: str) -> Dimension:
    return matrix.rows if kind == "input" else matrix.columns


def _wide(dimension: Dimension) -> int:
    return int(isinstance(dimension, Width))


def _ends(equation: MatMul) -> tuple[int, int]:
    """[d_h] and [d_x] of h = W x."""
    return int(equation.out.is_wide), int(equation.operand.is_wide)


def _sizes(program: Program, layers: Mapping[str, _Layer]) -> dict[str, float]:
    sizes: dict[str, float] = {}
    for declaration in program.declarations:
        for variable in declaration.variables:
            if isinstance(declaration, InitialScalar):
                sizes[variable.name] = 0.0 if declaration.limit != 0 else UNKNOWN
            elif not variable.is_matrix:
                layer = layers.get(variable.name)
                sizes[variable.name] = 0.0 if layer is None else layer.entry
    for equation in program.equations:
        match equation:
            case MatMul(out, matrix, _, operand):
                d_x = _ends(equation)[1]
                sizes[out.name] = sizes[operand.name] + layers[matrix.name].entry + d_x / 2
            case Nonlin(out, function, arguments):
                sizes[out.name] = _through(function, [sizes[v.name] for v in arguments])
            case Moment(out, function, arguments):
                inner = [sizes[v.name] for v in arguments]
                averaged = 0.5 if _is_readout(program, equation) else 0.0
                sizes[out.name] = _through(function, inner) - averaged
            case _:
                assert_never(equation)
    return sizes


def _through(function: Expression, inner: list[float]) -> float:
    """The size of ψ(x¹, …), where the inputs are of order one or ψ is linear."""
    used = [inner[i] for i in dict.fromkeys(arguments_of(function))]
    if all(e == 0 for e in used):
        return 0.0
    return max(used) if _is_linear(function) and not any(map(math.isnan, used)) else UNKNOWN


def _is_linear(function: Expression) -> bool:
    """Whether ψ is linear in all of its arguments together."""
    written = inline(function)
    constant = all(not set(arguments_of(simplify(s))) for s in gradient(written).values())
    zeros = [number(0)] * (1 + max(arguments_of(written), default=0))
    return constant and simplify(substitute(written, zeros)) == number(0)


def _is_readout(program: Program, moment: Moment) -> bool:
    """Whether it is mean(v · …), linear in an initial vector v of mean zero that it alone reads."""
    for index, variable in enumerate(moment.arguments):
        match program.declaration_of.get(variable.name):
            case InitialVectors(variables, mean) if len(variables) == 1 and mean == (0.0,):
                pass
            case Parameter():
                pass
            case _:
                continue
        others = [number(0) if i == index else Argument(i) for i in range(len(moment.arguments))]
        vanishes = simplify(substitute(inline(moment.function), others)) == number(0)
        if vanishes and program.uses[variable.name] == (moment,):
            return True
    return False


def _slopes(
    program: Program, layers: Mapping[str, _Layer], sizes: Mapping[str, float], later: bool
) -> dict[str, float]:
    """The exponents of ∂L/∂x, where L′ is of order one at every output."""
    slopes = dict.fromkeys(program.variables, UNCHANGED)
    for output in program.outputs:
        slopes[output.name] = 0.0 if sizes[output.name] <= 0 else UNKNOWN
    for equation in reversed(program.equations):
        h = slopes[equation.out.name]
        if h == UNCHANGED:
            continue
        match equation:
            case MatMul(_, matrix, _, x):
                layer, d_h = layers[matrix.name], _ends(equation)[0]
                moved = layer.update + h + sizes[x.name] + d_h if later else UNCHANGED
                _raise(slopes, x, h + max(layer.entry + d_h / 2, moved))
            case Nonlin(_, _, arguments):
                for v in arguments:
                    summed = 1 if v.is_scalar and equation.out.is_wide else 0
                    _raise(slopes, v, h + summed)
            case Moment(_, _, arguments):
                for v in arguments:
                    _raise(slopes, v, h - int(v.is_wide))
            case _:
                assert_never(equation)
    return slopes


def _raise(slopes: dict[str, float], variable: Variable, exponent: float) -> None:
    slopes[variable.name] = _largest([slopes[variable.name], exponent])


def _largest(exponents: list[float]) -> float:
    return UNKNOWN if any(map(math.isnan, exponents)) else max(exponents, default=UNCHANGED)


def _changes(
    program: Program,
    layers: Mapping[str, _Layer],
    sizes: Mapping[str, float],
    slopes: Mapping[str, float],
) -> dict[str, float]:
    outer: dict[str, float] = {}
    for equation in program.equations:
        if isinstance(equation, MatMul):
            used = slopes[equation.out.name] + sizes[equation.operand.name]
            outer[equation.matrix.name] = _largest(
                [outer.get(equation.matrix.name, UNCHANGED), used]
            )
    changes: dict[str, float] = {}
    for declaration in program.declarations:
        for v in declaration.variables:
            if not v.is_matrix:
                layer = layers.get(v.name)
                changes[v.name] = UNCHANGED if layer is None else layer.update + slopes[v.name]
    for equation in program.equations:
        match equation:
            case MatMul(out, matrix, _, x):
                layer, (d_h, d_x) = layers[matrix.name], _ends(equation)
                passed = changes[x.name] + layer.entry + (d_x / 2 if d_h else d_x)
                own = layer.update + outer[matrix.name] + sizes[x.name] + d_x
                changes[out.name] = _largest([passed, own])
            case Nonlin(out, function, arguments) | Moment(out, function, arguments):
                read = [arguments[i].name for i in dict.fromkeys(arguments_of(function))]
                changes[out.name] = _passed(function, [changes[name] for name in read])
            case _:
                assert_never(equation)
    return changes


def _passed(function: Expression, inner: list[float]) -> float:
    """The change of ψ(x¹, …): the largest one, unless it grows and ψ is not linear."""
    largest = _largest(inner)
    return UNSTABLE if largest > 0 and not _is_linear(function) else largest
