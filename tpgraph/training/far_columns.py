"""Inputs that are far from mean 0 and variance 1, on which networks hardly learn."""

from __future__ import annotations

import warnings

import numpy as np

from tpgraph.errors import TPWarning
from tpgraph.program import Program
from tpgraph.training.named_arrays import Dataset

__all__ = ["tell_far_columns"]

_SIZE = 30.0
"""Of √(mean² + sd²), above which an input is far from standard."""
_SHOWN = 3


def tell_far_columns(program: Program, samples: Dataset) -> None:
    """A TPWarning that names inputs with √(mean² + sd²) > 30, unless all are near."""
    far = []
    for name in (d.variable.name for d in program.data):
        array = samples.arrays[name]
        mean, sd = array.mean(axis=0), array.std(axis=0)
        columns = samples.columns.get(name, ())
        for i in np.flatnonzero(np.hypot(mean, sd) > _SIZE).tolist():
            called = columns[i] if columns else f"{name}_{i}"
            far.append(f"{called} (mean {mean[i]:.3g}, sd {sd[i]:.3g})")
    if far:
        some = ", ".join(far[:_SHOWN]) + (f" and {len(far) - _SHOWN} more" * (len(far) > _SHOWN))
        text = (
            f"far from mean 0 and sd 1: {some}; --standardize data, in Python standardize='data',"
            " makes them so"
        )
        warnings.warn(TPWarning(text), stacklevel=3)
