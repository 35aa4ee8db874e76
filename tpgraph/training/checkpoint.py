"""The files of a training run, and going on from them.

    manifest.json   what was run: program text and hash, data hash, widths, settings, versions
    params.npz      every array of the module by source name; what the optimizer keeps and the best
                    parameters, behind `__state__` and `__best__`; `__steps__`, the steps done, and
                    `__sha256__`
    losses.csv      step, loss
    loss.svg        the loss curve
    metrics.csv     step, and the metrics of the samples that it is validated with
    metrics.svg     accuracy or r2 of these
    predictions.svg some predictions at the end

Each is written atomically. params.npz alone decides how far a run has come: it is written after
losses.csv and metrics.csv, whose later rows are dropped on resuming; so a run that is killed at any
moment resumes. Its array `__sha256__` is the checksum of settings, arrays and the rows until then,
and the manifest has one of its own: nothing is gone on with that is not what was written.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from tpgraph.arrays import Damage, read_arrays, write_arrays
from tpgraph.compiler import Params
from tpgraph.errors import TPArgumentError, TPError
from tpgraph.files import atomic, make_directory, remove_rests, write_text
from tpgraph.locks import alone
from tpgraph.seals import digest, open_document, seal_document
from tpgraph.training.course import Course
from tpgraph.training.missing import REFUSE
from tpgraph.training.recipe import Recipe

__all__ = ["TRAINING_FILES", "Checkpoint", "Settings", "read_manifest", "sha256"]

TRAINING_FILES = (
    "manifest.json", "params.npz", "losses.csv", "loss.svg", "metrics.csv", "metrics.svg",
    "predictions.svg",
)  # fmt: skip
"""What is written into the folder of a run."""

STEPS = "__steps__"
CHECKSUM = "__sha256__"
SCHEMA = "tpgraph.training/3"


_UNSAID: dict[str, Any] = {"missing": REFUSE, "taken": {}, "read": {}}
"""What holds of a run whose manifest is older than its saying so."""


@dataclass(frozen=True)
class Settings:
    """What must be the same for a run to go on as if it had never stopped."""

    program: str
    program_sha256: str
    data_sha256: str
    widths: Mapping[str, int]
    dtype: str
    recipe: Recipe
    validation: float | str | None = None
    columns: Mapping[str, list[str]] = field(default_factory=dict)
    classes: Mapping[str, list[str]] = field(default_factory=dict)
    mean: Mapping[str, list[float]] = field(default_factory=dict)
    sd: Mapping[str, list[float]] = field(default_factory=dict)
    missing: str = REFUSE

    def document(self) -> dict[str, Any]:
        """All of it by name; of the number of steps what the rates depend on, `schedule_steps`."""
        found = asdict(self)
        recipe = found.pop("recipe")
        del recipe["steps"]
        return {**found, **recipe, "schedule_steps": self.recipe.schedule_steps}


@dataclass
class Checkpoint:
    """A directory `out` and what is written into it.

    `taken` and `read` are the columns of `Dataset.taken` and of `Dataset.columns`.
    """

    out: Path
    settings: Settings
    text: str
    data_name: str
    taken: Mapping[str, Sequence[str]] = field(default_factory=dict)
    read: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @contextmanager
    def held(self, resume: bool) -> Iterator[None]:
        """The directory for this run alone. Raises TPError where another one uses it."""
        if resume and not self.out.is_dir():
            raise self._nothing()
        make_directory(self.out)
        with alone(self.out):
            remove_rests(self.out)
            yield

    def start(self, course: Course, wanted: int, overwrite: bool = False) -> None:
        """Begin a new run. Raises TPError if another one would be lost, unless `overwrite`."""
        if not overwrite:
            self._require_empty()
        for name in ("params.npz", "loss.svg", "metrics.csv", "metrics.svg", "predictions.svg"):
            (self.out / name).unlink(missing_ok=True)
        self._write_manifest(course, wanted)
        self.save(course, wanted)

    def _require_empty(self) -> None:
        """Raise TPError where something would be lost: a run, or files that none has made."""
        old = self._manifest()
        if old is None:
            there = [name for name in TRAINING_FILES if (self.out / name).exists()]
            if there:
                raise TPArgumentError(
                    f"{self.out} holds {', '.join(there)} of something else",
                    mend="choose another directory, or give --overwrite",
                )
            return
        done, planned = old["steps"], old["steps_wanted"]
        if done:
            kind = "a finished" if done >= planned or old.get("metrics") else "an unfinished"
            raise TPArgumentError(
                f"{self.out} holds {kind} run, {done} of {planned} steps",
                mend="go on with --resume, begin anew with --overwrite, or give another place",
            )

    def save(
        self, course: Course, wanted: int, metrics: Mapping[str, Mapping[str, float]] | None = None
    ) -> None:
        """Write losses, validations, arrays and manifest; `metrics` are those of the end."""
        write_text(self.out / "losses.csv", f"step,loss\n{_rows(course.losses)}")
        if course.validations:
            write_text(self.out / "metrics.csv", _metric_rows(course))
        arrays = course.arrays()
        checksum = np.frombuffer(bytes.fromhex(self._checksum(course, arrays)), np.uint8)
        counted = {STEPS: np.array(len(course.losses)), CHECKSUM: checksum}
        with atomic(self.out / "params.npz", links=False) as file:
            write_arrays(file, {**arrays, **counted})
        self._write_manifest(course, wanted, metrics)

    def _checksum(self, course: Course, arrays: Params) -> str:
        settings = json.dumps(self.settings.document(), sort_keys=True)
        rows = _rows(course.losses) + (_metric_rows(course) if course.validations else "")
        return digest(f"{SCHEMA} {len(settings)} {settings} {rows}", arrays)

    def plot(self, course: Course) -> None:
        """Write the curves."""
        painter = import_module("tpgraph.training.loss_curve")
        title = f"{self.settings.program}: training"
        losses = [(step, found["loss"]) for step, found in course.validations]
        write_text(self.out / "loss.svg", painter.loss_plot(course.losses, title, losses).decode())
        svg = painter.metric_plot(course.validations, f"{self.settings.program}: validation")
        if svg is not None:
            write_text(self.out / "metrics.svg", svg.decode())

    def resume(self, course: Course) -> None:
        """Take a run at its start to where it was; arrays have the shapes and types of the start.

        Raises TPError where there is no run, where it was another one, or where files are damaged.
        """
        manifest = self._manifest()
        if manifest is None or not (self.out / "params.npz").exists():
            raise self._nothing()
        self._require_same(manifest)
        try:
            found = read_arrays((self.out / "params.npz").read_bytes())
            steps = _steps(found.pop(STEPS, None))
            checksum = found.pop(CHECKSUM, np.zeros(0))
            losses = _losses((self.out / "losses.csv").read_bytes(), steps)
            course.losses[:] = losses
            course.validations[:] = _validations(self.out / "metrics.csv", steps)
            if course.best_row is not None:
                course.best = dict(course.params)
            _require_alike(found, course.arrays())
            course.restored(found)
            if checksum.tobytes().hex() != self._checksum(course, found):
                raise Damage("its numbers have another checksum")
        except (OSError, Damage) as error:
            raise TPError(
                f"the run in {self.out} is damaged: {error}",
                expected="params.npz and losses.csv as they were written",
                mend="bring them back, begin anew with --overwrite, or choose another directory",
            ) from None

    def _nothing(self) -> TPError:
        return TPArgumentError(
            f"{self.out} holds no run to resume", mend="start it without --resume"
        )

    def _require_same(self, manifest: Mapping[str, Any]) -> None:
        changed = [
            _change(key, manifest.get(key), value)
            for key, value in self.settings.document().items()
            if key != "program" and manifest.get(key) != value
        ]
        if changed:
            steps = (
                "only the number of steps may grow"
                if self.settings.recipe.schedule == "constant"
                else "a schedule has its number of steps from the start"
            )
            raise TPArgumentError(
                f"the run in {self.out} is another one: {'; '.join(changed)}",
                expected=f"the same program, data and settings; {steps}",
                mend="choose another directory",
            )

    def _manifest(self) -> dict[str, Any] | None:
        return read_manifest(self.out)

    def _write_manifest(
        self,
        course: Course,
        wanted: int,
        metrics: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        manifest = {
            "schema": SCHEMA,
            **self.settings.document(),
            "data": self.data_name,
            "taken": {name: list(columns) for name, columns in self.taken.items()},
            "read": {name: list(columns) for name, columns in self.read.items()},
            "steps": len(course.losses),
            "steps_wanted": wanted,
            "loss": course.losses[-1] if course.losses else None,
            "best_step": course.best_step,
            "metrics": metrics,
            "versions": _versions(),
            "text": self.text,
        }
        write_text(self.out / "manifest.json", seal_document(manifest), links=False)


def read_manifest(out: Path) -> dict[str, Any] | None:
    """The manifest of a run, None where there is none. Raises TPError for a damaged one."""
    path = out / "manifest.json"
    if not path.exists():
        return None
    try:
        return {**_UNSAID, **open_document(SCHEMA, path.read_bytes())}
    except (OSError, Damage) as error:
        raise TPError(
            f"{path} is damaged: {error}",
            mend="bring it back, begin anew with --overwrite, or choose another directory",
        ) from None


def sha256(text: str) -> str:
    """The hash of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _versions() -> dict[str, str]:
    try:
        own = version("tpgraph")
    except PackageNotFoundError:  # a checkout that is not installed
        own = "0"
    return {"tpgraph": own, "numpy": np.__version__, "python": platform.python_version()}


