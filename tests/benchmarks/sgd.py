"""One `sgd_step` of generated code, plain and optimized, beside others of the same network.

Steps come in blocks of 32, as many updates as a weight keeps, block after block of each; of what
takes long, fewer. Ratios are of the medians over blocks of the time of a step.
"""

from __future__ import annotations

import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.laboratory import Laboratory, Turn, ratios, seconds_of, take_turns
from benchmarks.networks import TRAINED
from benchmarks.registry import Benchmark, Case, Goal, Plot, Row, row
from scipy.linalg import blas

from tpgraph.compiler import compile, step_cost
from tpgraph.compiler.optimized.cost import measured_machine
from tpgraph.gallery import entry
from tpgraph.language import parse

D, K, LR = 64, 10, 0.05
BLOCK = 32
PEERS = ("torch eager", "torch.compile", "jax.jit", "jax.lax.scan")
SPECS: dict[str, tuple[str, Row]] = {
    "torch eager": ("torch step", {"compiled": False}),
    "torch.compile": ("torch step", {"compiled": True}),
    "jax.jit": ("jax step", {"scan": 1}),
    "jax.lax.scan": ("jax step", {"scan": 8}),
}


def text(function: str) -> str:
    """The network."""
    return TRAINED.format(function=function, outputs=K)


def sger_step(p: dict[str, Any], x0: Any, y: Any, function: str) -> float:
    """A step by hand of a batch of one: scipy's BLAS, weights updated in place."""
    n, d = p["W[1]"].shape
    single = p["V"].dtype == np.float32
    gemv, ger = (blas.sgemv, blas.sger) if single else (blas.dgemv, blas.dger)
    c1, c, cv, cb = (2 / d) ** 0.5, (2 / n) ** 0.5, n**-0.5, 0.1
    scales, xs, slopes = (c1, c, c), [x0[0]], []
    for layer, scale in enumerate(scales, start=1):
        h = gemv(scale, p[f"W[{layer}]"].T, xs[-1], trans=1) + cb * p[f"b[{layer}]"]
        x = np.tanh(h) if function == "tanh" else np.maximum(h, 0)
        slopes.append(1 - x * x if function == "tanh" else (h > 0).astype(h.dtype))
        xs.append(x)
    error = gemv(cv, p["V"].T, xs[-1], trans=1) - y[0]
    g = gemv(cv, p["V"].T, error)
    ger(-LR * cv, xs[-1], error, a=p["V"].T, overwrite_a=1)
    for layer in (3, 2, 1):
        g = g * slopes[layer - 1]
        below = gemv(scales[layer - 1], p[f"W[{layer}]"].T, g) if layer > 1 else g
        ger(-LR * scales[layer - 1], xs[layer - 1], g, a=p[f"W[{layer}]"].T, overwrite_a=1)
        p[f"b[{layer}]"] -= LR * cb * g
        g = below
    return float(error @ error) / 2


def six_gemms(n: int, batch: int, dtype: str) -> Callable[[], None]:
    """The products of the two hidden layers of a step: forward, backward, updates."""
    gemm = blas.sgemm if dtype == "float32" else blas.dgemm
    rng = np.random.default_rng(0)
    W = [np.asfortranarray(rng.standard_normal((n, n)).astype(dtype)) for _ in range(2)]
    x = np.asfortranarray(rng.standard_normal((n, batch)).astype(dtype))
    out = np.zeros((n, batch), dtype, order="F")

    def work() -> None:
        for w in W:
            gemm(1.0, w, x, c=out, overwrite_c=1)
            gemm(1.0, w, x, c=out, overwrite_c=1, trans_a=1)
            gemm(-1e-9, x, x, beta=1.0, c=w, overwrite_c=1, trans_b=1)

    return work


def measure(case: Row, lab: Laboratory) -> Row:
    """Milliseconds of a step of each, ratios, the roofline, memory in the steady state."""
    width, batch, dtype, function = (case[k] for k in ("width", "batch", "dtype", "function"))
    program = parse(text(function))
    plain, fast = compile(program, dtype), compile(program, dtype, optimize=True)
    start = plain.init({"n": width}, 0)
    rng = np.random.default_rng(1)
    x, y = (rng.standard_normal((batch, k)).astype(dtype) for k in (D, K))
    owned = {k: {n: v.copy() for n, v in start.items()} for k in ("tpgraph", "plain", "by hand")}
    steps: dict[str, Callable[[], Any]] = {
        "tpgraph": lambda: fast.sgd_step(owned["tpgraph"], x, y, LR),
        "plain": lambda: plain.sgd_step(owned["plain"], x, y, LR),
    }
    if batch == 1:
        steps["sger by hand"] = lambda: sger_step(owned["by hand"], x, y, function)
    losses = {name: float([step(), step()][0]) for name, step in steps.items()}
    calls = BLOCK if width <= 1024 else 8
    turns: dict[str, Turn] = {
        name: lambda s=step, c=(BLOCK if name == "tpgraph" else calls): seconds_of(s, c)  # type: ignore[misc]
        for name, step in steps.items()
    }
    if batch > 1:
        gemms = six_gemms(width, batch, dtype)
        turns["six GEMMs"] = lambda: seconds_of(gemms, 4)
    with tempfile.TemporaryDirectory() as folder:
        place = str(Path(folder) / "start.npz")
        arrays = {k: v for k, v in start.items() if " " not in k}
        np.savez(place, data=x, target=y, **arrays)  # type: ignore[arg-type]
        for name, (way, spec) in SPECS.items():
            given = {**spec, "start": place, "lr": LR, "function": function}
            peer = lab.peer(way, given, calls)
            if peer is not None:
                turns[name] = peer
                if spec.get("scan", 1) == 1:
                    losses[name] = peer.facts["loss"]
    for turn in turns.values():
        turn()
    ms = take_turns(turns, 3 if width > 2048 else 5, "median")
    times = ratios(ms)
    best = [times[name] for name in PEERS if name in times]
    apart = max(abs(value / losses["tpgraph"] - 1) for value in losses.values())
    machine, cost = measured_machine(dtype), step_cost(program, {"n": width}, batch, dtype)
    return {
        "ms": ms,
        "times": times,
        "best peer": min(best) if len(best) == len(PEERS) else None,
        "off": apart,
        "steady state kB": _allocated(steps["tpgraph"]),
        "least ms": 1e3 * cost.seconds(machine),
        "bound": "memory" if machine.is_bound_by_memory(cost.total()) else "operations",
    }


