"""Programs that measure how right or how clear results are, not how fast they come.

They run when they are asked for by name; a row has the last lines that they print.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.laboratory import Laboratory
from benchmarks.registry import Benchmark, Case, Row

__all__ = ["SCRIPTS"]

FOLDER = Path(__file__).parent
TOLD = 40


def measure(case: Row, lab: Laboratory) -> Row:
    """The last lines of a program of this folder. Raises CalledProcessError where it fails."""
    command = [sys.executable, str(FOLDER / f"{case['program']}.py"), *case["options"]]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return {"told": done.stdout.strip().splitlines()[-TOLD:]}


def _script(
    name: str, compares: str, whole: list[str], quick: list[str], seconds: float
) -> Benchmark:
    def cases(is_quick: bool) -> list[Case]:
        options = quick if is_quick else whole
        asked = {"program": name, "options": options}
        return [Case(asked, seconds / 10 if is_quick else seconds)]

    return Benchmark(name, compares, cases, measure, by_name=True)


SCRIPTS = (
    _script("adversarial", "Limits of hard random programs beside the truth.",
            ["--runs", "100"], ["--runs", "3"], 900.0),
    _script("heavy_tails", "Stated errors beside the truth where tails are heavy.",
            ["--seeds", "100"], ["--seeds", "10", "--programs", "3"], 300.0),
    _script("universality", "How fast networks of the gallery approach their limit.",
            [], ["--quick"], 1800.0),
    _script("pictures", "How good pictures are, in numbers.",
            [], ["--passes", "forward", "--only", "mlp"], 600.0),
    _script("echo", "How soon a letter is seen, beside a bare textarea.",
            [], ["--pairs", "20"], 120.0),
    _script("keystrokes", "From a key to what is painted, in a browser.",
            [], ["--keys", "5"], 600.0),
)  # fmt: skip
