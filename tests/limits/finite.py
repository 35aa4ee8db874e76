"""Finite networks beside the limit: what the interpreter says at a width, averaged over seeds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tpgraph.interpreter import interpret, sample
from tpgraph.language import load
from tpgraph.program import InitialScalar, Program

DIAGRAMS = Path(__file__).parents[2] / "diagrams"


def gallery(name: str) -> Program:
    """A program of the gallery."""
    return load(DIAGRAMS / f"{name}.tp")


def inputs(program: Program, seed: int = 0) -> dict[str, np.ndarray]:
    """Standard normal data and targets."""
    rng = np.random.default_rng(seed)
    declared = (*program.data, *program.targets)
    return {d.variable.name: rng.standard_normal(d.variable.dim.size({})) for d in declared}


def finite(program: Program, n: int, seeds: int, data=None) -> dict[str, np.ndarray]:
    """By name, over seeds: the value of every scalar, the mean square of every wide vector.

    Of vectors of fixed dimension it is the mean square over their entries.
    """
    found: dict[str, list[float]] = {}
    widths = {w.base or w.name: n for w in program.widths}
    for seed in range(seeds):
        values = interpret(program, {**sample(program, widths, seed), **(data or {})}, widths)
        for name, variable in program.variables.items():
            if variable.is_scalar:
                found.setdefault(name, []).append(float(values[name]))
            elif variable.is_vector:
                found.setdefault(name, []).append(float(np.mean(values[name] ** 2)))
    return {name: np.array(value) for name, value in found.items()}


def mismatches(program: Program, limit, n: int, seeds: int, data=None, bars=5.0) -> list[str]:
    """Names whose mean over seeds is further from the limit than `bars` standard errors.

    A bias of 20/n relative to the size is granted to finite width, and of 1/(10 √n) to what does
    not vary over seeds where scalars of the program have one: 1/√n → 0.
    """
    declared = [d for d in program.declarations if isinstance(d, InitialScalar)]
    bias = 0.1 / np.sqrt(n) if any(one.widths for one in declared) else 0.0
    wrong = []
    for name, values in finite(program, n, seeds, data).items():
        if isinstance(program.declaration_of.get(name), InitialScalar):
            continue
        if name in limit.scalar_values:
            expected = limit.scalar(name)
        elif name in limit.vectors and program.variables[name].is_wide:
            expected = limit.var(name) + limit.mean(name) ** 2
        else:
            continue
        spread = values.std(ddof=1) / np.sqrt(seeds)
        error = spread + 20 / n * (abs(expected) + 0.05) + (0.0 if spread else bias)
        if abs(values.mean() - expected) > bars * error + 3 * limit.error(name):
            wrong.append(f"{name}: {values.mean():.5f} ± {error:.5f}, limit {expected:.5f}")
    return wrong
