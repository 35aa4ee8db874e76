"""A plan in words: the kernel recursion of an architecture, line by line, as text or LaTeX.

    Σ1 = 0.0312 ξ·ξ' + 0.01
    E1 = E[relu(u) relu(u')], (u, u') ~ N(0, Σ1)          a prime is the second input's
    Θ1 = Σ2 + 2 E2 Σ1
    NNGP = …,  NTK = …

Expectations, the covariances that they are of and the sums that slopes multiply have names, the
same wherever they are used; Σ1° is Σ1 of an input with itself. What else is used once stands where
it is used. χ is the unit vector of an output's component.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tpgraph.functions import Expression
from tpgraph.kernels.plan.planning import PlanPart, open_plan, plan_kernel
from tpgraph.kernels.recursion.closed_lines import ExpectationKind, closed_lines, kind_of
from tpgraph.kernels.recursion.node_formulas import NodeFormulas
from tpgraph.kernels.recursion.own_covariances import own_covariances
from tpgraph.kernels.recursion.recursion_text import RecursionText, Weighted, aligned
from tpgraph.kernels.recursion.spoken_sums import SpokenSum, multiples, spoken_sums
from tpgraph.limits.exact.curves import weakly_derived
from tpgraph.limits.planned.tape import NotPlanned, TapeNode
from tpgraph.program import Program

__all__ = ["explain_kernel", "refusal_line"]

_TITLES = {"nngp": "NNGP", "ntk": "NTK"}
_LETTERS = {"open": "E", "expected": "m", "both": "m", "value": "s", "rows": "r"}
_CLOSED = "in closed form, of variances p and p', covariance c and correlation ρ:"
_CLOSED_LATEX = (
    r"In closed form, of variances $p$ and $\bar{p}$, covariance $c$ and correlation $\rho$:"
)
_ALWAYS = ("open", "expected", "both", "value", "rows")
_PLAIN = ("number", "data", "fixed", "curve", "gram", "dot")


def explain_kernel(program: Program, kind: str = "both", latex: bool = False) -> str:
    """The kernel recursion of a network, line by line, or why it is not the same for all inputs.

    Behind it the closed forms of its expectations. With `latex` both are align* environments, which
    need amsmath. Raises TPTypeError as `tpgraph.kernel`.
    """
    try:
        plan_kernel(program, kind)
        plan = open_plan(program, kind)
    except NotPlanned as error:
        return refusal_line(error.reason)
    lines: list[tuple[str, str]] = []
    names = _Names()
    text = RecursionText(latex)
    for part in plan.parts:
        lines += _Lines(part, text, names, program.labels).all()
    closed = closed_lines(names.kinds, text)
    head = f"kernel of {program.title}, for two inputs; {_signs(lines, latex)}:"
    if latex:
        told = [_CLOSED_LATEX, aligned(closed)] if closed else []
        return "\n".join([f"% {head}", "{\\allowdisplaybreaks", aligned(lines), *told, "}"])
    found = [head, *(f"  {left} = {right}" for left, right in lines)]
    if closed:
        found.append(_CLOSED)
        found += [f"  {left} = {right}" for left, right in closed]
    return "\n".join(found)


def _signs(lines: Sequence[tuple[str, str]], latex: bool) -> str:
    """What the signs mean that the lines have."""
    found = f"what is of the second has a {'bar' if latex else 'prime'}"
    if any("°" in right or r"\circ" in right for _, right in lines):
        found += ", ° is of an input with itself"
    if any("χ" in right or r"\chi" in right for _, right in lines):
        found += ", χ is the unit vector of a component"
    return found


def refusal_line(reason: str) -> str:
    """Why there is no plan, and what happens instead."""
    return (
        f"not planned: {reason}.\nThe limit of every pair of vectors is taken as a whole array,"
        " exactly where that closes and by samples with error bars where not."
    )


@dataclass
class _Names:
    """What the parts of a plan have in common: names by what is named, how many a letter has.

    `written` has them by what stands to their right: sums that differ in the rounding of a number
    read alike. `kinds` are the expectations that were written.
    """

    known: dict[int, tuple[str, int | None]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    numbers: dict[tuple[object, ...], int] = field(default_factory=dict)
    written: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    kinds: dict[ExpectationKind, None] = field(default_factory=dict)

    def number(self, *what: object) -> int:
        """The number of what a node is: the same for nodes that are made alike."""
        return self.numbers.setdefault(what, len(self.numbers))

    def new(self, letter: str) -> tuple[str, int]:
        """The next name with a letter."""
        self.counts[letter] += 1
        return letter, self.counts[letter]


class _Lines(NodeFormulas):
    """One part's nodes, each behind those that it is of; what was named before keeps its name."""

    def __init__(
        self, part: PlanPart, text: RecursionText, common: _Names, labels: Mapping[str, str]
    ) -> None:
        super().__init__(part.tape.nodes, text, labels)
        self.common = common
        both = zip(part.ends, part.places, strict=True)
        self.shown = [(end, p) for end, p in both if p.i >= p.j]  # K_ij(ξ, ξ̄) is K_ji(ξ̄, ξ)
        self.ends = {end for end, _ in self.shown}
        reached = part.tape.reached(sorted(self.ends))
        read = [self.beneath(self.nodes[p].args[2])[0] for p in reached if self._is_open(p)]
        covariances = [place for place in read if self.nodes[place].op != "gram"]
        self.own = own_covariances(part.tape, reached)
        self.covariances = dict.fromkeys([*covariances, *self.own.values()])
        self.sums = spoken_sums(part.tape, reached, self.covariances, self.ends)
        self.multiples = multiples(part.tape, self.covariances)
        self.uses = self._counted()
        self.letter = "K"
        self.names: dict[int, tuple[str, int | None]] = {}
        self.alike: dict[int, int] = {}
        for place in reached:
            node = self.nodes[place]
            self.alike[place] = self._number(node)

    def _number(self, node: TapeNode) -> int:
        """The number of what a node is; E[f^(m)] is the expectation of a derivative."""
        if node.op == "expected":
            (curve,) = (self.nodes[a] for a in node.args)
            beneath = [self.alike[a] for a in curve.args]
            form: Any = curve.data[2]
            derived = self.common.number("curve", (*_derived(curve, node.data), form), *beneath)
            return self.common.number("expected", 0, derived)
        return self.common.number(node.op, node.data, *(self.alike[a] for a in node.args))

    def _is_open(self, place: int) -> bool:
        return self.nodes[place].op == "open"

    def _spoken(self, place: int) -> int:
        """The node that is written for one: of a variance its covariance."""
        beneath, _ = self.beneath(place)
        return self.own.get(beneath, beneath)

    def _operands(self, place: int) -> list[int]:
        """What is written in the formula of a node."""
        node = self.nodes[place]
        if place in self.sums:
            return [inner for _, inner in self.sums[place].terms]
        if node.op in ("open", "both"):
            *curves, covariance = node.args
            inner = [a for curve in curves for a in self.nodes[curve].args]
            return list(dict.fromkeys(self._spoken(a) for a in (covariance, *inner)))
        return [self._spoken(a) for a in node.args]

    def _counted(self) -> Counter[int]:
        """How often each node is written."""
        uses: Counter[int] = Counter()
        waiting = [*self.ends]
        seen = set(waiting)
        while waiting:
            inner = self._operands(waiting.pop())
            uses.update(inner)
            waiting += (new := dict.fromkeys(a for a in inner if a not in seen))
            seen.update(new)
        return uses

    def _letter(self, place: int) -> str | None:
        """What a node's name begins with, None where it has none."""
        node = self.nodes[place]
        if self.is_transparent(place) or place in self.ends:
            return None
        if place in self.covariances and not self._is_open(place):
            return "Σ"
        if place in self.sums:
            return None if self.sums[place].stands_for is not None else self.letter
        if node.op in _ALWAYS:
            return _LETTERS[node.op]
        long = node.op != "product" or node.of_pairs or len(node.args) > 1
        is_named = self.uses[place] > 1 and node.op not in _PLAIN and long
        return (self.letter if node.of_pairs else "p") if is_named else None

    def all(self) -> Iterator[tuple[str, str]]:
        """(left, right) of every line."""
        for end, where in self.shown:
            self.letter = "Θ" if where.name == "ntk" else "K"
            for place in self._in_order(end):
                yield from self._line(place)
            title = _TITLES[where.name]
            if where.i or where.j or len(self.shown) > 2:
                title += f"[{where.i},{where.j}]"
            title = rf"\mathrm{{{title}}}" if self.write.latex else title
            right = self.formula(end)
            self.names[end] = title, None
            self.common.known.setdefault(self.alike[end], (title, None))
            yield title, right

    def _in_order(self, end: int) -> Iterator[int]:
        """What an end is made of that has no name yet, each node behind its operands."""
        waiting = [(end, iter(self._operands(end)))]
        seen = {end}
        while waiting:
            place, operands = waiting[-1]
            inner = next((a for a in operands if a not in seen), None)
            if inner is not None:
                seen.add(inner)
                waiting.append((inner, iter(self._operands(inner))))
                continue
            waiting.pop()
            if place != end and place not in self.names:
                yield place

    def _line(self, place: int) -> Iterator[tuple[str, str]]:
        letter = self._letter(place)
        if letter is None:
            return
        known = self.common.known.get(self.alike[place])
        if known is None:
            right = self.formula(place)
            known = self.common.written.get(right)
            if known is None:
                known = self.common.written[right] = self.common.new(letter)
                yield self.write.name(*known), right
            self.common.known[self.alike[place]] = known
        self.names[place] = known

    def name_of(self, place: int, bar: bool) -> str | None:
        """Its own, or that of the covariance which a variance is of an input with itself."""
        spoken = self.own.get(place, place)
        if spoken not in self.names:
            return None
        name = self.write.name(*self.names[spoken], spoken != place)
        return self.write.barred(name) if bar else name

    def formula(self, place: int, bar: bool = False) -> str:
        """A node by its operands, an expectation with its law."""
        node = self.nodes[place]
        if node.op in ("open", "both", "expected"):
            return self._expectation(node, bar)
        return super().formula(place, bar)

    def sum(self, place: int, bar: bool) -> str:
        """As it is said; of an end with the factors in front that all terms have."""
        spoken = self.sums.get(place)
        if spoken is None:  # of nodes as they are, not as they are said
            own = SpokenSum.of(self.nodes[place])
            weighted = [(c, self.factor(inner, bar)) for c, inner in own.terms]
            return self.write.sum([(c * k, f) for c, (k, f) in weighted], own.constant)
        parts = [self.factors(c, inner, bar) for c, inner in spoken.terms]
        if place in self.ends and not spoken.constant:
            return self.write.apart(parts)
        return self.write.sum(parts, spoken.constant)

    def factor(self, place: int, bar: bool) -> Weighted:
        """With what is taken out of a sum, and a covariance for what it is a multiple of."""
        spoken, multiple = self.sums.get(place), self.multiples.get(place)
        if multiple is not None and multiple[1] in self.names:
            return 1 / multiple[0], [(self.text(multiple[1], bar, True), Fraction(1))]
        if spoken is not None:
            inner = place if spoken.stands_for is None else spoken.stands_for
            return spoken.scale, [(self.text(inner, bar, True), Fraction(1))]
        return super().factor(place, bar)

    def _expectation(self, node: TapeNode, bar: bool) -> str:
        """E of one function, or of two of the Gaussians u, v: of one form u and u'."""
        of_two = node.op != "expected"
        curves = [self.nodes[a] for a in (node.args[:2] if of_two else node.args)]
        is_one = of_two and curves[0].data[2] == curves[1].data[2]
        letters = ["u", "u" if is_one else "v"][: len(curves)]
        if node.op == "open":
            kind = kind_of(self.nodes, node)
            self.common.kinds |= {} if kind is None else {kind: None}
            letters[1] = self.write.barred(letters[1])
        times = 0 if of_two else node.data
        functions = [self._function(c, times, x, bar) for c, x in zip(curves, letters, strict=True)]
        return self.write.expectation(functions, self._laws(node, curves, letters, bar))

    def _function(self, curve: TapeNode, times: int, letter: str, bar: bool) -> str:
        """A function, derived so many times."""
        expression, weak = _derived(curve, times)
        others = [self.text(a, bar) for a in curve.args[2:]]
        return self.write.weak(self.write.expression(expression, [letter, *others]), weak)

    def _laws(
        self, node: TapeNode, curves: Sequence[TapeNode], letters: Sequence[str], bar: bool
    ) -> list[str]:
        first = curves[0]
        mean = self.text(first.args[0], bar)
        if node.op == "open":
            covariance, _ = self.beneath(node.args[2])
            if letters[1] == self.write.barred("u") and self._spoken(first.args[1]) == covariance:
                return [self.write.law(f"({', '.join(letters)})", mean, self.text(covariance))]
        laws = []
        for k, (curve, letter) in enumerate(zip(curves, letters, strict=True)):
            of_second = node.op == "open" and k == 1
            mean, variance = (self.text(a, of_second or bar) for a in curve.args[:2])
            laws.append(self.write.law(letter, mean, variance))
        if len(curves) == 2:
            laws.append(self.write.words("covariance") + self.text(node.args[2], bar))
        return laws


def _derived(curve: TapeNode, times: int) -> tuple[Expression, int]:
    """The function of a curve, derived so many times, and how many of those stand for a density."""
    expression, weak, _ = curve.data
    return weakly_derived(expression, weak, times)
