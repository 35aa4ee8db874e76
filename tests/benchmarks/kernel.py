"""How long kernels over N inputs take: NNGP and NTK of infinite width, beside one finite network.

Run `python tests/benchmarks/kernel.py [--most 4000] [--output FILE.json]`. Every row is a process
of its own. `infinite` is `tpgraph.kernel`, `finite` one network of width 1024 by Gram products;
`off` is their difference in the NTK, in units of its greatest entry.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from tpgraph.gallery import entry
from tpgraph.kernels import kernel, mean_kernel
from tpgraph.language import parse
from tpgraph.program import Program

WIDTH = 1024
MLP = """
program mlp
width n
dim d = 64
parametrization ntk
fn φ(z) = {function}(z)
data ξ : d
param W[1] : n × d ~ N(0, 1) scale sqrt(2)
param W[2..3] : n × n ~ N(0, 1) scale sqrt(2)
param b[1..3] : n ~ N(0, 1) scale 0.1
param V : 1 × n ~ N(0, 1)
x[1] = φ(W[1] ξ + b[1])
for l in 2..3:
    x[l] = φ(W[l] x[l-1] + b[l])
f = V x[3]
output f
"""


def network(name: str) -> Program:
    """A perceptron of three hidden layers by its nonlinearity, or a program of the gallery."""
    if name in ("relu", "erf", "tanh"):
        return parse(MLP.format(function=name))
    return entry(name).program()


def measure(name: str, count: int) -> dict[str, float | int | str]:
    """Compute both kernels once and say what they cost."""
    program = network(name)
    rng = np.random.default_rng(0)
    data = {
        d.variable.name: rng.standard_normal((count, d.variable.dim.size({}))) for d in program.data
    }
    start = time.perf_counter()
    infinite = kernel(program, data)
    middle = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    finite = mean_kernel(program, data, {"n": WIDTH})
    seconds = time.perf_counter() - middle
    limit, one = np.asarray(infinite.ntk), np.asarray(finite.ntk)
    return {
        "network": name,
        "N": count,
        "engine": infinite.engine,
        "infinite (s)": round(middle - start, 2),
        "peak MB": peak,
        "finite (s)": round(seconds, 2),
        "ratio": round((middle - start) / seconds, 2),
        "off": round(float(np.abs(limit - one).max() / np.abs(limit).max()), 3),
    }


def cases(most: int) -> list[tuple[str, int]]:
    """Networks and numbers of inputs."""
    sizes = [n for n in (500, 2000, 4000) if n <= most]
    return [(name, n) for name in ("relu", "erf") for n in sizes] + [
        ("tanh", 200),
        ("rnn", 200),
        ("transformer", 50),
        ("autoencoder", 20),
    ]


def main() -> None:
    """Print the table; write JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=4000)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--one", nargs=2, metavar=("NETWORK", "N"))
    options = parser.parse_args()
    if options.one:
        name, count = options.one
        print(json.dumps(measure(name, int(count))))
        return
    rows = []
    for case in cases(options.most):
        command = [sys.executable, __file__, "--one", *map(str, case)]
        finished = subprocess.run(command, capture_output=True, text=True, check=True)
        rows.append(json.loads(finished.stdout))
        if len(rows) == 1:
            print("  ".join(f"{key:>12}" for key in rows[0]))
        print("  ".join(f"{value!s:>{max(12, len(key))}}" for key, value in rows[-1].items()))
    if options.output:
        options.output.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
