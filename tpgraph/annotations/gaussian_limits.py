"""Which vectors of a program have Gaussian limits, by how they are made.

Initial vectors and all Ẑ are jointly Gaussian. So is Z = Ẑ + Σ_y c_y Z^y where every such Z^y is
among them, and what a Nonlin makes of them that is affine in its vectors.
"""

from __future__ import annotations

from collections.abc import Set

from tpgraph.functions import Expression, arguments_of, gradient, inline, simplify
from tpgraph.limits import Limit
from tpgraph.program import MatMul, Moment, Nonlin, Program

__all__ = ["gaussian_vectors"]

_BARS = 4.0  # error bars within which a coefficient is 0


def gaussian_vectors(program: Program, limit: Limit) -> frozenset[str]:
    """The vectors of infinite width whose Z is Gaussian for sure."""
    found = {v.name for d in program.declarations for v in d.variables if v.is_vector and v.is_wide}
    for equation in program.equations:
        name = equation.out.name
        match equation:
            case MatMul() if name in limit.vectors and equation.out.is_wide:
                dots = limit.vectors[name].dot.items()
                real = {y for y, c in dots if abs(c.value) > _BARS * c.error}
                if real <= found:
                    found.add(name)
            case Nonlin(_, function, arguments) if equation.out.is_wide:
                wide = {i: a.name for i, a in enumerate(arguments) if a.is_wide}
                if found.issuperset(wide.values()) and _is_affine(function, wide.keys()):
                    found.add(name)
            case MatMul() | Nonlin() | Moment():
                pass
    return frozenset(found & limit.vectors.keys())


def _is_affine(function: Expression, indices: Set[int]) -> bool:
    """Whether ψ is affine in these arguments together: its slopes contain none of them."""
    slopes = gradient(inline(function))
    return all(not indices & set(arguments_of(simplify(slopes[i]))) for i in indices if i in slopes)
