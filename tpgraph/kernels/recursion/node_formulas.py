"""Nodes of a tape as formulas, each written where it is used, except for those with names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from tpgraph.functions import Argument
from tpgraph.kernels.recursion.recursion_text import RecursionText, Weighted
from tpgraph.kernels.recursion.spoken_sums import SpokenSum
from tpgraph.limits.planned.tape import TapeNode
from tpgraph.program.labels import default_latex

__all__ = ["NodeFormulas"]


class NodeFormulas:
    """Writes nodes; `bar` says that a number of one input is of the second. `labels` are LaTeX."""

    def __init__(
        self, nodes: Sequence[TapeNode], text: RecursionText, labels: Mapping[str, str]
    ) -> None:
        self.nodes = nodes
        self.write = text
        self.labels = labels

    def is_transparent(self, place: int) -> bool:
        """Whether a node stands for that beneath it: a lift, a bound, rows as they are."""
        node = self.nodes[place]
        data: Any = node.data
        as_it_is = node.op == "rows" and data[0] == Argument(0)
        return node.op in ("lift", "floor", "named") or as_it_is

    def beneath(self, place: int, bar: bool = False) -> tuple[int, bool]:
        """The node that a lift or a bound is of, and whether of the second input."""
        while self.is_transparent(place):
            node = self.nodes[place]
            bar = bool(node.data) if node.op == "lift" else bar
            place = node.args[0]
        return place, bar

    def name_of(self, place: int, bar: bool) -> str | None:
        """How a node is called that is no lift, None where it is written out."""
        return None

    def text(self, place: int, bar: bool = False, tight: bool = False) -> str:
        """A node where it is used, `tight` inside of a product."""
        place, bar = self.beneath(place, bar)
        name = self.name_of(place, bar)
        if name is not None:
            return name
        found = self.formula(place, bar)
        return f"({found})" if tight and self.nodes[place].op == "sum" else found

    def formula(self, place: int, bar: bool = False) -> str:
        """A node by its operands."""
        place, bar = self.beneath(place, bar)
        node = self.nodes[place]
        data: Any = node.data
        match node.op:
            case "number":
                return self.write.number(data)
            case "data":
                name = self.labels.get(data, default_latex(data)) if self.write.latex else data
                return self.write.barred(name) if bar else str(name)
            case "gram" | "dot":
                second = self.text(node.args[1], node.op == "gram" or bar, True)
                return self.write.dot(self.text(node.args[0], bar, True), second)
            case "rows" | "value":
                expression = data[0] if node.op == "rows" else data
                return self.write.expression(expression, [self.text(a, bar) for a in node.args])
            case "sum":
                return self.sum(place, bar)
            case "product" | "sqrt":
                return self.write.product(*self.factors(1.0, place, bar))
            case "arcsin":
                return self.write.call("arcsin", self.text(node.args[0], bar))
            case _:
                parts = ", ".join(self.text(a, bar) for a in node.args)
                index = f", {data + 1}" if node.op == "entry" else ""
                return f"{node.op}({parts}{index})"

    def sum(self, place: int, bar: bool) -> str:
        """Σ c · node + constant."""
        own = SpokenSum.of(self.nodes[place])
        return self.write.sum([self.factors(c, a, bar) for c, a in own.terms], own.constant)

    def factors(self, coefficient: float, place: int, bar: bool) -> Weighted:
        """A number times a node: the number, and factors, of products and roots without names."""
        place, bar = self.beneath(place, bar)
        node = self.nodes[place]
        data: Any = node.data
        if self.name_of(place, bar) is not None or node.op not in ("number", "product", "sqrt"):
            return coefficient, [(self.text(place, bar, True), Fraction(1))]
        if node.op == "number":
            return coefficient * data, []
        own, exponents = (1.0, [Fraction(1, 2)]) if node.op == "sqrt" else data
        coefficient *= own
        found: list[tuple[str, Fraction]] = []
        for inner, e in sorted(zip(node.args, exponents, strict=True), key=self._rank):
            c, parts = self.factor(inner, bar)
            coefficient *= c ** float(e)
            found += [(text, k * e) for text, k in parts]
        return coefficient, found

    def factor(self, place: int, bar: bool) -> Weighted:
        """One factor of a product, as a number and factors."""
        return self.factors(1.0, place, bar)

    def _rank(self, factor: tuple[int, Fraction]) -> int:
        """Numbers of one input first, then slopes."""
        order = ("lift", "open", "gram")
        op = self.nodes[factor[0]].op
        return order.index(op) if op in order else len(order)
