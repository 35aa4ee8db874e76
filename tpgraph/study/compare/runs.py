"""Networks of finite width on a fixed experience: the tasks of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tpgraph.compiler import Module, Params, compile
from tpgraph.language import parse
from tpgraph.seeds import seed_sequence
from tpgraph.study.samples import Array, Experience, sizes_of

__all__ = ["RunTask", "Trainer"]

_ROWS = 256
"""Samples that pass through a network at once when it is only evaluated."""


@dataclass(frozen=True)
class RunTask:
    """One network: its width and number; `settings` is the hash of all that is common."""

    width: int
    number: int
    seed: int
    settings: str


@dataclass(frozen=True)
class Trainer:
    """Trains the network of a task by SGD.

    The result: `test` (T+1, M, k), the outputs at the test points before and after every step,
    several side by side;
    `start` (N, k), those at the training samples before the first; `losses` (T,). What follows a
    loss that is not finite is nan.
    """

    text: str
    seen: Experience
    lr: float
    dtype: str

    def __call__(self, task: RunTask) -> dict[str, npt.ArrayLike]:
        """Train one network."""
        module = _module(self.text, self.dtype)
        stream = seed_sequence(task.seed, "network", task.width, task.number)
        params = module.init(sizes_of(module.program, task.width), stream)  # type: ignore[arg-type]
        start = _outputs(module, params, self.seen.train)
        test = [_outputs(module, params, self.seen.test)]
        losses = []
        with np.errstate(all="ignore"):  # a run that diverges is told by its nan
            for rows in self.seen.schedule:
                loss = float(module.sgd_step(params, *_samples(module, self.seen, rows), self.lr))
                losses.append(loss)
                after = _outputs(module, params, self.seen.test)
                test.append(after if np.isfinite(loss) else np.full_like(after, np.nan))
        return {"test": np.array(test), "start": start, "losses": np.array(losses)}


@lru_cache(maxsize=8)
def _module(text: str, dtype: str) -> Module:
    return compile(parse(text), dtype)


def _samples(module: Module, seen: Experience, rows: npt.NDArray[np.int64]) -> list[Array]:
    declared = (*module.program.data, *module.program.targets)
    return [seen.train[d.variable.name][rows] for d in declared]


def _outputs(module: Module, params: Params, arrays: Mapping[str, Array]) -> Array:
    """The outputs at every sample, side by side, (N, k), float64."""
    data = [arrays[d.variable.name] for d in module.program.data]
    parts = [
        _joined(module.forward(params, *(array[i : i + _ROWS] for array in data)))
        for i in range(0, len(data[0]), _ROWS)
    ]
    return np.concatenate(parts).astype(np.float64)


def _joined(found: Array | Mapping[str, Array]) -> Array:
    return np.concatenate(list(found.values()), axis=1) if isinstance(found, Mapping) else found
