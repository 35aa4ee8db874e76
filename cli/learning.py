"""Commands that train networks and use what was trained: train, evaluate, predict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

import tpgraph as tp
from tpgraph_cli.choices import ScheduleName, choice
from tpgraph_cli.endings import refuse_other_ending, require_ending
from tpgraph_cli.execution import Dtype, OptimizerName, Precision, Widths
from tpgraph_cli.files import Constants, File, announce_folder, load, parse_widths, write
from tpgraph_cli.messages import way_on
from tpgraph_cli.numbers import OptionError, read_real, real, whole
from tpgraph_cli.options import Seed, require_number_or_file
from tpgraph_cli.places import require_places
from tpgraph_cli.progress import training_progress
from tpgraph_cli.samples import AS_IT_IS, DataReading, Missing, takes_reading

__all__ = ["evaluate", "predict", "train"]


Run = Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of a run, as of train --out.")]
HowMissing = Annotated[
    Missing | None,
    choice(Missing, help="Rows that lack a value: refused, or left out; as of the training."),
]
NewData = Annotated[str, typer.Option(help="CSV with a header, or NPZ, as the run was trained on.")]


@takes_reading
def train(
    file: File,
    data: Annotated[
        str, typer.Option(help="CSV with a header, or NPZ; targets may be class labels.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "--output", "-o", help="Folder for losses, plots, parameters and manifest."
        ),
    ],
    constants: Constants = None,
    width: Widths = None,
    steps: Annotated[int, typer.Option(help="Steps of training.", parser=whole(1))] = 1000,
    lr: Annotated[
        float,
        typer.Option(help="Learning rate η; width factors come on top.", parser=real(above=0)),
    ] = 0.1,
    batch: Annotated[
        int | None,
        typer.Option(help="Samples a step; 64, or all where there are fewer.", parser=whole(1)),
    ] = None,
    seed: Seed = 0,
    dtype: Precision = Dtype.float64,
    optimizer: Annotated[
        OptimizerName,
        choice(OptimizerName, help="adam, adamw: with the rates of each layer at this width."),
    ] = OptimizerName.sgd,
    weight_decay: Annotated[
        float, typer.Option(help="Weight decay λ: w ← (1 − η λ) w.", parser=real(0))
    ] = 0.0,
    momentum: Annotated[
        float | None,
        typer.Option(help="Of the optimizers momentum and nesterov; 0.9.", parser=real(0, below=1)),
    ] = None,
    schedule: Annotated[
        ScheduleName, choice(ScheduleName, help="How the learning rate goes over the steps.")
    ] = ScheduleName.constant,
    warm_up: Annotated[
        int | None,
        typer.Option(help="Steps in which the rate rises, before the schedule.", parser=whole(0)),
    ] = None,
    validation: Annotated[
        str | None,
        typer.Option(help="Samples to judge by: a fraction held out, such as 0.2, or a file."),
    ] = None,
    every: Annotated[
        int | None,
        typer.Option(
            help="Steps between validations; an epoch. The last has one.", parser=whole(1)
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(help="Stop after so many validations without a lesser loss.", parser=whole(1)),
    ] = None,
    reading: DataReading = AS_IT_IS,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint in the folder.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Begin anew in a folder that holds a run.")
    ] = False,
) -> None:
    """Train a network by stochastic gradient descent, momentum or Adam.

    Ctrl-C keeps what is done; --resume goes on from there.
    """
    if resume and overwrite:
        raise typer.BadParameter("choose one of --resume and --overwrite")
    _require_sense(optimizer, momentum, validation, every, patience)
    if warm_up is not None and warm_up > steps:
        said = f"--warm-up {warm_up} is longer than the training, --steps {steps}"
        raise OptionError(said, expected=f"at most {steps} steps")
    held_out = _validation(validation)
    require_places(folder=out, names=tp.training.TRAINING_FILES, reads=(file, data))
    program = load(file, constants)
    sizes = parse_widths(width, program)
    manifest = out / "manifest.json"
    with way_on("--resume goes on with it", manifest), training_progress(steps) as advance:
        result = tp.train(
            program,
            data,
            widths=sizes,
            steps=steps,
            lr=lr,
            batch=batch,
            seed=seed,
            out=out,
            resume=resume,
            overwrite=overwrite,
            dtype=dtype.value,
            optimizer=optimizer.value,
            weight_decay=weight_decay,
            momentum=momentum,
            schedule=schedule.value,
            warm_up=warm_up,
            validation=held_out,
            every=every,
            patience=patience,
            progress=advance,
            **reading.of(data),
        )
    _tell(result, steps)
    announce_folder(out, tp.training.TRAINING_FILES)


def evaluate(
    run: Run,
    data: NewData,
    missing: HowMissing = None,
    plot: Annotated[
        str | None, typer.Option(help="A picture of some predictions, an SVG file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Judge a trained network on samples: its loss, and accuracy of classes or r2 of numbers.

    The parameters are those of the least validation loss; without validation the last.
    """
    require_places(plot, reads=(data,))
    require_ending(plot, "picture", (".svg",), "--plot")
    found = tp.load_run(run)
    samples = found.samples(data, missing=missing and missing.value)
    values = found.metrics(samples)
    if plot is not None:
        svg = found.picture(samples, f"{found.module.program.title}: predictions")
        if svg is None:
            raise tp.TPDataError("there is no picture of several outputs or targets")
        write(svg, plot)
    if as_json:
        typer.echo(json.dumps({**values, "samples": len(samples)}, indent=2))
    else:
        typer.echo(f"{tp.shell.quantity(len(samples), 'sample')}: {_told(values)}")


