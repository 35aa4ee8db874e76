"""Exact kernels beside neural-tangents and the recursion in plain numpy, in one run.

Run `python tests/benchmarks/kernel_peers.py --peer PYTHON [--most 4000] [--output FILE.json]`,
where PYTHON has neural-tangents 0.6.5 on jax 0.4.35 in an environment of its own. Perceptrons of 3
hidden layers, relu or erf, NNGP and NTK together, float64: the best of several calls after a first
one, and the peak memory of the process above what it had before. Ratios are the peer's time by
tpgraph's.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SIZES = (500, 2000, 4000)
DEPTH, DIMENSION = 3, 64
SIGMA_W2, SIGMA_B2 = 2.0, 0.01


def inputs(count: int) -> Any:
    """Standard normal inputs."""
    return np.random.default_rng(0).standard_normal((count, DIMENSION))


def ours(function: str) -> Callable[[Any], tuple[Any, Any]]:
    """`tpgraph.kernel`, planned before the first call ends."""
    from tpgraph.kernels import kernel
    from tpgraph.language import parse

    program = parse(
        f"""program mlp
width n
dim d = {DIMENSION}
parametrization ntk
data ξ : d
param W[1] : n × d ~ N(0, 1) scale sqrt(2)
param W[2..{DEPTH}] : n × n ~ N(0, 1) scale sqrt(2)
param b[1..{DEPTH}] : n ~ N(0, 1) scale 0.1
param V : 1 × n ~ N(0, 1)
x[1] = {function}(W[1] ξ + b[1])
for l in 2..{DEPTH}:
    x[l] = {function}(W[l] x[l-1] + b[l])
f = V x[{DEPTH}]
output f
"""
    )

    def run(X: Any) -> tuple[Any, Any]:
        found = kernel(program, X, engine="exact")
        return found.nngp, found.ntk

    return run


def plain(function: str) -> Callable[[Any], tuple[Any, Any]]:
    """Σ ← σ_w² E[φφ] + σ_b², Θ ← Σ + σ_w² E[φ′φ′] Θ on whole arrays."""

    def duals(p: Any, c: Any) -> tuple[Any, Any]:
        if function == "relu":
            root = np.sqrt(p[:, None] * p[None, :])
            angle = np.arccos(np.clip(c / root, -1, 1))
            values = root * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / (2 * np.pi)
            return values, (np.pi - angle) / (2 * np.pi)
        size = (1 + 2 * p[:, None]) * (1 + 2 * p[None, :])
        return (
            2 / np.pi * np.arcsin(2 * c / np.sqrt(size)),
            4 / np.pi / np.sqrt(size - 4 * c**2),
        )

    def run(X: Any) -> tuple[Any, Any]:
        sigma = SIGMA_W2 * X @ X.T / DIMENSION + SIGMA_B2
        theta = sigma
        for layer in range(DEPTH):
            last = layer == DEPTH - 1
            w, b = (1.0, 0.0) if last else (SIGMA_W2, SIGMA_B2)
            values, slopes = duals(np.diag(sigma), sigma)
            sigma = w * values + b
            theta = sigma + w * slopes * theta
        return sigma, theta

    return run


def peer(function: str) -> Callable[[Any], tuple[Any, Any]]:
    """neural-tangents, jit."""
    import jax

    jax.config.update("jax_enable_x64", True)
    sys.modules["neural_tangents.experimental"] = types.ModuleType("neural_tangents.experimental")
    from jax._src import source_info_util
    from jax.interpreters import ad

    vars(ad)["source_info_util"] = source_info_util
    from neural_tangents import stax

    phi = {"relu": stax.Relu, "erf": stax.Erf}[function]
    layers = [stax.Dense(1, SIGMA_W2**0.5, SIGMA_B2**0.5), phi()] * DEPTH
    _, _, kernel_fn = stax.serial(*layers, stax.Dense(1, 1.0, None))
    compiled = jax.jit(lambda x: kernel_fn(x, None, ("nngp", "ntk")))

    def run(X: Any) -> tuple[Any, Any]:
        found = compiled(X)
        return found.nngp.block_until_ready(), found.ntk.block_until_ready()

    return run


WAYS = {"tpgraph": ours, "numpy": plain, "neural-tangents": peer}


def measure(way: str, function: str, count: int, calls: int) -> dict[str, Any]:
    """Best time, peak memory, and what the kernels sum up to."""
    run, X = WAYS[way](function), inputs(count)
    run(X[:50])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    nngp, ntk = run(X)
    sums = float(np.asarray(nngp).sum()), float(np.asarray(ntk).sum())
    del nngp, ntk
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    best = min(_seconds(run, X) for _ in range(calls))
    return {"ms": round(1e3 * best, 2), "peak MB": round(peak), "sums": sums}


def _seconds(run: Callable[[Any], object], X: Any) -> float:
    start = time.perf_counter()
    run(X)
    return time.perf_counter() - start


def main() -> None:
    """Print the table; write JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="a Python that has neural-tangents")
    parser.add_argument("--most", type=int, default=4000)
    parser.add_argument("--calls", type=int, default=5)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--one", nargs=3, metavar=("WAY", "FUNCTION", "N"))
    options = parser.parse_args()
    if options.one:
        way, function, count = options.one
        print(json.dumps(measure(way, function, int(count), options.calls)))
        return
    rows = []
    for function in ("relu", "erf"):
        for count in (n for n in SIZES if n <= options.most):
            rows.append(_row(function, count, options))
            print(json.dumps(rows[-1]), flush=True)
    if options.output:
        options.output.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def _row(function: str, count: int, options: argparse.Namespace) -> dict[str, Any]:
    found = {}
    for way in WAYS:
        python = options.peer if way == "neural-tangents" else sys.executable
        if python is not None:
            command = [python, __file__, "--one", way, function, str(count)]
            command += ["--calls", str(options.calls)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[way] = json.loads(done.stdout)
    first = found["tpgraph"]
    row: dict[str, Any] = {"function": function, "N": count}
    for way, one in found.items():
        off = max(abs(a / b - 1) for a, b in zip(one["sums"], first["sums"], strict=True))
        row[way] = {"ms": one["ms"], "peak MB": one["peak MB"]}
        if way != "tpgraph":
            row[way] |= {"times": round(one["ms"] / first["ms"], 2), "off": f"{off:.0e}"}
    return row


if __name__ == "__main__":
    main()
