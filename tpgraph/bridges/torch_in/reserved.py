"""Names that an imported text uses itself: loop variables, functions that the table lacks."""

from __future__ import annotations

from tpgraph.functions import OF_SEVERAL, PRIMITIVES

__all__ = ["BLOCKS", "DEFINED", "POSITIONS", "RESERVED", "SUMS"]

POSITIONS = ("i", "j", "i1", "j1", "i2", "j2")
"""Loop variables over positions, by the axis."""
BLOCKS = ("l", "t", "l1", "t1")
"""Loop variables over blocks, by the nesting."""
SUMS = ("k", "k1", "k2", "k3")
"""Variables of sums, from the inside."""

DEFINED: dict[str, tuple[str, str]] = {
    "norm": ("z, m, v", "(z - m) / sqrt(v + {0})"),
    "gelu_tanh": ("z", "z / 2 * (1 + tanh(sqrt(2 / pi) * (z + 0.044715 * z^3)))"),
    "elu": ("z", "relu(z) + {0} * (exp(min(z, 0)) - 1)"),
    "mish": ("z", "z * tanh(softplus(z))"),
    "relu6": ("z", "min(relu(z), 6)"),
    "hardsigmoid": ("z", "min(relu(z + 3), 6) / 6"),
    "hardswish": ("z", "z * min(relu(z + 3), 6) / 6"),
    "log1p": ("z", "log(1 + z)"),
    "expm1": ("z", "exp(z) - 1"),
    "tan": ("z", "sin(z) / cos(z)"),
    "arsinh": ("z", "sign(z) * log(abs(z) + sqrt(1 + z^2))"),
    "arcosh": ("z", "log(z + sqrt(z^2 - 1))"),
    "artanh": ("z", "log((1 + z) / (1 - z)) / 2"),
    "exp2": ("z", "exp(log(2) * z)"),
    "log2": ("z", "log(z) / log(2)"),
    "log10": ("z", "log(z) / log(10)"),
    "erfc": ("z", "1 - erf(z)"),
}
"""Functions that the table lacks: parameters and body; {0} is a number that they are given."""

RESERVED = frozenset({*POSITIONS, *BLOCKS, *SUMS, "f", *PRIMITIVES, *OF_SEVERAL, *DEFINED})
"""What no parameter, input or width is called."""
