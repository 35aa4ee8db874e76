"""Sweeps of the drift study: interrupted, killed, damaged; they go on and are the same."""

from __future__ import annotations

import dataclasses
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from study.drift_networks import GRID, LONG, NETWORK, X, Y

from tpgraph.arrays import read_arrays
from tpgraph.errors import TPDataError
from tpgraph.study.drift.drift_figures import drift_figure
from tpgraph.study.drift.presets import drift_preset, drift_samples
from tpgraph.study.drift.study import drift_study, drift_task
from tpgraph.study.drift.training import check_state
from tpgraph.study.figures import figure_bytes


def test_a_sweep_is_the_same_in_other_processes_and_goes_on(tmp_path):
    alone = drift_study(GRID, X, Y, tmp_path / "alone", workers=0)
    small = dataclasses.replace(GRID, inits=1)
    first = drift_study(small, X, Y, tmp_path / "two", workers=1)
    assert first.outcome.computed == 12
    both = drift_study(GRID, X, Y, tmp_path / "two", workers=0)
    assert both.outcome.computed == 12
    assert alone.complete
    assert both.drift.tobytes() == alone.drift.tobytes()
    assert both.csv() == alone.csv()
    assert len(alone.csv().splitlines()) == 1 + 24
    assert alone.drift.shape == (2, 1, 2, 3, 2, 2)
    assert len(set(alone.drift[..., -1].ravel().tolist())) == 24
    other = drift_study(GRID, X, 2 * Y, tmp_path / "two", workers=0)
    assert other.outcome.computed == 24
    pictures = [
        figure_bytes(drift_figure(found, "summary", "tanh"), "x.png") for found in (alone, both)
    ]
    assert pictures[0] == pictures[1]
    for rows in ("steps", "widths"):
        assert figure_bytes(drift_figure(alone, rows), "x.png") != pictures[0]


KILLED = """
import sys
sys.path.insert(0, {tests!r})
from study.drift_networks import LONG, X, Y
from tpgraph.study.drift import study as drift
if __name__ == "__main__":
    drift.CHECKPOINT_SECONDS = 0.05
    drift.drift_study(LONG, X, Y, {out!r}, workers=0)
"""


@pytest.mark.slow
def test_a_sweep_that_is_killed_inside_of_a_training_goes_on_there(tmp_path):
    """Killed as soon as a state is kept, and again; it ends with what an undisturbed one has."""
    script = tmp_path / "script.py"
    out = tmp_path / "out"
    script.write_text(KILLED.format(tests=str(Path(__file__).parents[1]), out=str(out)))
    steps = [0]
    for _ in range(2):
        run = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and run.poll() is None and kept_step(out) <= steps[-1]:
            time.sleep(0.02)
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        steps.append(kept_step(out))
    assert 0 < steps[1] < steps[2] < 4000
    after = drift_study(LONG, X, Y, out, workers=0)
    whole = drift_study(LONG, X, Y, tmp_path / "whole", workers=0)
    assert after.csv() == whole.csv()
    assert not list((out / "checkpoints").glob("*.npz"))


def kept_step(out):
    """The step of the state that is kept; 0 where there is none."""
    found = [check_state(path) for path in sorted(out.glob("checkpoints/*.npz"))]
    return max((int(read_arrays(state)["step"]) for state in found if state), default=0)


def test_one_training_is_a_task_of_its_own():
    place = next(GRID.places())
    task = GRID.task(place, "digest")
    found = drift_task(task, X, Y)
    assert set(found) == {
        "drift", "losses", "least", "first", "last", "steps", "stopped", "finite"
    }  # fmt: skip
    assert drift_task(task, X, Y)["last"] == found["last"]
    assert drift_task(dataclasses.replace(task, seed=1), X, Y)["last"] != found["last"]


def test_the_order_is_coarse_before_fine():
    grid = dataclasses.replace(GRID, sigma_w2=tuple(range(1, 10)), inits=1, widths=(8,))
    weights = [grid.sigma_w2[place[3]] for place in grid.places()]
    assert set(weights[:4]) == {1, 9}
    assert set(weights[:6]) == {1, 5, 9}
    assert sorted(weights) == sorted([*range(1, 10)] * 2)


def test_wrong_grids_and_data():
    with pytest.raises(TPDataError, match="no points"):
        drift_study(dataclasses.replace(GRID, widths=()), X, Y, "unused")
    with pytest.raises(TPDataError, match="3 values of σ_w², which the program has no constant"):
        drift_study(dataclasses.replace(GRID, names=("L", "", "σ_b2")), X, Y, "unused")
    with pytest.raises(TPDataError, match="snapshots after"):
        drift_study(dataclasses.replace(GRID, snapshots=(10, 10)), X, Y, "unused")
    with pytest.raises(TPDataError, match="lr is nan"):
        drift_study(dataclasses.replace(GRID, lr=math.nan), X, Y, "unused")
    with pytest.raises(TPDataError, match="data of shapes"):
        drift_study(GRID, X, Y[:3], "unused")
    with pytest.raises(TPDataError, match="there is no preset fig5"):
        drift_preset("fig5")


def test_samples_are_scaled(tmp_path):
    path = tmp_path / "data.npz"
    np.savez(path, ξ=X, y=Y)
    found, targets = drift_samples(NETWORK, {}, path, limit=4)
    np.testing.assert_allclose((found**2).sum(axis=1), 3.0)
    np.testing.assert_array_equal(targets, Y[:4])
    plain, _ = drift_samples(NETWORK, {}, path, limit=4, normalize=False)
    np.testing.assert_array_equal(plain, X[:4])
    with pytest.raises(TPDataError, match="has 6 samples"):
        drift_samples(NETWORK, {}, path, limit=7)
    np.savez(path, ξ=0 * X, y=Y)
    with pytest.raises(TPDataError, match="cannot be scaled"):
        drift_samples(NETWORK, {}, path, limit=4)


def test_an_interrupted_sweep_leaves_a_usable_figure(tmp_path):
    """Ctrl-C after three trainings or more: the rest is nan and grey, and it goes on."""

    def interrupt(done, total):
        if done >= 3:
            raise KeyboardInterrupt

    part = drift_study(GRID, X, Y, tmp_path, workers=0, progress=interrupt)
    assert part.outcome.interrupted
    assert not part.complete
    known = (~np.isnan(part.steps)).sum()
    assert 3 <= known < 24
    assert len(part.csv().splitlines()) == 1 + known
    assert figure_bytes(drift_figure(part), "x.png").startswith(b"\x89PNG")
    whole = drift_study(GRID, X, Y, tmp_path, workers=0)
    assert whole.complete
    assert whole.outcome.computed == 24 - known
    kept = ~np.isnan(part.steps)
    assert whole.drift[kept].tobytes() == part.drift[kept].tobytes()
