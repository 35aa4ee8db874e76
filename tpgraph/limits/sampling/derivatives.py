"""Expected derivatives E[∂Z^x/∂Ẑ^y] for rule ZDot: through every path, or by Stein's lemma.

Each wide vector is a function of the Ẑ beneath it: a Nonlin of others, or, made by a MatMul,
Ẑ + Σ_i c_i Z^{y_i}. One sweep back from Z^x accumulates its derivative by every Ẑ at once:

    Z̄ of x is 1;   y = ψ(x¹, …): x̄^i += ∂_iψ ȳ;   y = Ẑ + Σ c_i Z^{y_i}: ȳ_i += c_i ȳ

By Stein's lemma E[∂Z^x/∂Ẑ] = C⁺ b as well, with C = Cov(Ẑ, Ẑ) and b = E[Ẑ Z^x], over the Ẑ beneath
x. Where ψ jumps (step, sign, relu′) the derivative is a density, and only that is left; where ψ is
steep on fewer points than there are samples, only that sees it (`slopes`). Z^x on one input is made
of Gaussians of that input and of those that all inputs share, so that every array has an axis of
inputs, of length 1 for what is shared. Source: Tensor Programs IIb (arXiv 2105.03703), Remarks B.5,
B.6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TypeAlias

import numpy as np

from tpgraph.functions import (
    Argument,
    Expression,
    add,
    expand,
    gradient,
    inline,
    inside_jumps,
)
from tpgraph.limits.closed_forms.gentle import is_gentle
from tpgraph.limits.sampling.block_values import values_of
from tpgraph.limits.sampling.gaussian import MatrixGaussians
from tpgraph.limits.sampling.normals import REPLICATES, Array
from tpgraph.limits.sampling.two_slopes import in_parts, parts_of_product, reconciled
from tpgraph.program import Moment, Nonlin

__all__ = ["Coordinatewise", "Trace", "TracedProduct"]


InPairs: TypeAlias = Callable[[Sequence[Expression]], list[Array]]


@dataclass(frozen=True)
class Coordinatewise:
    """ψ(arguments) with its limits filled in; `vectors` has the name of each vector argument.

    Where floats do not tell ψ, `in_pairs` gives expressions of its arguments (`more_digits`).
    """

    expression: Expression
    values: tuple[Array, ...]
    vectors: Mapping[int, str]
    in_pairs: InPairs | None = field(default=None, compare=False, repr=False)
    _slopes: dict[str, Array] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, equation: Nonlin | Moment, values: Iterable[Array]) -> Coordinatewise:
        """ψ of an equation in its limit, of samples and numbers (B, M, S or 1)."""
        vectors = {i: a.name for i, a in enumerate(equation.arguments) if a.is_wide}
        return cls(equation.function, tuple(values), vectors)

    def slopes(self, names: Iterable[str]) -> Mapping[str, Array]:
        """∂ψ by some of the vectors, as samples; a vector that stands twice has the sum."""
        new = [name for name in names if name not in self._slopes]
        if new:
            by_place = gradient(self.expression)
            found = {
                name: [slope for i, slope in by_place.items() if self.vectors.get(i) == name]
                for name in new
            }
            wanted = [add(*found[n]) for n in new]
            of = self.in_pairs or partial(values_of, values=self.values)
            self._slopes.update(zip(new, of(wanted), strict=True))
        return self._slopes

    @cached_property
    def is_gentle(self) -> bool:
        """Whether samples resolve ψ, so that those of ∂ψ tell its slope."""
        return is_gentle(self.expression, self.values)

    @cached_property
    def jumps_in(self) -> frozenset[str]:
        """The vectors of which ψ is not weakly differentiable."""
        inside = inside_jumps(inline(expand(self.expression)))
        return frozenset(self.vectors[i] for i in inside if i in self.vectors)


@dataclass(frozen=True)
class TracedProduct:
    """A MatMul: Ẑ + Σ coefficient · Z^y over `dot`, coefficients (B, M)."""

    hat: Array
    dot: Mapping[str, Array] = field(default_factory=dict)


class Trace:
    """How every wide vector was made, its samples, and on which Ẑ its text depends.

    `gone` has the vectors of which rounding leaves no digit (`more_digits`).
    """

    def __init__(self, replicates: Sequence[int] = range(REPLICATES)) -> None:
        self.samples: dict[str, Array] = {}
        self.replicates = replicates
        self.made: dict[str, Coordinatewise | TracedProduct] = {}
        self.gone: set[str] = set()
        self._depends: dict[str, int] = {}
        self._bits: dict[str, int] = {}
        self._sources = 0

    def itself(self, name: str) -> Coordinatewise:
        """A vector as a function of itself, Z ↦ Z."""
        return Coordinatewise(Argument(0), (self.samples[name],), {0: name})

    def depend(self, name: str, on: Iterator[str], is_product: bool = False) -> None:
        """Note what a variable of any kind is made from; a product also makes a Ẑ of that name."""
        mask = 0
        for other in on:
            mask |= self._depends.get(other, 0)
        if is_product:
            self._bits[name] = 1 << len(self._bits)
            mask |= self._bits[name]
        self._depends[name] = mask

    def dependent(self, name: str, family: MatrixGaussians) -> bool:
        """Whether a variable is made from some Ẑ of the family."""
        return self._reaches(name, self._mask(family))

    def _reaches(self, name: str, wanted: int) -> bool:
        return bool(self._depends.get(name, 0) & wanted)

    def _mask(self, family: MatrixGaussians) -> int:
        return sum(self._bits[name] for name in family.names)

    def expected(self, name: str, family: MatrixGaussians) -> Mapping[str, Array]:
        """E[∂Z^name/∂Ẑ], (B, M), by every Ẑ of the family that is beneath it."""
        wanted = self._mask(family)
        order = self._on_the_way(name, wanted)
        sources = [g for g in family.names if self._depends[name] & self._bits[g]]
        by_stein = self._stein(name, family, sources)
        if any(self._jumps(vector, wanted) for vector in order):
            return {other: parts.mean(axis=2) for other, parts in by_stein.items()}
        swept = self._swept(order, family, wanted)
        steps = [self.made[vector] for vector in order]
        if not family.tells_apart(sources):
            return {other: own.mean(axis=2) for other, own in swept.items()}
        is_sure = all(s.is_gentle for s in steps if isinstance(s, Coordinatewise))
        found = {}
        for other, parts in by_stein.items():
            self._sources += 1
            own = swept.get(other, np.zeros((1, 1, 1)))
            found[other] = reconciled(own, parts, is_sure, self._sources, self.replicates)
        return found

    def is_lost(self, psi: Coordinatewise) -> bool:
        """Whether floats do not tell ψ, or a vector that it is made from."""
        beneath = (v for name in psi.vectors.values() for v in self.beneath(name))
        made = (self.made.get(v) for v in beneath)
        return psi.in_pairs is not None or any(
            isinstance(step, Coordinatewise) and step.in_pairs is not None for step in made
        )

    def _on_the_way(self, name: str, wanted: int) -> list[str]:
        """The vectors between a vector and the wanted Ẑ, last first."""
        found = self.beneath(name, lambda other: self._reaches(other, wanted))
        return [vector for vector in found if vector in self.made]

    def beneath(self, name: str, goes_on: Callable[[str], bool] = lambda _: True) -> list[str]:
        """A vector and the vectors that it is made from, last first, what is drawn at the end.

        Those that `goes_on` refuses are left out, with what lies behind them.
        """
        found, pending = {name: None}, [name]
        while pending:
            for other in self._next(pending.pop()):
                if other not in found and goes_on(other):
                    found[other] = None
                    pending.append(other)
        made = [vector for vector in reversed(self.made) if vector in found]
        return made + [vector for vector in found if vector not in self.made]

    def _next(self, name: str) -> Iterator[str]:
        match self.made.get(name):
            case Coordinatewise(_, _, vectors):
                yield from vectors.values()
            case TracedProduct(_, dot):
                yield from dot
            case None:
                return

    def _jumps(self, name: str, wanted: int) -> bool:
        made = self.made[name]
        return isinstance(made, Coordinatewise) and any(
            self._reaches(vector, wanted) for vector in sorted(made.jumps_in)
        )

    def _swept(self, order: list[str], family: MatrixGaussians, wanted: int) -> Mapping[str, Array]:
        found: dict[str, Array] = {}
        adjoint: dict[str, Array] = {name: np.ones((1, 1, 1)) for name in order[:1]}
        for name in order:
            own = adjoint.pop(name, None)
            if own is None:
                continue
            if name in family.names:
                found[name] = in_parts(own)
            for other, slope in self._slopes(name, wanted).items():
                more = own * slope
                adjoint[other] = adjoint[other] + more if other in adjoint else more
        return {name: found[name] for name in family.names if name in found}

    def _slopes(self, name: str, wanted: int) -> Mapping[str, Array]:
        """Of a vector by those beneath it that the wanted Ẑ reach."""
        made = self.made[name]
        beneath = [o for o in dict.fromkeys(self._next(name)) if self._reaches(o, wanted)]
        if isinstance(made, TracedProduct):
            return {other: made.dot[other][:, :, None] for other in beneath}
        slopes = made.slopes(beneath)
        return {other: slopes[other] for other in beneath if slopes[other].any()}

    def _stein(
        self, name: str, family: MatrixGaussians, sources: Sequence[str]
    ) -> Mapping[str, Array]:
        """C⁺ b in parts of the samples, by these Ẑ of the family."""
        value = self.samples[name]
        hats = [self.made[other] for other in sources]
        products = [parts_of_product(h.hat, value) for h in hats if isinstance(h, TracedProduct)]
        slopes = family.solve(sources, np.stack(np.broadcast_arrays(*products), axis=2))
        return {other: slopes[:, :, k] for k, other in enumerate(sources)}
