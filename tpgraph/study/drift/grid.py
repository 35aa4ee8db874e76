"""What a study of the drift sweeps: the grid, its trainings, the order in which they are done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from tpgraph.bounds import require_networks
from tpgraph.errors import TPDataError
from tpgraph.hyperparameters import require_rate
from tpgraph.study.network import NAMES, Constants, Names, constants_at, require_names

__all__ = ["DriftGrid", "DriftTask", "check_grid"]


@dataclass(frozen=True)
class DriftTask:
    """One training. `data` is the digest of the samples."""

    program: str
    constants: Constants
    width: int
    init: int
    seed: int
    lr: float
    steps: int
    tolerance: float
    patience: int
    snapshots: tuple[int, ...]
    dtype: str
    data: str


@dataclass(frozen=True)
class DriftGrid:
    """What is swept: every combination of widths, depths, σ_w², σ_b² and initializations.

    `program` is the text of a program, whose constants `names` (depth, σ_w², σ_b²; "" for one that
    it has not) take the values of the grid, and `constants` are further ones. `lr` and so on are
    those of `Schedule`.
    """

    program: str
    widths: tuple[int, ...]
    depths: tuple[int, ...]
    sigma_w2: tuple[float, ...]
    sigma_b2: tuple[float, ...]
    inits: int = 1
    seed: int = 0
    lr: float = 1e-5
    steps: int = 100_000
    tolerance: float = 1e-7
    patience: int = 100
    snapshots: tuple[int, ...] = (10, 100, 1000, 10_000)
    dtype: str = "float32"
    names: Names = NAMES
    constants: Constants = ()

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """(widths, depths, σ_b², σ_w², initializations)."""
        sizes = map(len, (self.widths, self.depths, self.sigma_b2, self.sigma_w2))
        return (*sizes, self.inits)  # type: ignore[return-value]

    def task(self, place: Sequence[int], data: str) -> DriftTask:
        """The task at a place of the grid."""
        width, depth, bias, weight, init = place
        point = self.depths[depth], self.sigma_w2[weight], self.sigma_b2[bias]
        return DriftTask(
            self.program,
            constants_at(self.names, point, self.constants),
            self.widths[width],
            init,
            self.seed,
            self.lr,
            self.steps,
            self.tolerance,
            self.patience,
            self.snapshots,
            self.dtype,
            data,
        )

    def places(self) -> Iterator[tuple[int, ...]]:
        """Every place, coarse grids before fine ones and cheap networks before dear ones."""
        w, d, b, s, i = self.shape
        biases, weights = _coarse_first(b), _coarse_first(s)

        def rank(place: tuple[int, ...]) -> tuple[int, ...]:
            level = max(biases[place[2]], weights[place[3]])
            return (place[4], level, place[1], place[0], place[3], place[2])

        yield from sorted(product(range(w), range(d), range(b), range(s), range(i)), key=rank)


def check_grid(grid: DriftGrid) -> None:
    """Raise TPDataError for a grid that cannot be swept, TPLimitError for one too large."""
    require_names(grid.program, grid.names)
    if not all(grid.shape):
        raise TPDataError("the grid has no points", expected="values for every axis, inits ≥ 1")
    require_networks(*grid.shape)
    for what, name, values in zip(
        ("depth", "σ_w²", "σ_b²"),
        grid.names,
        (grid.depths, grid.sigma_w2, grid.sigma_b2),
        strict=True,
    ):
        if not name and len(values) > 1:
            raise TPDataError(
                f"{len(values)} values of {what}, which the program has no constant for",
                mend="give one value, or the name of the constant",
            )
    increasing = all(a < b for a, b in pairwise(grid.snapshots))
    if not increasing or (grid.snapshots and grid.snapshots[0] < 1):
        raise TPDataError(
            f"snapshots after {list(grid.snapshots)} steps", expected="increasing numbers ≥ 1"
        )
    require_rate(grid.lr)
    if grid.steps < 1:
        raise TPDataError(f"steps is {grid.steps}", expected="a whole number ≥ 1")


def _coarse_first(count: int) -> list[int]:
    """The level at which each index of an axis is taken up: 0 for the coarsest grid."""
    top = max(0, count - 1).bit_length()
    levels = [top] * count
    for level in range(top, -1, -1):
        for index in range(0, count, 1 << (top - level)):
            levels[index] = min(levels[index], level)
    levels[-1] = 0
    return levels
