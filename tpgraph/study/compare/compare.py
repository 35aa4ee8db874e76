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

import hashlib
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tpgraph.arrays import Damage
from tpgraph.bounds import require_networks
from tpgraph.errors import TPDataError, TPError, TPWarning
from tpgraph.files import make_directory, remove_rests, set_aside, write_bytes, write_text
from tpgraph.kernels import kernel
from tpgraph.kernels.losses import fixed_outputs, program_loss
from tpgraph.language import to_text
from tpgraph.locks import alone
from tpgraph.program import Program, Regime
from tpgraph.seals import open_document, seal_document
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
from tpgraph.study.samples import Data, Experience, TestPoints, experience, samples_of
from tpgraph.study.store import Store
from tpgraph.study.sweep import Progress, Sweep, run_sweep
from tpgraph.training import check_settings
from tpgraph.training.checkpoint import sha256

__all__ = ["COMPARISON_FILES", "compare"]

SCHEMA = "tpgraph.comparison/2"
STUDY = "compare"
VERSION = 1
RUNS = "runs.sqlite"
FIGURES = ("comparison.svg", "comparison.png")
COMPARISON_FILES = ("manifest.json", RUNS, "comparison.csv", "summary.json", *FIGURES)
"""What is written into the folder of a comparison."""


def compare(
    program: Program,
    data: Data | None = None,
    *,
    widths: Sequence[int],
    steps: int = 10,
    lr: float = 0.1,
    batch: int = 1,
    seeds: int = 4,
    seed: int = 0,
    synthetic: int | None = None,
    test: TestPoints = 8,
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
    many samples or such a part, which are kept from training, or a file or arrays.

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
    found = samples_of(program, data, synthetic, seed)
    seen = experience(program, found, test, steps, batch, seed)
    settings = {
        "steps": steps, "batch": batch, "lr": float(lr), "seed": seed, "dtype": dtype,
    }  # fmt: skip
    manifest = _manifest(program, seen, settings)
    folder = None if out is None else Path(out)
    with _held(folder, manifest, resume):
        reference = _reference(program, regime, seen, lr, samples, kernels)
        if folder is not None:
            _begin(folder, manifest)
        digest = sha256(json.dumps(manifest, ensure_ascii=False))
        tasks = tuple(RunTask(w, number, seed, digest) for number in range(seeds) for w in chosen)
        sweep = Sweep(STUDY, VERSION, Trainer(to_text(program), seen, float(lr), dtype), tasks)
        with Store(Path(":memory:") if folder is None else folder / RUNS, STUDY) as store:
            threads = None if workers == 0 else 1
            outcome = run_sweep(sweep, store, workers=workers, progress=progress, threads=threads)
            runs = tuple(_runs(sweep, store, reference))
        result = Comparison(
            program=program.name,
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


@contextmanager
def _held(folder: Path | None, manifest: Mapping[str, Any], resume: bool) -> Iterator[None]:
    """The folder for this comparison alone, if there is one, and if it fits."""
    if folder is None:
        yield
        return
    _require_fitting(folder, manifest, resume)
    make_directory(folder)
    with alone(folder):
        _require_fitting(folder, manifest, resume)  # another run may have begun in between
        remove_rests(folder)
        yield


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
    chosen = tuple(sorted({int(w) for w in widths}))
    if not chosen or chosen[0] < 1 or seeds < 1:
        raise TPDataError(
            f"{seeds} networks of widths {', '.join(map(str, widths)) or 'none'}",
            expected="one network or more of one width or more",
        )
    require_networks(len(chosen), seeds)
    return chosen


def _runs(sweep: Sweep, store: Store, reference: Reference) -> Iterator[NetworkRun]:
    """Every network that is trained, from narrow to wide, beside its limit."""
    held = store.keys()
    keyed = zip(sweep.tasks, sweep.task_keys(), strict=True)
    done = [(task, key) for task, key in keyed if key in held]
    for task, key in sorted(done, key=lambda pair: (pair[0].width, pair[0].number)):
        found = {name: np.asarray(a, dtype=np.float64) for name, a in store.read(key).items()}
        start = np.concatenate([found["start"], found["test"][0]])
        limit = reference.beside(start)
        yield NetworkRun(task.width, task.number, found["test"], limit, found["losses"])


def _manifest(program: Program, seen: Experience, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What must be the same for results to belong together."""
    text = to_text(program)
    content = hashlib.sha256(seen.schedule.tobytes())
    for name, array in [*seen.train.items(), *seen.test.items()]:
        content.update(f"{name} {array.shape}".encode())
        content.update(np.ascontiguousarray(array).tobytes())
    return {
        "schema": SCHEMA,
        "program": program.name,
        "program_sha256": sha256(text),
        "data_sha256": content.hexdigest(),
        **settings,
        "text": text,
    }


def _begin(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write down what is compared, unless it is there."""
    path = folder / "manifest.json"
    if not path.exists():
        write_text(path, seal_document(manifest), links=False)


def _require_fitting(folder: Path, manifest: Mapping[str, Any], resume: bool) -> None:
    """Raise TPError where a folder holds what these settings cannot begin or go on with."""
    path = folder / "manifest.json"
    if not path.exists():
        if resume:
            raise TPError(f"{folder} holds no comparison to resume", mend="start without --resume")
        return
    if not resume:
        raise TPError(
            f"{folder} holds a comparison already",
            mend="go on with --resume, or choose another directory",
        )
    try:
        before = open_document(SCHEMA, path.read_bytes())
    except OSError as error:
        raise TPError(f"{path} cannot be read: {error.strerror}") from None
    except Damage as damage:  # the runs know their settings, which it only tells
        aside = set_aside(path)
        said = f"{path} is damaged ({damage}) and was set aside as {aside.name}"
        warnings.warn(TPWarning(f"{said}; it is written again"), stacklevel=2)
        write_text(path, seal_document(manifest), links=False)
        return
    changed = _changes(before, manifest)
    if changed:
        raise TPError(
            f"the comparison in {folder} is another one: {'; '.join(changed)}",
            expected="the same program, data and settings; widths and seeds may be added",
            mend="choose another directory",
        )


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between two manifests, in words."""
    changed = []
    for key, value in now.items():
        if before.get(key) == value or key in ("text", "program"):
            continue
        what = key.removesuffix("_sha256")
        same = what == key
        changed.append(
            f"{key} was {before.get(key)} and is {value}" if same else f"the {what} changed"
        )
    return changed


def _write(folder: Path, found: Comparison) -> None:
    """The table, the summary and the figure; a comparison without a network has none."""
    summary = json.dumps(found.summary(), indent=2, ensure_ascii=False, allow_nan=False)
    write_text(folder / "summary.json", summary + "\n")
    if not found.runs:
        return
    write_text(folder / "comparison.csv", found.csv())
    for name in map(folder.joinpath, FIGURES):
        write_bytes(name, figure_bytes(compare_figure(found), name))
