"""Time and memory against the size of programs: parse, check, compile, unroll."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

from benchmarks.laboratory import Laboratory, peak_memory
from benchmarks.registry import Benchmark, Case, Goal, Plot, Row, row

from tpgraph.compiler import compile
from tpgraph.language import parse
from tpgraph.program import check
from tpgraph.transform import backward, unroll_sgd

HEAD = """program deep
width n
dim d = 8
parametrization ntk
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1)
param b : n ~ N(0, 1) scale 0.1
param V : 1 × n ~ N(0, 1)
h[1] = U ξ
x[1] = tanh(h[1] + b)
"""
TAIL = "f = V x[{layers}]\noutput f\nloss (f - y)^2 / 2\n"
UNROLLED = """program mlp
width n
dim d = 8
const L = 10
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


def flat(layers: int) -> str:
    """A perceptron with every equation written out."""
    rows = [f"h[{k}] = W x[{k - 1}]\nx[{k}] = tanh(h[{k}] + b)\n" for k in range(2, layers + 1)]
    return HEAD + "".join(rows) + TAIL.format(layers=layers)


def loop(layers: int) -> str:
    """The same perceptron by a loop."""
    body = f"for k in 2..{layers}:\n    h[k] = W x[k-1]\n    x[k] = tanh(h[k] + b)\n"
    return HEAD + body + TAIL.format(layers=layers)


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds that an action takes, and its result."""
    gc.collect()
    begin = time.perf_counter()
    result = action()
    return 1e3 * (time.perf_counter() - begin), result


def measure(case: Row, lab: Laboratory) -> Row:
    """Milliseconds of each stage, and microseconds an equation."""
    write = {"flat": flat, "loop": loop}[case["text"]]
    text = write(case["equations"] // 2)
    parse(write(3))  # builds the parser's tables
    ms: dict[str, float] = {}
    ms["parse"], program = timed(lambda: parse(text))
    ms["check"], _ = timed(lambda: check(program))
    ms["compile"], _ = timed(lambda: compile(program))
    ms["backward"], made = timed(lambda: backward(program))
    rate = len(made.equations) / ms["backward"] * 1e3
    total = ms["parse"] + ms["check"] + ms["compile"]
    return {"ms": ms, "s in all": total / 1e3, "transformed a second": rate}


def measure_unrolled(case: Row, lab: Laboratory) -> Row:
    """Seconds and memory of SGD unrolled; the Nonlins of step t have t terms."""
    program = parse(UNROLLED)
    found: list[Any] = []

    def work() -> None:
        found.append(timed(lambda: unroll_sgd(program, case["steps"], lr=0.1)))

    peak = peak_memory(work) / 1024
    ms, unrolled = found[0]
    count = len(unrolled.equations)
    symbols = count + sum(len(e.inputs) for e in unrolled.equations)
    return {
        "made": count,
        "symbols": symbols,
        "ms": {"unroll_sgd": ms},
        "µs a symbol": 1e3 * ms / symbols,
        "equations a second": 1e3 * count / ms,
        "peak GB": peak,
        "GB a million equations": peak * 1e6 / count,
    }


def cases(quick: bool) -> list[Case]:
    """Sizes by tens."""
    sizes = (10**3,) if quick else (10**3, 10**4, 10**5)
    return [
        Case({"text": kind, "equations": n}, 1.5 + 3e-4 * n)
        for kind in ("flat", "loop")
        for n in sizes
    ]


def unrolled_cases(quick: bool) -> list[Case]:
    """Steps."""
    steps = (10,) if quick else (50, 100, 200)
    return [Case({"steps": s}, 2.0 + 5e-4 * s**2) for s in steps]


EQUATIONS = Benchmark(
    "equations",
    "A perceptron of many equations, all written out and by a loop.",
    cases,
    measure,
    (
        Goal("parse + check + compile 10⁵ equations: seconds",
             row("s in all", equations=10**5), 10.0, "at most", " s"),
        Goal("backward: equations a second, of 10⁵",
             row("transformed a second", equations=10**5), 1e5, "at least", ""),
    ),
    (Plot("Programs of more equations", "equations", "ms", ("text",)),),
)  # fmt: skip
UNROLLING = Benchmark(
    "unrolling",
    "SGD of a perceptron of ten hidden layers unrolled; `symbols` counts equations and arguments, "
    "for the Nonlins of step t have t terms.",
    unrolled_cases,
    measure_unrolled,
    (
        Goal("unroll: equations a second", row("equations a second"), 1e5, "at least", ""),
        Goal("10⁶ equations in 4 GB: GB a million, of many steps",
             lambda r: r["GB a million equations"] if r["made"] > 2e5 else None,
             4.0, "at most", " GB"),
    ),
    (Plot("SGD unrolled", "symbols", "ms"),),
)  # fmt: skip
