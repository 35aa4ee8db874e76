"""The closed forms of the expectations in a recursion, as `tpgraph.kernel` computes them.

    E[relu(u) relu(u')] = 1/(2π) √(p p') (√((1 - ρ) (1 + ρ)) + ρ (arcsin(ρ) + π/2))

of (u, u') ~ N(0, [[p, c], [c, p']]), planned alone, with letters for what the recursion gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np

from tpgraph.functions import Expression
from tpgraph.kernels.recursion.exponential_sums import exponential_sum
from tpgraph.kernels.recursion.node_formulas import NodeFormulas
from tpgraph.kernels.recursion.recursion_text import RecursionText, Weighted
from tpgraph.kernels.recursion.spoken_sums import SpokenSum
from tpgraph.limits.exact.curves import Curve
from tpgraph.limits.exact.evaluation_points import InputSetting
from tpgraph.limits.exact.forms import Array, CentredGaussian, LinearForm
from tpgraph.limits.exact.gaussians import Gaussians
from tpgraph.limits.exact.pairs import SidedCurve
from tpgraph.limits.planned.factoring import factored
from tpgraph.limits.planned.planned_moments import EVERYWHERE, PlannedExpectations
from tpgraph.limits.planned.tape import NotPlanned, PairTape, TapeNode
from tpgraph.limits.planned.unknowns import as_array, place_of

__all__ = ["ExpectationKind", "closed_lines", "kind_of"]

_LONGEST = 400
"""Of a formula that is worth reading."""


ExpectationKind: TypeAlias = tuple[tuple[Expression, int], tuple[Expression, int]]
"""Two functions, each with how often it is derived weakly."""


def kind_of(nodes: Sequence[TapeNode], expectation: TapeNode) -> ExpectationKind | None:
    """The functions of E[f(u) g(v)] of centred Gaussians, None of others."""
    curves = [nodes[a] for a in expectation.args[:2]]
    means = [nodes[curve.args[0]] for curve in curves]
    if any(len(c.args) > 2 for c in curves) or any(m.op != "number" or m.data for m in means):
        return None
    f, g = (curve.data[:2] for curve in curves)
    return f, g


def closed_lines(kinds: Iterable[ExpectationKind], text: RecursionText) -> list[tuple[str, str]]:
    """(left, right) of every kind whose closed form is short."""
    return [line for line in (_line(kind, text) for kind in kinds) if line[1]]


def _line(kind: ExpectationKind, text: RecursionText) -> tuple[str, str]:
    """Without a right side where there is no formula to show."""
    second = text.barred("u")
    functions = [
        text.weak(text.expression(expression, [letter]), weak)
        for (expression, weak), letter in zip(kind, ("u", second), strict=True)
    ]
    left = text.expectation(functions, ())
    tape = PairTape()
    variance = as_array(tape, tape.emit("data", (), "p", False, 0.0))
    covariance = as_array(tape, tape.emit("data", (), "c", True))
    form = LinearForm({CentredGaussian("u"): np.ones(1)}, np.zeros(1))
    sided = [SidedCurve(Curve(f, form, variance, (), weak), k) for k, (f, weak) in enumerate(kind)]
    f, g = (one.curve for one in sided)
    if f.exponentials is not None and g.exponentials is not None and _without_bells(f, g):
        right = exponential_sum(f.exponentials, g.exponentials, text)
        return left, right if len(right) <= _LONGEST else ""
    work = PlannedExpectations(Gaussians(), tape)
    setting = InputSetting(Gaussians(), EVERYWHERE)
    try:
        value: Array = work.of_pair(setting, sided[0], sided[1], covariance)
    except NotPlanned:
        return left, ""
    place = place_of(tape, value)
    if not tape.nodes[place].of_pairs:  # a number, as of the derivative of a step
        return left, NodeFormulas(tape.nodes, text, {}).text(place)
    written, (end,) = factored(tape, [place])
    if any(node.op in ("series", "exponentials") for node in written.nodes):
        return left, ""
    right = _Written(written.nodes, text, {}).text(end)
    return left, right if len(right) <= _LONGEST else ""


def _without_bells(f: Curve, g: Curve) -> bool:
    """Whether not both have the closed form that comes first."""
    return f.error_terms is None or g.error_terms is None


class _Written(NodeFormulas):
    """The nodes of one closed form."""

    def name_of(self, place: int, bar: bool) -> str | None:
        """The correlation is ρ."""
        return self.write.name("ρ") if self.nodes[place].op == "correlation" else None

    def sum(self, place: int, bar: bool) -> str:
        """The number first, as in 1 + ρ."""
        own = SpokenSum.of(self.nodes[place])
        first: list[Weighted] = [(own.constant, [])] if own.constant else []
        return self.write.sum([*first, *(self.factors(c, a, bar) for c, a in own.terms)])
