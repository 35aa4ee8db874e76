"""One edit in the editor: text in, changed fragments out, in milliseconds of processor time.

Networks and random graphs of 20, 40, 100 and 500 equations are opened, then lines come and go at
random places, in one process without collection of garbage, as in the editor.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.laboratory import Laboratory, ratios
from benchmarks.registry import Benchmark, Case, Goal, Plot, Row, row

from tpgraph.editor import pictures, session
from tpgraph.editor.child import collect_seldom
from tpgraph.notation.labels import mathtext
from tpgraph.notation.layout import layout

GOALS = {
    ("network", 20): 25, ("graph", 20): 25, ("network", 100): 60, ("graph", 100): 100,
    ("network", 500): 300, ("graph", 500): 300,
}  # fmt: skip
PARTS = {
    "parse": (session, "read"),
    "places": (layout, "kept_places"),
    "lines": (layout, "find_linework"),
    "marks": (pictures, "diagram_of"),
    "painting": (pictures, "fragments_of"),
    "difference": (pictures, "difference"),
    "labels": (mathtext, "_line"),
}
"""The functions whose time is the share of a part; labels are set within the others."""


def network(equations: int) -> str:
    """A perceptron with every equation written out."""
    layers = range(1, equations // 2 + 1)
    given = "".join(f"matrix W{k} : n × n ~ N(0, 1)\nvector b{k} : n ~ N(0, 1)\n" for k in layers)
    rows = "".join(f"h{k} = W{k} x{k - 1}\nx{k} = φ(h{k} + b{k})\n" for k in layers)
    head = "program net\nwidth n\nfn φ(z) = tanh(z)\nvector x0 : n ~ N(0, 1)\n"
    return head + given + rows


def graph(equations: int) -> str:
    """Products and Nonlins of random vectors among the last twelve."""
    rng = random.Random(0)
    text = (
        "program graph\nwidth n\nmatrix A, B, C : n × n ~ N(0, 1)\nvector u, v, w : n ~ N(0, 1)\n"
    )
    names = ["u", "v", "w"]
    for k in range(1, equations + 1):
        a, b = rng.sample(names[-12:], 2)
        kinds = (
            f"{rng.choice('ABC')} {a}",
            f"tanh({a} + {b})",
            f"{a} * sin({b})",
            f"relu({a}) - {b}",
        )
        text += f"y{k} = {rng.choice(kinds)}\n"
        names.append(f"y{k}")
    return text


class Clock:
    """Seconds of processor time by part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def over(self) -> Iterator[None]:
        """Measure the parts of what runs within."""
        known = {part: getattr(*place) for part, place in PARTS.items()}
        for part, (module, name) in PARTS.items():
            setattr(module, name, self._timed(part, known[part]))
        try:
            yield
        finally:
            for part, (module, name) in PARTS.items():
                setattr(module, name, known[part])

    def _timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **options: Any) -> Any:
            begin = time.process_time()
            try:
                return function(*arguments, **options)
            finally:
                self.seconds[part] += time.process_time() - begin

        return timed


def edited(lines: list[str], first: int, rng: random.Random, k: int) -> None:
    """A line comes, or the first of those that came goes."""
    new = [i for i, line in enumerate(lines) if line.startswith("q")]
    if k % 3 == 2:
        del lines[new[0]]
        return
    at = rng.randrange(first + 1, len(lines))
    lines.insert(at, f"q{k} = sin({lines[at - 1].split()[0]})\n")


def asked(where: session.Session, op: str, **content: Any) -> tuple[dict[str, Any], float]:
    """The answer, and the seconds that it took with reading and writing JSON."""
    request = json.dumps({"op": op, **content})
    begin = time.process_time()
    answer = where.answer(json.loads(request))
    json.dumps(answer)
    seconds = time.process_time() - begin
    assert "refused" not in answer, answer
    return answer, seconds


def measured(text: str, edits: int) -> dict[str, Any]:
    """The figures of one program."""
    own, rng, clock = session.Session(), random.Random(1), Clock()
    lines = text.splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if line.startswith(("h1 ", "y1 ")))
    answer, opened = asked(own, "open", text=text)
    seconds, sizes = [], []
    with clock.over():
        for k in range(edits):
            edited(lines, first, rng, k)
            have = answer["view"]["revision"]
            answer, taken = asked(own, "sync", text="".join(lines), have=have)
            seconds.append(taken)
            sizes.append(len(json.dumps(answer["view"]["picture"])))
    _, scratch = asked(own, "tidy", text="".join(lines))
    whole = sum(seconds)
    return {
        "open": opened,
        "edit": statistics.median(seconds),
        "worst": max(seconds),
        "scratch": scratch,
        "bytes": statistics.median(sizes),
        "shares": {part: clock.seconds[part] / whole for part in PARTS},
    }


def speed() -> float:
    """Milliseconds for 300 000 turns of a plain loop."""
    begin, found = time.process_time(), {}
    for i in range(300_000):
        found[i & 1023] = (i, i + 1)
    return 1e3 * (time.process_time() - begin)


def measure(case: Row, lab: Laboratory) -> Row:
    """Milliseconds of processor time of an edit, and the shares of the work."""
    collect_seldom()
    text = {"network": network, "graph": graph}[case["program"]](case["equations"])
    measured(text, 1)  # labels are set
    found = measured(text, 4 if lab.quick else 8)
    ms = {"tpgraph": 1e3 * found["edit"], "from scratch": 1e3 * found["scratch"]}
    worst = 1e3 * found["worst"]
    shares = {part: round(share, 2) for part, share in found["shares"].items()}
    return {"ms": ms, "times": ratios(ms), "worst ms": worst, "shares": shares, "loop ms": speed()}


def cases(quick: bool) -> list[Case]:
    """Networks and random graphs."""
    sizes = {20: 3.0} if quick else {20: 3.0, 40: 4.0, 100: 6.0, 500: 25.0}
    return [
        Case({"program": kind, "equations": n}, seconds)
        for n, seconds in sizes.items()
        for kind in ("network", "graph")
    ]


EDIT = Benchmark(
    "edit",
    "One edit in the editor, text in, changed fragments out, in processor time, beside the same "
    "picture from scratch. `loop ms` says how fast the machine is just then.",
    cases,
    measure,
    tuple(
        Goal(
            f"an edit of a {kind} of {n} equations",
            row("ms/tpgraph", program=kind, equations=n),
            bound,
            "at most",
            " ms",
        )
        for (kind, n), bound in GOALS.items()
    ),
    (Plot("An edit in the editor", "equations", "ms", ("program",)),),
)
