"""Samples that a training is judged by: a part of its own, or others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tpgraph.errors import TPArgumentError, TPError
from tpgraph.program import Program
from tpgraph.seeds import seed_sequence
from tpgraph.training.data import AnyData, as_before
from tpgraph.training.far_columns import tell_far_columns
from tpgraph.training.named_arrays import Dataset
from tpgraph.training.standardization import Standardization, standardization

__all__ = ["Split", "split_samples"]


@dataclass(frozen=True)
class Split:
    """What is trained on and what is validated with, both standardized by the former."""

    train: Dataset
    validation: Dataset | None
    standard: Standardization
    what: float | str | None
    """The fraction that was held out, or the digest of the other samples."""


def split_samples(
    program: Program,
    samples: Dataset,
    validation: float | AnyData | None,
    seed: int,
    standardize: str = "none",
) -> Split:
    """The samples without those held out, and these: a random fraction, or samples of their own.

    Raises TPDataError for a fraction that leaves nothing on one side.
    """
    train, held = samples, None
    what: float | str | None = None
    if isinstance(validation, bool):
        raise TPError(f"validation is {validation!r}", expected="a fraction, a file or arrays")
    if isinstance(validation, int | float | np.number):
        train, held = _divided(samples, float(validation), seed)
        what = float(validation)
    elif validation is not None:
        given = Path(validation) if isinstance(validation, str) else validation
        held = as_before(program, given, samples)
        what = held.digest
    tell_far_columns(program, train, standardize)
    standard = standardization(program, train, standardize)
    return Split(
        standard.apply(train), None if held is None else standard.apply(held), standard, what
    )


def _divided(samples: Dataset, fraction: float, seed: int) -> tuple[Dataset, Dataset]:
    count = len(samples)
    held = round(fraction * count) if 0 < fraction < 1 else 0
    if not 0 < held < count:
        raise TPArgumentError(
            f"a fraction of {fraction:g} of {count} samples cannot be held out",
            expected="a fraction between 0 and 1 that leaves samples on both sides",
        )
    order = np.random.default_rng(seed_sequence(seed, "validation")).permutation(count)
    return samples.rows(np.sort(order[held:])), samples.rows(np.sort(order[:held]))
