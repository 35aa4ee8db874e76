"""Time of parse, check and compile at 10³, 10⁴, 10⁵ equations: `python parse_check_compile.py`.

Two texts of one network are timed: `flat` writes every equation out, `loop` says it by a family
and a `for`. Prints a table, and writes the figures as JSON where `-o FILE` says. Everything is
measured in one run; ratios to ten times fewer equations show whether time is linear.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tpgraph.language import parse
from tpgraph.program import Program, check

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


def flat(layers: int) -> str:
    """A perceptron with every equation written out."""
    rows = [f"h[{k}] = W x[{k - 1}]\nx[{k}] = tanh(h[{k}] + b)\n" for k in range(2, layers + 1)]
    return HEAD + "".join(rows) + TAIL.format(layers=layers)


def loop(layers: int) -> str:
    """The same perceptron by a loop."""
    body = f"for k in 2..{layers}:\n    h[k] = W x[k-1]\n    x[k] = tanh(h[k] + b)\n"
    return HEAD + body + TAIL.format(layers=layers)


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that an action takes, and its result."""
    gc.collect()
    begin = time.perf_counter()
    result = action()
    return time.perf_counter() - begin, result


def compiler() -> Callable[[Program], Any] | None:
    """`tpgraph.compile`, where it is installed."""
    try:
        from tpgraph import compile
    except ImportError:
        return None
    return compile


def measure(text: str) -> dict[str, Any]:
    """The figures of one text."""
    row: dict[str, Any] = {"bytes": len(text.encode())}
    row["parse"], program = timed(lambda: parse(text))
    row["equations"] = len(program.equations)
    row["check"], _ = timed(lambda: check(program))
    compile = compiler()
    row["compile"] = timed(lambda: compile(program))[0] if compile is not None else None
    return row


def main() -> None:
    """Measure, print a table, write JSON."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("-o", "--output", type=Path)
    arguments.add_argument("--sizes", type=int, nargs="+", default=[10**3, 10**4, 10**5])
    options = arguments.parse_args()
    parse(flat(3))  # builds the parser's tables
    results = []
    print("text  equations  parse s  check s  compile s  µs/equation  ratio to the size before")
    for kind, write in (("flat", flat), ("loop", loop)):
        before = None
        for size in options.sizes:
            row = {"text": kind, **measure(write(size // 2))}
            total = row["parse"] + row["check"]
            ratio = f"{total / before:.1f}" if before else ""
            compiled = f"{row['compile']:9.2f}" if row["compile"] is not None else "        –"
            print(
                f"{kind}  {row['equations']:9}  {row['parse']:7.2f}  {row['check']:7.2f}"
                f"  {compiled}  {1e6 * total / row['equations']:11.1f}  {ratio}"
            )
            before = total
            results.append(row)
    if options.output is not None:
        options.output.write_text(json.dumps(results, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
