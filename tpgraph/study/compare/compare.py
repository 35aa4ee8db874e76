"""Finite networks beside their infinite-width limit: the experiment of Tensor Programs IIb.

A folder of results holds

    manifest.json    what was run: program text and hash, hash of the data, settings
    runs.sqlite      the outputs of every network, each written whole when it is trained
    comparison.csv   width, seed, step, point, component, value, limit
    summary.json     errors by width, fitted slope, limit
    comparison.svg, comparison.png

Source: Yang & Littwin, Tensor Programs IIb (arXiv 2105.03703), Theorem 5.3.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tpgraph.bounds import require_networks
from tpgraph.errors import TPArgumentError, TPDataError
from tpgraph.files import write_bytes, write_text
from tpgraph.hyperparameters import require_wholes
from tpgraph.kernels import kernel
from tpgraph.kernels.losses import fixed_outputs, program_loss
from tpgraph.language import to_text
from tpgraph.program import Program, Regime
from tpgraph.program.any_program import reads_program
from tpgraph.study.compare.comparison import Comparison, NetworkRun
from tpgraph.study.compare.comparison_figure import compare_figure
from tpgraph.study.compare.expected import (
    Kernels,
    Reference,
    feature_limit,
    kernel_limit,
    regime_of,
)
from tpgraph.study.compare.runs import RunTask, Trainer
from tpgraph.study.figures import figure_bytes
from tpgraph.study.folder import held, results
from tpgraph.study.manifest import MANIFEST, Manifest
from tpgraph.study.samples import Columns, Experience, TestPoints, experience, samples_of, tests_of
from tpgraph.study.store import Store
from tpgraph.study.sweep import Progress, Sweep, run_sweep
from tpgraph.training import AnyData, check_settings

__all__ = ["COMPARISON_FILES", "compare"]

SCHEMA = "tpgraph.comparison/2"
STUDY = "compare"
VERSION = 1
RUNS = "runs.sqlite"
FIGURES = ("comparison.svg", "comparison.png")
COMPARISON_FILES = (MANIFEST, RUNS, "comparison.csv", "summary.json", *FIGURES)
"""What is written into the folder of a comparison."""


@reads_program
def compare(
    program: Program,
    data: AnyData | None = None,
    *,
    widths: Sequence[int],
    steps: int = 10,
    lr: float = 0.1,
    batch: int = 1,
    seeds: int = 4,
    seed: int = 0,
    synthetic: int | None = None,
    test: TestPoints | None = None,
    columns: Columns = None,
    standardize: str = "none",
    missing: str = "refuse",
    dtype: str = "float64",
    members: int = 1000,
    samples: int = 2**16,
    kernels: Kernels | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    workers: int | None = 0,
    progress: Progress | None = None,
) -> Comparison:
    """Train networks of several widths alike and set each beside the infinite-width limit.

    `seeds` networks of every width (all base widths at that size) see the same `steps` batches of
    `data` (a CSV or NPZ file, a data set, arrays) or of `synthetic` samples. `test` points are so
    many samples or such a part, which are kept from training, or a file or arrays; 8, or half of
    the samples where there are fewer than 16. `columns` choose those of a file and `standardize`
    ("data", or "all" for targets that are numbers too) makes means 0 and variances 1, see
    `load_data`; here by the samples that are not kept. Rows with `missing` values are refused or
    left out ("drop").

    In the kernel regime the limit of each network is kernel gradient descent from its own f₀ with
    the NTK at infinite width: the error is that of the map of training, as Theorem 5.3 states it.
    Beside it `members` networks at infinite width start from f₀ ~ N(0, NNGP). With feature learning
    (μP) it is the limit of SGD unrolled, deterministic. `samples` are those of the Master Theorem;
    `kernels` replaces `tpgraph.kernel`.

    With a directory `out`, all of it is written there; Ctrl-C keeps what is done (`interrupted`),
    and `resume` goes on, also with more widths or seeds. `workers` processes train, 0 is this one.

    Raises TPError for parametrizations without a limit and for results of other settings in `out`,
    TPTypeError for outputs that are no readouts of one dimension, TPDataError for what does not
    fit.
    Source: Tensor Programs IIb (arXiv 2105.03703), Theorem 5.3.
    """
    check_settings(program, steps, lr, batch, seed)
    regime = regime_of(program)
    outputs = fixed_outputs(program)
    chosen = _widths(widths, seeds)
    require_networks(members)
    if not any(program.uses[target.variable.name] for target in program.targets):
        raise TPArgumentError(
            "the loss reads no target", mend="compare with one: loss (f - y)^2 / 2"
        )
    found = samples_of(program, data, synthetic, seed, columns, missing=missing)
    points = tests_of(test, len(found))
    seen = experience(program, found, points, steps, batch, seed, standardize)
    settings = {
        "steps": steps, "batch": batch, "lr": float(lr), "seed": seed, "dtype": dtype,
    }  # fmt: skip
    manifest = _manifest(program, seen, settings)
    with held(out, manifest, resume) as folder:
        reference = _reference(program, regime, seen, lr, samples, kernels)
        if folder is not None:
            manifest.begin(folder)
        digest = manifest.digest()
        tasks = tuple(RunTask(w, number, seed, digest) for number in range(seeds) for w in chosen)
        sweep = Sweep(STUDY, VERSION, Trainer(to_text(program), seen, float(lr), dtype), tasks)
        with results(folder, RUNS, STUDY) as store:
            threads = None if workers == 0 else 1
            outcome = run_sweep(sweep, store, workers=workers, progress=progress, threads=threads)
            runs = tuple(_runs(sweep, store, reference))
        result = Comparison(
            program=program.title,
            regime=regime,
            settings=settings,
            runs=runs,
            wanted=len(tasks),
            interrupted=outcome.interrupted,
            ensemble=reference.ensemble(members, outputs[0].dim.size({}), seed),
            engine=reference.engine,
            limit_error=reference.error,
        )
        if folder is not None:
            _write(folder, result)
    return result


def _reference(
    program: Program,
    regime: Regime,
    seen: Experience,
    lr: float,
    samples: int,
    kernels: Kernels | None,
) -> Reference:
    """The limit of the regime."""
    loss = program_loss(program)
    if regime == "kernel":
        infinite = kernels or (lambda p, X: kernel(p, X, samples=samples))
        return kernel_limit(program, seen, loss, lr, infinite)
    return feature_limit(program, fixed_outputs(program), seen, lr, samples)


def _widths(widths: Sequence[int], seeds: int) -> tuple[int, ...]:
    """The widths in increasing order."""
    chosen = tuple(sorted(set(require_wholes(widths, "widths", 1))))
    if not chosen or seeds < 1:
        raise TPDataError(
            f"{seeds} networks of widths {', '.join(map(str, widths)) or 'none'}",
            expected="one network or more of one width or more",
        )
    require_networks(len(chosen), seeds)
    return chosen


def _runs(sweep: Sweep, store: Store, reference: Reference) -> Iterator[NetworkRun]:
    """Every network that is trained, from narrow to wide, beside its limit."""
    tasks = sweep.tasks
    ordered = sorted(range(len(tasks)), key=lambda i: (tasks[i].width, tasks[i].number))
    for place, result in sweep.results(store, ordered):
        task = tasks[place]
        found = {name: np.asarray(array, dtype=np.float64) for name, array in result.items()}
        start = np.concatenate([found["start"], found["test"][0]])
        limit = reference.beside(start)
        yield NetworkRun(task.width, task.number, found["test"], limit, found["losses"])


def _manifest(program: Program, seen: Experience, settings: Mapping[str, Any]) -> Manifest:
    """What must be the same for results to belong together."""
    return Manifest(
        kind="comparison",
        schema=SCHEMA,
        program=program.name,
        text=to_text(program),
        digests={"data": seen.digest_of_all()},
        settings=settings,
        more="widths and seeds",
    )


def _write(folder: Path, found: Comparison) -> None:
    """The table, the summary and the figure; a comparison without a network has none."""
    summary = json.dumps(found.summary(), indent=2, ensure_ascii=False, allow_nan=False)
    write_text(folder / "summary.json", summary + "\n")
    if not found.runs:
        return
    write_text(folder / "comparison.csv", found.csv())
    for name in map(folder.joinpath, FIGURES):
        write_bytes(name, figure_bytes(compare_figure(found), name))
