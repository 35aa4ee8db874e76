"""A plan in words: the kernel recursion of an architecture, line by line, as text or LaTeX.

    p1(ξ) = 0.0312 |ξ|² + 0.01                     numbers of one input
    ρ1 = (0.0312 ξ·ξ̄ + 0.01) / √(p1 p̄1)           numbers of a pair; p̄ is that of ξ̄
    NNGP = …,  NTK = …

What is used once stands where it is used; what is used again, and every correlation, has a name,
the same wherever it is used. χ is the unit vector of an output's component.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tpgraph.functions import Argument, to_latex, to_text
from tpgraph.kernels.plan.planning import KernelPlan, PlanPart, plan_kernel
from tpgraph.limits.planned.tape import NotPlanned, TapeNode
from tpgraph.program import Program

__all__ = ["explain_kernel", "explained", "refusal_line"]

_TITLES = {"nngp": "NNGP", "ntk": "NTK"}
_LETTERS = {
    "correlation": "ρ", "expected": "m", "both": "m", "arcsin": "α", "value": "s", "rows": "r",
}  # fmt: skip
_TRANSPARENT = ("lift", "floor", "named")
_ALWAYS = ("correlation", "expected", "both", "value", "rows", "series", "exponentials")
_GREEK = {"ρ": r"\rho", "α": r"\alpha", "ξ": r"\xi", "χ": r"\chi"}

_CALL = re.compile(r"\\?\w+'*\([uv]\)")
"""One function of u or v."""


def explain_kernel(program: Program, kind: str = "both", latex: bool = False) -> str:
    """The kernel recursion of a network, line by line, or why it is not the same for all inputs.

    With `latex` it is an align* environment. Raises TPTypeError as `tpgraph.kernel`.
    """
    try:
        return explained(plan_kernel(program, kind), latex)
    except NotPlanned as error:
        return refusal_line(error.reason)


def explained(plan: KernelPlan, latex: bool = False) -> str:
    """The plan's lines; with `latex` an align* environment, which needs amsmath."""
    lines: list[tuple[str, str]] = []
    names = _Names()
    for part in plan.parts:
        lines += _Lines(part, latex, names).all()
    if not latex:
        head = f"kernel of {plan.program.name}, for two inputs; what is of the second has a prime"
        if any("χ" in right for _, right in lines):
            head += ", χ is the unit vector of a component"
        return "\n".join([f"{head}:", *(f"  {left} = {right}" for left, right in lines)])
    body = " \\\\\n".join(f"  {left} &= {right}" for left, right in lines)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


def refusal_line(reason: str) -> str:
    """Why there is no plan, and what happens instead."""
    return (
        f"not planned: {reason}.\nThe limit of every pair of vectors is taken as a whole array,"
        " exactly where that closes and by samples with error bars where not."
    )


