"""The regime in which a program trains: what is trained, and how its outputs read, decide it.

Tensor Programs IV says it of a perceptron by exponents (`tpgraph.program.parametrization.analyze`).
Of every program it follows from the changes of outputs and features in training
(`tpgraph.program.coordinates`), of which that formula is a case.
"""

from __future__ import annotations

import math
from fractions import Fraction

from tpgraph.program.coordinates import UNCHANGED, UNSTABLE, decisive, in_training
from tpgraph.program.graph import Program
from tpgraph.program.parametrization import Analysis, analyze, layer_kind
from tpgraph.program.reach import ancestors

__all__ = ["analysis_of"]

_SMALLEST_PART = 24


def analysis_of(program: Program) -> Analysis | None:
    """Whether training is stable, and whether it moves outputs and features, as width grows.

    Features are the wide vectors that outputs depend on. A program without outputs is judged by
    the exponents of the layers that it has; None where nothing is trained.
    """
    if program.parametrization is None or not program.parameters:
        return None
    if not program.outputs:
        return analyze(
            program.parametrization, {layer_kind(p.variable) for p in program.parameters}
        )
    found = in_training(program)
    outputs = [found.changes[o.name] for o in program.outputs]
    needed = ancestors(program, [o.name for o in program.outputs])
    features = [
        found.changes[e.out.name]
        for e in program.equations
        if e.out.is_wide and e.out.name in needed
    ]
    sizes = [found.sizes[name] for name in decisive(program)]
    changes = [found.changes[name] for name in decisive(program)]
    is_stable = not any(e > 0 for e in (*sizes, *changes))
    is_unknown = is_stable and any(map(math.isnan, (*outputs, *features)))
    return Analysis(
        r=None if is_unknown else _r(features),
        stable=is_stable,
        nontrivial=max(outputs) >= 0,
        is_known=not is_unknown,
    )


def _r(features: list[float]) -> Fraction | None:
    """−e of the largest n^e by which features change; None where none does."""
    numbers = [e for e in features if e not in (UNCHANGED, UNSTABLE) and not math.isnan(e)]
    if not numbers:
        return None
    return Fraction(-max(numbers)).limit_denominator(_SMALLEST_PART)
