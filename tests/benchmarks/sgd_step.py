"""One `sgd_step` of generated code, plain and optimized, beside others of the same network.

    python tests/benchmarks/sgd_step.py [--width 1024] [--batch 1] [--json FILE]

All train an MLP of three hidden layers in the NTK parametrization from the same parameters: numpy
by hand, PyTorch as it runs and compiled, JAX compiled, where they are installed. Steps come in
blocks of 32 (as many updates as a weight keeps), block after block of each, so that all meet the
same machine. Ratios are of the medians over blocks of the time of a step, to the optimized one's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from tpgraph.compiler import compile
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
BLOCK = 32
Stepper: TypeAlias = Callable[[], float]


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


def torch_step(start: Mapping[str, Any], x0: Any, y: Any, lr: float, compiled: bool) -> Stepper:
    """The same in PyTorch."""
    torch: Any = import_module("torch")
    p = {name: torch.tensor(value, requires_grad=True) for name, value in start.items()}
    x, target = torch.tensor(x0), torch.tensor(y)
    n, d = start["W[1]"].shape

    def loss_of(p: Any) -> Any:
        h = torch.tanh((2 / d) ** 0.5 * (x @ p["W[1]"].T) + 0.1 * p["b[1]"])
        h = torch.tanh((2 / n) ** 0.5 * (h @ p["W[2]"].T) + 0.1 * p["b[2]"])
        h = torch.tanh((2 / n) ** 0.5 * (h @ p["W[3]"].T) + 0.1 * p["b[3]"])
        return ((n**-0.5 * (h @ p["V"].T) - target) ** 2).sum() / 2 / len(x)

    loss_of = torch.compile(loss_of) if compiled else loss_of
    optimizer = torch.optim.SGD(p.values(), lr=lr)

    def step() -> float:
        optimizer.zero_grad()
        loss = loss_of(p)
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return step


def jax_step(start: Mapping[str, Any], x0: Any, y: Any, lr: float) -> Stepper:
    """The same in JAX: one compiled step that gives its arrays away."""
    jax: Any = import_module("jax")
    np_: Any = import_module("jax.numpy")
    jax.config.update("jax_enable_x64", True)
    n, d = start["W[1]"].shape

    def loss_of(p: Any) -> Any:
        h = np_.tanh((2 / d) ** 0.5 * (x0 @ p["W[1]"].T) + 0.1 * p["b[1]"])
        h = np_.tanh((2 / n) ** 0.5 * (h @ p["W[2]"].T) + 0.1 * p["b[2]"])
        h = np_.tanh((2 / n) ** 0.5 * (h @ p["W[3]"].T) + 0.1 * p["b[3]"])
        return ((n**-0.5 * (h @ p["V"].T) - y) ** 2).sum() / 2 / len(x0)

    def moved(p: Any) -> Any:
        loss, slopes = jax.value_and_grad(loss_of)(p)
        return loss, {name: w - lr * slopes[name] for name, w in p.items()}

    one = jax.jit(moved, donate_argnums=0)
    held = [{name: np_.asarray(value) for name, value in start.items()}]

    def step() -> float:
        loss, held[0] = one(held[0])
        return float(loss)

    return step


def steppers(width: int, batch: int, dtype: str, lr: float) -> dict[str, Stepper]:
    """A step of each, all from the same parameters."""
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal((batch, k)).astype(dtype) for k in (D, K))
    plain, fast = compile(mlp(), dtype), compile(mlp(), dtype, optimize=True)
    start = plain.init({"n": width}, 0)

    def copies() -> dict[str, Any]:
        return {name: value.copy() for name, value in start.items()}

    p, q, r = copies(), copies(), copies()
    found: dict[str, Stepper] = {
        "optimized": lambda: float(fast.sgd_step(p, x, y, lr)),
        "plain": lambda: float(plain.sgd_step(q, x, y, lr)),
        "by hand": lambda: float(by_hand(r, x, y, lr)),
    }
    if find_spec("torch"):
        found["torch"] = torch_step(start, x, y, lr, compiled=False)
        found["torch.compile"] = torch_step(start, x, y, lr, compiled=True)
    if find_spec("jax"):
        found["jax.jit"] = jax_step(copies(), x, y, lr)
    return found


def measure(width: int, batch: int, dtype: str, blocks: int) -> dict[str, float]:
    """Median seconds of a step of each, over blocks that take turns."""
    steps = steppers(width, batch, dtype, 0.05)
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    losses: dict[str, float] = {}
    for name, step in steps.items():
        losses[name] = [step() for _ in range(3)][-1]
    assert np.ptp(list(losses.values())) < 1e-3 * max(losses.values()), f"trained apart: {losses}"
    for _ in range(blocks):
        for name, step in steps.items():
            start = time.perf_counter()
            for _ in range(BLOCK):
                step()
            seconds[name].append((time.perf_counter() - start) / BLOCK)
    return {name: statistics.median(found) for name, found in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, nargs="+", default=[128, 512, 1024, 2048])
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = {}
    for width in options.width:
        found = measure(width, options.batch, options.dtype, options.blocks)
        rows[width] = found
        print(f"width {width}, batch {options.batch}, {options.dtype}")
        for name, seconds in found.items():
            ratio = seconds / found["optimized"]
            print(f"  {name:14} {1e3 * seconds:9.3f} ms {ratio:7.2f}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
