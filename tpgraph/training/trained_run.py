"""The folder of a run on new data: predictions, and how good they are.

A run's manifest has all that new samples need: the program, the columns that were chosen or taken
in order, the classes of labels, the standardization.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any
from warnings import catch_warnings

import numpy as np
import numpy.typing as npt

from tpgraph.arrays import Damage, read_arrays
from tpgraph.compiler import Module, Params, compile
from tpgraph.errors import TPArgumentError, TPDataError, TPError
from tpgraph.files import as_path, write_text
from tpgraph.language import parse
from tpgraph.program import canonical_variable
from tpgraph.shown import one_line, quantity
from tpgraph.training.checkpoint import read_manifest
from tpgraph.training.class_labels import labels_at
from tpgraph.training.course import BEST, STATE
from tpgraph.training.data import AnyData, as_before
from tpgraph.training.metrics import is_classes, metrics, outputs_of, paired
from tpgraph.training.missing import require_missing
from tpgraph.training.named_arrays import Dataset
from tpgraph.training.standardization import Standardization
from tpgraph.training.wanted_columns import NoColumns

__all__ = ["Predictions", "TrainedRun", "draw_predictions", "evaluate", "load_run", "predict"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Predictions:
    """Outputs (N, k) by source name, in the units of the targets; the classes that they name.

    `classes` is empty where targets are numbers. `rows` are the numbers of the samples, from 1,
    where others were left out.
    """

    outputs: Mapping[str, Array]
    classes: Mapping[str, Sequence[str]]
    rows: Sequence[int] | None = None

    def __repr__(self) -> str:
        count = len(next(iter(self.outputs.values()), ()))
        return one_line("Predictions", quantity(count, "sample"), *self.outputs, *self.classes)

    def csv(self) -> str:
        """A column for every entry of an output, and one for the class; where rows were left out,
        a first one, `row`, with their numbers.
        """
        columns: dict[str, Sequence[Any]] = {} if self.rows is None else {"row": self.rows}
        for name, found in self.outputs.items():
            columns |= {f"{name}_{i}": found[:, i].tolist() for i in range(found.shape[1])}
        columns |= self.classes
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        return text.getvalue()


@dataclass(frozen=True, repr=False)
class TrainedRun:
    """A run that was read from its folder: its manifest, the last and the best parameters."""

    folder: Path
    manifest: Mapping[str, Any]
    last: Params
    best: Params

    def __repr__(self) -> str:
        return one_line("TrainedRun", self.module.program.name, f"{self.manifest['steps']} steps")

    @cached_property
    def module(self) -> Module:
        """The program, compiled in the precision of the run."""
        program = parse(self.manifest["text"], str(self.folder / "manifest.json"))
        return compile(program, self.manifest["dtype"])

    @property
    def params(self) -> Params:
        """The parameters of the least validation loss; without validation the last."""
        return self.best or self.last

    @property
    def standard(self) -> Standardization:
        """What inputs and targets go through."""
        return Standardization(self.manifest["mean"], self.manifest["sd"])

    def samples(self, data: AnyData, targets: bool = True, missing: str | None = None) -> Dataset:
        """New samples as the network takes them. Raises TPDataError.

        Rows without a value are refused or left out (`missing`: "refuse", "drop") as those trained
        on were unless it says otherwise.
        """
        try:
            return self.standard.apply(self._read(data, targets, missing))
        except NoColumns as error:
            mend = self._without_targets(data, missing) if targets else None
            raise TPDataError(error.message, error.span, error.expected, mend) from None

    def _read(self, data: AnyData, targets: bool, missing: str | None = None) -> Dataset:
        before = self._before
        if missing is not None:
            require_missing(missing)
            before = replace(before, missing=missing)
        return as_before(self.module.program, data, before, targets)

    @cached_property
    def _before(self) -> Dataset:
        """How the samples trained on were read, as far as the manifest says it."""
        manifest = self.manifest
        chosen = {canonical_variable(name): own for name, own in manifest["columns"].items()}
        return Dataset(
            manifest["data"],
            {},
            manifest["data_sha256"],
            classes=manifest["classes"],
            taken=manifest["taken"],
            columns={**chosen, **manifest["read"]},
            chosen=frozenset(chosen),
            missing=manifest["missing"],
        )

    def _without_targets(self, data: AnyData, missing: str | None) -> str | None:
        """What can be done with samples that have no targets; None where they lack more."""
        with catch_warnings(action="ignore"):
            try:
                self._read(data, targets=False, missing=missing)
            except TPError:
                return None
        file = data if isinstance(data, str | Path) else "FILE"
        return (
            f"evaluate needs the targets; without them: tpgraph predict {self.folder} --data {file}"
        )

    def evaluate(self, data: AnyData, missing: str | None = None) -> dict[str, float]:
        """The loss, and accuracy or r2, on samples with targets. Raises TPDataError."""
        return self.metrics(self.samples(data, missing=missing))

    def metrics(self, samples: Dataset) -> dict[str, float]:
        """The loss, and accuracy or r2, on samples as the network takes them."""
        return metrics(self.module, self.params, samples)

    def predict(self, data: AnyData, missing: str | None = None) -> Predictions:
        """The outputs for samples, whose targets are not read. Raises TPDataError."""
        return self.predictions(self.samples(data, targets=False, missing=missing))

    def predictions(self, samples: Dataset) -> Predictions:
        """The outputs for samples as the network takes them."""
        found = outputs_of(self.module, self.params, samples)
        pair = paired(self.module.program)
        if pair is None:
            return Predictions(found, {}, samples.kept)
        output, target = pair
        classes = self.classes(target, samples)
        if classes is None:
            found = {output: self.standard.undone(target, found[output])}
            return Predictions(found, {}, samples.kept)
        return Predictions(found, {target: labels_at(found[output], classes)}, samples.kept)

    def picture(self, samples: Dataset, title: str) -> bytes | None:
        """Some predictions beside targets as SVG; None for several outputs or targets."""
        pair = paired(self.module.program)
        if pair is None:
            return None
        output, target = pair
        painter = import_module("tpgraph.training.prediction_plot")
        found = self.predictions(samples)
        y = samples.arrays[target]
        classes = self.classes(target, samples)
        svg: bytes
        if classes is None:
            f, y = found.outputs[output], self.standard.undone(target, y)
            svg = painter.number_plot(f, y, title)
            return svg
        data = [d.variable.name for d in self.module.program.data]
        inputs = None
        if len(data) == 1:
            inputs = self.standard.undone(data[0], samples.arrays[data[0]])
        svg = painter.class_plot(inputs, found.classes[target], labels_at(y, classes), title)
        return svg

    def classes(self, target: str, samples: Dataset) -> Sequence[str] | None:
        """The classes of a target: those of labels; the places of one-hot rows, if it has such."""
        known: Sequence[str] | None = self.manifest["classes"].get(target)
        if known is not None or target not in samples.arrays:
            return known
        y = samples.arrays[target]
        return [str(i) for i in range(y.shape[1])] if is_classes(y, False) else None


def load_run(folder: str | Path) -> TrainedRun:
    """The run in a folder. Raises TPError where there is none, or a damaged one."""
    place = as_path(folder)
    manifest = read_manifest(place)
    file = place / "params.npz"
    if manifest is None or not file.exists():
        raise TPArgumentError(
            f"{place} holds no training run", mend="tpgraph train … --out makes one"
        )
    try:
        arrays = read_arrays(file.read_bytes())
    except (OSError, Damage) as error:
        raise TPError(f"{file} is damaged: {error}", mend="bring it back") from None
    best = {k.removeprefix(BEST): a for k, a in arrays.items() if k.startswith(BEST)}
    own = {"__steps__", "__sha256__"}
    last = {k: a for k, a in arrays.items() if k not in own and not k.startswith((BEST, STATE))}
    return TrainedRun(place, manifest, last, best)


def draw_predictions(folder: Path, samples: Dataset) -> None:
    """Write predictions.svg of these samples into the folder of a run."""
    run = load_run(folder)
    svg = run.picture(samples, f"{run.module.program.title}: predictions")
    if svg is not None:
        write_text(folder / "predictions.svg", svg.decode())


def evaluate(folder: str | Path, data: AnyData, missing: str | None = None) -> dict[str, float]:
    """The loss, and accuracy or r2, of the run in a folder on samples; see `TrainedRun`."""
    return load_run(folder).evaluate(data, missing)


def predict(folder: str | Path, data: AnyData, missing: str | None = None) -> Predictions:
    """What the run in a folder says of samples; see `TrainedRun`."""
    return load_run(folder).predict(data, missing)
