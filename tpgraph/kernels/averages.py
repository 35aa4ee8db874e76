"""Kernels of finite networks averaged over initializations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from tpgraph.compiler import compile
from tpgraph.errors import TPDataError
from tpgraph.kernels.empirical import Components, finite
from tpgraph.kernels.inputs import Inputs
from tpgraph.kernels.result import Array, Kernel
from tpgraph.kernels.tangent import check_kind
from tpgraph.program import Program

__all__ = ["Progress", "mean_kernel"]

Progress: TypeAlias = Callable[[int, int], None]


def mean_kernel(
    program: Program,
    X: Inputs,
    widths: Mapping[str, int],
    inits: int = 1,
    seed: int = 0,
    kind: str = "both",
    components: Components = "mean",
    dtype: str = "float64",
    progress: Progress | None = None,
) -> Kernel:
    """The mean of `empirical_kernel` over initializations, with its standard error.

    The first initialization is that of `seed`, the others are spawned from it. One initialization
    has no standard error. `progress` is called with (done, inits).
    """
    if inits < 1:
        raise TPDataError(f"a mean over {inits} initializations", expected="at least 1")
    prepared = finite(program, check_kind(kind), dtype)
    module = compile(program, dtype)
    seeds = [seed, *np.random.SeedSequence(seed).spawn(inits - 1)]
    moments: dict[str, tuple[Array, Array]] = {}
    for done, one in enumerate(seeds, start=1):
        found = prepared.kernel(module.init(widths, one), X, components)  # type: ignore[arg-type]
        for name in ("ntk", "nngp"):
            value = getattr(found, name)
            if value is not None:
                moments[name] = _welford(moments.get(name), value, done)
        if progress is not None:
            progress(done, inits)
    means = {name: mean for name, (mean, _) in moments.items()}
    errors = {
        name: np.sqrt(square / (inits * (inits - 1)))
        for name, (_, square) in moments.items()
        if inits > 1
    }
    return Kernel(
        found.x,
        found.outputs,
        "finite",
        ntk=means.get("ntk"),
        nngp=means.get("nngp"),
        ntk_error=errors.get("ntk"),
        nngp_error=errors.get("nngp"),
    )


def _welford(state: tuple[Array, Array] | None, value: Array, count: int) -> tuple[Array, Array]:
    """The mean of `count` values and the sum of squares about it, in float64."""
    if state is None:
        return value.astype(np.float64), np.zeros(value.shape)
    mean, square = state
    change = value - mean
    mean = mean + change / count
    return mean, square + change * (value - mean)
