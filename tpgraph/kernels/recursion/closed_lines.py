"""The closed forms of the expectations in a recursion, as `tpgraph.kernel` computes them.

    E[relu(u) relu(u')] = 1/(2π) √(p p') (√((1 - ρ) (1 + ρ)) + ρ (arcsin(ρ) + π/2))

of (u, u') ~ N(0, [[p, c], [c, p']]), planned alone, with letters for what the recursion gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from tpgraph.functions import Expression
from tpgraph.kernels.recursion.recursion_text import RecursionText, Weighted
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

_LONGEST = 160
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
    work = PlannedExpectations(Gaussians(), tape)
    setting = InputSetting(Gaussians(), EVERYWHERE)
    try:
        value: Array = work._pair(setting, sided[0], sided[1], covariance)
    except NotPlanned:
        return left, ""
    written, (end,) = factored(tape, [place_of(tape, value)])
    right = _Written(written, text).formula(end)
    return left, right if len(right) <= _LONGEST else ""


class _Written:
    """The nodes of one closed form, each where it is used."""

    def __init__(self, tape: PairTape, text: RecursionText) -> None:
        self.nodes = tape.nodes
        self.write = text

    def formula(self, place: int, bar: bool = False) -> str:
        """A node by its operands; "" for a series or a table of exponentials."""
        node = self.nodes[place]
        data: Any = node.data
        match node.op:
            case "number":
                return self.write.number(data)
            case "data":
                return self.write.barred(data) if bar else str(data)
            case "lift" | "floor" | "named":
                return self.formula(node.args[0], bool(data) if node.op == "lift" else bar)
            case "correlation":
                return self.write.name("ρ")
            case "arcsin":
                return self.write.call("arcsin", self.formula(node.args[0], bar))
            case "sum":
                return self._sum(node, bar)
            case "product" | "sqrt":
                return self.write.product(*self._factors(1.0, place, bar))
            case _:
                return ""

    def _sum(self, node: TapeNode, bar: bool) -> str:
        """The number first, as in 1 + ρ."""
        data: Any = node.data
        parts: list[Weighted] = [(data[1], [])] if data[1] else []
        both = zip(data[0], node.args, strict=True)
        return self.write.sum([*parts, *(self._factors(c, inner, bar) for c, inner in both)])

    def _factors(self, c: float, place: int, bar: bool) -> Weighted:
        """c times a node: the number, and the factors of a product and of products in it."""
        place, bar = self._descended(place, bar)
        node = self.nodes[place]
        data: Any = node.data
        if node.op == "number":
            return c * data, []
        if node.op == "sqrt":
            number, own = self._factors(1.0, node.args[0], bar)
            return c * number**0.5, [(text, e / 2) for text, e in own]
        if node.op != "product":
            found = self.formula(place, bar)
            return c, [(f"({found})" if node.op == "sum" else found, Fraction(1))]
        c *= data[0]
        factors: list[tuple[str, Fraction]] = []
        for inner, e in zip(node.args, data[1], strict=True):
            number, own = self._factors(1.0, inner, bar)
            c *= number ** float(e)
            factors += [(text, k * e) for text, k in own]
        return c, factors

    def _descended(self, place: int, bar: bool) -> tuple[int, bool]:
        while self.nodes[place].op in ("lift", "floor", "named"):
            node = self.nodes[place]
            bar = bool(node.data) if node.op == "lift" else bar
            place = node.args[0]
        return place, bar
