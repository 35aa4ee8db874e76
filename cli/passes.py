"""The options of --pass: a program with its backward pass, or its training unrolled.

`takes_passes` gives a command all of them; what it gets is one `Passes`. An option that would do
nothing is a usage error: --steps without --pass sgd.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

import tpgraph as tp
from tpgraph_cli.choices import ScheduleName, choice
from tpgraph_cli.numbers import rates, real, whole
from tpgraph_cli.option_groups import OptionGroup, takes
from tpgraph_cli.options import of_option

if TYPE_CHECKING:
    from tpgraph import Program

__all__ = ["FORWARD", "PassName", "Passes", "takes_passes"]


class PassName(StrEnum):
    """Which passes a program has."""

    forward = "forward"
    backward = "backward"
    sgd = "sgd"


class SgdForm(StrEnum):
    """How SGD is written."""

    exact = "exact"
    fluctuation = "fluctuation"


@dataclass(frozen=True)
class Passes:
    """The passes that are asked for; None stands for what was not said."""

    name: PassName = PassName.forward
    steps: int | None = None
    form: SgdForm | None = None
    lr: tuple[float, ...] | None = None
    schedule: ScheduleName | None = None
    batch: int | None = None
    momentum: float | None = None
    weight_decay: float | None = None
    of: str | None = None

    @property
    def sgd_steps(self) -> int:
        """How many steps of SGD are written out: as many as there are rates, where not said."""
        return self.steps or len(self.lr or (1.0,))

    @property
    def rates(self) -> float | tuple[float, ...]:
        """The learning rate of every step, or those of each."""
        given = self.lr or (1.0,)
        if len(given) > 1 or self.schedule is None:
            return given[0] if len(given) == 1 else given
        return tp.training.scheduled_rates(given[0], self.schedule.value, self.sgd_steps)

    def require_sense(self) -> None:
        """A usage error for an option without effect on these passes."""
        said = [name for name in _OF_SGD if getattr(self, name) is not None]
        if said and self.name is not PassName.sgd:
            raise typer.BadParameter(f"{_listed(said)} is for --pass sgd")
        if self.of is not None and self.name is not PassName.backward:
            on_loss = ": SGD is on the loss" if self.name is PassName.sgd else ""
            raise typer.BadParameter(f"--of is for --pass backward{on_loss}")
        listed = self.lr is not None and len(self.lr) > 1
        if listed and self.schedule is not None:
            raise typer.BadParameter("--schedule: --lr has a rate for every step itself")
        if self.lr is not None and listed and len(self.lr) != self.sgd_steps:
            raise typer.BadParameter(
                f"--lr has {len(self.lr)} rates, and --steps is {self.sgd_steps}: one for each step"
            )
        if self.momentum and self.sgd_steps == 1:
            raise typer.BadParameter("--momentum acts from the second step on: --steps 2 or more")

    def for_limit(self, program: Program) -> Passes:
        """With the form of SGD that has the limit of training.

        In the NTK parametrization every pass in full has the limits of the first one, of which
        outputs do not follow: what they change by is in the changes δ.
        """
        of_network = self.name is PassName.sgd and program.loss is not None
        scaled = program.parametrization
        if of_network and self.form is None and scaled is not None and scaled.name == "ntk":
            return replace(self, form=SgdForm.fluctuation)
        return self

    def of_program(self, program: Program, with_data: bool = False) -> Program:
        """The program with its passes; `with_data` where data are given, of one sample.

        The error signals of a network on data begin with its loss, where they would begin with
        cotangents χ that nobody gave. A program without a loss may be an SGD step itself, written
        out like Algorithm 1.
        """
        match self.name:
            case PassName.backward:
                return self._backward(program, with_data)
            case PassName.sgd if program.loss is None and not program.parameters:
                said = [name for name in _OF_SGD if getattr(self, name) is not None]
                if said:
                    raise typer.BadParameter(f"{_listed(said)}: this program is an SGD step itself")
                return tp.staged(program)
            case PassName.sgd:
                return self._unrolled(program)
            case _:
                return program

    def _backward(self, program: Program, with_data: bool) -> Program:
        if self.of is not None:
            with of_option("--of", self.of):
                return tp.backward(program, self.of)
        made = tp.backward(program)
        cotangents = len(made.data) > len(program.data)
        if with_data and cotangents and program.loss is not None:
            return tp.backward(program, program.loss.name)
        return made

    def _unrolled(self, program: Program) -> Program:
        return tp.unroll_sgd(
            program,
            steps=self.sgd_steps,
            batch=self.batch or 1,
            form=(self.form or SgdForm.exact).value,
            lr=self.rates,
            momentum=self.momentum or 0.0,
            weight_decay=self.weight_decay or 0.0,
        )


FORWARD = Passes()
"""The program as it is."""
_OF_SGD = ("steps", "form", "lr", "schedule", "batch", "momentum", "weight_decay")


def _listed(names: list[str]) -> str:
    return ", ".join(f"--{name.replace('_', '-')}" for name in names)


_OPTIONS: OptionGroup = {
    "passes": (
        Annotated[
            PassName,
            choice(
                PassName,
                "--pass",
                help="backward: with the backward pass; sgd: SGD on samples, then a test example.",
            ),
        ],
        PassName.forward,
    ),
    "steps": (
        Annotated[int | None, typer.Option(help="SGD steps, with --pass sgd; 1.", parser=whole(1))],
        None,
    ),
    "form": (
        Annotated[
            SgdForm | None,
            choice(
                SgdForm,
                help="exact: every pass of SGD in full; fluctuation: later passes as changes δ,"
                " which limits in the NTK parametrization ask for.",
            ),
        ],
        None,
    ),
    "lr": (
        Annotated[
            Any,  # tuple[float, ...] | None, of which typer would make several arguments
            typer.Option(
                metavar="RATES",
                help="Learning rate η of --pass sgd, without its width factors, or one for each"
                " step: 0.1,0.05; 1.",
                parser=rates,
            ),
        ],
        None,
    ),
    "schedule": (
        Annotated[
            ScheduleName | None,
            choice(ScheduleName, help="How the rate of --pass sgd goes over --steps, as of train."),
        ],
        None,
    ),
    "batch": (
        Annotated[
            int | None, typer.Option(help="Samples a step of --pass sgd; 1.", parser=whole(1))
        ],
        None,
    ),
    "momentum": (
        Annotated[
            float | None,
            typer.Option(help="Momentum of --pass sgd, as torch's.", parser=real(0, below=1)),
        ],
        None,
    ),
    "weight_decay": (
        Annotated[
            float | None,
            typer.Option(help="Weight decay λ of --pass sgd: w ← (1 − η λ) w.", parser=real(0)),
        ],
        None,
    ),
    "of": (
        Annotated[
            str | None,
            typer.Option(
                "--of",
                metavar="NAME",
                help="What --pass backward differentiates, such as loss; the outputs by default.",
            ),
        ],
        None,
    ),
}


def _passes(passes: PassName, **said: Any) -> Passes:
    found = Passes(passes, **said)
    found.require_sense()
    return found


takes_passes = takes("passes", _OPTIONS, _passes)
"""The command with the options of --pass in the place of its parameter `passes`."""
