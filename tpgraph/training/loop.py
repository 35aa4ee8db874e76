"""Stochastic gradient descent on a program, kept on disk."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import numpy.typing as npt

from tpgraph.compiler import Array, Module, Params, check_widths, compile
from tpgraph.compiler.not_finite import first_not_finite
from tpgraph.errors import TPDataError, TPError
from tpgraph.language import to_text
from tpgraph.program import Program
from tpgraph.program.any_program import reads_program
from tpgraph.shown import one_line
from tpgraph.training.checkpoint import Checkpoint, Settings, sha256
from tpgraph.training.data import Dataset, as_dataset, minibatches

__all__ = ["Training", "TrainingProgress", "check_settings", "train"]

TrainingProgress = Callable[[int, int, float], None]
"""Called after every step with (steps done, steps wanted, loss)."""


@dataclass(frozen=True, repr=False)
class Training:
    """What a training run ends with: the module, its parameters, the loss of every step."""

    module: Module
    params: Params
    losses: tuple[float, ...]

    def __repr__(self) -> str:
        course = f"loss {self.losses[0]:.4g} → {self.losses[-1]:.4g}" if self.losses else "no loss"
        return one_line("Training", self.module.program.name, f"{len(self.losses)} steps", course)

    def _repr_html_(self) -> str:
        """What notebooks show: the loss curve."""
        curve: bytes = import_module("tpgraph.training.loss_curve").loss_plot(
            self.losses, repr(self)[1:-1]
        )
        return f"<div>{curve.decode()}</div>"


@reads_program
def train(
    program: Program,
    data: str | Path | Dataset | Mapping[str, Any],
    *,
    widths: Mapping[str, int],
    steps: int,
    lr: float,
    batch: int = 64,
    seed: int = 0,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    dtype: str = "float64",
    progress: TrainingProgress | None = None,
    checkpoint_seconds: float = 30.0,
) -> Training:
    """Train a program by SGD: w −= lr · n^(−c) · ∂(mean loss of the batch)/∂w.

    `data` is a CSV or NPZ file, or arrays (N, d) by source name. Every epoch is a permutation of
    the samples drawn from (seed, epoch), cut into batches of `batch`; a rest that fills no batch
    is left out. With a directory `out`, losses, curve, parameters and manifest are written to it,
    every `checkpoint_seconds` and at the end; `resume` goes on from there and ends bit for bit as
    if the run had not stopped, `overwrite` begins anew in its place. `steps` counts from the
    beginning. An interrupt (Ctrl-C) leaves a run that can be resumed, and is raised again.

    Raises TPDataError for data and widths that do not fit; TPError for other settings, for a run
    that cannot be resumed, and when a loss or parameter is not finite, naming the first variable
    that went bad and the step; the last good checkpoint stays.
    """
    check_settings(program, steps, lr, batch, seed)
    steps, lr, batch, seed = int(steps), float(lr), int(batch), int(seed)
    sizes = check_widths(program, widths, batch)
    module = compile(program, dtype, optimize=True)
    samples = as_dataset(program, data)
    if batch > len(samples):
        raise TPDataError(
            f"a batch of {batch} cannot be drawn from {len(samples)} samples",
            mend=f"choose a batch of at most {len(samples)}",
        )
    checkpoint = None
    losses: list[float] = []
    if out is not None:
        text = to_text(program)
        settings = Settings(
            program.name, sha256(text), samples.digest, sizes, lr, batch, seed, dtype
        )
        checkpoint = Checkpoint(Path(out), settings, text, Path(samples.name).name)
    if resume and overwrite:
        raise TPError("a run is gone on with or begun anew", expected="resume or overwrite")
    if resume and checkpoint is None:
        raise TPError("there is nothing to resume without a directory", mend="give out")
    with nullcontext() if checkpoint is None else checkpoint.held(resume):
        params = module.init(sizes, seed)
        if checkpoint is not None and resume:
            params, losses = checkpoint.resume(params)
            _require_steps(len(losses), steps)
        elif checkpoint is not None:
            checkpoint.start(params, steps, overwrite)
        run = _RunningTraining(module, params, losses, samples, steps, lr, batch, seed, checkpoint)
        run.go(progress, checkpoint_seconds)
    return Training(module, params, tuple(losses))


def _require_steps(done: int, wanted: int) -> None:
    """Raise TPError for a run that is to end before where it is."""
    if done > wanted:
        raise TPError(
            f"the run has {done} steps already, more than {wanted}",
            mend="steps counts from the beginning of the run",
        )


def check_settings(program: Program, steps: int, lr: float, batch: int, seed: int) -> None:
    """Raise TPError for a program that cannot be trained and for settings that are no numbers."""
    if program.loss is None:
        raise TPError(
            f"program {program.name} has no loss to train on",
            mend="declare one: loss (f - y)^2 / 2",
        )
    if not program.parameters:
        raise TPError(f"program {program.name} has no param to train")
    for name, value, least in (("steps", steps, 0), ("batch", batch, 1), ("seed", seed, 0)):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
            raise TPError(f"{name} is {value!r}", expected=f"a whole number ≥ {least}")
    if not (isinstance(lr, int | float | np.number) and np.isfinite(lr) and lr >= 0):
        raise TPError(f"lr is {lr!r}", expected="a finite number ≥ 0")


@dataclass
class _RunningTraining:
    """A run in progress; `params` and `losses` change in place and always belong together."""

    module: Module
    params: Params
    losses: list[float]
    samples: Dataset
    steps: int
    lr: float
    batch: int
    seed: int
    checkpoint: Checkpoint | None

    def go(self, progress: TrainingProgress | None, seconds: float) -> None:
        """All steps that are left; see `train`."""
        arrays = [a.astype(self.module.dtype) for a in self.samples.arrays.values()]
        saved = time.monotonic()
        done = len(self.losses)
        whole = True
        try:
            with _deferred_interrupt() as interrupted, np.errstate(all="ignore"):
                for rows in minibatches(len(self.samples), self.batch, self.steps, self.seed, done):
                    whole = False
                    self._step([array[rows] for array in arrays], rows)
                    whole = True
                    if interrupted.is_set():
                        raise KeyboardInterrupt
                    if progress is not None:
                        progress(len(self.losses), self.steps, self.losses[-1])
                    if time.monotonic() - saved >= seconds:
                        self._save()
                        saved = time.monotonic()
        except KeyboardInterrupt:
            if whole:
                self._save(plot=True)
            raise
        self._save(plot=True)

    def _step(self, arrays: list[Array], rows: npt.NDArray[np.int64]) -> None:
        loss = float(self.module.sgd_step(self.params, *arrays, self.lr))
        self.module.flush(self.params)  # what a run ends with may not depend on where it stopped
        if np.isfinite(loss):
            self.losses.append(loss)
            return
        bad = self.module.first_nonfinite(self.params, *arrays)
        step = len(self.losses) + 1
        start = None if self.losses else self._fault_at_start(arrays, rows)
        self._save(plot=True)
        raise start or _not_finite(bad or "the loss", step)

    def _fault_at_start(self, arrays: list[Array], rows: npt.NDArray[np.int64]) -> TPError | None:
        """What no learning rate mends: a function that is not finite at initialization."""
        for place, row in enumerate(rows):
            found = first_not_finite(self.module, self.params, [a[place] for a in arrays])
            if found is not None:
                return found.error(f"at step 1 on sample {row + 1}")
        return None

    def _save(self, plot: bool = False) -> None:
        """A checkpoint, unless the last step's update is not finite, which is an error."""
        for name in self.module.trainable:
            if not np.isfinite(self.params[name]).all():
                raise _not_finite(name, len(self.losses), "after the update of ")
        if self.checkpoint is not None:
            self.checkpoint.save(self.params, self.losses, self.steps)
            if plot:
                self.checkpoint.plot(self.losses)


def _not_finite(name: str, step: int, when: str = "at ") -> TPError:
    return TPError(
        f"training stopped: {name} is not finite {when}step {step}",
        expected="finite values throughout",
        mend="a smaller learning rate, or float64; the last good checkpoint is kept",
    )


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
