"""The figures of Seleznova & Kutyniok on training, as grids, and the samples to train on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPArgumentError, TPDataError, TPError
from tpgraph.former_names import takes_former_names
from tpgraph.gallery import entry
from tpgraph.language import parse
from tpgraph.program import Program
from tpgraph.study.drift.grid import DriftGrid
from tpgraph.study.network import CALLED, Constants, constants_of, with_function, with_loss
from tpgraph.study.samples import Columns
from tpgraph.training import Dataset, load_data

__all__ = ["PRESETS", "DriftPreset", "drift_preset", "drift_program", "drift_samples"]

Array: TypeAlias = npt.NDArray[np.float64]

PROGRAM = "fully_connected"
MEAN_SQUARED = "(f - y)^2 / k"
RATE = 1e-4
"""Of the mean over the k = 10 components of f; the paper's 10⁻⁵ is that of their sum.

The paper prints neither. At L = 3, M = 256, σ_w² = 1, 2, 3 (relu 2.5) and σ_b² = 0.1, 0.5 the
smallest mean squared errors on the digits were (`faster=10`)

    10⁻⁵ of the mean        tanh 0.064–0.121   relu 0.061–0.107
    10⁻⁵ of half the sum    tanh 0.026–0.040
    10⁻⁵ of the sum         tanh 0.017–0.022   relu 0.016

where the paper has 0.02 and 0.015. The samples matter less: on 128 of MNIST, tanh, they were
0.078–0.119 of the mean, 0.061–0.100 where ξ·ξ = d, and 0.013–0.033 of the sum.
"""

_BIASES = tuple(round(0.1 * i, 1) for i in range(1, 11))


@dataclass(frozen=True)
class DriftPreset:
    """A figure of the paper: its function φ, the rows that it shows and its widths.

    σ_w² goes up to `largest`; `losses` is the range of its colours for the smallest loss.
    """

    function: str
    rows: str
    widths: tuple[int, ...]
    largest: float
    losses: tuple[float, float] = (0.01, 0.1)

    def grid(self, quick: bool = False, faster: int = 1, **options: Any) -> DriftGrid:
        """The grid of the figure; `options` are fields of DriftGrid that are to be others.

        σ_w² = 0.1, 0.2, … (35 points of tanh; 25 of relu, in Figure 9 30) by σ_b² = 0.1 … 1 (10),
        at L = 3, 10, 20. `quick` is a coarse grid of narrow networks, trained for the same time
        rate × steps, in less than a minute. `faster` multiplies the rate and divides the numbers of
        steps by a factor, which changes little while training stays close to gradient flow.
        """
        program = options.pop("program", None) or drift_program(self.function)
        points = tuple(round(0.1 * i, 1) for i in range(1, round(10 * self.largest) + 1))
        grid = DriftGrid(program, self.widths, (3, 10, 20), points, _BIASES, lr=RATE)
        if quick:
            grid = replace(
                grid,
                widths=tuple(width // 4 for width in self.widths)[:2],
                depths=(3, 10),
                sigma_w2=points[4::6],
                sigma_b2=(0.1, 0.5, 0.9),
                lr=5e-3,
                steps=2000,
                snapshots=(10, 100),
            )
        return _hurried(replace(grid, **options), faster)


PRESETS: Mapping[str, DriftPreset] = MappingProxyType(
    {
        "fig3": DriftPreset("tanh", "summary", (256,), 3.5),
        "fig4": DriftPreset("relu", "summary", (256,), 2.5),
        "fig8": DriftPreset("tanh", "steps", (256,), 3.5),
        "fig9": DriftPreset("relu", "steps", (256,), 3.0),
        "fig10": DriftPreset("tanh", "widths", (128, 256, 512), 3.5),
        "fig11": DriftPreset("relu", "widths", (128, 256, 512), 2.5),
    }
)
"""By the number of the paper's figure."""


def _hurried(grid: DriftGrid, factor: int) -> DriftGrid:
    """The grid with its rate times a factor and as many steps less."""
    if factor < 1:
        raise TPDataError(f"no training is {factor} times faster", expected="a factor ≥ 1")
    return replace(
        grid,
        lr=grid.lr * factor,
        steps=-(-grid.steps // factor),
        patience=-(-grid.patience // factor),
        snapshots=tuple(dict.fromkeys(-(-step // factor) for step in grid.snapshots)),
    )


def drift_preset(name: str) -> DriftPreset:
    """The preset of a figure. Raises TPDataError for an unknown one."""
    if name not in PRESETS:
        raise TPDataError(f"there is no preset {name}", expected=", ".join(PRESETS))
    return PRESETS[name]


def drift_program(function: str = "tanh", loss: str = MEAN_SQUARED) -> str:
    """The text of the gallery's fully connected network with this function and loss."""
    return with_loss(with_function(entry(PROGRAM).text, function), loss)


@takes_former_names({"samples": ("limit", {})})
def drift_samples(
    program: str,
    constants: Constants | Mapping[str, float] = (),
    data: str | Path | None = None,
    limit: int = 128,
    normalize: bool = True,
    *,
    columns: Columns = None,
    standardize: str = "none",
    missing: str = "refuse",
) -> tuple[Array, Array]:
    """The first `limit` samples of a CSV or NPZ file, by default the digits: (N, d), (N, k).

    `columns`, `standardize` and `missing` are those of `load_data`; then `normalize` scales every
    input to ξ·ξ = d. Raises TPDataError for data that do not fit the program, too few samples, or
    an input of zeros that is to be scaled.
    """
    chosen = dict(constants_of(dict(constants)))
    network = parse(program, CALLED, chosen if chosen else None)
    if data is None:
        found = _digits(network)
    else:
        found = load_data(data, network, columns=columns, standardize=standardize, missing=missing)
    if not 1 <= limit <= len(found):
        raise TPDataError(f"{found.name} has {len(found)} samples, and not {limit}")
    X, y = (array[:limit] for array in found.arrays.values())
    return (_normalized(X) if normalize else X), y


def _digits(network: Program) -> Dataset:
    """The digits. Raises TPArgumentError for a program of other inputs and targets than theirs."""
    with as_file(files("tpgraph_diagrams") / "data" / "digits.csv") as path:
        try:
            return load_data(path, network)
        except TPError:
            raise TPArgumentError(
                f"program {network.name} is of other samples than the digits, which are taken where"
                " none are given",
                expected="one data input of 64 entries and a target of 10",
                mend="give samples: --data FILE, in Python data=…",
            ) from None


def _normalized(X: Array) -> Array:
    size = np.sqrt((X**2).mean(axis=1, keepdims=True))
    if not size.all():
        raise TPDataError(
            f"sample {int(np.argmin(size))} is zero and cannot be scaled", mend="do not normalize"
        )
    return np.asarray(X / size)
