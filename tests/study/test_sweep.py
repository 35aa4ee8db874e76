"""Sweeps: kept whatever kills them, the same bits for any number of workers, never done twice."""

import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import dask
import interruptible
import numpy as np
import pytest
from distributed import LocalCluster
from distributed.security import Security
from study import sweep_tasks
from study.sweep_tasks import (
    Draw,
    contents,
    dies_of,
    dies_once,
    draw,
    draw_of_the_process,
    refuse,
    sweep,
    threads,
)

from tpgraph.errors import TPDataError, TPErrorGroup, TPWarning
from tpgraph.seeds import seed_sequence
from tpgraph.study.store import Store
from tpgraph.study.sweep import run_sweep
from tpgraph.study.tasks import task_key, task_spec


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


def started(path, workers, function="draw"):
    """The sweep of 400 tasks in a process of its own, once its first result is there."""
    program = Path(sweep_tasks.__file__)
    command = [sys.executable, program, path, "400", str(workers), function]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _await_results(process, path)
    return process


def _await_results(process, path):
    """Wait until there are more results than now, or the process ends."""
    before = len(contents(path, sweep(400)))
    limit = time.monotonic() + 60
    while process.poll() is None and len(contents(path, sweep(400))) == before:
        assert time.monotonic() < limit
        time.sleep(0.01)


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


def _children(pid):
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def test_processes_end_with_a_killed_sweep_in_the_middle_of_a_task(tmp_path):
    process = started(tmp_path / "s.sqlite", workers=2, function="sleep")
    pids = _children(process.pid)
    assert len(pids) >= 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    _await_end(pids)


def _await_end(pids):
    limit = time.monotonic() + 30
    while any(_lives(pid) for pid in pids):
        assert time.monotonic() < limit, "processes of a dead sweep go on"
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


@pytest.mark.parametrize("workers", [0, 1])
def test_what_a_task_raises_reaches_the_caller_and_the_rest_is_kept(tmp_path, workers):
    run(tmp_path / "s", sweep(5))
    with pytest.raises(TPDataError, match="this task cannot be done") as found:
        run(tmp_path / "s", sweep(6, refuse), workers=workers)
    assert found.value.mend == "choose another"
    assert len(contents(tmp_path / "s", sweep(6))) == 5


def test_errors_pass_a_pipe_whole():
    single = TPDataError("one", mend="mend")
    group = TPErrorGroup([single, TPDataError("two")])
    for error in (single, group):
        back = pickle.loads(pickle.dumps(error))
        assert (type(back), str(back)) == (type(error), str(error))


def test_the_tasks_of_a_killed_process_are_done_again(tmp_path, reference):
    function = partial(dies_once, folder=str(tmp_path))
    with pytest.warns(TPWarning, match="was killed by SIGKILL; done again: Draw"):
        outcome = run(tmp_path / "s", sweep(30, function), workers=2)
    assert outcome.computed == 30
    assert contents(tmp_path / "s", sweep(30)).items() <= reference.items()


def test_a_task_that_kills_its_processes_is_named_and_the_rest_is_kept(tmp_path, reference):
    of = sweep(20, partial(dies_of, index=7))
    with (
        pytest.warns(TPWarning, match="done again"),
        pytest.raises(TPDataError, match=r"SIGKILL.*Draw\(index=7,") as found,
    ):
        run(tmp_path / "s", of, workers=1)
    assert "fewer workers need less memory" in str(found.value)
    kept = contents(tmp_path / "s", sweep(20))
    assert set(of.task_keys()[:7]) <= kept.keys()
    assert kept.items() <= reference.items()


def test_each_process_has_one_thread_of_blas(tmp_path):
    of = sweep(4, threads)
    run(tmp_path / "s", of, workers=2)
    with Store(tmp_path / "s", of.study) as store:
        assert {int(store.read(key)["threads"]) for key in of.task_keys()} == {1}