@dataclass
class _Names:
    """What the parts of a plan have in common: names by what is named, how many a letter has."""

    known: dict[int, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    numbers: dict[tuple[object, ...], int] = field(default_factory=dict)

    def number(self, *what: object) -> int:
        """The number of what a node is: the same for nodes that are made alike."""
        return self.numbers.setdefault(what, len(self.numbers))


class _Lines:
    """One part's nodes, named in the order of the tape; what was named before keeps its name."""

    def __init__(self, part: PlanPart, latex: bool, common: _Names) -> None:
        self.part = part
        self.latex = latex
        self.common = common
        self.nodes = part.tape.nodes
        both = zip(part.ends, part.places, strict=True)
        self.shown = [(end, p) for end, p in both if p.i >= p.j]  # K_ij(ξ, ξ̄) is K_ji(ξ̄, ξ)
        ends = [end for end, _ in self.shown]
        self.reached = part.tape.reached(ends)
        uses = Counter(
            self._beneath(a)
            for p in self.reached
            if not self._is_transparent(p)
            for a in self.nodes[p].args
        )
        self.named = {p for p in self.reached if self._has_name(p, uses[p])}
        self.named -= set(ends)
        self.names: dict[int, str] = {}
        self.alike: dict[int, int] = {}
        for place in self.reached:
            node = self.nodes[place]
            beneath = [self.alike[a] for a in node.args]
            self.alike[place] = common.number(node.op, node.data, *beneath)

    def _is_transparent(self, place: int) -> bool:
        """Whether a node stands for that beneath it: a lift, a bound, rows as they are."""
        node = self.nodes[place]
        data: Any = node.data
        return node.op in _TRANSPARENT or (node.op == "rows" and data[0] == Argument(0))

    def _beneath(self, place: int) -> int:
        """The node that a lift or a bound is of."""
        while self._is_transparent(place):
            place = self.nodes[place].args[0]
        return place

    def _has_name(self, place: int, uses: int) -> bool:
        node = self.nodes[place]
        if self._is_transparent(place):
            return False
        if node.op in _ALWAYS:
            return True
        plain = ("number", "data", "fixed", "curve", "gram", "dot", *_TRANSPARENT)
        long = node.op != "product" or node.of_pairs or len(node.args) > 1
        return uses > 1 and node.op not in plain and long

    def all(self) -> Iterator[tuple[str, str]]:
        """(left, right) of every line."""
        for place in self.reached:
            if place in self.named:
                known = self.common.known.get(self.alike[place])
                if known is not None:
                    self.names[place] = known
                    continue
                right = self.formula(place)
                self.names[place] = self._new_name(place)
                self.common.known[self.alike[place]] = self.names[place]
                yield self.names[place], right
        for end, where in self.shown:
            title = _TITLES[where.name]
            if where.i or where.j or len(self.shown) > 2:
                title += f"[{where.i},{where.j}]"
            title = rf"\mathrm{{{title}}}" if self.latex else title
            right = self.formula(end)
            self.common.known.setdefault(self.alike[end], title)
            self.names[end] = title
            yield title, right

    def _new_name(self, place: int) -> str:
        node = self.nodes[place]
        letter = _LETTERS.get(node.op, "K" if node.of_pairs else "p")
        self.common.counts[letter] += 1
        number = self.common.counts[letter]
        return f"{_GREEK.get(letter, letter)}_{{{number}}}" if self.latex else f"{letter}{number}"

    def text(self, place: int, bar: bool = False, tight: bool = False) -> str:
        """A node where it is used; `bar` for ξ̄, `tight` inside of a product."""
        if place in self.names:
            name = self.names[place]
            if not bar:
                return name
            return (
                rf"\bar{{{name.split('_')[0]}}}_{name.split('_')[1]}" if self.latex else f"{name}'"
            )
        found = self.formula(place, bar)
        beneath = self._beneath(place)
        is_sum = self.nodes[beneath].op == "sum" and beneath not in self.names
        return f"({found})" if tight and is_sum else found

    def formula(self, place: int, bar: bool = False) -> str:
        """A node by its operands."""
        node = self.nodes[place]
        data: Any = node.data
        if self._is_transparent(place):
            return self.text(node.args[0], bool(data) if node.op == "lift" else bar)
        match node.op:
            case "number":
                return _number(data)
            case "data":
                name = _GREEK.get(data, data) if self.latex else data
                return f"\\bar{{{name}}}" if bar and self.latex else name + ("'" if bar else "")
            case "gram" | "dot":
                second = self.text(node.args[1], node.op == "gram" or bar, True)
                dot = r" \cdot " if self.latex else "·"
                return f"{self.text(node.args[0], bar, True)}{dot}{second}"
            case "rows":
                parts = [self.text(a, bar) for a in node.args]
                return (to_latex if self.latex else to_text)(data[0], parts)
            case "sum":
                return self._sum(node.args, data[0], data[1], bar)
            case "product":
                return self._product(node.args, data[0], data[1], bar)
            case "sqrt":
                return self._call("√", r"\sqrt", self.text(node.args[0], bar))
            case "arcsin":
                return self._call("arcsin", r"\arcsin", self.text(node.args[0], bar))
            case "correlation":
                return self.text(node.args[0])
            case _:
                return self._expectation(node, bar)

    def _call(self, text: str, latex: str, inner: str) -> str:
        if not self.latex:
            return f"{text}({inner})"
        return f"{latex}{{{inner}}}" if latex == r"\sqrt" else rf"{latex}\left({inner}\right)"

    def _sum(self, args: Sequence[int], by: Sequence[float], constant: float, bar: bool) -> str:
        parts = []
        for place, c in zip(args, by, strict=True):
            one = _number(abs(c)) == "1"
            inner = self.text(place, bar, not one)
            own = inner if one else self._joined([_number(abs(c)), inner])
            parts.append(("- " if c < 0 else "+ ") + own)
        if constant:
            parts.append(("- " if constant < 0 else "+ ") + _number(abs(constant)))
        joined = " ".join(parts)
        return joined[2:] if joined.startswith("+ ") else f"-{joined[2:]}"

    def _product(
        self, args: Sequence[int], coefficient: float, exponents: Sequence[Fraction], bar: bool
    ) -> str:
        above = [] if _number(coefficient) == "1" else [_number(coefficient)]
        factors = sorted(
            zip(args, exponents, strict=True), key=lambda f: self.nodes[f[0]].op != "lift"
        )
        for place, e in factors:
            inner = self.text(place, bar, True)
            above.append(inner if e == 1 else self._power(inner, e))
        return self._joined(above)

    def _joined(self, factors: Sequence[str]) -> str:
        """Factors beside each other, with a cross before a number."""
        cross = r"\times " if self.latex else "× "
        first, *rest = factors
        return " ".join([first, *(cross + f if f[0].isdigit() else f for f in rest)])

    def _power(self, inner: str, e: Fraction) -> str:
        simple = not {" ", "·"} & set(inner) or inner.startswith("(")
        base = inner if simple else f"({inner})"
        return f"{base}^{{{e}}}" if self.latex else f"{base}^({e})" if e != 2 else f"{base}²"

    def _expectation(self, node: TapeNode, bar: bool) -> str:
        functions = [self.nodes[a] for a in node.args if self.nodes[a].op == "curve"]
        letters = ["u", "v"][: len(functions)]
        shown = to_latex if self.latex else to_text
        applied = []
        for curve, letter in zip(functions, letters, strict=True):
            others = [self.text(a) for a in curve.args[2:]]
            call = shown(curve.data[0], [letter, *others])
            plain = not curve.data[1] and (len(functions) == 1 or _CALL.fullmatch(call))
            applied.append(call if plain else f"({call})" + "′" * int(curve.data[1]))
        laws = []
        for curve, letter in zip(functions, letters, strict=True):
            variance = self.text(curve.args[1], node.of_pairs and letter == "v")
            law = f"N({self.text(curve.args[0])}, {variance})"
            laws.append(f"{letter} {self._sign('~')} {law}")
        order = int(node.data) if node.op == "expected" else 0
        inside = " ".join(applied) + (f" He_{order}" if order else "")
        if len(functions) == 0:
            parts = [self.text(a, bar) for a in node.args]
            return (
                f"{node.op}({', '.join(parts)})" if node.op != "value" else shown(node.data, parts)
            )
        if len(node.args) == 3 and len(functions) == 2:
            what = "correlation" if node.op == "series" else "covariance"
            named = rf"\text{{{what} }}" if self.latex else f"{what} "
            laws.append(f"{named}{self.text(node.args[2])}")
        expectation = r"\mathbb{E}" if self.latex else "E"
        comment = ", ".join(laws)
        return f"{expectation}[{inside}], " + (
            rf"\text{{with }} {comment}" if self.latex else comment
        )

    def _sign(self, sign: str) -> str:
        return r"\sim" if self.latex else sign


def _number(value: float) -> str:
    return f"{value:.6g}"
