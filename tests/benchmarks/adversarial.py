"""Random programs that are hard to take to their limit, and how often the limit is wrong.

    python tests/benchmarks/adversarial.py [--runs 1000] [--start 0] [--kinds steep,rare]
                                           [--keep FILE] [--seconds 600] [--show]

Of every kind as many programs as `--runs` says, each by both engines. A number is wrong where it is
further from the truth than four of its stated errors; it is right where that error is below 2 % of
it or below 1e-6, else covered. A sampled number that is wrong by chance, as one in some hundreds
must be, is not so by other seeds: it is counted apart, as astray. What was judged is appended to
the file `--keep`, which a later run continues; `--show` prints what is wrong, and why is refused.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from limits.adversarial.judge import ENGINES, Outcome, outcomes, truth_of
from limits.adversarial.kinds import KINDS, case

VERDICTS = ("right", "covered", "refused", "astray", "WRONG", "crash", "unknown")


def known(file: Path | None) -> dict[tuple[str, int, str], Outcome]:
    """What an earlier run judged."""
    if file is None or not file.exists():
        return {}
    found = {}
    for line in file.read_text().splitlines():
        row = json.loads(line)
        key = row.pop("kind"), row.pop("seed"), row.pop("asked")
        found[key] = Outcome(**row)
    return found


def table(found: dict[tuple[str, int, str], Outcome]) -> Iterator[str]:
    """Counts by kind and engine."""
    yield f"{'kind':18} {'asked':8} {'programs':>8} " + " ".join(f"{v:>8}" for v in VERDICTS)
    counts: dict[tuple[str, str], Counter[str]] = {}
    for (kind, _, asked), outcome in found.items():
        for row in ((kind, asked), ("all", asked)):
            counts.setdefault(row, Counter())[outcome.verdict] += 1
            counts[row]["exact"] += outcome.engine == "exact"
    for (kind, asked), count in sorted(counts.items(), key=lambda c: (c[0][0] == "all", c[0])):
        total = sum(count[v] for v in VERDICTS)
        numbers = " ".join(f"{count[v]:8}" for v in VERDICTS)
        share = f"  {count['exact'] / total:.0%} exact" if asked == "auto" else ""
        yield f"{kind:18} {asked:8} {total:8} {numbers}{share}"


def told(kind: str, seed: int, asked: str, outcome: Outcome) -> str:
    """A case with what was said of it."""
    text = " ; ".join(case(kind, seed).text.splitlines()[1:])
    said = f"{outcome.value} ± {outcome.error}, truth {outcome.truth}"
    return f"{outcome.verdict} {kind} {seed} {asked}: {outcome.why or said}\n    {text}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    found, begin = known(options.keep), time.monotonic()
    kinds = options.kinds.split(",")
    for seed in range(options.start, options.start + options.runs):
        if time.monotonic() - begin > options.seconds:
            break
        for kind in kinds:
            if (kind, seed, ENGINES[-1]) in found:
                continue
            made = case(kind, seed)
            for asked, outcome in outcomes(made, truth_of(made)).items():
                found[kind, seed, asked] = outcome
                if options.keep:
                    row = {"kind": kind, "seed": seed, "asked": asked, **asdict(outcome)}
                    with options.keep.open("a") as file:
                        file.write(json.dumps(row, ensure_ascii=False) + "\n")
                if options.show and outcome.verdict in ("WRONG", "crash"):
                    print(told(kind, seed, asked, outcome), flush=True)
        print(
            f"\r{seed + 1 - options.start} of {options.runs} of every kind", end="", file=sys.stderr
        )
    print(file=sys.stderr)
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
