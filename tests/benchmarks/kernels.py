"""Exact kernels of infinite width beside neural-tangents and the recursion in plain numpy."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.laboratory import (
    Laboratory,
    Turn,
    peak_memory,
    ratios,
    seconds_of,
    take_turns,
)
from benchmarks.networks import network
from benchmarks.registry import Benchmark, Case, Goal, Plot, Row, row

from tpgraph.gallery import entry
from tpgraph.kernels import Kernel, Resources, kernel
from tpgraph.language import parse
from tpgraph.program import Data, Program

PEER = "neural-tangents"
COMPILED = Resources(jit=True)
DIMENSION = {"mlp": 64, "gru": 8, "transformer": 8}
NONLINEARITIES = {"rnn": 10, "gru": 6, "transformer": 2}
"""Layers of a perceptron with as many nonlinearities: what the goals of networks without a peer
are measured by."""


def program_of(case: Row) -> Program:
    """The network of a case."""
    name = case["network"]
    if name in ("gru", "transformer"):
        return entry(name).program()
    return parse(network(name, case["function"], _dimension(name), case.get("depth", 3)))


def _dimension(name: str) -> int:
    return DIMENSION.get(name, 16)


def inputs_of(program: Program, count: int) -> dict[str, Any]:
    """Standard normal inputs, scaled to unit length where tokens meet in a softmax."""
    rng = np.random.default_rng(0)
    names = [d.variable for d in program.declarations if isinstance(d, Data)]
    return {v.name: rng.standard_normal((count, v.dim.size({}))) for v in names}


def plain(function: str, depth: int, X: Any) -> Callable[[], tuple[Any, Any]]:
    """Σ ← σ_w² E[φφ] + σ_b², Θ ← Σ + σ_w² E[φ′φ′] Θ on whole arrays."""

    def duals(p: Any, c: Any) -> tuple[Any, Any]:
        if function == "relu":
            root = np.sqrt(p[:, None] * p[None, :])
            angle = np.arccos(np.clip(c / root, -1, 1))
            values = root * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / (2 * np.pi)
            return values, (np.pi - angle) / (2 * np.pi)
        size = (1 + 2 * p[:, None]) * (1 + 2 * p[None, :])
        values = 2 / np.pi * np.arcsin(2 * c / np.sqrt(size))
        return values, 4 / np.pi / np.sqrt(size - 4 * c**2)

    def run() -> tuple[Any, Any]:
        sigma = 2.0 * X @ X.T / X.shape[1] + 0.01
        theta = sigma
        for layer in range(depth):
            w, b = (1.0, 0.0) if layer == depth - 1 else (2.0, 0.01)
            values, slopes = duals(np.diag(sigma), sigma)
            sigma = w * values + b
            theta = sigma + w * slopes * theta
        return sigma, theta

    return run


def measure(case: Row, lab: Laboratory) -> Row:
    """Milliseconds, ratios, memory, and how far the others' kernels are from ours."""
    program, count = program_of(case), case["N"]
    data = inputs_of(program, count)
    given = next(iter(data.values())) if len(data) == 1 else data
    few = {name: array[:20] for name, array in data.items()}
    kernel(program, few, engine="exact")
    compiling = seconds_of(lambda: kernel(program, few, engine="exact", resources=COMPILED))

    def ours_compiled() -> Kernel:
        return kernel(program, given, engine="exact", resources=COMPILED)

    found: list[Any] = []
    peaks = {"tpgraph": peak_memory(lambda: found.append(ours_compiled()))}
    ours = [float(np.asarray(a).sum()) for a in (found[0].nngp, found[0].ntk)]
    found.clear()
    sums: dict[str, list[float]] = {}
    work: dict[str, Callable[[], object]] = {
        "tpgraph": ours_compiled,
        "uncompiled": lambda: kernel(program, given, engine="exact"),
    }
    if case["network"] == "mlp":
        work["numpy"] = plain(case["function"], case["depth"], given)
        peaks["numpy"] = peak_memory(work["numpy"])
        sums["numpy"] = [float(a.sum()) for a in work["numpy"]()]  # type: ignore[attr-defined]
    turns: dict[str, Turn] = {name: lambda w=w: seconds_of(w) for name, w in work.items()}  # type: ignore[misc]
    if case.get("peer"):
        _add_peer(case, lab, data, turns, peaks, sums)
    ms = take_turns(turns, 5 if count > 1000 else 15)
    off = {k: max(abs(a / b - 1) for a, b in zip(v, ours, strict=True)) for k, v in sums.items()}
    return {
        "ms": ms,
        "times": ratios(ms),
        "peak MB": peaks,
        "off": off,
        "compiling s": compiling,
        **_least(case),
    }