def predict(
    run: Run,
    data: NewData,
    missing: HowMissing = None,
    out: Annotated[
        str | None, typer.Option("--out", "--output", "-o", help="CSV file to write; - is stdout.")
    ] = None,
) -> None:
    """What a trained network says of samples, as CSV: its outputs, and the class they name."""
    require_places(out, reads=(data,))
    refuse_other_ending(out, "a table", ".csv", ".tsv")
    write(tp.load_run(run).predict(data, missing and missing.value).csv(), out)


def _require_sense(
    optimizer: OptimizerName,
    momentum: float | None,
    validation: str | None,
    every: int | None,
    patience: int | None,
) -> None:
    """A usage error for an option without effect beside the others."""
    if momentum is not None and optimizer not in (OptimizerName.momentum, OptimizerName.nesterov):
        raise typer.BadParameter("--momentum is for --optimizer momentum and nesterov")
    for name, value in (("--every", every), ("--patience", patience)):
        if value is not None and validation is None:
            raise typer.BadParameter(f"{name} is for --validation")


def _validation(text: str | None) -> float | str | None:
    """A fraction, or the name of a file."""
    if text is None:
        return None
    try:
        float(text)
    except ValueError:
        require_number_or_file(text, "--validation", "a fraction such as 0.2, or a file")
        return text
    return read_real(text, "--validation", above=0, below=1)


def _tell(result: tp.training.Training, steps: int) -> None:
    """Print how a training of so many steps at most went."""
    losses = result.losses
    typer.echo(
        f"{tp.shell.quantity(len(losses), 'step')}: loss {losses[0]:.4g} at the first,"
        f" {losses[-1]:.4g} at the last"
    )
    if len(losses) < steps:
        typer.echo(f"stopped early: the least validation loss was at step {result.best_step}")
    for kind, found in result.metrics.items():
        at = f" at step {result.best_step}" if result.best_step is not None else ""
        typer.echo(f"{kind}{at}: {_told(found)}")


def _told(found: Mapping[str, Any]) -> str:
    """`loss 0.1234, accuracy 97.5 %`."""
    parts = [f"loss {found['loss']:.4g}"]
    if "accuracy" in found:
        parts.append(f"accuracy {100 * found['accuracy']:.1f} %")
    if "r2" in found:
        parts.append(f"r2 {found['r2']:.4f}")
    return ", ".join(parts)
