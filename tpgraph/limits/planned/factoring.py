"""A tape with fewer operations on pairs: what belongs to one input is multiplied there, once.

A number of a pair is c r(ξ_i) s(ξ_j) Π x^e: numbers of either input, which cost nothing, and
factors x over pairs. Sums have common factors taken out (Horner's rule), and their first
coefficient, so that equal parts of different sums are one node.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tpgraph.limits.planned.monomials import (
    Exponent,
    Value,
    lifted,
    multiplied,
    product,
    raised,
    total,
)
from tpgraph.limits.planned.tape import PairTape, Regular, TapeNode

__all__ = ["factored"]

_ROUNDING = 2.0**-45
"""By so much may the numbers of two sums differ that are one: factors have fifteen digits."""


@dataclass(frozen=True)
class _Term:
    """c r(ξ_i) s(ξ_j) Π x^e; `sides` are r and s."""

    coefficient: float = 1.0
    sides: tuple[Value, Value] = (1.0, 1.0)
    powers: Mapping[int, Exponent] = field(default_factory=dict)

    @property
    def has_sides(self) -> bool:
        """Whether a number of one input is in it."""
        return any(isinstance(side, int) for side in self.sides)


def factored(
    tape: PairTape, ends: Sequence[int], shares: bool = True
) -> tuple[PairTape, list[int]]:
    """An equal tape of what the ends depend on, and their places in it.

    Without `shares` sums keep their coefficients, which are easier to read.
    """
    work = _Factoring(tape, shares)
    for place in tape.reached([*ends, *tape.asked]):
        work.take(place)
    found = [work.place(work.terms[end]) for end in ends]
    new = work.new
    new.positive = {work.single[p]: None for p in tape.positive}
    new.gentle = {work.single[p]: None for p in tape.gentle}
    new.regular = [
        Regular(
            r.expression, tuple(work.single[a] if isinstance(a, int) else a for a in r.arguments)
        )
        for r in tape.regular
    ]
    for place, expectations in tape.steep.items():
        for new_place in work.terms[place].powers if place in work.terms else ():
            new.steep[new_place] = expectations
    return new, found


@dataclass(frozen=True)
class _Level:
    """What stands around a sum: numbers of one input, or a factor, beside it terms and a number."""

    by: int | None = None
    rest: Sequence[_Term] = ()
    constant: float = 0.0
    sides: tuple[Value, Value] = (1.0, 1.0)


class _Terms:
    """The terms of a sum from which factors are taken out; how many have each factor is kept."""

    def __init__(self, terms: Sequence[_Term]) -> None:
        self.terms = list(terms)
        self._powers = [dict(term.powers) for term in terms]
        self._counts = Counter(x for own in self._powers for x, e in own.items() if e >= 1)

    def term(self, k: int) -> _Term:
        """One of them as it is now."""
        return replace(self.terms[k], powers=self._powers[k])

    def common_sides(self) -> tuple[Value, Value] | None:
        """Numbers of one input that all terms have, taken out of them."""
        sides = self.terms[0].sides
        if not self.terms[0].has_sides or any(t.sides != sides for t in self.terms):
            return None
        self.terms = [replace(t, sides=(1.0, 1.0)) for t in self.terms]
        return sides

    def shared_factor(self) -> int | None:
        """The latest factor of those that most terms have, if several have it."""
        most = max(self._counts.values(), default=0)
        if most < 2:
            return None
        return max(x for x, count in self._counts.items() if count == most)

    def split(self, by: int) -> list[_Term]:
        """Keep the terms that have a factor, without it; the others are handed over."""
        inside: list[int] = []
        rest: list[_Term] = []
        for k, own in enumerate(self._powers):
            if own.get(by, 0) >= 1:
                inside.append(k)
                continue
            rest.append(self.term(k))
            self._counts.subtract(x for x, e in own.items() if e >= 1)
        self.terms = [self.terms[k] for k in inside]
        self._powers = [self._powers[k] for k in inside]
        for own in self._powers:
            own[by] -= 1
            if own[by] < 1:
                self._counts[by] -= 1
            if not own[by]:
                del own[by]
        return rest

    def take_constant(self) -> float:
        """The term without factors, if there is one, taken out of them."""
        for k, own in enumerate(self._powers):
            if not own and not self.terms[k].has_sides:
                del self._powers[k]
                return self.terms.pop(k).coefficient
        return 0.0


class _Factoring:
    def __init__(self, old: PairTape, shares: bool) -> None:
        self.old = old
        self.shares = shares
        self.new = PairTape()
        self.single: dict[int, int] = {}
        self.terms: dict[int, _Term] = {}
        self.sums: dict[object, Value] = {}

    def take(self, place: int) -> None:
        """Write down one node again."""
        node = self.old.nodes[place]
        if node.of_pairs:
            self.terms[place] = self._term(node)
        else:
            places = [self.single[a] for a in node.args]
            self.single[place] = self.new.emit(
                node.op, places, node.data, False, node.low, node.high
            )

    def _term(self, node: TapeNode) -> _Term:
        match node.op:
            case "lift":
                return self._lift(node)
            case "named":
                return self.terms[node.args[0]]
            case "product":
                return self._product(node)
            case "sum":
                coefficients, constant = node.data
                parts = zip(node.args, coefficients, strict=True)
                flat = list(self._flat(parts))
                return self._sum([t for t, _ in flat], constant + sum(c for _, c in flat))
            case "sqrt":
                return self._root(node)
            case _:
                return self._other(node)

    def _root(self, node: TapeNode) -> _Term:
        """The root of what is not negative, whether the new form shows that or not."""
        inner = self.place(self.terms[node.args[0]])
        root = self.new.emit("sqrt", (inner,), None, True, node.low, node.high)
        return _Term(powers={root: 1})

    def _lift(self, node: TapeNode) -> _Term:
        inner = self.single[node.args[0]]
        if self.new.nodes[inner].op == "number":
            return _Term(float(self.new.nodes[inner].data))
        return _Term(sides=(inner, 1.0) if node.data == 0 else (1.0, inner))

    def _product(self, node: TapeNode) -> _Term:
        """All factors at once: a product of many is a term of many layers."""
        coefficient, exponents = node.data
        sides: tuple[list[Value], list[Value]] = ([], [])
        powers: dict[int, Exponent] = {}
        for place, e in zip(node.args, exponents, strict=True):
            term = self._power(self.terms[place], e)
            coefficient *= term.coefficient
            for own, side in zip(sides, term.sides, strict=True):
                if side != 1.0:
                    own.append(side)
            for inner, k in term.powers.items():
                powers[inner] = powers.get(inner, 0) + k
        left, right = (multiplied(self.new, *own) for own in sides)
        return _Term(coefficient, (left, right), {x: e for x, e in powers.items() if e})

    def _power(self, term: _Term, e: Exponent) -> _Term:
        if e == 1:
            return term
        sides = tuple(raised(self.new, side, e) for side in term.sides)
        powers = {x: k * e for x, k in term.powers.items()}
        return _Term(float(term.coefficient ** float(e)), (sides[0], sides[1]), powers)

    def _times(self, a: _Term, b: _Term) -> _Term:
        powers = dict(a.powers)
        for place, e in b.powers.items():
            powers[place] = powers.get(place, 0) + e
        sides = [multiplied(self.new, r, s) for r, s in zip(a.sides, b.sides, strict=True)]
        kept = {x: e for x, e in powers.items() if e}
        return _Term(a.coefficient * b.coefficient, (sides[0], sides[1]), kept)

    def _flat(self, parts: Iterable[tuple[int, float]]) -> Iterable[tuple[_Term, float]]:
        """The terms of a sum, those of sums in it too, each with a number beside it."""
        for place, c in parts:
            node = self.old.nodes[place]
            if node.op == "sum":
                inner, constant = node.data
                yield _Term(0.0), c * constant
                scaled = [(x, c * k) for x, k in zip(node.args, inner, strict=True)]
                yield from self._flat(scaled)
            else:
                term = self.terms[place]
                yield replace(term, coefficient=c * term.coefficient), 0.0

    def _sum(self, terms: Sequence[_Term], constant: float) -> _Term:
        """Σ terms + c with common factors taken out."""
        merged: dict[object, _Term] = {}
        for term in terms:
            key = term.sides, tuple(sorted(term.powers.items()))
            known = merged.get(key)
            own = term.coefficient + (known.coefficient if known else 0.0)
            merged[key] = replace(term, coefficient=own)
        plain = merged.pop(((1.0, 1.0), ()), None)
        constant += plain.coefficient if plain else 0.0
        kept = [t for t in merged.values() if t.coefficient]
        if not kept:
            return _Term(constant)
        return self._of_distinct(kept, constant)

    def _of_distinct(self, kept: Sequence[_Term], constant: float) -> _Term:
        """Σ terms + c of terms that differ: Horner's rule, from the outermost factor inwards.

        What is taken out of the terms that have it leaves terms that differ, so that they need not
        be collected again, and each level costs as much as there are terms.
        """
        levels: list[_Level] = []
        work = _Terms(kept)
        while True:
            if not work.terms:
                found = _Term(constant)
                break
            if len(work.terms) == 1 and not constant:
                found = work.term(0)
                break
            sides = None if constant else work.common_sides()
            if sides is not None:
                levels.append(_Level(sides=sides))
                constant = work.take_constant()
                continue
            by = work.shared_factor()
            if by is None:
                found = self._plain([work.term(k) for k in range(len(work.terms))], constant)
                break
            levels.append(_Level(by, work.split(by), constant))
            constant = work.take_constant()
        for level in reversed(levels):
            found = self._outer(found, level)
        return found

    def _outer(self, inner: _Term, level: _Level) -> _Term:
        """One level around what is in it: its factor, times, plus the rest."""
        if level.by is None:
            return self._times(inner, _Term(sides=level.sides))
        factor = self._times(inner, _Term(powers={level.by: 1}))
        if level.rest:
            return self._plain([factor, self._sum(level.rest, level.constant)], 0.0)
        return self._plain([factor], level.constant) if level.constant else factor

    def _plain(self, terms: Sequence[_Term], constant: float) -> _Term:
        """One sum: of its first term with coefficient ±1, or with 1 beside numbers of one input."""
        if not self.shares:
            first = 1.0
        elif any(t.has_sides for t in terms):
            first = abs(constant) or 1.0
        else:
            first = abs(min(terms, key=lambda t: sorted(t.powers)).coefficient)
        whole: dict[int, float] = {}
        for term in terms:
            if term.has_sides:
                scaled = replace(term, coefficient=abs(term.coefficient) / first)
                place, c = self.place(scaled), math.copysign(1.0, term.coefficient)
            else:
                place, c = self.place(replace(term, coefficient=1.0)), term.coefficient / first
            whole[place] = whole.get(place, 0.0) + c
        alike = (
            tuple((x, f"{c:.11e}") for x, c in sorted(whole.items())),
            f"{constant / first:.11e}",
        )
        if alike not in self.sums:
            self.sums[alike] = total(self.new, whole, constant / first)
        found = self._close(self.sums[alike], whole, constant / first)
        assert isinstance(found, int), "its terms are different"
        return _Term(first, powers={found: 1})

    def _close(self, known: Value, whole: dict[int, float], constant: float) -> Value:
        """A sum whose numbers differ by rounding, or a new one."""
        assert isinstance(known, int), "a sum of several terms"
        node = self.new.nodes[known]
        if node.op != "sum":  # one of numbers of an input, lifted to pairs
            return total(self.new, whole, constant)
        coefficients, other = node.data
        numbers = [(c, whole[x]) for x, c in zip(node.args, coefficients, strict=True)]
        if all(abs(a - b) <= _ROUNDING * abs(b) for a, b in [*numbers, (other, constant)]):
            return known
        return total(self.new, whole, constant)

    def place(self, term: _Term) -> int:
        """The node of a term; its coefficient is one of an input, where it has such."""
        left, right = term.sides
        coefficient = term.coefficient
        if isinstance(left, int):
            left, coefficient = multiplied(self.new, coefficient, left), 1.0
        elif isinstance(right, int):
            right, coefficient = multiplied(self.new, coefficient, right), 1.0
        powers = dict(term.powers)
        for side, value in enumerate((left, right)):
            lift = lifted(self.new, value, side)
            if isinstance(lift, int):
                powers[lift] = 1
            else:
                coefficient *= lift
        found = product(self.new, coefficient, powers)
        if isinstance(found, float):
            return self.new.emit("lift", (self.new.number(found),), 0, True, found, found)
        return found

    def _other(self, node: TapeNode) -> _Term:
        """An operation that takes its arguments as they are."""
        places = [
            self.place(self.terms[a]) if self.old.nodes[a].of_pairs else self.single[a]
            for a in node.args
        ]
        found = self.new.emit(node.op, places, node.data, True, node.low, node.high)
        return _Term(powers={found: 1})
