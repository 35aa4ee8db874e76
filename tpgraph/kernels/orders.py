"""The power of the width by which inner products of gradient terms count, as n grows.

(M²/S²) n_h n_x · n^(u_h + u_h̄ + u_x + u_x̄) · E[Z^dh̃ Z^dh̃] E[Z^x̃ Z^x̃],   x = n^u x̃
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from tpgraph.errors import TPTypeError
from tpgraph.kernels.tangent import Tangent
from tpgraph.program import Parameter, Variable
from tpgraph.program.growth import ZERO
from tpgraph.program.initial_sizes import layers_of, sizes_of
from tpgraph.program.reach import descendants
from tpgraph.transform.gradients import GradientTerm, inner_product_factor, unordered_pairs
from tpgraph.transform.own_units import OwnUnits, own_units

__all__ = ["Orders", "orders_of"]


def orders_of(tangent: Tangent) -> Orders:
    """The orders of a network's tangent kernel; in own units where something vanishes."""
    own = own_units(tangent.program)
    return Orders(tangent, own if own.vanishing else OwnUnits(tangent.program, {}))


@dataclass(frozen=True, slots=True)
class Orders:
    """`own` is the backward passes in the units in which they are taken to their limit."""

    tangent: Tangent
    own: OwnUnits

    def of(self, a: GradientTerm, b: GradientTerm) -> Fraction:
        """The e of n^e by which the inner product of two terms counts."""
        units = sum(map(self.own.of, (*a.ends, *b.ends)), Fraction(0))
        return inner_product_factor(a, b).exponent + units

    @property
    def moments(self) -> dict[tuple[str, str], None]:
        """The pairs of vectors whose moments all inner products are made of, by name, in order."""
        return {
            (x.name, y.name): None
            for _, a, b in self._pairs()
            for x, y in zip(a.ends, b.ends, strict=True)
        }

    def products(self, order: Fraction) -> Iterator[tuple[GradientTerm, GradientTerm]]:
        """The inner products that count by n^order."""
        return ((a, b) for _, a, b in self._pairs() if self.of(a, b) == order)

    def counted(self) -> list[Fraction]:
        """The orders of all inner products, largest first.

        Without those that vanish with a scalar of the network: they are 0 in the limit.
        """
        return sorted(
            {
                order
                for _, a, b in self._pairs()
                for order in [self.of(a, b)]
                if order >= 0 or order == inner_product_factor(a, b).exponent
            },
            reverse=True,
        )

    def require_told(self, exponent: Fraction, is_zero: Callable[[str, str], bool]) -> None:
        """Raise where sums over what vanishes may be of order n^exponent, and count as 0.

        So where coordinates vanish by chance, as a mean of n terms of both signs does. Scalars that
        the backward pass adds are not asked: they are part of its scale, and divide what grows.
        `is_zero` tells whether E[Z^x Z^y] is 0 for two names.
        """
        sizes = self._sizes
        behind = self._vanishing(sizes)
        for parameter, a, b in self._pairs():
            own = sum(sizes[v.name] for v in (*a.ends, *b.ends))
            if self.of(a, b) <= exponent or inner_product_factor(a, b).exponent + own < exponent:
                continue
            for x, y in zip(a.ends, b.ends, strict=True):
                lost = next((v for v in (x, y) if v.name in behind), None)
                if lost is not None and is_zero(x.name, y.name):
                    raise _lost_order(parameter, lost)

    @property
    def _sizes(self) -> dict[str, float]:
        program = self.tangent.program
        return sizes_of(program, layers_of(program))

    def _vanishing(self, sizes: dict[str, float]) -> set[str]:
        """What vanishes in the network or its backward pass, and all behind it."""
        program, network = self.tangent.program, self.tangent.network.variables
        return descendants(
            program,
            [
                name
                for name, size in sizes.items()
                if size != ZERO and not size >= 0
                if name in network or not program.variables[name].is_scalar
            ],
        )

    def _pairs(self) -> Iterator[tuple[Parameter, GradientTerm, GradientTerm]]:
        for gradient in self.tangent.gradients:
            for a, b in unordered_pairs(gradient.terms):
                yield gradient.parameter, a, b


def _lost_order(parameter: Parameter, vector: Variable) -> TPTypeError:
    name = parameter.variable.name
    return TPTypeError(
        f"the derivative by {name} sums {vector} over the width, whose coordinates vanish as the "
        "width grows: their limits do not tell the order of such a sum",
        parameter.span,
        mend="let the parametrization divide by the width in place of a factor that vanishes, or "
        "ask for networks of a width",
    )
