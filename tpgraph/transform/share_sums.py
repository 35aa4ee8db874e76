"""Sums of what equations pass of an error signal, each pattern of them worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from tpgraph.bounds import OPERATIONS
from tpgraph.functions import Expression, add, rename_arguments, simplify, written_out
from tpgraph.transform.emit import Emitter, Formula
from tpgraph.transform.shares import PointwiseShare

__all__ = ["Sums"]

_Positions: TypeAlias = tuple[int, ...]


class Sums:
    """Sums of contributions as simplified expressions, one object for equal ones."""

    def __init__(self, emitter: Emitter) -> None:
        self._emitter = emitter
        self._totals: dict[tuple[_Positions, ...], tuple[Expression, Sequence[PointwiseShare]]] = {}
        self._terms: dict[_Positions, tuple[Expression, int, PointwiseShare]] = {}

    def total(self, formula: Formula, parts: Sequence[PointwiseShare]) -> Expression:
        """Σ factor · function(arguments) over the arguments of the formula."""
        places = [self._places(formula, part) for part in parts]
        both = zip(parts, places, strict=True)
        key = tuple([(id(part.function), id(part.factor), *where) for part, where in both])
        if key not in self._totals:
            found = [self._term(part) for part in parts]
            terms = [
                rename_arguments(term, list(dict.fromkeys(where)))
                for (term, _, _), where in zip(found, places, strict=True)
            ]
            operations = sum(own for _, own, _ in found) + (len(terms) > 1)
            total = self._emitter.builder.intern(add(*terms), operations)
            self._totals[key] = total, parts  # kept, so that their identities stay their own
        return self._totals[key][0]

    def groups(self, parts: Sequence[PointwiseShare]) -> Sequence[Sequence[PointwiseShare]]:
        """The parts cut into as few sums as have no more operations than a function may have."""
        most, room = OPERATIONS.most - 1, 0  # the sum is one more
        found: list[list[PointwiseShare]] = []
        for part in parts:
            operations = self._term(part)[1]
            if not found or operations > room:
                found.append([])
                room = most
            found[-1].append(part)
            room -= operations
        return found

    def _places(self, formula: Formula, part: PointwiseShare) -> _Positions:
        """Where the formula has the arguments of a part, and the widths of its factor."""
        roots = [self._emitter.root(width) for width, _ in part.factor.exponents]
        return tuple([formula.position(v) for v in (*part.arguments, *roots)])

    def _term(self, part: PointwiseShare) -> tuple[Expression, int, PointwiseShare]:
        """factor · function, simplified, over its own arguments; and its operations."""
        own = Formula()
        key = id(part.function), id(part.factor), *self._places(own, part)
        if key not in self._terms:
            scaled = self._emitter.scaled(own, part.factor, part.function)
            expression = simplify(scaled)
            self._terms[key] = expression, written_out(expression), part
        return self._terms[key]
