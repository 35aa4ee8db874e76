"""How long unrolling SGD takes, and how much memory: it is linear in the size of its result.

Run `python tests/benchmarks/unroll_sgd.py [--equations 1000000] [--output FILE.json]`. Every row is
a process of its own. `symbols` counts equations and their arguments: the Nonlins of step t have t
terms, so that equations alone are not the size.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

from tpgraph.language import parse
from tpgraph.transform import unroll_sgd

MLP = """
program mlp
width n
dim d = 8
const L = {depth}
parametrization ntk
fn φ(z) = tanh(z)
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param W[1..L] : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
x[0] = φ(U ξ)
for l in 1..L:
    x[l] = φ(W[l] x[l-1])
f = V x[L]
output f
loss (f - y)^2 / 2
"""


def measure(depth: int, steps: int, form: str) -> dict[str, float | int | str]:
    """Unroll once and say what it cost."""
    program = parse(MLP.format(depth=depth))
    start, busy = time.perf_counter(), time.process_time()
    unrolled = unroll_sgd(program, steps, form=form, learning_rate=0.1)
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    arguments = sum(len(e.inputs) for e in unrolled.equations)
    symbols = len(unrolled.equations) + arguments
    return {
        "form": form,
        "depth": depth,
        "steps": steps,
        "equations": len(unrolled.equations),
        "symbols": symbols,
        "seconds": round(seconds, 2),
        "processor seconds": round(busy, 2),
        "µs per symbol": round(1e6 * busy / symbols, 2),
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def cases(equations: int) -> list[tuple[int, int, str]]:
    """Depths, steps and forms whose sizes grow by fours up to about `equations`."""
    found = []
    for form in ("exact", "fluctuation"):
        for part in (16, 4, 1):
            steps = max(1, round((equations / part / (18 if form == "exact" else 25)) ** 0.5))
            found.append((10, steps, form))
    return found


def main() -> None:
    """Print the table; write JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--equations", type=int, default=1_000_000)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--one", nargs=3, metavar=("DEPTH", "STEPS", "FORM"))
    options = parser.parse_args()
    if options.one:
        depth, steps, form = options.one
        print(json.dumps(measure(int(depth), int(steps), form)))
        return
    rows = []
    for case in cases(options.equations):
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
