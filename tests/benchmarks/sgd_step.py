"""One `sgd_step` of generated code against a hand-written numpy version of the same network.

    python tests/benchmarks/sgd_step.py [--width 1024] [--batch 64] [--json FILE]

Both train a three-layer tanh MLP in the NTK parametrization from the same parameters; the steps
alternate, so that both meet the same machine. The ratio is of the medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from tpgraph.compiler import Module, compile
from tpgraph.functions import ADD, DIV, NEG, POW, PRIMITIVES, Apply, Argument, Defined
from tpgraph.program import (
    NTK,
    Builder,
    Call,
    Constant,
    Data,
    Parameter,
    Product,
    Program,
    Ref,
    Target,
    Variable,
)
from tpgraph.types import Fixed, Matrix, Vector, Width

D, K = 64, 10


def mlp() -> Program:
    n, b = Width("n"), Builder("mlp")
    b.parametrization = NTK
    b.width(n)
    phi = b.define(Defined("φ", ("z",), Apply(PRIMITIVES["tanh"], (Argument(0),))))
    (xi,) = b.declare(Data(Variable("ξ", Vector(Fixed(D)))))
    (y,) = b.declare(Target(Variable("y", Vector(Fixed(K)))))
    x = xi
    for layer, columns in ((1, Fixed(D)), (2, n), (3, n)):
        (W,) = b.declare(Parameter(Variable(f"W[{layer}]", Matrix(n, columns)), 1.0, 2**0.5))
        (bias,) = b.declare(Parameter(Variable(f"b[{layer}]", Vector(n)), 1.0, 0.1))
        h = b.bind(f"h[{layer}]", Product(W, False, Ref(x)))
        x = b.bind(f"x[{layer}]", Call(phi, (Call(ADD, (Ref(h), Ref(bias))),)))
    (V,) = b.declare(Parameter(Variable("V", Matrix(Fixed(K), n)), 1.0))
    f = b.bind("f", Product(V, False, Ref(x)))
    b.output(f)
    error = Call(ADD, (Ref(f), Call(NEG, (Ref(y),))))
    two = Constant(2)  # type: ignore[arg-type]
    b.loss(b.bind("L", Call(DIV, (Call(POW, (error, two)), two))))
    return b.build()


def by_hand(p: dict[str, Any], x0: Any, y: Any, lr: float) -> Any:
    """The same step as one writes it by hand."""
    n, d = p["W[1]"].shape
    c1, c, cv, cb = (2 / d) ** 0.5, (2 / n) ** 0.5, n**-0.5, 0.1
    x1 = np.tanh(c1 * (x0 @ p["W[1]"].T) + cb * p["b[1]"])
    x2 = np.tanh(c * (x1 @ p["W[2]"].T) + cb * p["b[2]"])
    x3 = np.tanh(c * (x2 @ p["W[3]"].T) + cb * p["b[3]"])
    error = cv * (x3 @ p["V"].T) - y
    loss = (error**2).sum() / 2 / len(y)
    g = error / len(y)
    g3 = cv * (g @ p["V"]) * (1 - x3**2)
    g2 = c * (g3 @ p["W[3]"]) * (1 - x2**2)
    g1 = c * (g2 @ p["W[2]"]) * (1 - x1**2)
    p["V"] -= lr * cv * (g.T @ x3)
    for layer, scale, g_l, x in ((3, c, g3, x2), (2, c, g2, x1), (1, c1, g1, x0)):
        p[f"W[{layer}]"] -= lr * scale * (g_l.T @ x)
        p[f"b[{layer}]"] -= lr * cb * g_l.sum(axis=0)
    return loss


def measure(module: Module, width: int, batch: int, steps: int) -> dict[str, float]:
    """Median seconds of both, and their ratio."""
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal((batch, k)).astype(module.dtype) for k in (D, K))
    ours = module.init({"n": width}, 0)
    theirs = {name: value.copy() for name, value in ours.items()}
    seconds: dict[str, list[float]] = {"generated": [], "by_hand": []}
    for _ in range(steps):
        start = time.perf_counter()
        loss = module.sgd_step(ours, x, y, 0.1)
        middle = time.perf_counter()
        reference = by_hand(theirs, x, y, 0.1)
        seconds["generated"].append(middle - start)
        seconds["by_hand"].append(time.perf_counter() - middle)
    assert abs(loss / reference - 1) < 1e-3, "the two train differently"
    medians = {name: statistics.median(found[2:]) for name, found in seconds.items()}
    return {**medians, "ratio": medians["generated"] / medians["by_hand"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = {}
    print(f"{'dtype':8} {'generated':>12} {'by hand':>12} {'ratio':>6}")
    for dtype in ("float32", "float64"):
        row = measure(compile(mlp(), dtype), options.width, options.batch, options.steps)
        rows[dtype] = row
        generated, hand = 1e3 * row["generated"], 1e3 * row["by_hand"]
        print(f"{dtype:8} {generated:9.2f} ms {hand:9.2f} ms {row['ratio']:6.2f}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
