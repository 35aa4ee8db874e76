"""How functions of the table behave near 0 and far out."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

__all__ = ["BOUNDED", "HOMOGENEOUS", "LIKE_RELU"]

HOMOGENEOUS: Mapping[str, Fraction] = MappingProxyType(
    {
        **dict.fromkeys(("abs", "relu", "leaky_relu"), Fraction(1)),
        **dict.fromkeys(("step", "sign"), Fraction(0)),
        "sqrt": Fraction(1, 2),
    }
)
"""f(c z) = c^degree f(z) for c > 0."""

BOUNDED = frozenset(("tanh", "erf", "sigmoid", "sin", "cos", "arctan"))
"""Those that stay bounded wherever their argument goes."""

LIKE_RELU = frozenset(("gelu", "silu", "softplus"))
"""relu far out, but for exponentially little."""
