"""The files of a training run, and going on from them.

    manifest.json   what was run: program text and hash, data hash, widths, settings, versions
    params.npz      every array of the module by source name, and `__steps__`, the steps done
    losses.csv      step, loss
    loss.svg        the loss curve

Each is written atomically. params.npz alone decides how far a run has come: it is written after
losses.csv, whose later rows are dropped on resuming; so a run that is killed at any moment resumes.
"""

from __future__ import annotations

import hashlib
import json
import platform
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from tpgraph.compiler import Params
from tpgraph.errors import TPError
from tpgraph.files import atomic, make_directory, write_text

__all__ = ["TRAINING_FILES", "Checkpoint", "Settings", "sha256"]

TRAINING_FILES = ("manifest.json", "params.npz", "losses.csv", "loss.svg")
"""What is written into the folder of a run."""

STEPS = "__steps__"
SCHEMA = "tpgraph.training/1"


@dataclass(frozen=True)
class Settings:
    """What must be the same for a run to go on as if it had never stopped."""

    program: str
    program_sha256: str
    data_sha256: str
    widths: Mapping[str, int]
    lr: float
    batch: int
    seed: int
    dtype: str


@dataclass
class Checkpoint:
    """A directory `out` and what is written into it."""

    out: Path
    settings: Settings
    text: str
    data_name: str

    def start(self, params: Params, wanted: int) -> None:
        """Begin a new run. Raises TPError if an unfinished one would be lost."""
        make_directory(self.out)
        old = self._manifest() or {}
        done, planned = old.get("steps", 0), old.get("steps_wanted", 0)
        if 0 < done < planned:
            raise TPError(
                f"{self.out} holds an unfinished run, {done} of {planned} steps",
                mend="go on with --resume, or choose another directory",
            )
        (self.out / "params.npz").unlink(missing_ok=True)
        self._write_manifest(0, wanted, None)
        self.save(params, [], wanted)

    def save(self, params: Params, losses: list[float], wanted: int) -> None:
        """Write losses, parameters and manifest."""
        rows = "".join(f"{i},{loss!r}\n" for i, loss in enumerate(losses, 1))
        write_text(self.out / "losses.csv", f"step,loss\n{rows}")
        _write_arrays(self.out / "params.npz", {**params, STEPS: np.array(len(losses))})
        self._write_manifest(len(losses), wanted, losses[-1] if losses else None)

    def plot(self, losses: list[float]) -> None:
        """Write the loss curve."""
        painter = import_module("tpgraph.training.plot")
        svg = painter.loss_plot(losses, f"{self.settings.program}: training")
        write_text(self.out / "loss.svg", svg.decode())

    def resume(self) -> tuple[Params, list[float]]:
        """Parameters and losses so far.

        Raises TPError where there is no run, where it was another one, or where files are damaged.
        """
        manifest = self._manifest()
        if manifest is None or not (self.out / "params.npz").exists():
            raise TPError(f"{self.out} holds no run to resume", mend="start it without --resume")
        self._require_same(manifest)
        try:
            with np.load(self.out / "params.npz", allow_pickle=False) as archive:
                params = {name: archive[name] for name in archive.files}
            steps = int(params.pop(STEPS))
            rows = (self.out / "losses.csv").read_text(encoding="utf-8").splitlines()[1:]
            losses = [float(row.partition(",")[2]) for row in rows[:steps]]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise TPError(f"the run in {self.out} is damaged: {error}") from None
        if len(losses) < steps:
            raise TPError(f"the run in {self.out} is damaged: losses.csv is too short")
        return params, losses

    def _require_same(self, manifest: Mapping[str, Any]) -> None:
        now = asdict(self.settings)
        changed = []
        for key, value in now.items():
            if manifest.get(key) != value:
                what = key.removesuffix("_sha256")
                if what != key:
                    changed.append(f"the {what} changed")
                elif key != "program":
                    changed.append(f"{key} was {manifest.get(key)} and is {value}")
        if changed:
            raise TPError(
                f"the run in {self.out} is another one: {'; '.join(changed)}",
                expected="the same program, data and settings; only the number of steps may grow",
                mend="choose another directory",
            )

    def _manifest(self) -> dict[str, Any] | None:
        path = self.out / "manifest.json"
        if not path.exists():
            return None
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise TPError(f"{path} is damaged: {error}") from None
        if not isinstance(found, dict) or found.get("schema") != SCHEMA:
            raise TPError(f"{path} is not the manifest of a training run")
        return found

    def _write_manifest(self, steps: int, wanted: int, loss: float | None) -> None:
        manifest = {
            "schema": SCHEMA,
            **asdict(self.settings),
            "data": self.data_name,
            "steps": steps,
            "steps_wanted": wanted,
            "loss": loss,
            "versions": _versions(),
            "text": self.text,
        }
        text = json.dumps(manifest, indent=2, ensure_ascii=False)
        write_text(self.out / "manifest.json", text + "\n")


def sha256(text: str) -> str:
    """The hash of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _versions() -> dict[str, str]:
    try:
        own = version("tpgraph")
    except PackageNotFoundError:  # a checkout that is not installed
        own = "0"
    return {"tpgraph": own, "numpy": np.__version__, "python": platform.python_version()}


def _write_arrays(path: Path, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
    """Write an NPZ file atomically; equal arrays give equal bytes.

    numpy's own savez takes names as keyword arguments and puts the time of day into the file.
    """
    with atomic(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asarray(array), allow_pickle=False)
