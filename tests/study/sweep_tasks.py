"""Sweeps small enough to be killed often; run as a program, one that ends when it is done."""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tpgraph.seeds import seed_sequence
from tpgraph.study.store import Store
from tpgraph.study.sweep import Sweep, run_sweep


@dataclass(frozen=True)
class Draw:
    """A task: the mean and the last of `size` normals of its own stream."""

    index: int
    size: int
    seed: int = 0


def draw(task):
    time.sleep(0.004)
    rng = np.random.default_rng(seed_sequence(task.seed, "draw", task.index))
    values = rng.standard_normal((task.size, 8))
    return {"products": values.T @ values, "last": values[-1]}


def draw_of_the_process(task):
    """A wrong task: its numbers depend on where it runs."""
    rng = np.random.default_rng(os.getpid())
    return {"last": rng.standard_normal(task.size)}


def sweep(count, function=draw):
    return Sweep("draws", 1, function, tuple(Draw(i, 300 + i) for i in range(count)))


def contents(path, of):
    """Every array of a sweep that the store holds, as bytes by key."""
    with Store(path, of.study) as store:
        held = store.keys()
        return {
            key: {name: (a.dtype.str, a.shape, a.tobytes()) for name, a in store.read(key).items()}
            for key in of.task_keys()
            if key in held
        }


if __name__ == "__main__":
    path, count, workers = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    with Store(path, "draws") as held:
        run_sweep(sweep(count), held, workers=workers)