def _add_peer(
    case: Row,
    lab: Laboratory,
    data: dict[str, Any],
    turns: dict[str, Turn],
    peaks: dict[str, float],
    sums: dict[str, list[float]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "inputs.npy"
        stacked = np.stack(list(data.values()), axis=1)
        np.save(place, stacked[:, 0] if len(data) == 1 else stacked)
        spec = {"depth": 3, **case, "inputs": str(place), "memory": True}
        spec["dimension"] = _dimension(case["network"])
        peer = lab.peer("nt kernel", spec)
    if peer is not None:
        turns[PEER] = peer
        peaks[PEER] = peer.facts["peak MB"]
        sums[PEER] = peer.facts["sums"]


def _least(case: Row) -> Row:
    """What one core needs for the functions of a perceptron alone: numpy's arccos or arcsin."""
    if case["network"] != "mlp":
        return {}
    pairs = case["N"] * (case["N"] + 1) / 2 * case["depth"]
    sample = np.linspace(-0.9, 0.9, 2**16)
    one = min(seconds_of(lambda: np.arccos(sample)) for _ in range(5)) / sample.size
    return {"least ms": 1e3 * pairs * one, "bound": "one arccos a pair and layer on one core"}


def measure_share(case: Row, lab: Laboratory) -> Row:
    """A network without a peer beside a perceptron with as many nonlinearities."""
    program, count = program_of(case), case["N"]
    depth = NONLINEARITIES[case["network"]]
    mlp = parse(network("mlp", case["function"], 64, depth))
    turns: dict[str, Turn] = {}
    for name, one in (("tpgraph", program), ("mlp", mlp)):
        data = inputs_of(one, count)
        first = kernel(one, {k: a[:20] for k, a in data.items()})
        if first.unplanned:
            return {"unplanned": first.unplanned}
        turns[name] = lambda one=one, data=data: seconds_of(lambda: kernel(one, data))  # type: ignore[misc]
    ms = take_turns(turns, 3)
    return {"ms": ms, "share": ms["tpgraph"] / ms["mlp"]}


def peer_cases(quick: bool) -> list[Case]:
    """Perceptrons of many sizes, and architectures at one."""
    sizes = {500: 8.0} if quick else {500: 12.0, 1000: 14.0, 2000: 18.0, 4000: 40.0}
    found = [
        Case({"network": "mlp", "function": f, "depth": 3, "N": n, "peer": True}, seconds)
        for f in ("relu", "erf")
        for n, seconds in sizes.items()
    ]
    size = 200 if quick else 500
    for name in ("resnet",) if quick else ("resnet", "layernorm", "attention", "convolution"):
        found.append(Case({"network": name, "function": "relu", "N": size, "peer": True}, 15.0))
    deep = {"network": "mlp", "function": "relu", "depth": 20, "N": size, "peer": True}
    return found if quick else [*found, Case(deep, 20.0)]


def share_cases(quick: bool) -> list[Case]:
    """Networks that no peer has."""
    size = 40 if quick else 500
    functions = {"rnn": "erf"} if quick else {"rnn": "erf", "gru": "tanh", "transformer": "gelu"}
    return [
        Case({"network": name, "function": f, "N": size}, 15.0 if quick else 40.0)
        for name, f in functions.items()
    ]


def growth_cases(quick: bool) -> list[Case]:
    """More and more layers, and more and more inputs, of one perceptron."""
    base: Row = {"network": "mlp", "function": "relu"}
    depths = (4,) if quick else (4, 8, 16)
    sizes = (1000,) if quick else (1000, 2000, 4000, 8000)
    layers: list[Row] = [{**base, "doubled": "depth", "depth": d, "N": 1000} for d in depths]
    inputs: list[Row] = [{**base, "doubled": "N", "depth": 3, "N": n} for n in sizes]
    return [Case(asked, 3.0 + 2e-6 * asked["N"] ** 2 / 4) for asked in (*layers, *inputs)]


def measure_growth(case: Row, lab: Laboratory) -> Row:
    """Milliseconds of a size and of half of it, and the exponent between them."""
    turns: dict[str, Turn] = {}
    smaller = {**case, case["doubled"]: case[case["doubled"]] // 2}
    for name, one in (("tpgraph", case), ("half", smaller)):
        program = program_of(one)
        data = inputs_of(program, one["N"])
        kernel(program, {k: array[:20] for k, array in data.items()}, engine="exact")
        turns[name] = lambda p=program, x=data: seconds_of(lambda: kernel(p, x, engine="exact"))  # type: ignore[misc]
    ms = take_turns(turns, 5)
    return {"ms": ms, "exponent": math.log2(ms["tpgraph"] / ms["half"])}


KERNELS = Benchmark(
    "kernels",
    "NNGP and NTK together, float64: tpgraph.kernel compiled (`jit`) and by numpy alone, "
    "neural-tangents 0.6.5 (CPU, jit), and for perceptrons the recursion in plain numpy on whole "
    "arrays. The best of several calls that take turns, compiling apart; peak memory beyond what "
    "the process had; `off` is how far their sums are apart.",
    peer_cases,
    measure,
    (
        Goal(
            "3-hidden-layer relu and erf MLP, N = 2000 and 4000: times as fast as neural-tangents",
            row("times/neural-tangents", network="mlp", depth=3, N=(2000, 4000)),
            6.0,
        ),
        Goal(
            "the same at N = 500",
            row("times/neural-tangents", network="mlp", depth=3, N=500),
            1.7,
        ),
        Goal(
            "the same, peak memory by neural-tangents' at N ≥ 2000",
            lambda r: _memory_share(r) if r["network"] == "mlp" and r["N"] >= 2000 else None,
            0.5,
            "at most",
        ),
        Goal(
            "resnet, layernorm, attention (3 tokens), convolution (5 pixels), N = 500: as fast",
            row(
                "times/neural-tangents",
                network=("resnet", "layernorm", "attention", "convolution"),
                N=500,
            ),
            1.0,
        ),
        Goal(
            "20 layers, N = 500: as fast",
            row("times/neural-tangents", network="mlp", depth=20),
            1.0,
        ),
    ),
    (Plot("Kernels over N inputs", "N", "ms", ("network", "function", "depth")),),
)


def _memory_share(found: Row) -> float | None:
    peaks = found["peak MB"]
    return peaks["tpgraph"] / peaks[PEER] if peaks.get(PEER) else None


SHARES = Benchmark(
    "recurrent",
    "NNGP and NTK of networks that neural-tangents lacks, beside a perceptron with as many layers "
    "as they have nonlinearities.",
    share_cases,
    measure_share,
    tuple(
        Goal(f"{title}: time by the perceptron's", row("share", network=name), 3.0, "at most")
        for name, title in (("rnn", "RNN, T = 10"), ("gru", "GRU"), ("transformer", "transformer"))
    ),
)  # fmt: skip
GROWTH = Benchmark(
    "growth",
    "Kernels of a relu perceptron with more layers and over more inputs.",
    growth_cases,
    measure_growth,
    (
        Goal(
            "cost linear in N²: exponent of N from N to 2 N ≥ 2000",
            lambda r: r["exponent"] if r["doubled"] == "N" and r["N"] >= 2000 else None,
            2.15,
            "at most",
            "",
        ),
        Goal(
            "cost linear in layers: exponent of the layers",
            row("exponent", doubled="depth"),
            1.1,
            "at most",
            "",
        ),
    ),
    (
        Plot("Kernels over N inputs", "N", "ms", ("doubled",)),
        Plot("Kernels of more layers", "depth", "ms", ("doubled",)),
    ),
)