def _change(key: str, old: Any, new: Any) -> str:
    """How a setting differs; a hash is not shown."""
    what = key.removesuffix("_sha256")
    if what != key:
        return f"the {what} changed"
    if key == "schedule_steps" and old and new:
        return f"its schedule was over {old} steps and is over {new}"
    return f"{key} was {old} and is {new}"


def _rows(losses: Sequence[float]) -> str:
    return "".join(f"{i},{loss!r}\n" for i, loss in enumerate(losses, 1))


def _metric_rows(course: Course) -> str:
    """Step and metrics of every validation, under a header."""
    names = list(course.validations[0][1])
    rows = [
        ",".join([str(step), *(repr(found[name]) for name in names)])
        for step, found in course.validations
    ]
    return "\n".join([",".join(["step", *names]), *rows, ""])


def _validations(path: Path, steps: int) -> list[tuple[int, Mapping[str, float]]]:
    """The validations until a step. Raises Damage."""
    if not path.exists():
        return []
    try:
        header, *rows = path.read_bytes().decode("utf-8").splitlines()
        names = header.split(",")[1:]
        read = [row.split(",") for row in rows]
        found = [(int(s), {n: float(v) for n, v in zip(names, vs, strict=True)}) for s, *vs in read]
    except ValueError as error:
        raise Damage(f"metrics.csv: {error}") from None
    if found and "loss" not in names:
        raise Damage("metrics.csv has no column loss")
    return [row for row in found if row[0] <= steps]


