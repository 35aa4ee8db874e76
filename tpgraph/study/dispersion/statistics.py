"""E[Θ²]/E[Θ]² from logarithms of the Θ of some initializations, with its error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.seeds import seed_sequence

__all__ = ["Moments", "moments"]

Array: TypeAlias = npt.NDArray[np.float64]

RESAMPLES = 400
LEVELS = (0.16, 0.84)
_CELLS = 4096


@dataclass(frozen=True)
class Moments:
    """What n initializations say of Θ at every cell.

    `ratio` = mean(Θ²)/mean(Θ)²; `low`, `high`: the 16 % and 84 % quantiles of that ratio over
    bootstrap resamples of the initializations; `largest`: the share of the largest Θ² in their sum.
    The ratio is heavy-tailed: where `largest` is above about 0.3 a single initialization decides,
    the estimate is low with a high probability, and so is its bootstrap error.
    `log_mean` = log|mean(Θ)|. nan where n is 0; quantiles nan where n < 2.
    """

    inits: int
    ratio: Array
    low: Array
    high: Array
    largest: Array
    log_mean: Array


def moments(log: Array, sign: npt.NDArray[np.int8] | None = None) -> Moments:
    """Moments over the first axis of Θ = sign · exp(log), arrays (n, …).

    >>> round(float(moments(np.log([[1.0], [3.0]])).ratio[0]), 9)
    1.25
    """
    n, shape = len(log), log.shape[1:]
    if n == 0:
        empty = np.full(shape, np.nan)
        return Moments(0, empty, empty, empty, empty, empty)
    flat = log.reshape(n, -1)
    top = flat.max(axis=0)
    scaled = np.exp(flat - np.where(np.isfinite(top), top, 0))
    if sign is not None:
        scaled = scaled * sign.reshape(n, -1)
    with np.errstate(divide="ignore", invalid="ignore"):
        square = np.mean(scaled**2, axis=0)
        mean = np.mean(scaled, axis=0)
        found = [
            square / mean**2,
            *_bootstrap(scaled),
            (scaled**2).max(axis=0) / (n * square),
            np.log(np.abs(mean)) + top,
        ]
    ratio, low, high, largest, log_mean = (np.reshape(part, shape) for part in found)
    return Moments(n, ratio, low, high, largest, log_mean)


def _bootstrap(scaled: Array) -> tuple[Array, Array]:
    """Quantiles of the ratio over resamples, each a row of multiplicities in one product."""
    n, cells = scaled.shape
    if n < 2:
        return np.full(cells, np.nan), np.full(cells, np.nan)
    rng = np.random.default_rng(seed_sequence(0, "bootstrap", n))
    counts = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES) / n
    low, high = np.empty(cells), np.empty(cells)
    for start in range(0, cells, _CELLS):
        part = slice(start, start + _CELLS)
        ratios = (counts @ scaled[:, part] ** 2) / (counts @ scaled[:, part]) ** 2
        low[part], high[part] = np.quantile(ratios, LEVELS, axis=0)
    return low, high
