"""How well a network does on samples: its loss, and beside it

    accuracy   the part of the samples whose class it names, where targets are classes
    r2         1 − Σ (f − y)² / Σ (y − ȳ)², where they are numbers

r2 is the mean of that of each entry, whatever its units; ȳ is the mean of the entry over the
samples. Of a network with several outputs or targets, or of an output with other entries than its
target, it is the loss alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tpgraph.compiler import Module, Params
from tpgraph.program import Program
from tpgraph.training.class_labels import places_at
from tpgraph.training.named_arrays import Dataset

__all__ = ["ROWS_AT_ONCE", "is_classes", "metrics", "outputs_of", "paired"]

Array = npt.NDArray[np.float64]

ROWS_AT_ONCE = 1024
"""Samples that pass through a network together, outside of training."""


def metrics(module: Module, params: Params, samples: Dataset) -> dict[str, float]:
    """The loss, and accuracy or r2, by name."""
    total, count = 0.0, len(samples)
    with np.errstate(all="ignore"):
        for part in _parts(samples):
            arrays = [a.astype(module.dtype) for a in part.arrays.values()]
            total += module.loss(params, *arrays) * len(part)
        found = {"loss": total / count}
        pair = paired(module.program)
        if pair is None:
            return found
        f = outputs_of(module, params, samples)[pair[0]]
        return {**found, **_quality(f, samples.arrays[pair[1]], samples.classes.get(pair[1]))}


def paired(program: Program) -> tuple[str, str] | None:
    """The output and the target that it is to be, by source name, where there is one of each."""
    if len(program.outputs) != 1 or len(program.targets) != 1:
        return None
    output, target = program.outputs[0], program.targets[0].variable
    entries = output.dim.size({}) if output.is_vector else 1
    return (output.name, target.name) if entries == target.dim.size({}) else None


def outputs_of(module: Module, params: Params, samples: Dataset) -> dict[str, Array]:
    """Every output (N, k) by source name."""
    parts: dict[str, list[Any]] = {v.name: [] for v in module.program.outputs}
    data = [d.variable.name for d in module.program.data]
    for part in _parts(samples):
        found = module.forward(params, *[part.arrays[k].astype(module.dtype) for k in data])
        named = found if isinstance(found, Mapping) else {next(iter(parts)): found}
        for name, value in named.items():
            parts[name].append(np.asarray(value, dtype=np.float64).reshape(len(part), -1))
    return {name: np.concatenate(values) for name, values in parts.items()}


def is_classes(y: npt.NDArray[np.floating], labelled: bool) -> bool:
    """Whether targets (N, k) are classes: given as labels, or each row a one among zeros."""
    if labelled:
        return True
    return y.shape[1] > 1 and bool(np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all())


def _quality(f: Array, y: Array, labels: Sequence[str] | None) -> dict[str, float]:
    if is_classes(y, labels is not None):
        classes = y.shape[1] if labels is None else len(labels)
        return {"accuracy": float((places_at(f, classes) == places_at(y, classes)).mean())}
    spread = ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    left = ((f - y) ** 2).sum(axis=0)
    varied = spread > 0
    return {"r2": float((1.0 - left[varied] / spread[varied]).mean())} if varied.any() else {}


def _parts(samples: Dataset) -> Iterator[Dataset]:
    for start in range(0, len(samples), ROWS_AT_ONCE):
        yield samples.rows(np.arange(start, min(start + ROWS_AT_ONCE, len(samples))))
