"""Transforms: Program → Program, each a pure function."""

from tpgraph.transform.backward import backward
from tpgraph.transform.gradients import Gradient, GradientTerm, gradients, materialize
from tpgraph.transform.kernel import ntk
from tpgraph.transform.paths import (
    Path,
    count_classes,
    count_paths,
    isomorphism_classes,
    paths,
)
from tpgraph.transform.powers import Power
from tpgraph.transform.reduced import reduce
from tpgraph.transform.sgd import unroll_sgd
from tpgraph.transform.simplification import simplify

__all__ = [
    "Gradient",
    "GradientTerm",
    "Path",
    "Power",
    "backward",
    "count_classes",
    "count_paths",
    "gradients",
    "isomorphism_classes",
    "materialize",
    "ntk",
    "paths",
    "reduce",
    "simplify",
    "unroll_sgd",
]
