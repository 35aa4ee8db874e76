"""The course of a training: all that changes in it, and what is kept of it between two steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tpgraph.compiler import Params

__all__ = ["BEST", "STATE", "Course"]

STATE = "__state__ "
"""In front of the names of what an optimizer keeps."""
BEST = "__best__ "
"""In front of the names of the best parameters."""


@dataclass
class Course:
    """Parameters, what the optimizer keeps, and what was found so far; they belong together.

    `validations` are (step, metrics by name); `best` the parameters of the least loss among them.
    """

    params: Params
    state: Params = field(default_factory=dict)
    losses: list[float] = field(default_factory=list)
    validations: list[tuple[int, Mapping[str, float]]] = field(default_factory=list)
    best: Params = field(default_factory=dict)

    @property
    def best_row(self) -> int | None:
        """Which validation had the least loss, the first of equal ones."""
        losses = [found["loss"] for _, found in self.validations]
        finite = [place for place, loss in enumerate(losses) if loss == loss]
        return min(finite, key=losses.__getitem__, default=None)

    @property
    def best_step(self) -> int | None:
        """The step of the best parameters."""
        row = self.best_row
        return None if row is None else self.validations[row][0]

    @property
    def validated_step(self) -> int:
        """The step of the last validation, 0 where there was none."""
        return self.validations[-1][0] if self.validations else 0

    def validated(self, found: Mapping[str, float]) -> None:
        """A validation after the last step; the best parameters are kept."""
        self.validations.append((len(self.losses), found))
        if self.best_row == len(self.validations) - 1:
            self.best = {name: array.copy() for name, array in self.params.items()}

    def is_stale(self, patience: int | None) -> bool:
        """Whether so many validations in a row found nothing better."""
        if patience is None or not self.validations:
            return False
        row = self.best_row
        return len(self.validations) - (0 if row is None else row + 1) >= patience

    def arrays(self) -> Params:
        """All arrays, under names that tell them apart."""
        state = {STATE + name: array for name, array in self.state.items()}
        return {**self.params, **state, **{BEST + k: a for k, a in self.best.items()}}

    def restored(self, arrays: Params) -> None:
        """Take over what `arrays` gave."""
        for prefix, own in ((STATE, self.state), (BEST, self.best)):
            found = {k.removeprefix(prefix): a for k, a in arrays.items() if k.startswith(prefix)}
            own.clear()
            own.update(found)
        self.params = {k: a for k, a in arrays.items() if not k.startswith((STATE, BEST))}
