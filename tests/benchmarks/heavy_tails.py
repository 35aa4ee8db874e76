"""Whether stated errors cover the truth where tails are heavy: sampled limits over many seeds.

    python tests/benchmarks/heavy_tails.py [--seeds 100] [--programs 10]

Of the heavy-tailed programs of `limits/adversarial`: the share of seeds whose number is within one,
two, three and four stated errors of the truth, the median error relative to the truth, and how many
seeds refuse.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from limits.adversarial.judge import said, truth_of
from limits.adversarial.kinds import case


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--programs", type=int, default=10)
    options = parser.parse_args()
    every: list[float] = []
    print(f"{'≤ 1':>6} {'≤ 2':>6} {'≤ 3':>6} {'≤ 4':>6} {'error':>8} refused  program")
    for number in range(options.programs):
        made = case("heavy", number)
        truth = truth_of(made)
        if truth is None or truth.value is None:
            continue
        outcomes = [said(made, "sampled", seed=seed) for seed in range(options.seeds)]
        told = [(o.value, o.error) for o in outcomes if o.value is not None and o.error]
        bars = [abs(value - truth.value) / error for value, error in told if value is not None]
        every += bars
        size = median(e for _, e in told) / abs(truth.value) if told and truth.value else 0.0
        refused = len(outcomes) - len(told)
        print(f"{shares(bars)} {size:8.1e} {refused:7}  {made.text.splitlines()[-1]}", flush=True)
    print(f"{shares(every)} of all")


def shares(bars: list[float]) -> str:
    """Of the distances, in stated errors, those within 1, 2, 3 and 4."""
    return " ".join(f"{sum(b <= k for b in bars) / max(1, len(bars)):6.1%}" for k in (1, 2, 3, 4))


if __name__ == "__main__":
    main()
