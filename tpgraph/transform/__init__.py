"""Transforms: Program → Program, each a pure function whose result is a checked program.

    backward(p)                  error signals dh[1], dx[1], … as ordinary equations
    gradients(p)                 what a param's gradient is made of: outer products of these
    unroll_sgd(p, steps, batch)  training and test examples over steps of SGD
    ntk(p)                       the tangent kernel of two inputs, a sum of products of Moments
    reduce(p)                    only G-vars enter a Nonlin, only X-vars enter a MatMul
    simplify(p)                  equal equations once, constants folded, no dead code
    paths(p), count_paths(p)     alternating paths of X- and G-vars, and their isomorphism classes
    select_paths(p, "W,W")       the paths with these matrices

All keep the values that the interpreter gives at finite width. A width enters their results by the
scalar ε = 1/√n → 0 alone.
"""

from tpgraph.transform.backward import backward
from tpgraph.transform.gradients import Gradient, GradientTerm, gradients
from tpgraph.transform.kernel import ntk
from tpgraph.transform.path_words import select_paths
from tpgraph.transform.paths import (
    Path,
    count_classes,
    count_paths,
    isomorphism_classes,
    paths,
)
from tpgraph.transform.powers import WidthPower
from tpgraph.transform.reduced import reduce
from tpgraph.transform.sgd import unroll_sgd
from tpgraph.transform.simplification import simplify
from tpgraph.transform.staged import staged

__all__ = [
    "Gradient",
    "GradientTerm",
    "Path",
    "WidthPower",
    "backward",
    "count_classes",
    "count_paths",
    "gradients",
    "isomorphism_classes",
    "ntk",
    "paths",
    "reduce",
    "select_paths",
    "simplify",
    "staged",
    "unroll_sgd",
]
