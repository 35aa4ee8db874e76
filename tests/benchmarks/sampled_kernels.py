"""Kernels of programs without a plan, by samples, over many inputs."""

from __future__ import annotations

import time

import numpy as np
from benchmarks.kernels import inputs_of
from benchmarks.laboratory import Laboratory
from benchmarks.registry import Benchmark, Case, Row

from tpgraph.gallery import entry
from tpgraph.kernels import kernel

SAMPLES = 2**16


def cases(quick: bool) -> list[Case]:
    """The gallery's programs that no exact engine does, and the largest by fewer samples."""
    names = ("gru",) if quick else ("gru", "batchnorm", "autoencoder")
    found = [Case({"network": n, "N": 50, "samples": SAMPLES}, 10.0) for n in names]
    large = Case({"network": "gru", "N": 500, "samples": SAMPLES // 4}, 60.0)
    return found if quick else [*found, large]


def measure(case: Row, lab: Laboratory) -> Row:
    """Seconds of the clock and of processors, and the median errors beside the largest entry."""
    program = entry(case["network"]).program()
    data = inputs_of(program, case["N"])
    kernel(program, {k: v[:2] for k, v in data.items()}, engine="sampled", samples=4096)
    start, used = time.perf_counter(), time.process_time()
    found = kernel(program, data, engine="sampled", samples=case["samples"])
    took = time.perf_counter() - start, time.process_time() - used
    assert found.ntk is not None
    assert found.nngp is not None
    return {
        "s": took[0],
        "processor s": took[1],
        "ntk error": float(np.median(found.errors["ntk"]) / np.abs(found.ntk).max()),
        "nngp error": float(np.median(found.errors["nngp"]) / np.abs(found.nngp).max()),
    }


SAMPLED = Benchmark(
    "sampled",
    "NNGP and NTK by samples of programs without a plan: seconds of the clock and of processors, "
    "and the median error of an entry beside the largest.",
    cases,
    measure,
    (),
)
