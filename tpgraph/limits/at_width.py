"""Between which ends scalars lie at every finite width, by the functions that they are means of.

    θ = mean((s x)²) ≥ 0,   so that √θ → 0 with s,   as √(mean(x²) − 1) need not

A mean lies between the ends of what it is a mean of, at any width and not in the limit alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tpgraph.limits.regularity import GAUSSIAN, Reach, number_reach, reach_of
from tpgraph.program import InitialScalar, MatMul, Program, Variable
from tpgraph.program.reach import ancestors
from tpgraph.program.scales import DeclaredScales

__all__ = ["ReachesAtWidth"]

_LARGE = 2.0**40
"""A width at which the sign of a declared scalar is looked at."""


@dataclass
class ReachesAtWidth:
    """The reach of every variable of a program at any large width, found when it is asked for."""

    program: Program
    scales: DeclaredScales
    _known: dict[str, Reach] = field(default_factory=dict)

    def ends(self, variable: Variable) -> tuple[float, float]:
        """The least and the most that it may be."""
        if variable.name not in self._known:
            beneath = ancestors(self.program, [variable.name])
            for declaration in self.program.declarations:
                if isinstance(declaration, InitialScalar):
                    self._known.setdefault(declaration.variable.name, self._declared(declaration))
            for equation in self.program.equations:
                name = equation.out.name
                if name not in beneath or name in self._known:
                    continue
                if isinstance(equation, MatMul):
                    self._known[name] = GAUSSIAN
                else:
                    own = reach_of(equation.function, [self._of(a) for a in equation.arguments])
                    self._known[name] = number_reach(own.low, own.high)
        found = self._of(variable)
        return found.low, found.high

    def _declared(self, declaration: InitialScalar) -> Reach:
        """Of a scalar that may be anything but for its sign at large widths."""
        value = self.scales.near(declaration, _LARGE)
        return number_reach(0.0 if value > 0 else -math.inf, 0.0 if value < 0 else math.inf)

    def _of(self, variable: Variable) -> Reach:
        return self._known.get(variable.name, GAUSSIAN)
