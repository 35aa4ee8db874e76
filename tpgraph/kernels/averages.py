"""Kernels of finite networks averaged over initializations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from tpgraph.bounds import require_networks
from tpgraph.compiler import compile
from tpgraph.errors import TPDataError
from tpgraph.kernels.empirical import Components, finite
from tpgraph.kernels.inputs import Inputs
from tpgraph.kernels.kernel_values import Array, Kernel
from tpgraph.kernels.tangent import check_kind
from tpgraph.program import Program
from tpgraph.program.any_program import reads_program

__all__ = ["Progress", "mean_kernel"]

Progress: TypeAlias = Callable[[int, int], None]


@reads_program
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
    backend: str = "numpy",
) -> Kernel:
    """The mean of `empirical_kernel` over initializations, with its standard error.

    The first initialization is that of `seed`, the others are spawned from it. One initialization
    has no standard error. `progress` is called with (done, inits).
    """
    if inits < 1:
        raise TPDataError(f"a mean over {inits} initializations", expected="at least 1")
    require_networks(inits)
    prepared = finite(program, check_kind(kind), dtype, backend)
    module = compile(program, dtype)
    seeds = [seed, *np.random.SeedSequence(seed).spawn(inits - 1)]
    ntk, nngp = _RunningMean(), _RunningMean()
    for done, one in enumerate(seeds, start=1):
        found = prepared.kernel(module.init(widths, one), X, components)  # type: ignore[arg-type]
        ntk.add(found.ntk)
        nngp.add(found.nngp)
        if progress is not None:
            progress(done, inits)
    spread = {"ntk": ntk.error, "nngp": nngp.error}
    errors = {name: error for name, error in spread.items() if error is not None}
    return replace(found, ntk=ntk.mean, nngp=nngp.mean, errors=errors)


class _RunningMean:
    """The mean of arrays and its standard error, in float64, by Welford's sums.

    Both are None without an array, and the error for one.
    """

    def __init__(self) -> None:
        self.mean: Array | None = None
        self._square: Array = np.zeros(())
        self._count = 0

    def add(self, value: Array | None) -> None:
        """Count one array more; nothing where there is none."""
        if value is None:
            return
        self._count += 1
        if self.mean is None:
            self.mean = value.astype(np.float64)
            return
        change = value - self.mean
        self.mean = self.mean + change / self._count
        self._square = self._square + change * (value - self.mean)

    @property
    def error(self) -> Array | None:
        """√(Σ (value − mean)² / (count (count − 1)))."""
        if self._count < 2:
            return None
        return np.asarray(np.sqrt(self._square / (self._count * (self._count - 1))))
