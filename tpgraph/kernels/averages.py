"""Kernels of finite networks averaged over initializations."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TypeAlias, TypeVar

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
from tpgraph.shared_work import one_blas_thread

__all__ = ["Progress", "mean_kernel"]

Progress: TypeAlias = Callable[[int, int], None]
Seed: TypeAlias = int | np.random.SeedSequence
S = TypeVar("S")
T = TypeVar("T")


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
    threads: int = 2,
) -> Kernel:
    """The mean of `empirical_kernel` over initializations, with its standard error.

    The first initialization is that of `seed`, the others are spawned from it. One initialization
    has no standard error. Several are taken in `threads`, each with one thread of BLAS, and added
    in their order; other libraries have threads of their own. `progress` is called with
    (done, inits).
    """
    if inits < 1:
        raise TPDataError(f"a mean over {inits} initializations", expected="at least 1")
    require_networks(inits)
    prepared = finite(program, check_kind(kind), dtype, backend)
    module = compile(program, dtype)
    seeds: list[Seed] = [
        seed,
        *np.random.SeedSequence(seed).spawn(inits - 1),
    ]

    def one(seed: Seed) -> Kernel:
        return prepared.kernel(module.init(widths, seed), X, components)  # type: ignore[arg-type]

    ntk, nngp = _RunningMean(), _RunningMean()
    count = min(threads, inits) if backend == "numpy" else 1
    for done, found in enumerate(_in_order(one, seeds, count), start=1):
        ntk.add(found.ntk)
        nngp.add(found.nngp)
        if progress is not None:
            progress(done, inits)
    spread = {"ntk": ntk.error, "nngp": nngp.error}
    errors = {name: error for name, error in spread.items() if error is not None}
    return replace(found, ntk=ntk.mean, nngp=nngp.mean, errors=errors)


def _in_order(work: Callable[[S], T], of: Iterable[S], threads: int) -> Iterator[T]:
    """The results one after the other, so many at once; what is not begun at an error never is."""
    if threads <= 1:
        yield from map(work, of)
        return
    with one_blas_thread(), ThreadPoolExecutor(threads) as pool:
        begun: deque[Future[T]] = deque()
        try:
            for one in of:
                begun.append(pool.submit(work, one))
                if len(begun) > threads:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            for future in begun:
                future.cancel()


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
