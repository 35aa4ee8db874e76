"""A training in progress: its steps, validations, checkpoints, and how it is interrupted."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import numpy as np
import numpy.typing as npt

from tpgraph.compiler import Array, Module
from tpgraph.compiler.not_finite import first_not_finite
from tpgraph.errors import TPError
from tpgraph.training.checkpoint import Checkpoint
from tpgraph.training.course import Course
from tpgraph.training.data import minibatches
from tpgraph.training.metrics import metrics
from tpgraph.training.recipe import Recipe
from tpgraph.training.trained_run import draw_predictions
from tpgraph.training.validation import Split

__all__ = ["RunningTraining", "TrainingProgress"]

TrainingProgress = Callable[[int, int, float], None]
"""Called after every step with (steps done, steps wanted, loss)."""


@dataclass
class RunningTraining:
    """A run in progress; its course changes in place."""

    module: Module
    course: Course
    split: Split
    recipe: Recipe
    checkpoint: Checkpoint | None

    def go(
        self, progress: TrainingProgress | None, seconds: float
    ) -> dict[str, Mapping[str, float]]:
        """All steps that are left, see `train`; the metrics at the end."""
        arrays = [a.astype(self.module.dtype) for a in self.split.train.arrays.values()]
        recipe, course = self.recipe, self.course
        saved = time.monotonic()
        count, done = len(self.split.train), len(course.losses)
        whole = True
        try:
            with _deferred_interrupt() as interrupted, np.errstate(all="ignore"):
                for rows in minibatches(count, recipe.batch, recipe.steps, recipe.seed, done):
                    if course.is_stale(recipe.patience):
                        break
                    whole = False
                    self._step([array[rows] for array in arrays], rows)
                    self._validate()
                    whole = True
                    if interrupted.is_set():
                        raise KeyboardInterrupt
                    if progress is not None:
                        progress(len(course.losses), recipe.steps, course.losses[-1])
                    if time.monotonic() - saved >= seconds:
                        self._save()
                        saved = time.monotonic()
                self._require_finite()
                self._validate(at_end=True)
                found = self._metrics()
        except KeyboardInterrupt:
            if whole:
                self._save(plot=True)
            raise
        self._save(plot=True, metrics=found)
        if self.checkpoint is not None:
            draw_predictions(self.checkpoint.out, self.split.validation or self.split.train)
        return found

    def _step(self, arrays: list[Array], rows: npt.NDArray[np.int64]) -> None:
        module, course, recipe = self.module, self.course, self.recipe
        rate = recipe.rate(len(course.losses))
        if recipe.is_plain:
            loss = float(module.sgd_step(course.params, *arrays, rate))
            module.flush(course.params)  # what a run ends with may not depend on where it stopped
        else:
            own = {} if recipe.momentum is None else {"momentum": recipe.momentum}
            loss = float(
                module.optimizer_step(
                    course.params, course.state, *arrays,
                    lr=rate, weight_decay=recipe.weight_decay, **own,
                )
            )  # fmt: skip
        if np.isfinite(loss):
            course.losses.append(loss)
            return
        bad = module.first_nonfinite(course.params, *arrays)
        step = len(course.losses) + 1
        start = None if course.losses else self._fault_at_start(arrays, rows)
        self._save(plot=True)
        raise start or self._not_finite(bad or "the loss", step)

    def _validate(self, at_end: bool = False) -> None:
        """Ask the validation samples, where it is time to; at the end where the last step was not.

        A run that is given more steps keeps the validation at its former end.
        """
        held, done = self.split.validation, len(self.course.losses)
        if held is None or self.recipe.every is None or done == self.course.validated_step:
            return
        if at_end or done % self.recipe.every == 0:
            self.course.validated(metrics(self.module, self.course.params, held))

    def _metrics(self) -> dict[str, Mapping[str, float]]:
        """Those of the best parameters, else of the last, on both kinds of samples."""
        params = self.course.best or self.course.params
        found: dict[str, Mapping[str, float]] = {}
        found["training"] = metrics(self.module, params, self.split.train)
        if self.split.validation is not None:
            found["validation"] = metrics(self.module, params, self.split.validation)
        return found

    def _fault_at_start(self, arrays: list[Array], rows: npt.NDArray[np.int64]) -> TPError | None:
        """What no learning rate mends: a function that is not finite at initialization."""
        for place, row in enumerate(rows):
            params = self.course.params
            found = first_not_finite(self.module, params, [a[place] for a in arrays])
            if found is not None:
                return found.error(f"at step 1 on sample {row + 1}")
        return None

    def _require_finite(self) -> None:
        """Raise TPError where the last step's update is not finite."""
        for name in self.module.trainable:
            if not np.isfinite(self.course.params[name]).all():
                raise self._not_finite(name, len(self.course.losses), "after the update of ")

    def _not_finite(self, name: str, step: int, when: str = "at ") -> TPError:
        other = "" if self.module.dtype == "float64" else ", or float64"
        kept = "" if self.checkpoint is None else "; the last good checkpoint is kept"
        return TPError(
            f"training stopped: {name} is not finite {when}step {step}",
            expected="finite values throughout",
            mend=f"a smaller learning rate{other}{kept}",
        )

    def _save(
        self, plot: bool = False, metrics: Mapping[str, Mapping[str, float]] | None = None
    ) -> None:
        """A checkpoint, unless the last step's update is not finite, which is an error."""
        self._require_finite()
        if self.checkpoint is not None:
            self.checkpoint.save(self.course, self.recipe.steps, metrics)
            if plot:
                self.checkpoint.plot(self.course)


@contextmanager
def _deferred_interrupt() -> Iterator[threading.Event]:
    """Within it the first Ctrl-C sets the event; a second one interrupts as usual.

    A step changes parameters in place, so that it must not be left in its middle. Outside the
    main thread nothing is deferred, since interrupts do not arrive there.
    """
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    before = signal.getsignal(signal.SIGINT)

    def handle(number: int, frame: FrameType | None) -> None:
        event.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, handle)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)
