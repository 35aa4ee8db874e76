"""One edit in the editor: text in, changed fragments out, in milliseconds of processor time.

    python tests/benchmarks/edit.py [--edits 8] [--json OUT.json]

Networks and random graphs of 20, 40, 100 and 500 equations are opened, then lines come and go at
random places. A row has the median of all edits beside its goal, the largest, the bytes
of the changed picture, the shares of the work, and the ratio to the same picture from scratch
(Tidy). Everything is measured in one process without collection of garbage, as in the editor; the
first line says how fast the machine is just then.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tpgraph.editor import pictures, session
from tpgraph.editor.child import collect_seldom
from tpgraph.notation.labels import mathtext
from tpgraph.notation.layout import layout

GOALS = {
    "network 20": 25, "graph 20": 25, "network 100": 60, "graph 100": 100,
    "network 500": 300, "graph 500": 300,
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


def main() -> None:
    """Print the table; with --json write it too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=8)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    collect_seldom()
    print(f"plain loop: {speed():.0f} ms")
    print(f"{'':12s} {'edit':>6s} {'goal':>6s} {'worst':>6s} {'scratch':>8s} {'ratio':>6s} "
          f"{'bytes':>7s}  " + " ".join(f"{part:>10s}" for part in PARTS))  # fmt: skip
    rows = {}
    for kind, size in (
        (network, 20), (graph, 20), (network, 40), (graph, 40),
        (network, 100), (graph, 100), (network, 500), (graph, 500),
    ):  # fmt: skip
        name = f"{kind.__name__} {size}"
        measured(kind(size), 1)  # labels are set
        row = rows[name] = measured(kind(size), options.edits)
        shares = " ".join(f"{share:>10.0%}" for share in row["shares"].values())
        print(f"{name:12s} {1e3 * row['edit']:6.0f} {GOALS.get(name, ''):>6} "
              f"{1e3 * row['worst']:6.0f} {1e3 * row['scratch']:8.0f} "
              f"{row['edit'] / row['scratch']:6.2f} {row['bytes']:7.0f}  {shares}",
              flush=True)  # fmt: skip
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
