"""Sweeps small enough to be killed often; run as a program, one that ends when it is done."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

from tpgraph.errors import TPDataError
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


def sleep(task):
    """The first at once, others for longer than any test waits."""
    if task.index:
        time.sleep(600)
    return draw(task)


def refuse(task):
    """A task that cannot be done, with an error of its own."""
    raise TPDataError("this task cannot be done", mend="choose another")


def dies_of(task, index):
    """Every process that does the task of this index is killed."""
    if task.index == index:
        os.kill(os.getpid(), signal.SIGKILL)
    return draw(task)


def dies_once(task, folder):
    """The first process that comes to task 9 is killed in the middle of its batch."""
    mark = Path(folder) / "died"
    if task.index == 9 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return draw(task)


def threads(task):
    """How many threads BLAS may use."""
    pools = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    return {"threads": max(pools)}


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


def run_here(path, count, workers, function=draw):
    """The sweep, and a line of how far it came."""
    of = sweep(count, function)
    with Store(Path(path), of.study) as held:
        outcome = run_sweep(of, held, workers=workers)
    print(outcome.done, outcome.total, outcome.interrupted)


if __name__ == "__main__":
    path, count, workers, *name = sys.argv[1:]
    run_here(path, int(count), int(workers), sleep if name == ["sleep"] else draw)
