"""Stochastic gradient descent on a program, kept on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path

from tpgraph.compiler import Module, Params, check_widths, compile
from tpgraph.errors import TPArgumentError, TPError
from tpgraph.hyperparameters import require_rate, require_whole
from tpgraph.language import to_text
from tpgraph.program import Program
from tpgraph.program.any_program import reads_program
from tpgraph.shown import one_line, quantity
from tpgraph.training.checkpoint import Checkpoint, Settings, sha256
from tpgraph.training.course import Course
from tpgraph.training.data import AnyData, as_dataset
from tpgraph.training.named_arrays import Dataset
from tpgraph.training.recipe import Recipe
from tpgraph.training.running import RunningTraining, TrainingProgress
from tpgraph.training.validation import Split, split_samples

__all__ = ["Training", "TrainingProgress", "check_settings", "train"]

_BATCH = 64
"""Samples a step where no number is given and as many are there."""


@dataclass(frozen=True, repr=False)
class Training:
    """What a training run ends with: the module, its parameters, the loss of every step.

    With validation, `params` are the last and `best` those of the least validation loss, at
    `best_step`. `metrics` are those of `best`, else of `params`, on the samples of "training" and
    "validation": loss, and accuracy or r2. `validations` are (step, metrics).
    """

    module: Module
    params: Params
    losses: tuple[float, ...]
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    validations: tuple[tuple[int, Mapping[str, float]], ...] = ()
    best: Params | None = None
    best_step: int | None = None

    def __repr__(self) -> str:
        course = f"loss {self.losses[0]:.4g} → {self.losses[-1]:.4g}" if self.losses else "no loss"
        return one_line(
            "Training", self.module.program.name, quantity(len(self.losses), "step"), course
        )

    def _repr_html_(self) -> str:
        """What notebooks show: the loss curve."""
        curve: bytes = import_module("tpgraph.training.loss_curve").loss_plot(
            self.losses, repr(self)[1:-1], [(step, m["loss"]) for step, m in self.validations]
        )
        return f"<div>{curve.decode()}</div>"


@reads_program
def train(
    program: Program,
    data: AnyData,
    *,
    widths: Mapping[str, int],
    steps: int = 1000,
    lr: float = 0.1,
    batch: int | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    dtype: str = "float64",
    optimizer: str = "sgd",
    weight_decay: float = 0.0,
    momentum: float | None = None,
    schedule: str = "constant",
    warm_up: int | None = None,
    validation: float | AnyData | None = None,
    every: int | None = None,
    patience: int | None = None,
    standardize: str = "none",
    columns: Mapping[str, Sequence[str]] | None = None,
    missing: str = "refuse",
    progress: TrainingProgress | None = None,
    checkpoint_seconds: float = 30.0,
) -> Training:
    """Train a program: by SGD, w −= lr · n^(−c) · ∂(mean loss of the batch)/∂w, or otherwise.

    `data` is a CSV or NPZ file, or arrays (N, d) by source name; a target may be class labels, and
    `columns` choose those of a file, whose rows with `missing` values are refused or left out
    ("drop"), see `load_data`. Every epoch is a permutation of the samples
    drawn from (seed, epoch), cut into batches of `batch` (64, or all samples where they are fewer);
    a rest that fills no batch is left out.

    `optimizer` is sgd, momentum, nesterov, adam or adamw (`tpgraph.compiler.optimizers`), with the
    rate of each layer by the parametrization, `momentum` (0.9) and `weight_decay`; `schedule` is
    constant, cosine, linear or warm-up, after `warm_up` steps in which the rate rises
    (`tpgraph.training.learning_rates`).

    `validation` is a fraction of the samples, held out, or samples of its own. Every `every` steps
    (an epoch), and at the last, it is asked; the parameters of its least loss are kept, and the
    training stops after `patience` validations without a lesser one. `standardize` ("data", or
    "all" for targets that are numbers too) makes means 0 and variances 1, by the samples trained
    on.

    With a directory `out`, losses, curves, parameters and manifest are written to it, every
    `checkpoint_seconds` and at the end; `resume` goes on from there and ends bit for bit as if the
    run had not stopped, `overwrite` begins anew in its place. `steps` counts from the beginning. An
    interrupt (Ctrl-C) leaves a run that can be resumed, and is raised again.

    Raises TPDataError for data and widths that do not fit; TPError for other settings, for a run
    that cannot be resumed, and when a loss or parameter is not finite, naming the first variable
    that went bad and the step; the last good checkpoint stays.
    """
    size = _BATCH if batch is None else batch
    check_settings(program, steps, lr, size, seed)
    recipe = Recipe(
        steps,
        lr,
        size,
        seed,
        optimizer,
        weight_decay,
        momentum,
        schedule,
        warm_up,
        every,
        patience,
    ).checked(validation is not None)
    sizes = check_widths(program, widths, recipe.batch)
    if recipe.is_plain:
        module = compile(program, dtype, optimize=True)
    else:
        module = compile(program, dtype, optimizer=recipe.optimizer)
    samples = as_dataset(program, data, columns=columns, missing=missing)
    split = split_samples(program, samples, validation, recipe.seed, standardize)
    if batch is None:
        recipe = replace(recipe, batch=min(_BATCH, len(split.train)))
    if recipe.batch > len(split.train):
        raise TPArgumentError(
            f"a batch of {batch} cannot be drawn from {quantity(len(split.train), 'sample')}",
            mend=f"choose a batch of at most {len(split.train)}",
        )
    if validation is not None and recipe.every is None:
        recipe = replace(recipe, every=len(split.train) // recipe.batch)
    checkpoint = None
    if out is not None:
        text = to_text(program)
        settings = _settings(program, text, samples, sizes, dtype, recipe, split, columns)
        name = Path(samples.name).name
        checkpoint = Checkpoint(Path(out), settings, text, name, samples.taken, samples.columns)
    if resume and overwrite:
        raise TPArgumentError("a run is gone on with or begun anew", expected="resume or overwrite")
    if checkpoint is None and (resume or overwrite):
        what = "resume" if resume else "overwrite"
        raise TPArgumentError(f"there is nothing to {what} without a folder", mend="give out")
    with nullcontext() if checkpoint is None else checkpoint.held(resume):
        params = module.init(sizes, recipe.seed)
        course = Course(params, {} if recipe.is_plain else module.init_state(params))
        if checkpoint is not None and resume:
            checkpoint.resume(course)
            _require_steps(len(course.losses), recipe.steps)
        elif checkpoint is not None:
            checkpoint.start(course, recipe.steps, overwrite)
        run = RunningTraining(module, course, split, recipe, checkpoint)
        found = run.go(progress, checkpoint_seconds)
    return Training(
        module, course.params, tuple(course.losses), found, tuple(course.validations),
        course.best or None, course.best_step,
    )  # fmt: skip


def _settings(
    program: Program,
    text: str,
    samples: Dataset,
    sizes: Mapping[str, int],
    dtype: str,
    recipe: Recipe,
    split: Split,
    columns: Mapping[str, Sequence[str]] | None,
) -> Settings:
    """What must be the same for the run to be gone on with."""
    return Settings(
        program.name, sha256(text), samples.digest, sizes, dtype, recipe, split.what,
        {name: list(chosen) for name, chosen in (columns or samples.chosen_columns).items()},
        {name: list(classes) for name, classes in samples.classes.items()},
        split.standard.mean, split.standard.sd, samples.missing,
    )  # fmt: skip


def _require_steps(done: int, wanted: int) -> None:
    """Raise TPError for a run that is to end before where it is."""
    if done > wanted:
        raise TPArgumentError(
            f"the run has {done} steps already, more than {wanted}",
            mend="steps counts from the beginning of the run",
        )


def check_settings(program: Program, steps: int, lr: float, batch: int, seed: int) -> None:
    """Raise TPError for a program that cannot be trained and for settings that are no numbers."""
    if program.loss is None:
        raise TPError(
            f"program {program.name} has no loss to train on"
            + ("" if program.parameters else ", and no param to train: it is no network"),
            mend="declare one: loss (f - y)^2 / 2"
            if program.parameters
            else "declare what is trained, param W : n × n ~ N(0, 1), an output and a loss",
        )
    if not program.parameters:
        raise TPError(f"program {program.name} has no param to train")
    for name, value, least in (("steps", steps, 0), ("batch", batch, 1), ("seed", seed, 0)):
        require_whole(value, name, least)
    require_rate(lr)
