"""Kernels of one finite network beside neural-tangents and torch.func."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np
from benchmarks.laboratory import Laboratory, Turn, ratios, seconds_of, take_turns
from benchmarks.networks import TRAINED
from benchmarks.registry import Benchmark, Case, Goal, Plot, Row, row

from tpgraph.compiler import compile
from tpgraph.compiler.optimized.cost import measured_machine
from tpgraph.kernels import empirical_kernel, mean_kernel
from tpgraph.language import parse

STRUCTURED, JACREV = "neural-tangents", "torch.func.jacrev"
LAYERS, DIMENSION = 3, 64


def measure(case: Row, lab: Laboratory) -> Row:
    """Milliseconds of the NTK of one network, and how far the others' are from ours."""
    width, count, outputs = case["width"], case["N"], case["outputs"]
    module = compile(parse(TRAINED.format(function="tanh", outputs=outputs)), case["dtype"])
    start = module.init({"n": width}, 0)
    X = np.random.default_rng(1).standard_normal((count, DIMENSION)).astype(case["dtype"])
    ours = np.asarray(empirical_kernel(module, start, X, "ntk").ntk)

    def own() -> object:
        return empirical_kernel(module, start, X, "ntk")

    turns: dict[str, Turn] = {"tpgraph": lambda: seconds_of(own)}
    off: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        places = {"start": f"{folder}/start.npz", "inputs": f"{folder}/inputs.npy"}
        np.savez(places["start"], **{k: v for k, v in start.items() if " " not in k})
        np.save(places["inputs"], X)
        ways: dict[str, tuple[str, Row]] = {
            STRUCTURED: ("nt empirical", {"implementation": "STRUCTURED_DERIVATIVES"})
        }
        if case["jacrev"]:
            ways[JACREV] = ("torch jacrev", {})
        for name, (way, spec) in ways.items():
            peer = lab.peer(way, {**spec, **places})
            if peer is not None:
                turns[name] = peer
                off[name] = abs(peer.facts["sums"][0] / float(ours.sum()) - 1)
    ms = take_turns(turns, 2 if lab.quick or case["jacrev"] else 4)
    return {"ms": ms, "times": ratios(ms), "off": off, **_least(case)}


def _least(case: Row) -> Row:
    """Products of the passes through hidden layers, and Gram matrices, at the GEMM's rate."""
    n, rows, outputs = case["width"], case["N"], case["outputs"]
    passes = 2 * rows * n * (n * (LAYERS - 1) * (1 + outputs) + DIMENSION)
    grams = 2 * rows**2 * n * LAYERS * (1 + outputs**2)
    rate = measured_machine(case["dtype"]).rate
    return {"least ms": 1e3 * (passes + grams) / rate, "bound": "products at the rate of a GEMM"}


def cases(quick: bool) -> list[Case]:
    """Widths and numbers of inputs; torch.func's Jacobians take gigabytes, so it comes once."""
    base = {"dtype": "float32", "outputs": 1, "jacrev": False}
    if quick:
        sizes = [(128, 32), (256, 32)]
    else:
        sizes = [(256, 64), (512, 64), (1024, 64), (1024, 256), (2048, 64)]
    found = [Case({**base, "width": w, "N": n}, 12.0 if quick else 20.0) for w, n in sizes]
    width, count = sizes[1] if quick else sizes[2]
    found[sizes.index((width, count))] = Case(
        {**base, "width": width, "N": count, "jacrev": True}, 30.0
    )
    outputs = {**base, "outputs": 10, "width": width, "N": 32 if quick else 64}
    double = {**base, "dtype": "float64", "width": width, "N": count}
    return found if quick else [*found, Case(outputs, 20.0), Case(double, 20.0)]


def measure_inits(case: Row, lab: Laboratory) -> Row:
    """The mean over initializations, and as many single kernels one after the other."""
    program = parse(TRAINED.format(function="tanh", outputs=1))
    module = compile(program)
    X = np.random.default_rng(1).standard_normal((case["N"], DIMENSION))
    widths = {"n": case["width"]}

    def mean() -> object:
        return mean_kernel(program, X, widths, inits=case["inits"], kind="ntk")

    def single() -> object:
        for seed in range(case["inits"]):
            empirical_kernel(module, module.init(widths, seed), X, "ntk")
        return None

    works: dict[str, Callable[[], Any]] = {"tpgraph": mean, "one by one": single}
    ms = take_turns({k: lambda w=w: seconds_of(w) for k, w in works.items()}, 2)  # type: ignore[misc]
    return {"ms": ms, "times": ratios(ms)}


def inits_cases(quick: bool) -> list[Case]:
    """Some networks."""
    width = 256 if quick else 1024
    return [Case({"width": width, "N": 64, "inits": 8}, 5.0 if quick else 15.0)]


EMPIRICAL = Benchmark(
    "empirical",
    "The NTK of one network, three hidden layers of tanh: tpgraph.empirical_kernel, "
    "neural-tangents' structured derivatives with vmap (jit), torch.func's jacrev under vmap. The "
    "best of several calls that take turns.",
    cases,
    measure,
    (
        Goal(
            "width 1024, N = 64 and 256, scalar output: times as fast as neural-tangents' best",
            row("times/neural-tangents", width=1024, N=(64, 256), outputs=1, dtype="float32"),
            2.5,
        ),
        Goal(
            "the same, times as fast as torch.func's jacrev",
            row("times/torch.func.jacrev", width=1024, outputs=1, dtype="float32"),
            100.0,
        ),
    ),
    (Plot("The NTK of one network", "width", "ms", ("outputs", "dtype", "N")),),
)
INITS = Benchmark(
    "inits",
    "The mean NTK of several networks, `tpgraph kernel --inits`, beside single kernels in a row.",
    inits_cases,
    measure_inits,
    (Goal("`--inits` in threads: times as fast as one by one", row("times/one by one"), 1.2),),
)
