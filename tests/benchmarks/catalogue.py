"""All benchmarks, in the order in which they run and are told."""

from __future__ import annotations

from benchmarks.dispersion import DISPERSION
from benchmarks.edit import EDIT
from benchmarks.empirical import EMPIRICAL, INITS
from benchmarks.equations import EQUATIONS, UNROLLING
from benchmarks.kernels import GROWTH, KERNELS, SHARES
from benchmarks.registry import Benchmark
from benchmarks.sampled_kernels import SAMPLED
from benchmarks.scripts import SCRIPTS
from benchmarks.sgd import SGD, SHARED
from benchmarks.starting import COMMANDS_BENCHMARK, DRAWING, LIMITS
from benchmarks.streaming import STREAMED

__all__ = ["BENCHMARKS"]

_ALL = (
    KERNELS, SHARES, SAMPLED, GROWTH, STREAMED, EMPIRICAL, INITS, SGD, SHARED, DISPERSION,
    EQUATIONS, UNROLLING, COMMANDS_BENCHMARK, DRAWING, LIMITS, EDIT, *SCRIPTS,
)  # fmt: skip
BENCHMARKS: dict[str, Benchmark] = {b.name: b for b in _ALL}
