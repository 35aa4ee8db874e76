"""Transforms: Program → Program, each a pure function."""

from tpgraph.transform.backward import backward
from tpgraph.transform.gradients import Gradient, GradientTerm, gradients, materialize
from tpgraph.transform.powers import Power
from tpgraph.transform.sgd import unroll_sgd

__all__ = [
    "Gradient",
    "GradientTerm",
    "Power",
    "backward",
    "gradients",
    "materialize",
    "unroll_sgd",
]
