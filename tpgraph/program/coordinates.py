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
symmetric in the sign (`tpgraph.program.local_signs`, `global_signs`). What cancels identically is 0
(`tpgraph.program.vanishing_terms`). For a perceptron this is TP IV's |Δx^L| = −r,
with r = min_l (min(a+b, 2a+c)_{L+1} + c − 1 + 2a_l + [l=1]).

Adam moves every entry of w by η n^r times a number of order 1, a function of the gradient that does
not grow with it; so W by n^(r−a), as the sign of dh xᵀ would, along which dh and x are as they are
along dh xᵀ: for −(2a+c) + |∂h| + |x| there is r − a, and 0 where there is no gradient.

Source: Yang & Hu, Tensor Programs IV (arXiv 2011.14522), sections 3 and 5, Theorem 3.3; of Adam,
Yang & Littwin, Tensor Programs IVb (arXiv 2308.01814), sections 2.2 and 2.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tpgraph.functions import arguments_of, gradient, inline, simplify
from tpgraph.program.equations import (
    Moment,
    Nonlin,
)
from tpgraph.program.first_step import UNSTABLE, step_of
from tpgraph.program.graph import Program
from tpgraph.program.growth import UNKNOWN
from tpgraph.program.initial_sizes import UNCHANGED, Rates, layers_of, matrices_at_zero, sizes_of
from tpgraph.program.reach import ancestors
from tpgraph.program.vanishing_terms import cancelled
from tpgraph.program.variables import Variable

__all__ = [
    "UNCHANGED",
    "UNKNOWN",
    "UNSTABLE",
    "Prediction",
    "decisive",
    "in_training",
    "predict",
]

_ROUNDS = 4
"""Of sizes that training gives to what vanished, and changes for these sizes, at most; one more
for each matrix that starts at 0."""


@dataclass(frozen=True)
class Prediction:
    """Exponents e of n^e by name: of x at initialization, and of x_t − x_0 after training.

    UNCHANGED, UNSTABLE and UNKNOWN stand where there is no number.
    """

    sizes: Mapping[str, float]
    changes: Mapping[str, float]


def predict(program: Program, steps: int, rates: Rates | None = None) -> Prediction:
    """The exponents of every vector and scalar of a program, after so many SGD steps.

    With `rates` the steps are those of an optimizer that divides by the gradient's size, and these
    the powers of n in its rates (`tpgraph.compiler.adaptive_rates`).

    Numbers are those of one step where nothing that enters a function grows, upper bounds where
    training acts through sums of mean zero alone. From the second step on, what is unstable
    feeds on itself, and all that training touches is UNSTABLE.
    """
    found = in_training(program, max(steps, 1), rates)
    changes = found.changes
    if steps == 0:
        changes = dict.fromkeys(changes, UNCHANGED)
    sizes = [found.sizes[o.name] for o in program.outputs]
    if steps > 1 and any(e > 0 for e in (*sizes, *(changes[v] for v in decisive(program)))):
        changes = {name: e if e == UNCHANGED else UNSTABLE for name, e in changes.items()}
    return Prediction(found.sizes, changes)


def in_training(
    program: Program, steps: int | None = None, rates: Rates | None = None
) -> Prediction:
    """The exponents of the last of so many steps, or of one that is far behind the first.

    After the first what vanished at initialization has the size that training has given to it, up
    to order 1. A matrix that starts at 0 passes nothing on until a step has moved
    it: beneath it is no change in the first. What cancels identically is 0, and what no output
    depends on then is not trained.
    """
    layers, none = layers_of(program, rates), cancelled(program)
    layers |= {name: replace(layers[name], update=UNCHANGED) for name in none.untrained}
    start = sizes_of(program, layers, none.zeros)
    zeros, sizes = matrices_at_zero(program), start
    found = step_of(program, layers, start, False, zeros)
    most = _ROUNDS + len(zeros)
    for _ in range(most if steps is None else min(most, steps - 1)):
        changes = found.changes
        grown = {v: max(e, min(0.0, changes[v])) if e < 0 else e for v, e in start.items()}
        before, sizes = (sizes, zeros), grown
        zeros = found.still
        found = step_of(program, layers, sizes, True, zeros)
        if (sizes, zeros) == before:
            break
    return Prediction(start, found.changes)


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