def _allocated(step: Callable[[], Any]) -> float:
    """kB that a block of steps takes at most beyond what it had."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    for _ in range(BLOCK):
        step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (peak - before) / 1024


def measure_shared(case: Row, lab: Laboratory) -> Row:
    """A step of the gallery's recurrent network beside its products one by one."""
    program, width = entry("rnn").program(), case["width"]
    fast = compile(program, case["dtype"], optimize=True)
    params = fast.init({"n": width}, 0)
    rng = np.random.default_rng(0)
    data = [rng.standard_normal((1, 8)).astype(case["dtype"]) for _ in range(3)]
    y = rng.standard_normal((1, 1)).astype(case["dtype"])
    gemv, ger = (blas.sgemv, blas.sger) if case["dtype"] == "float32" else (blas.dgemv, blas.dger)
    W = np.ones((width, width), case["dtype"], order="F")
    v = np.ones(width, case["dtype"])

    def alone() -> None:
        """Two uses of W forwards, two backwards, two updates."""
        for _ in range(2):
            gemv(1.0, W, v)
            gemv(1.0, W, v, trans=1)
            ger(1e-9, v, v, a=W, overwrite_a=1)

    ms = take_turns(
        {
            "tpgraph": lambda: seconds_of(lambda: fast.sgd_step(params, *data, y, 0.01), BLOCK),
            "one GEMV a use": lambda: seconds_of(alone, 8),
        },
        4,
        "median",
    )
    cost = step_cost(program, {"n": width}, 1, case["dtype"])
    least = 1e3 * cost.seconds(measured_machine(case["dtype"]))
    return {"ms": ms, "times": ratios(ms), "least ms": least, "bound": "memory"}


def cases(quick: bool) -> list[Case]:
    """Widths, batches, precisions, functions."""
    base = {"function": "tanh", "dtype": "float32", "batch": 1}
    widths = {128: 25} if quick else {128: 25, 512: 25, 1024: 30, 2048: 35, 4096: 55}
    found = [Case({**base, "width": w}, float(s)) for w, s in widths.items()]
    if not quick:
        wide = {**base, "function": "relu", "dtype": "float64", "width": 4096}
        found.append(Case(wide, 60.0))
        found.append(Case({**base, "dtype": "float64", "width": 1024}, 35.0))
        found.append(Case({**base, "function": "relu", "width": 2048}, 35.0))
    for dtype in ("float32",) if quick else ("float32", "float64"):
        width = 256 if quick else 1024
        found.append(Case({**base, "dtype": dtype, "batch": 128, "width": width}, 35.0))
    return found


def shared_cases(quick: bool) -> list[Case]:
    """Widths of the recurrent network."""
    return [
        Case({"width": w, "dtype": "float32"}, 3.0) for w in ((512,) if quick else (1024, 2048))
    ]


SGD = Benchmark(
    "sgd",
    "A training step of three hidden layers in the NTK parametrization from the same parameters: "
    "tpgraph optimized and plain, numpy with scipy's ger by hand, PyTorch eager and compiled, JAX "
    "jit with donated arrays and scan of 8 steps. Medians over blocks that take turns; `off` is "
    "how far losses are apart.",
    cases,
    measure,
    (
        *(
            Goal(f"batch 1, width {w}: times as fast as the best peer", figure, bound)
            for w, bound in ((4096, 4.0), (2048, 2.0), (1024, 1.8), (512, 1.0), (128, 1.0))
            for figure in (row("best peer", width=w, batch=1),)
        ),
        Goal("batch 1, width 1024: times as fast as sger in place",
             row("times/sger by hand", width=1024, batch=1), 1.2),
        Goal("batch 1, widths 2048 and 4096: times as fast as sger in place",
             row("times/sger by hand", width=(2048, 4096), batch=1), 1.3),
        Goal("batch 128: time by that of the six GEMMs alone",
             lambda r: 1 / r["times"]["six GEMMs"] if r["batch"] == 128 else None, 1.10, "at most"),
        Goal("batch 128: times as fast as PyTorch eager",
             row("times/torch eager", batch=128), 1.0),
        Goal("no allocation in the steady state: kB beyond what there was, whatever the width",
             lambda r: r["steady state kB"] if r["batch"] == 1 else None, 256.0, "at most", " kB"),
    ),
    (Plot("A step of SGD", "width", "ms", ("batch", "dtype", "function")),),
)  # fmt: skip
SHARED = Benchmark(
    "shared",
    "A training step of the gallery's recurrent network beside one GEMV a use of its matrix.",
    shared_cases,
    measure_shared,
    (Goal("rnn: times as fast as one GEMV a use", row("times/one GEMV a use"), 3.0),),
)
