"""Sums of pairs as they are said in a recursion: of the covariances that stand in them.

The NTK of a perceptron, factored, has sums as 4 E1 + 0.02 + 4 E2 (…), in which 4 E1 + 0.02 is
2 Σ2. They are said as 2 (Σ2 + 2 E2 Θ1): with the covariance, and what is before it taken out into
the product that the sum stands in.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tpgraph.limits.planned.tape import PairTape, TapeNode

__all__ = ["SpokenSum", "multiples", "spoken_sums"]

_NEAR = 1e-9


@dataclass(frozen=True)
class SpokenSum:
    """`scale` · (Σ c · node + constant), of terms (c, node)."""

    terms: tuple[tuple[float, int], ...]
    constant: float
    scale: float = 1.0

    @classmethod
    def of(cls, node: TapeNode) -> SpokenSum:
        """A sum as it is."""
        data: Any = node.data
        return cls(tuple(zip(data[0], node.args, strict=True)), data[1])

    @property
    def stands_for(self) -> int | None:
        """The one node that it is a multiple of."""
        is_one = len(self.terms) == 1 and not self.constant and self.terms[0][0] == 1.0
        return self.terms[0][1] if is_one else None


def spoken_sums(
    tape: PairTape, reached: Sequence[int], covariances: Collection[int], ends: Collection[int]
) -> dict[int, SpokenSum]:
    """The sums of pairs that are no covariances; those of ends have the scale 1.

    A short sum that stands in another one alone is said there.
    """
    found: dict[int, SpokenSum] = {}
    known = {place: _linear(tape.nodes[place]) for place in covariances}
    uses = Counter(a for place in reached for a in tape.nodes[place].args)
    for place in reached:
        node = tape.nodes[place]
        if node.of_pairs and node.op == "sum" and place not in covariances:
            own = _spread(node, found, uses)
            found[place] = _spoken(own, known, place in ends)
            if place in ends:  # the NTK of a network has its NNGP in it
                known[place] = own
    return found


def _spread(node: TapeNode, found: Mapping[int, SpokenSum], uses: Mapping[int, int]) -> SpokenSum:
    """A sum with the sums in it that have no name of their own."""
    parts: dict[int, float] = {}
    own = SpokenSum.of(node)
    constant = own.constant
    for c, place in own.terms:
        inner = found.get(place)
        terms: Sequence[tuple[float, int]] = ((1.0, place),)
        if inner is not None and inner.stands_for is not None:
            c, terms = c * inner.scale, inner.terms
        elif inner is not None and uses[place] == 1:
            c, terms = c * inner.scale, inner.terms
            constant += c * inner.constant
        elif inner is not None:
            c *= inner.scale
        for k, term in terms:
            parts[term] = parts.get(term, 0.0) + c * k
    return SpokenSum(tuple((c, place) for place, c in parts.items()), constant)


def multiples(tape: PairTape, covariances: Iterable[int]) -> dict[int, tuple[float, int]]:
    """Of nodes that a covariance is c times: c, and the covariance."""
    found: dict[int, tuple[float, int]] = {}
    for place in covariances:
        one = _linear(tape.nodes[place])
        if one is not None and len(one.terms) == 1 and not one.constant:
            ((c, inner),) = one.terms
            found.setdefault(inner, (c, place))
    return found


def _linear(node: TapeNode) -> SpokenSum | None:
    """A covariance as a sum: c · node + …"""
    data: Any = node.data
    if node.op == "sum":
        return SpokenSum.of(node)
    if node.op == "product" and len(node.args) == 1 and data[1][0] == 1:
        return SpokenSum(((data[0], node.args[0]),), 0.0)
    return None


def _spoken(
    own: SpokenSum,
    known: Mapping[int, SpokenSum | None],
    is_end: bool,
) -> SpokenSum:
    """A sum by the covariance that is most of it, or else with plain coefficients."""
    parts = {place: c for c, place in own.terms}
    match = max(_matches(parts, own.constant, known), default=None, key=lambda m: m[:2])
    if match is None:
        scale = 1.0 if is_end else _most_common([*parts.values(), own.constant])
        terms = [(c / scale, place) for c, place in own.terms]
        return SpokenSum(tuple(terms), own.constant / scale, scale)
    _, covariance, ratio, one = match
    of_it = {place for _, place in one.terms}
    terms = [(ratio, covariance), *((c, place) for place, c in parts.items() if place not in of_it)]
    constant = 0.0 if one.constant else own.constant
    scale = 1.0 if is_end else ratio
    return SpokenSum(tuple((c / scale, place) for c, place in terms), constant / scale, scale)


def _most_common(numbers: Sequence[float]) -> float:
    """What stands most often before the terms of a sum, if that is told 1, else the largest."""
    counts = Counter(f"{abs(c):.12g}" for c in numbers if c)
    return max((abs(c) for c in numbers if c), key=lambda c: (counts[f"{c:.12g}"], c == 1.0, c))


def _matches(
    parts: Mapping[int, float], constant: float, known: Mapping[int, SpokenSum | None]
) -> Iterator[tuple[int, int, float, SpokenSum]]:
    """The covariances that stand in a sum: how much of it they are, their places, their ratios."""
    for place, one in known.items():
        for form in (one, SpokenSum(((1.0, place),), 0.0)):
            ratio = None if form is None else _ratio(parts, constant, form)
            if form is not None and ratio is not None:
                yield len(form.terms) + bool(form.constant), place, ratio, form


def _ratio(parts: Mapping[int, float], constant: float, one: SpokenSum) -> float | None:
    """λ where λ times a covariance stands in a sum."""
    ratios = [parts[place] / c for c, place in one.terms if place in parts]
    if len(ratios) < len(one.terms):
        return None
    if one.constant:
        ratios.append(constant / one.constant)
    first = ratios[0]
    return first if all(math.isclose(r, first, rel_tol=_NEAR) for r in ratios) else None
