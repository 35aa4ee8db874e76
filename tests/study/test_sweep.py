"""Sweeps: kept whatever kills them, the same bits for any number of workers, never done twice."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from distributed import LocalCluster
from study import sweep_tasks
from study.sweep_tasks import Draw, contents, draw, draw_of_the_process, sweep

from tpgraph.errors import TPDataError
from tpgraph.seeds import seed_sequence
from tpgraph.study.store import Store
from tpgraph.study.sweep import Sweep, run_sweep, task_key, task_spec


def run(path, of, **options):
    with Store(path, of.study) as store:
        return run_sweep(of, store, **{"workers": 0, **options})


@pytest.fixture
def reference():
    """What the tasks give when called one after the other, without a cluster or a store."""
    of = sweep(400)
    return {
        key: {n: (a.dtype.str, a.shape, a.tobytes()) for n, a in sorted(draw(task).items())}
        for key, task in zip(of.task_keys(), of.tasks, strict=True)
    }


def started(path, workers):
    """The sweep of 400 tasks in a process of its own, once its first result is there."""
    program = Path(sweep_tasks.__file__)
    process = subprocess.Popen([sys.executable, program, path, "400", str(workers)])
    before = len(contents(path, sweep(400)))
    limit = time.monotonic() + 60
    while process.poll() is None and len(contents(path, sweep(400))) == before:
        assert time.monotonic() < limit
        time.sleep(0.01)
    return process


def test_killed_at_random_points_it_loses_nothing_and_changes_nothing(tmp_path, reference):
    path, held = tmp_path / "s.sqlite", {}
    for delay in np.random.default_rng(5).uniform(0, 0.25, 3):
        process = started(path, workers=0)
        time.sleep(delay)
        process.kill()
        process.wait()
        now = contents(path, sweep(400))
        assert held.items() <= now.items(), "a result that was there is gone or other"
        assert now.items() <= reference.items(), "half a result"
        held = now
    assert 0 < len(held) < 400
    outcome = run(path, sweep(400))
    assert (outcome.computed, outcome.done) == (400 - len(held), 400)
    assert contents(path, sweep(400)) == reference


def test_workers_end_with_a_killed_sweep(tmp_path):
    process = started(tmp_path / "s.sqlite", workers=1)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        process.kill()
        pytest.skip("no /proc of children")
    pids = [int(pid) for task in children.parents[1].iterdir()
            for pid in (task / "children").read_text().split()]  # fmt: skip
    assert pids
    process.send_signal(signal.SIGKILL)
    process.wait()
    limit = time.monotonic() + 30
    while any(_lives(pid) for pid in pids):
        assert time.monotonic() < limit, "workers of a dead sweep go on"
        time.sleep(0.05)


def _lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_the_number_of_workers_changes_no_bit(tmp_path, reference):
    for workers in (1, 2):
        run(tmp_path / f"{workers}", sweep(40), workers=workers)
    one, two = (contents(tmp_path / name, sweep(40)) for name in ("1", "2"))
    assert one == two
    assert one.items() <= reference.items()


def test_a_task_that_depends_on_its_process_is_noticed(tmp_path):
    wrong = sweep(4, draw_of_the_process)
    run(tmp_path / "here", wrong, workers=0)
    run(tmp_path / "there", wrong, workers=1)
    assert contents(tmp_path / "here", wrong) != contents(tmp_path / "there", wrong)


def test_a_sweep_is_extended_without_doing_anything_twice(tmp_path):
    heard = []
    assert run(tmp_path / "s", sweep(10)).computed == 10
    outcome = run(tmp_path / "s", sweep(25), progress=lambda *now: heard.append(now))
    assert (outcome.done, outcome.total, outcome.computed) == (25, 25, 15)
    assert heard[0] == (10, 25)
    assert heard[-1] == (25, 25)
    assert run(tmp_path / "s", sweep(25), scheduler="nowhere:1").computed == 0


def test_the_order_of_tasks_changes_no_result(tmp_path):
    backwards = replace(sweep(20), tasks=sweep(20).tasks[::-1])
    run(tmp_path / "a", sweep(20))
    run(tmp_path / "b", backwards)
    assert contents(tmp_path / "a", sweep(20)) == contents(tmp_path / "b", sweep(20))


def test_a_key_depends_on_all_of_the_task_and_on_nothing_else():
    task = Draw(3, 300)
    key = task_key("draws", 1, task)
    assert key == task_key("draws", 1, Draw(size=300, index=3))
    others = [("draws", 1, Draw(4, 300)), ("draws", 1, Draw(3, 301)), ("draws", 1, Draw(3, 300, 1)),
              ("draws", 2, task), ("others", 1, task)]  # fmt: skip
    assert len({key, *(task_key(*other) for other in others)}) == 6
    with pytest.raises(ValueError, match="not JSON compliant"):
        task_spec("draws", 1, Draw(3, float("nan")))


def test_streams_differ_by_content_and_are_the_same_in_every_process():
    def first(*content):
        return int(np.random.default_rng(seed_sequence(*content)).integers(2**60))

    contents = [(0, "W", 1, 2), (0, "W", 2, 1), (0, "W", 12), (1, "W", 1, 2), (0, "b", 1, 2)]
    values = [first(*content) for content in contents]
    assert len(set(values)) == 5
    script = (
        "import numpy as np; from tpgraph.seeds import seed_sequence;"
        "print(np.random.default_rng(seed_sequence(0, 'W', 1, 2)).integers(2**60))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    found = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True)
    assert int(found.stdout) == values[0]


@dataclass(frozen=True)
class Wrong:
    index: int


def refuse(task):
    raise TPDataError("this task cannot be done", mend="choose another")


def test_what_a_task_raises_reaches_the_caller_and_the_rest_is_kept(tmp_path):
    run(tmp_path / "s", sweep(5))
    with pytest.raises(TPDataError, match="this task cannot be done"):
        run(tmp_path / "s", Sweep("draws", 1, refuse, (Wrong(1),)))
    assert len(contents(tmp_path / "s", sweep(5))) == 5


def test_a_file_of_another_study_or_kind_is_refused(tmp_path):
    with Store(tmp_path / "s", "dispersion"):
        pass
    with pytest.raises(TPDataError, match="store of study dispersion") as found:
        Store(tmp_path / "s", "drift")
    assert "another folder" in str(found.value)
    (tmp_path / "text").write_text("nothing like a database" * 100)
    with pytest.raises(TPDataError, match="cannot be used as a store"):
        Store(tmp_path / "text", "drift")
    with pytest.raises(TPDataError, match="cannot be used as a store"):
        Store(tmp_path / "missing" / "s", "drift")


def test_results_come_back_as_they_were(tmp_path):
    arrays = {
        "empty": np.zeros((0, 3), "f4"),
        "scalar": np.float64(-0.0),
        "special": np.array([np.nan, np.inf, -np.inf, 5e-324]),
        "whole": np.arange(6).reshape(2, 3)[:, ::-1],
    }
    with Store(tmp_path / "s", "x") as store:
        store.add([("k", "{}", arrays)])
        store.add([("k", "{}", {"empty": 1})])
        assert store.keys() == {"k"}
        assert store.spec("k") == "{}"
        back = store.read("k")
        with pytest.raises(KeyError):
            store.read("l")
    assert list(back) == sorted(arrays)
    for name, value in arrays.items():
        assert back[name].dtype == value.dtype
        assert back[name].shape == value.shape
        assert back[name].tobytes() == value.tobytes()


def test_a_failed_addition_leaves_nothing(tmp_path):
    with Store(tmp_path / "s", "x") as store:
        with pytest.raises(ValueError, match="pickle"):
            store.add([("a", "{}", {"x": 1}), ("b", "{}", {"x": np.array([object()])})])
        assert store.keys() == frozenset()


def test_a_cluster_of_the_users_gives_the_same_bits(tmp_path, reference):
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        outcome = run(tmp_path / "s", sweep(20), scheduler=cluster.scheduler_address)
    assert outcome.computed == 20
    assert contents(tmp_path / "s", sweep(20)).items() <= reference.items()


def test_a_scheduler_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("tpgraph.study.sweep.ANSWER", 0.5)
    with pytest.raises(TPDataError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:1"):
        run(tmp_path / "s", sweep(1), scheduler="tcp://127.0.0.1:1")
