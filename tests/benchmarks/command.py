"""`python -m tests.benchmarks`: every benchmark in turn, its rows kept, its page written.

    python -m tests.benchmarks [--quick] [--only NAME …] [--out FOLDER] [--publish] [--list]
        [--peers PYTHON | --no-peers]

Every case is measured in a process of its own, on a machine that does nothing else. FOLDER gets
rows.jsonl, performance.json, PERFORMANCE.md and plots; run again, it continues. The page of the
repository, .github/PERFORMANCE.md, is made by `--publish`.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.catalogue import BENCHMARKS
from benchmarks.laboratory import Laboratory
from benchmarks.machine import machine
from benchmarks.peers import peers_python, versions_of
from benchmarks.registry import Benchmark, Case, Row
from benchmarks.report import publish, write_report
from benchmarks.rows import KeptRows, key_of

from tpgraph.errors import TPError

__all__ = ["main"]

ROOT = Path(__file__).parents[2]
PATIENCE = 10
"""So many times as long as it is said to take, and a minute, may a case take."""


@dataclass(frozen=True)
class Planned:
    """A case of a benchmark, and the key of its row."""

    benchmark: Benchmark
    case: Case
    key: str


def main() -> None:
    """Run what is asked for."""
    options = arguments().parse_args()
    if options.case:
        name, asked = options.case
        measure_one(name, asked, options.peers, options.quick)
        return
    if options.list:
        for benchmark in BENCHMARKS.values():
            print(f"{benchmark.name:14s}{benchmark.compares}")
        return
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    try:
        run(options)
    except TPError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\ninterrupted: the rows are kept, the same command continues", file=sys.stderr)
        sys.exit(130)


def arguments() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measure tpgraph beside its peers; see .github/PERFORMANCE.md.",
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[], help="these alone")
    parser.add_argument("--quick", action="store_true", help="small sizes: does everything run?")
    parser.add_argument("--out", type=Path, default=Path("benchmarks"), metavar="FOLDER")
    parser.add_argument("--list", action="store_true", help="say what there is")
    parser.add_argument("--peers", metavar="PYTHON", help="a Python that has the peers")
    parser.add_argument(
        "--no-peers", action="store_true", help="without neural-tangents and others"
    )
    parser.add_argument("--publish", action="store_true", help="write .github/PERFORMANCE.md")
    parser.add_argument("--case", nargs=2, help=argparse.SUPPRESS)
    return parser


def run(options: argparse.Namespace) -> None:
    """Measure what is not there yet, then tell. Raises TPError for unknown names."""
    plan = list(planned(chosen(options.only), options.quick))
    kept = KeptRows(options.out)
    known = kept.all()
    left = [p for p in plan if p.key not in known or "failed" in known[p.key]]
    seconds = sum(p.case.seconds for p in left)
    said = f"{len(left)} of {len(plan)} cases, about {_time(seconds)} on two quiet cores"
    print(said, file=sys.stderr)
    peers = None if options.no_peers else peers_python(options.peers)
    facts = _machine(kept, peers, bool(left))
    measure_all(left, kept, peers, options.quick)
    found = kept.all()
    rows: dict[str, list[Row]] = {}
    for p in planned(list(BENCHMARKS.values()), options.quick):
        if p.key in found:
            rows.setdefault(p.benchmark.name, []).append({**p.case.asked, **found[p.key]})
    write_report(options.out, facts, rows, options.quick)
    print(f"wrote {options.out / 'PERFORMANCE.md'}", file=sys.stderr)
    if options.publish:
        publish(options.out, ROOT / ".github")


def chosen(names: Sequence[str]) -> list[Benchmark]:
    """The benchmarks of these names, or all that measure speed. Raises TPError."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        raise TPError(f"there is no benchmark {', '.join(unknown)}", expected=", ".join(BENCHMARKS))
    every = BENCHMARKS.values()
    return [b for b in every if b.name in names or not (names or b.by_name)]


def planned(benchmarks: Sequence[Benchmark], quick: bool) -> Iterator[Planned]:
    """All cases in order."""
    for benchmark in benchmarks:
        for case in benchmark.cases(quick):
            yield Planned(benchmark, case, key_of(benchmark.name, case.asked, quick))


def _machine(kept: KeptRows, peers: str | None, is_new: bool) -> dict[str, Any]:
    """The machine that the rows are of, as it was when they were begun."""
    file = kept.folder / "machine.json"
    if file.exists() and not is_new:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    facts = machine(versions_of(peers) if peers else {})
    kept.folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return facts


def measure_all(left: Sequence[Planned], kept: KeptRows, peers: str | None, quick: bool) -> None:
    """Each case in a process of its own, its row written before the next begins."""
    seconds = [p.case.seconds for p in left]
    for place, one in enumerate(left):
        rest = _time(sum(seconds[place:]))
        what = " ".join(f"{k}={v}" for k, v in one.case.asked.items())
        line = f"[{place + 1}/{len(left)}] {one.benchmark.name} {what} ({rest} left)"
        _progress(line)
        start = time.monotonic()
        row = measured_apart(one, peers, quick)
        row["measured in s"] = round(time.monotonic() - start, 1)
        kept.add(one.key, row)
        if "failed" in row:
            _progress(f"{line} failed: {row['failed']}", True)
    if left:
        _progress("", True)


def measured_apart(one: Planned, peers: str | None, quick: bool) -> Row:
    """The row of a case, measured in a process that ends with it."""
    asked = json.dumps(one.case.asked)
    command = [sys.executable, "-m", "tests.benchmarks", "--case", one.benchmark.name, asked]
    command += ["--quick"] if quick else []
    command += ["--peers", peers] if peers else []
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, said = process.communicate(timeout=60 + PATIENCE * one.case.seconds)
    except subprocess.TimeoutExpired:
        return {"failed": "it took too long"}
    finally:
        process.kill()  # its peers end when it does
        process.wait()
    lines = [line for line in out.splitlines() if line.startswith("{")]
    if process.returncode or not lines:
        return {"failed": (said.strip().splitlines() or ["it ended without a word"])[-1]}
    return dict(json.loads(lines[-1]))


def measure_one(name: str, asked: str, peers: str | None, quick: bool) -> None:
    """Print the row of one case, in the process that was made for it."""
    with Laboratory(peers, quick) as lab:
        row = BENCHMARKS[name].measure(json.loads(asked), lab)
        if lab.missing:
            row["missing"] = lab.missing
    print(json.dumps(row, ensure_ascii=False))


def _progress(line: str, is_last: bool = False) -> None:
    """One line that is written over on a terminal, lines under each other elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line[:110]}", end="\n" if is_last else "", file=sys.stderr, flush=True)
    elif line:
        print(line, file=sys.stderr, flush=True)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