def _steps(array: np.ndarray[Any, Any] | None) -> int:
    """The steps that are done. Raises Damage."""
    if array is None or array.shape != () or array.dtype.kind not in "iu" or array < 0:
        told = "missing" if array is None else " ".join(repr(array).split())
        raise Damage(f"{STEPS} in params.npz is {told}, and not a number of steps")
    return int(array)


def _losses(content: bytes, steps: int) -> list[float]:
    """The losses of so many steps. Raises Damage."""
    try:
        rows = content.decode("utf-8").splitlines()[1 : steps + 1]
        losses = [float(row.partition(",")[2]) for row in rows]
    except ValueError as error:
        raise Damage(f"losses.csv: {error}") from None
    if len(losses) < steps:
        raise Damage("losses.csv is too short")
    bad = next((step for step, loss in enumerate(losses, 1) if not np.isfinite(loss)), None)
    if bad is not None:
        raise Damage(f"losses.csv has the loss {losses[bad - 1]} at step {bad}")
    return losses


def _require_alike(found: Params, expected: Params) -> None:
    """Raise Damage unless arrays have the names, shapes and types of others."""
    for name, array in expected.items():
        if name not in found:
            raise Damage(f"params.npz has no {name}")
        other = found[name]
        if (other.shape, other.dtype) != (array.shape, array.dtype):
            raise Damage(
                f"{name} in params.npz has shape {other.shape} and type {other.dtype}, "
                f"not {array.shape} and {array.dtype}"
            )
    more = sorted(found.keys() - expected.keys())
    if more:
        raise Damage(f"params.npz has {more[0]}, which the program has not")
