"""The text of an optimized module: the plain one, whose step fills arrays that are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tpgraph.compiler.backends import NUMPY
from tpgraph.compiler.module_text import (
    Dtype,
    constants,
    docstring,
    forward_function,
    gradient_functions,
    helper_texts,
    init_functions,
)
from tpgraph.compiler.optimized.step_text import step_functions
from tpgraph.compiler.plan import Plan

__all__ = ["SCIPY", "optimized_source"]

SCIPY = replace(NUMPY, names=("batch", "blas", "flush", "special", "operator", "weights"))
"""numpy, with the names that an optimized module has besides."""

_FIRST = ("flush(params)",)
_IMPORTS = """import operator

import numpy as np
from scipy import special
from scipy.linalg import blas
"""


def optimized_source(plan: Plan, dtype: Dtype) -> str:
    """The whole module of a network with a loss."""
    loss = plan.program.loss
    assert loss is not None, "asked by whoever compiles"
    functions = init_functions(plan)
    if plan.program.outputs:
        functions.append(forward_function(plan, _FIRST))
    functions += gradient_functions(plan, loss, _FIRST)
    step, helpers = step_functions(plan, loss)
    needs = "Needs numpy and scipy."
    head = [docstring(plan, dtype, needs), _IMPORTS, constants(plan, dtype)]
    own = helper_texts(plan)
    return "\n\n".join(["\n".join(head), *_lacking(helpers, own), *own, *functions, *step])


def _lacking(helpers: Sequence[str], there: Sequence[str]) -> list[str]:
    """The definitions that are not there yet."""
    texts = [helper.strip("\n") + "\n" for helper in helpers]
    return [text for text in texts if text not in there]