def test_ctrl_c_ends_the_sweep_with_what_is_done_and_no_process_left(tmp_path, reference):
    program = Path(sweep_tasks.__file__)
    process = interruptible.start([sys.executable, program, tmp_path / "s", 400, 2],
                                  start_new_session=True)  # fmt: skip
    _await_results(process, tmp_path / "s")
    pids = _children(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    done, total, interrupted = output.split()
    assert (total, interrupted) == ("400", "True")
    held = contents(tmp_path / "s", sweep(400))
    assert len(held) == int(done) < 400
    assert held.items() <= reference.items()
    _await_end(pids)


def test_a_script_without_its_guard_is_told(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nfrom study.sweep_tasks import run_here\nrun_here(sys.argv[1], 5, 2)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    found = subprocess.run(
        [sys.executable, script, tmp_path / "s"], capture_output=True, text=True, env=environment
    )
    assert found.returncode == 1
    assert 'starts processes under `if __name__ == "__main__":`' in found.stderr


def listening(pids):
    """The inodes of listening sockets, TCP and UNIX, that any of the processes holds."""
    rows = [line.split() for kind in ("tcp", "tcp6")
            for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]]  # fmt: skip
    listens = {row[9] for row in rows if row[3] == "0A"}
    unix = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    listens |= {row[6] for row in unix if int(row[3], 16) & 0x10000}
    held = {name for pid in pids for name in _open_files(pid)}
    return listens & {name.removeprefix("socket:[").removesuffix("]") for name in held}


def _open_files(pid):
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # the one that reads this folder
            yield os.readlink(link)


@pytest.mark.parametrize("kind", [socket.AF_INET, socket.AF_UNIX])
def test_a_listening_socket_would_be_seen(kind, tmp_path):
    with socket.socket(kind) as open_port:
        open_port.bind(str(tmp_path / "x") if kind == socket.AF_UNIX else ("127.0.0.1", 0))
        before = listening([os.getpid()])  # of a fork server, or of who started the tests
        open_port.listen()
        assert len(listening([os.getpid()]) - before) == 1


def test_a_sweep_on_processes_listens_on_no_socket(tmp_path):
    process = started(tmp_path / "s.sqlite", workers=2)
    pids = [process.pid, *_children(process.pid)]
    assert len(pids) >= 3
    assert listening(pids) == set()
    process.kill()
    process.wait()


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
        value = np.asarray(value)
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


def test_a_cluster_is_reached_over_tls_with_dasks_own_settings(tmp_path, reference):
    """The certificates stand in Dask's configuration; without them there is no connection."""
    made = Security.temporary()
    places = {}
    for name in ("tls_ca_file", "tls_client_cert", "tls_client_key"):
        places[name] = tmp_path / name
        places[name].write_text(getattr(made, name))
    tls = {
        "distributed.comm.tls.ca-file": str(places["tls_ca_file"]),
        "distributed.comm.tls.client.cert": str(places["tls_client_cert"]),
        "distributed.comm.tls.client.key": str(places["tls_client_key"]),
    }
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, security=made
    ) as cluster:
        address = cluster.scheduler_address
        assert address.startswith("tls://")
        with pytest.raises(TPDataError, match="no Dask scheduler at tls:"):
            run(tmp_path / "s", sweep(5), scheduler=address)
        with dask.config.set(tls):
            assert run(tmp_path / "s", sweep(5), scheduler=address).computed == 5
    assert contents(tmp_path / "s", sweep(5)).items() <= reference.items()


def test_without_dask_a_scheduler_is_answered_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "tpgraph.study.cluster", raising=False)
    with pytest.raises(TPDataError, match=r"pip install 'tpgraph\[study\]'"):
        run(tmp_path / "s", sweep(1), scheduler="tcp://127.0.0.1:1")
    assert run(tmp_path / "s", sweep(1), workers=1).computed == 1


def test_a_scheduler_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("tpgraph.clusters.ANSWER", 0.5)
    with pytest.raises(TPDataError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:1"):
        run(tmp_path / "s", sweep(1), scheduler="tcp://127.0.0.1:1")
