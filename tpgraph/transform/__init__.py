"""Transforms: Program → Program, each a pure function."""

from tpgraph.transform.backward import backward
from tpgraph.transform.gradients import Gradient, GradientTerm, gradients, materialize
from tpgraph.transform.powers import Power

__all__ = [
    "Gradient",
    "GradientTerm",
    "Power",
    "backward",
    "gradients",
    "materialize",
]
