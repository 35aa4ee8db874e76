"""Scalars of a program by closed forms, beside samples, which do not tell 0 from what is small."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache

from tpgraph.errors import TPError
from tpgraph.limits.estimates import Array
from tpgraph.limits.exact.algebra import ExactAlgebra
from tpgraph.limits.exact.disturbance import STILL
from tpgraph.limits.not_closed import NotClosed
from tpgraph.limits.rules import evaluate
from tpgraph.program import Program
from tpgraph.program.reach import ancestors

__all__ = ["ClosedScalars"]


class ClosedScalars:
    """Each is found when it is asked for, of what leads to it alone."""

    def __init__(
        self, program: Program, data: Mapping[str, Array], independent: Collection[str]
    ) -> None:
        self._program, self._data, self._independent = program, data, independent
        self.of = cache(self._of)
        """The limit of a scalar on every input; None where it has no closed form."""

    def _of(self, scalar: str) -> Array | None:
        needed = ancestors(self._program, [scalar])
        kept = tuple(e for e in self._program.equations if e.out.name in needed)
        part = replace(self._program, equations=kept, outputs=(), loss=None)
        at = ExactAlgebra(part, self._data, True, STILL)
        try:
            evaluate(at, self._independent)
        except (TPError, NotClosed):
            return None
        return at.closed_form(scalar)
