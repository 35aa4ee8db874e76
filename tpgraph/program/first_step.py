"""What one step of training changes where everything has given sizes: exponents e of n^e.

The rules are those of `tpgraph.program.coordinates`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from tpgraph.functions import arguments_of, gradient, inline, simplify
from tpgraph.program.equations import (
    MatMul,
    Moment,
    Nonlin,
)
from tpgraph.program.graph import Program
from tpgraph.program.growth import UNKNOWN, ZERO, growth, largest
from tpgraph.program.initial_sizes import UNCHANGED, Layer, wide_ends
from tpgraph.program.variables import Variable

__all__ = ["UNSTABLE", "StepEffect", "step_of"]

UNSTABLE = math.inf
"""The change of what grows with width, unless a bounded function holds it back."""


@dataclass(frozen=True)
class StepEffect:
    """The `changes` of one step by name, and the matrices that are `still` 0 behind it."""

    changes: dict[str, float]
    still: frozenset[str]


def step_of(
    program: Program,
    layers: Mapping[str, Layer],
    sizes: Mapping[str, float],
    is_later: bool,
    zeros: Collection[str],
) -> StepEffect:
    """One step, where everything has these sizes and the matrices `zeros` are still 0.

    Those pass nothing on, to either side.
    """
    slopes = _slopes(program, layers, sizes, is_later, zeros)
    entries = {k: replace(v, entry=ZERO) if k in zeros else v for k, v in layers.items()}
    found = _Changes(program, entries, sizes, slopes)
    still = (name for name in zeros if ZERO in (layers[name].update, found.outer[name]))
    return StepEffect(found.whole, frozenset(still))


def _slopes(
    program: Program,
    layers: Mapping[str, Layer],
    sizes: Mapping[str, float],
    is_later: bool,
    zeros: Collection[str],
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
                if matrix.name in zeros:
                    continue
                layer, d_h = layers[matrix.name], wide_ends(equation)[0]
                moved = layer.update + _moving(layer, h + sizes[x.name]) + d_h if is_later else ZERO
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


def _moving(layer: Layer, gradient: float) -> float:
    """What an update is as large as, for a gradient of this exponent: 1 where it is signed."""
    return 0.0 if layer.is_signed and math.isfinite(gradient) else gradient


def _times(entry: float, change: float) -> float:
    """The exponent of a product; of 0 times anything it is that of 0."""
    return ZERO if entry == ZERO else entry + change


class _Changes:
    """`whole` |Δx|, and `aligned` its part along ∂L/∂x, which a readout sums coherently.

    `outer` are the gradients dh xᵀ of matrices.
    """

    def __init__(
        self,
        program: Program,
        layers: Mapping[str, Layer],
        sizes: Mapping[str, float],
        slopes: Mapping[str, float],
    ) -> None:
        self._layers, self._sizes = layers, sizes
        self.outer = dict.fromkeys(layers, ZERO)
        for equation in program.equations:
            if isinstance(equation, MatMul):
                used = slopes[equation.out.name] + sizes[equation.operand.name]
                before = self.outer[equation.matrix.name]
                self.outer[equation.matrix.name] = largest([before, used])
        self.whole: dict[str, float] = {}
        self.aligned: dict[str, float] = {}
        for declaration in program.declarations:
            for v in declaration.variables:
                if not v.is_matrix:
                    layer = layers.get(v.name)
                    own = UNCHANGED
                    if layer is not None:
                        own = layer.update + _moving(layer, slopes[v.name])
                    self.whole[v.name] = self.aligned[v.name] = own
        for equation in program.equations:
            if isinstance(equation, MatMul):
                self._product(equation)
            else:
                self._gate(equation)

    def _product(self, equation: MatMul) -> None:
        out, x = equation.out.name, equation.operand.name
        layer, (d_h, d_x) = self._layers[equation.matrix.name], wide_ends(equation)
        moved = layer.update + _moving(layer, self.outer[equation.matrix.name])
        own = moved + self._sizes[x] + d_x
        passed = _times(layer.entry, self.whole[x]) + d_x / 2
        if d_x:  # W Wᵀ dh is along dh
            along = _times(layer.entry, self.aligned[x]) + (d_x / 2 if d_h else d_x)
        else:
            along = _times(moved if d_h else layer.entry, self.whole[x])
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
