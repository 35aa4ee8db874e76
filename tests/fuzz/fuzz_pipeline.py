"""Fuzzing of the whole way: mutated gallery programs are parsed, checked, drawn, compiled, taken
to their limit; each ends in a result or a TPError, within a budget of time and memory.

    python tests/fuzz/fuzz_pipeline.py --runs 2000 --seed 0
    python tests/fuzz/fuzz_pipeline.py --runs 100000 --language

With --language an input is only read, checked, printed and formatted, which is quick.

Inputs are made by the seed alone, so that a number finds its input again. A fault is an exception
that is no TPError, and an input that takes longer than --seconds or more than --memory MB.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import numpy as np
from fuzz_parser import one_input as in_language  # type: ignore[import-not-found]

import tpgraph as tp

NUMBERS = ("0", "1", "-1", "2", "3", "1e308", "1e-308", "1e200", "-1/2", "0.5", "10^9", "99999999",
           "1e400", "sqrt(2)", "1/0", "n", "L", "2^2^2^2^2")  # fmt: skip
FUNCTIONS = ("tanh", "relu", "erf", "exp", "log", "sqrt", "abs", "sign", "step", "sigmoid", "gelu",
             "sin", "silu", "softplus", "mean", "max", "min", "sinh")  # fmt: skip
LINES = (
    "width m = 2 n", "const K = 4", "fn c(z) = 1", "vector q : n ~ N(0, 0)", "output h",
    "vector p, r : n ~ N([0, 1], [[1, .5], [.5, 1]]) as X", "scalar ε -> 0 = 1/sqrt(n)",
    "loss mean(f)", 'label x = "\\tilde x"', "q = tanh'''''(x)", "z = W' tanh(W x)",
    "m = mean(x^20)",
    "y = x^2^2^2", "for l in 1..1000000: x[l] = tanh(x[l-1])", "parametrization mup",
    "s = sum(x*k for k in 1..300)", "y = x / mean(x - x)", "y = exp(exp(exp(x)))",
    "matrix A : n × n ~ N(0, 1)",
)  # fmt: skip
ENVIRONMENT = {
    "TPGRAPH_MAX_TERMS": "3000",
    "TPGRAPH_MAX_SECONDS": "1",
    "TPGRAPH_MAX_MEMORY": "2000000000",
}
"""Lower limits, so that one input stays small."""


class TooLong(BaseException):
    """The budget of time is used up; no code of tpgraph catches it."""


def mutated(text: str, others: list[str], rng: random.Random) -> str:
    """A text with a few changes of its lines, numbers, names and marks."""
    lines = text.splitlines()
    for _ in range(rng.choice((1, 1, 2, 3))):
        place = rng.randrange(len(lines))
        lines[place : place + 1] = rng.choice(CHANGES)(lines[place], others, rng)
        lines = lines or [""]
    return "\n".join(lines) + "\n"


def _number(line: str, _: list[str], rng: random.Random) -> list[str]:
    places = [i for i, c in enumerate(line) if c.isdigit()]
    if not places:
        return [line]
    at = rng.choice(places)
    return [line[:at] + rng.choice(NUMBERS) + line[at + 1 :]]


def _function(line: str, _: list[str], rng: random.Random) -> list[str]:
    for name in ("φ", *FUNCTIONS):
        if f"{name}(" in line:
            prime = "'" * rng.choice((0, 0, 1, 2, 9, 1000))
            return [line.replace(f"{name}(", f"{rng.choice(('φ', *FUNCTIONS))}{prime}(", 1)]
    return [line]


def _wrapped(line: str, _: list[str], rng: random.Random) -> list[str]:
    head, equals, value = line.partition(" = ")
    return [f"{head} = {rng.choice(FUNCTIONS)}({value})"] if equals else [line]


def _power(line: str, _: list[str], rng: random.Random) -> list[str]:
    head, equals, value = line.partition(" = ")
    return [f"{head} = ({value})^{rng.choice(NUMBERS)}"] if equals else [line]


def _cut(line: str, _: list[str], rng: random.Random) -> list[str]:
    at = rng.randrange(len(line) + 1)
    return [line[:at] + line[min(len(line), at + rng.randint(1, 4)) :]]


def _inserted(line: str, _: list[str], rng: random.Random) -> list[str]:
    at = rng.randrange(len(line) + 1)
    return [line[:at] + rng.choice("()[]'~*+-/^. ,=ξWxn1\u0303\x1b") + line[at:]]


CHANGES: tuple[Callable[[str, list[str], random.Random], list[str]], ...] = (
    _number,
    _number,
    _function,
    _function,
    _wrapped,
    _power,
    _cut,
    _inserted,
    lambda line, others, rng: [line, rng.choice(LINES)],
    lambda line, others, rng: [line, rng.choice(others)],
    lambda line, others, rng: [],
    lambda line, others, rng: [line, line],
)


def readings(program: tp.Program, rng: random.Random) -> None:
    """One reading of the program, chosen by the input; the cheap ones always."""
    str(tp.report(program))
    tp.to_json(program)
    chosen = rng.random()
    if chosen < 0.06:
        tp.draw(program, fold=rng.random() < 0.5, direction=rng.choice(("LR", "TB")))
    elif chosen < 0.08:
        tp.draw(tp.backward(program))
    elif chosen < 0.35:
        module = tp.compile(program)
        compile(module.source, "<generated>", "exec")
    elif chosen < 0.5:
        sample = tp.synthetic_data(program, 1).row(0) if program.data else None
        tp.run(program, {w.name: 3 for w in program.base_widths}, 0, sample)
    elif chosen < 0.7:
        sample = tp.synthetic_data(program, 1).row(0) if program.data else None
        tp.limit(program, data=sample, samples=4096).derivation()
    elif chosen < 0.75:
        tp.listing(tp.unroll_sgd(program, steps=1))
    elif chosen < 0.8:
        tp.latex_listing(tp.backward(program))
    elif chosen < 0.85:
        tp.to_text(tp.reduce(program))
    elif chosen < 0.87 and program.data:
        tp.kernel(program, dict(tp.synthetic_data(program, 2).arrays), samples=4096)


def one_input(number: int, seed: int, texts: list[str], language: bool = False) -> str:
    """What became of an input: `program`, or the name of its TPError; `read` of the language."""
    rng = random.Random(f"{seed}-{number}")
    text = mutated(rng.choice(texts), [line for t in texts for line in t.splitlines()], rng)
    if language:
        in_language(bytes([number % 3]) + text.encode())
        return "read"
    try:
        readings(tp.parse(text), rng)
    except tp.TPError as error:
        str(error)
        return type(error).__name__
    return "program"


def main() -> int:
    """Run, print what became of the inputs, and exit with 1 if there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=20.0, help="of processor time, an input")
    parser.add_argument("--memory", type=int, default=6000, help="MB of address space")
    parser.add_argument("--language", action="store_true", help="read, print and format only")
    asked = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    resource.setrlimit(resource.RLIMIT_AS, (asked.memory << 20, resource.RLIM_INFINITY))
    signal.signal(signal.SIGVTALRM, _overdue)
    folder = Path(tp.__file__).parents[1] / "diagrams"
    texts = [path.read_text("utf-8") for path in sorted(folder.glob("*.tp"))]
    outcomes: Counter[str] = Counter()
    slowest, begun = (0.0, -1), time.monotonic()
    for number in range(asked.first, asked.first + asked.runs):
        before = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, asked.seconds)
        try:
            outcomes[one_input(number, asked.seed, texts, asked.language)] += 1
        except (Exception, TooLong) as fault:
            outcomes["FAULT"] += 1
            where = traceback.extract_tb(fault.__traceback__)[-1]
            place = f"{Path(where.filename).name}:{where.lineno}"
            print(
                f"input {number}: {type(fault).__name__} {str(fault)[:90]} at {place}", flush=True
            )
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        slowest = max(slowest, (time.process_time() - before, number))
        if number % 5000 == 4999:
            print(f"{number + 1}: {dict(outcomes)}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{asked.runs} inputs in {time.monotonic() - begun:.0f} s: {dict(outcomes)}")
    print(f"slowest: input {slowest[1]}, {slowest[0]:.1f} s; at most {peak} MB")
    return 1 if outcomes["FAULT"] else 0


def _overdue(signum: int, frame: FrameType | None) -> None:
    raise TooLong("the budget of time is used up")


if __name__ == "__main__":
    sys.exit(main())
