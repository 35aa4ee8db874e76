"""Kernels that go to disk tile by tile: time, and memory beside the size of the kernels."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.kernels import inputs_of, program_of
from benchmarks.laboratory import Laboratory, peak_memory, seconds_of
from benchmarks.registry import Benchmark, Case, Goal, Row, row

from tpgraph.kernels import kernel, stream_kernel

__all__ = ["STREAMED"]


def measure(case: Row, lab: Laboratory) -> Row:
    """Seconds, GB of the file, and GB of memory beyond what the process had."""
    program = program_of(case)
    data = inputs_of(program, case["N"])
    kernel(program, {name: rows[:20] for name, rows in data.items()}, engine="exact")
    taken: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "K.npz"

        def work() -> None:
            taken.append(seconds_of(lambda: stream_kernel(program, data, place)))

        peak = peak_memory(work) / 1024
        size = place.stat().st_size / 2**30
    per_pair = 1e9 * taken[0] / case["N"] ** 2
    return {"s": taken[0], "ns a pair": per_pair, "file GB": size, "peak GB": peak}


def cases(quick: bool) -> list[Case]:
    """One size."""
    base = {"network": "mlp", "function": "relu", "depth": 3}
    size, seconds = (1000, 3.0) if quick else (20000, 120.0)
    return [Case({**base, "N": size}, seconds)]


STREAMED = Benchmark(
    "streamed",
    "NNGP and NTK, float64, into a file in the folder for temporary files, which needs twice "
    "their size in room.",
    cases,
    measure,
    (Goal("N = 20 000: GB of memory", row("peak GB", N=20000), 24.0, "at most", " GB"),),
)
