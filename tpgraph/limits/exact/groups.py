"""What is independent of what in a product of terms: groups of Gaussians and functions of them.

    E[Π terms] = Π coefficients · Π_groups E[group]

Two factors are in one group where Gaussians beneath them are correlated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tpgraph.functions import parity
from tpgraph.limits.exact.forms import CentredGaussian
from tpgraph.limits.exact.gaussians import Gaussians
from tpgraph.limits.exact.terms import Factor, LimitTerm

__all__ = ["TermGroup", "groups_of"]


@dataclass(frozen=True)
class TermGroup:
    """Gaussians, with repetition, and factors, each with its side, 0 or 1."""

    gaussians: tuple[tuple[CentredGaussian, int], ...]
    factors: tuple[tuple[Factor, int], ...]

    @property
    def vanishes(self) -> bool:
        """Whether it is odd: E = 0 by symmetry."""
        sign = -1 if len(self.gaussians) % 2 else 1
        for factor, _ in self.factors:
            own = _parity(factor)
            if own is None:
                return False
            sign *= own
        return sign == -1


def _parity(factor: Factor) -> int | None:
    """Of a factor under the sign of all its Gaussians."""
    if not factor.is_single or not factor.forms[0].is_centred:
        return None
    own = parity(factor.expression)
    return None if own is None else own * (-1) ** factor.weak


def groups_of(terms: Sequence[LimitTerm], gaussians: Gaussians) -> tuple[TermGroup, ...]:
    """The groups of a product of terms, term k on side k."""
    items: list[tuple[object, int, frozenset[CentredGaussian]]] = []
    for side, term in enumerate(terms):
        for g, m in term.powers:
            items += [(g, side, frozenset({g}))] * m
        items += [(f, side, frozenset(f.gaussians)) for f in term.factors]
    return tuple(_group([items[k] for k in sorted(part)]) for part in _components(items, gaussians))


def _group(items: Sequence[tuple[object, int, frozenset[CentredGaussian]]]) -> TermGroup:
    return TermGroup(
        tuple((x, side) for x, side, _ in items if isinstance(x, CentredGaussian)),
        tuple((x, side) for x, side, _ in items if isinstance(x, Factor)),
    )


def _components(
    items: Sequence[tuple[object, int, frozenset[CentredGaussian]]], gaussians: Gaussians
) -> list[set[int]]:
    parts: list[tuple[set[int], set[CentredGaussian]]] = []
    for k, (_, _, own) in enumerate(items):
        members, beneath = {k}, set(own)
        apart = []
        for part in parts:
            if next(gaussians.related_pairs(own, part[1]), None):
                members |= part[0]
                beneath |= part[1]
            else:
                apart.append(part)
        parts = [*apart, (members, beneath)]
    return sorted((members for members, _ in parts), key=min)
