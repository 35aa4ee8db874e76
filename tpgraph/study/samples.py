"""The samples that networks of every width are trained and tested on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPArgumentError, TPDataError
from tpgraph.program import Program, require_room
from tpgraph.seeds import seed_sequence
from tpgraph.shown import quantity
from tpgraph.training import (
    AnyData,
    Dataset,
    as_dataset,
    minibatches,
    standardization,
    synthetic_data,
)
from tpgraph.training.data import as_before

__all__ = [
    "Columns",
    "Experience",
    "TestPoints",
    "batch_of",
    "digest_of",
    "experience",
    "fit_exponent",
    "samples_of",
    "sizes_of",
    "tests_of",
]

Array: TypeAlias = npt.NDArray[np.float64]
TestPoints: TypeAlias = int | float | str | Path | Mapping[str, Any] | Dataset
"""How many samples, or what part of them, is kept for tests; or a file or arrays of their own."""
Columns: TypeAlias = Mapping[str, Sequence[str]] | None
"""Columns of a file by the names of variables, see `tpgraph.load_data`."""


_OVERHEAD = 16
"""Numbers that an array takes beside its own."""


_BATCH = 16
"""Samples a step where no number is given and as many are there."""
_TESTS = 8
"""Test points where no number is given and twice as many samples are there."""


@dataclass(frozen=True)
class Experience:
    """What every network sees: training samples, a schedule of their indices, test points.

    `train` has the N samples that the schedule names, data and targets (N, d) by name; `schedule`
    is (T, B); `test` has the data of M points.
    """

    train: Mapping[str, Array]
    test: Mapping[str, Array]
    schedule: npt.NDArray[np.int64]
    digest: str

    @property
    def steps(self) -> int:
        """T."""
        return len(self.schedule)

    def digest_of_all(self) -> str:
        """The SHA-256 of the schedule, and of all samples and test points under their names."""
        content = hashlib.sha256(self.schedule.tobytes())
        for name, array in [*self.train.items(), *self.test.items()]:
            content.update(f"{name} {array.shape}".encode())
            content.update(np.ascontiguousarray(array).tobytes())
        return content.hexdigest()


def samples_of(
    program: Program,
    data: AnyData | None,
    synthetic: int | None,
    seed: int,
    columns: Columns = None,
    standardize: str = "none",
    missing: str = "refuse",
) -> Dataset:
    """The samples in a file or in arrays, or so many synthetic ones. Raises TPDataError."""
    if (data is None) == (synthetic is None):
        raise TPDataError("give either data or a number of synthetic samples")
    if synthetic is not None:
        found = synthetic_data(program, synthetic, seed)
    else:
        assert data is not None
        found = as_dataset(program, data, columns=columns, missing=missing)
    return standardization(program, found, standardize).apply(found)


def batch_of(batch: int | None, count: int) -> int:
    """Samples a step of so many: the `batch` that is given, or 16, or all where there are fewer.

    >>> batch_of(None, 8), batch_of(None, 100), batch_of(32, 8)
    (8, 16, 32)
    """
    return max(1, min(_BATCH, count)) if batch is None else batch


def tests_of(test: TestPoints | None, count: int) -> TestPoints:
    """The test points that are given, or 8 of so many samples, or half where there are fewer.

    >>> tests_of(None, 8), tests_of(None, 100), tests_of(0.5, 8)
    (4, 8, 0.5)
    """
    return max(1, min(_TESTS, count // 2)) if test is None else test


def experience(
    program: Program,
    samples: Dataset,
    test: TestPoints,
    steps: int,
    batch: int,
    seed: int,
    standardize: str = "none",
) -> Experience:
    """Samples kept for tests, and a schedule over the others; what no step sees is left out.

    The schedule is that of `train` at this seed; `standardize` goes by the samples that are not
    kept for tests, and `columns` choose those of a file of test points. Raises TPDataError where
    samples do not suffice.
    """
    points, rows = _test_points(program, samples, test, seed)
    standard = standardization(program, samples.rows(rows), standardize)
    if batch > len(rows):
        raise TPArgumentError(
            f"a batch of {batch} cannot be drawn from {quantity(len(rows), 'sample')}",
            mend=f"choose a batch of at most {len(rows)}, or more samples",
        )
    numbers = steps * (2 * batch + _OVERHEAD)
    require_room(numbers, f"a schedule of {steps:,} steps", "choose fewer steps or samples a step")
    drawn = list(minibatches(len(rows), batch, steps, seed))
    schedule = np.array(drawn, dtype=np.int64).reshape(steps, batch)
    used, compact = np.unique(schedule, return_inverse=True)
    compact = compact.reshape(schedule.shape)
    train = standard.apply(samples.rows(rows[used])).arrays
    return Experience(train, standard.apply(points).arrays, compact, samples.digest)


def _test_points(
    program: Program, samples: Dataset, test: TestPoints, seed: int
) -> tuple[Dataset, npt.NDArray[np.int64]]:
    """The data of the test points, and which samples are not kept for them."""
    if not isinstance(test, int | float):
        points = as_before(program, test, samples, targets=False)
        return points, np.arange(len(samples))
    kept = _kept(test, len(samples))
    order = np.random.default_rng(seed_sequence(seed, "test points")).permutation(len(samples))
    own = samples.rows(np.sort(order[:kept]))
    return own.only(d.variable.name for d in program.data), np.sort(order[kept:])


def _kept(test: int | float, count: int) -> int:
    """How many of the samples are test points."""
    kept = round(test * count) if isinstance(test, float) and test < 1 else int(test)
    if kept < 1 or kept >= count or (isinstance(test, float) and test >= 1 and kept != test):
        half = max(1, count // 2)
        raise TPArgumentError(
            f"{test} of {count} samples cannot be kept for tests",
            expected=f"1 to {count - 1}, or a part between 0 and 1",
            mend=f"--test {half}, in Python test={half}, or more samples",
        )
    return kept


def sizes_of(program: Program, width: int) -> dict[str, int]:
    """Every base width at this size."""
    return {w.name: int(width) for w in program.base_widths}


def fit_exponent(widths: npt.ArrayLike, values: npt.ArrayLike) -> tuple[float, float]:
    """(e, standard error) of values ~ n^e by least squares in logarithms.

    nan where fewer than two widths have positive finite values; the error needs three values.
    """
    x, y = np.ravel(np.asarray(widths, dtype=float)), np.ravel(np.asarray(values, dtype=float))
    good = np.isfinite(y) & (y > 0)
    x, y = np.log(x[good]), np.log(y[good])
    if len(np.unique(x)) < 2:
        return float("nan"), float("nan")
    centred = x - x.mean()
    slope = float(centred @ y / (centred @ centred))
    if len(x) < 3:
        return slope, float("nan")
    residual = y - y.mean() - slope * centred
    variance = float(residual @ residual) / (len(x) - 2)
    return slope, float(np.sqrt(variance / (centred @ centred)))


def digest_of(*arrays: npt.NDArray[Any]) -> str:
    """The SHA-256 of arrays and their shapes."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
