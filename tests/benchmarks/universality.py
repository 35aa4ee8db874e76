"""How fast networks of the gallery approach their limit: error ~ n^e, theory e = −1/2.

    python tests/benchmarks/universality.py [--quick] [OUT.json]

Every architecture is trained at several widths by the same SGD steps and set beside kernel gradient
descent from the same f₀, or, in μP, beside the limit of SGD unrolled (Tensor Programs IIb and IV).
The perceptron reads the digits in diagrams/data, the others synthetic samples.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tpgraph as tp

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "diagrams" / "data" / "digits.csv"


@dataclass(frozen=True)
class Case:
    """A program of the gallery, and the learning rate at which its limit trains well."""

    name: str
    lr: float
    parametrization: str = "ntk"
    steps: int = 6
    batch: int = 4

    @property
    def program(self) -> tp.Program:
        """The program in this parametrization."""
        text = tp.to_text(tp.gallery.entry(self.name).program())
        return tp.parse(
            text.replace("parametrization ntk", f"parametrization {self.parametrization}")
        )


CASES = (
    Case("mlp", 0.5),
    Case("rnn", 0.5),
    Case("resnet", 0.05),
    Case("layernorm_mlp", 0.5),
    Case("transformer", 0.05),
    Case("gru", 0.5),
    Case("cnn", 0.3),
    Case("batchnorm", 0.3),
    Case("autoencoder", 0.5),
    Case("one_hidden", 0.5, "mup", steps=3, batch=1),
    Case("rnn", 0.5, "mup", steps=2, batch=1),
    Case("resnet", 0.05, "mup", steps=2, batch=1),
)


def measure(case: Case, quick: bool) -> dict[str, Any]:
    """Slope, its standard error and the errors of one case."""
    widths = [64, 128, 256] if quick else [64, 128, 256, 512, 1024]
    digits = {"data": DIGITS} if case.name == "mlp" else {"synthetic": 64}
    began = time.perf_counter()
    found = tp.compare(
        case.program,
        widths=widths,
        steps=case.steps,
        batch=case.batch,
        lr=case.lr,
        seeds=3 if quick else 16,
        test=16 if case.parametrization == "ntk" else 3,
        samples=2**13 if quick else 2**16,
        **digits,  # type: ignore[arg-type]
    )
    summary = found.summary()
    return {
        "name": case.name,
        "parametrization": case.parametrization,
        "slope": summary["slope"],
        "slope_error": summary["slope_error"],
        "moved": summary["moved"],
        "limit": summary["limit"],
        "errors": {w: facts["error"] for w, facts in summary["widths"].items()},
        "seconds": time.perf_counter() - began,
    }


def main() -> None:
    """Print a table, and write JSON where a file is named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="narrow networks, few of them")
    parser.add_argument("out", nargs="?", type=Path)
    given = parser.parse_args()
    rows = []
    print(f"{'program':15s} {'param':5s} {'slope':>15s} {'moved':>7s}  errors by width")
    for case in CASES:
        row = measure(case, given.quick)
        rows.append(row)
        slope = f"{row['slope']:+.3f} ± {row['slope_error']:.3f}"
        errors = "  ".join(f"{w}: {e:.3g}" for w, e in row["errors"].items())
        facts = f"{slope:>15s} {row['moved']:7.3f}  {errors}"
        how = f"({row['limit']['engine']}, {row['seconds']:.0f} s)"
        print(f"{case.name:15s} {case.parametrization:5s} {facts}  {how}", flush=True)
    if given.out is not None:
        given.out.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
