"""What a training does, as numbers and words: steps, rates, optimizer, when to stop."""

from __future__ import annotations

from dataclasses import dataclass

from tpgraph.compiler.optimizers import optimizer_named
from tpgraph.errors import TPArgumentError, TPError
from tpgraph.hyperparameters import require_momentum, require_weight_decay, require_whole
from tpgraph.training.learning_rates import rate_factor, warm_up_steps

__all__ = ["Recipe"]


@dataclass(frozen=True)
class Recipe:
    """A training of `steps` steps; see `train`.

    Steps are those of `sgd_step` for plain sgd, and otherwise of the optimizer's code.
    """

    steps: int
    lr: float
    batch: int
    seed: int
    optimizer: str = "sgd"
    weight_decay: float = 0.0
    momentum: float | None = None
    schedule: str = "constant"
    warm_up: int | None = None
    every: int | None = None
    patience: int | None = None

    def checked(self, validated: bool) -> Recipe:
        """The recipe with every default in its place. Raises TPError for what is no such number."""
        numbers = optimizer_named(self.optimizer).numbers
        if self.momentum is not None and "momentum" not in numbers:
            raise TPError(
                f"{self.optimizer} has no momentum", mend="optimizer momentum or nesterov has"
            )
        require_weight_decay(self.weight_decay)
        if self.momentum is not None:
            require_momentum(self.momentum)
        for name, value, least in (
            ("warm_up", self.warm_up, 0), ("every", self.every, 1), ("patience", self.patience, 1),
        ):  # fmt: skip
            if value is not None:
                require_whole(value, name, least)
        if not validated and (self.every is not None or self.patience is not None):
            what = "patience" if self.patience is not None else "every"
            raise TPArgumentError(
                f"{what} is of validation, and there is none", mend="give validation"
            )
        if self.warm_up is not None and self.warm_up > self.steps > 0:
            raise TPArgumentError(
                f"the rate rises over {self.warm_up} steps, and training has {self.steps}",
                expected=f"warm_up of at most {self.steps}",
            )
        rate_factor(self.schedule, 0, self.steps)
        return Recipe(
            int(self.steps), float(self.lr), int(self.batch), int(self.seed), self.optimizer,
            float(self.weight_decay),
            self.momentum if self.momentum is not None else numbers.get("momentum"),
            self.schedule, warm_up_steps(self.schedule, self.steps, self.warm_up),
            self.every, self.patience,
        )  # fmt: skip

    @property
    def is_plain(self) -> bool:
        """Whether the steps are those of `sgd_step`."""
        return self.optimizer == "sgd" and not self.weight_decay

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        return self.lr * rate_factor(self.schedule, step, self.steps, self.warm_up or 0)

    @property
    def schedule_steps(self) -> int | None:
        """The steps that the learning rate is planned over, where it depends on them."""
        return self.steps if self.schedule in ("cosine", "linear") else None
