"""Kernels into files: the same numbers as in memory, kept whatever ends the process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from distributed import LocalCluster
from kernels.support import TWO_DEPTHS
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph import clusters
from tpgraph.errors import TPDataError, TPError, TPTypeError
from tpgraph.kernels import Resources, kernel, stream_kernel
from tpgraph.kernels.streamed import crews, filling
from tpgraph.kernels.streamed.npz_layout import mapped_members
from tpgraph.kernels.streamed.panels import KernelTask, panels_of, planned_runs
from tpgraph.progress import Stage, heard_by
from tpgraph_cli.main import app

COUNT = 90
NETWORK = tp.parse(TWO_DEPTHS)
ONE_OUTPUT = tp.parse(TWO_DEPTHS.replace("output f\n", ""))
SMALL = Resources(threads=2, memory=2**17)
X = np.random.default_rng(0).standard_normal((COUNT, 3))


def loaded(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as stored:
        return dict(stored)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of an undisturbed run."""
    path = tmp_path_factory.mktemp("whole") / "K.npz"
    stream_kernel(ONE_OUTPUT, X, path, resources=SMALL)
    return path.read_bytes()


@pytest.mark.parametrize("columns", [None, 40])
@pytest.mark.parametrize("program", [NETWORK, ONE_OUTPUT], ids=["two", "one"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_file_is_that_of_a_kernel_in_memory(
    program: tp.Program, columns: int | None, dtype: str, tmp_path: Path
) -> None:
    Y = None if columns is None else np.random.default_rng(1).standard_normal((columns, 3))
    resources = Resources(threads=2, memory=2**17, dtype=dtype)
    found = stream_kernel(program, X, tmp_path / "K.npz", Y=Y, resources=resources)
    want = kernel(program, X, Y=Y, resources=resources)
    arrays, unit = loaded(tmp_path / "K.npz"), float(np.finfo(dtype).eps)
    assert list(arrays) == list(want.arrays())
    for name, array in want.arrays().items():
        own = arrays[name]
        assert (own.shape, own.dtype) == (array.shape, array.dtype), name
        if name.endswith("error"):
            assert (own >= 0.99 * array).all()  # of several outputs the largest stands for all
        else:
            assert np.abs(own - array).max() < 64 * unit, name
    assert found.summary().splitlines()[0] == want.summary().splitlines()[0]
    assert [p.name for p in tmp_path.iterdir()] == ["K.npz"]


def test_the_file_is_a_plain_archive_whose_arrays_can_be_mapped(
    whole: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "K.npz"
    path.write_bytes(whole)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
    for name, array in loaded(path).items():
        mapped = mapped_members(path)[name]
        assert mapped.flags.aligned
        assert np.array_equal(mapped, array)
    found = stream_kernel(ONE_OUTPUT, X, path, resources=SMALL)
    few = found.kernel(10)
    assert np.array_equal(few.ntk, loaded(path)["ntk"][::9, ::9])  # type: ignore[index]
    assert np.array_equal(few.x, X[::9])


KILLED = """
import os, signal, sys
import numpy as np
from tpgraph.kernels import Resources, stream_kernel
from tpgraph.kernels.streamed import filling
from tpgraph.language import parse
left = {after}
def die(self, *arguments, put=filling.KernelFile.{method}):
    global left
    left -= 1
    if not left and not {whole}:
        os.kill(os.getpid(), signal.SIGKILL)
    put(self, *arguments)
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
filling.KernelFile.{method} = die
X = np.random.default_rng(0).standard_normal((90, 3))
stream_kernel(parse({text!r}), X, {path!r}, resources=Resources(threads=2, memory=2**17))
"""


def killed(path: Path, method: str, after: int, whole: bool) -> None:
    """Stream in a process that ends by kill −9, before or after a step is done."""
    text = KILLED.format(
        text=TWO_DEPTHS.replace("output f\n", ""),
        path=str(path), method=method, after=after, whole=whole,
    )  # fmt: skip
    done = subprocess.run([sys.executable, "-c", text], timeout=120)
    assert done.returncode == -signal.SIGKILL


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the panels that are computed."""
    numbers: list[int] = []
    panel_blocks = crews.panel_blocks

    def counted(task, panel):  # type: ignore[no-untyped-def]
        numbers.append(panel.number)
        return panel_blocks(task, panel)

    monkeypatch.setattr(crews, "panel_blocks", counted)
    return numbers


def test_killed_it_goes_on_with_what_is_missing(
    whole: bytes, computed: list[int], tmp_path: Path
) -> None:
    """Killed when a panel is in the file but not in the log, and when all are but the directory."""
    path = tmp_path / "K.npz"
    killed(path, "put", 4, whole=True)
    log = path.with_name("K.npz.tiles") / "panels.log"
    lines = [line for line in log.read_bytes().splitlines() if line]
    assert len(lines) == 1 + 3
    log.write_bytes(log.read_bytes() + lines[-1][:50])  # a line that was torn
    killed(path, "finish", 1, whole=False)
    assert not path.exists()
    stream_kernel(ONE_OUTPUT, X, path, resources=SMALL)
    assert computed == []
    assert path.read_bytes() == whole


def stopped(path: Path, after: int = 4, **options: object) -> Path:
    """The folder of a run that was interrupted in this process."""

    def hear(stages: tuple[Stage, ...]) -> None:
        if stages[0].what == "tiles" and stages[0].done == after:
            raise KeyboardInterrupt

    with heard_by(hear), pytest.raises(KeyboardInterrupt):
        stream_kernel(ONE_OUTPUT, X, path, **{"resources": SMALL, **options})  # type: ignore[arg-type]
    return path.with_name("K.npz.tiles")


def test_what_is_not_what_was_written_is_computed_again(
    whole: bytes, computed: list[int], tmp_path: Path
) -> None:
    path = tmp_path / "K.npz"
    folder = stopped(path)
    lines = [line for line in (folder / "panels.log").read_bytes().splitlines() if line]
    first = json.loads(lines[1])["panel"]
    task, runs = _task_and_runs()
    member = filling.kernel_file(folder / "kernel.npz", task, runs).members["ntk"]
    array = member.mapped(folder / "kernel.npz", "r+")
    side = json.loads(lines[0])["side"]
    panel = panels_of(runs, side)[first]
    array[panel.window[0].start, panel.window[1].start] += 1e-9
    del array
    lines[2] = lines[2].replace(b'"panel": ', b'"panel": 1')  # a line that says another thing
    (folder / "panels.log").write_bytes(b"\n".join(lines) + b"\n")
    del computed[:]
    stream_kernel(ONE_OUTPUT, X, path, resources=SMALL)
    assert first in computed
    assert len(computed) == len(panels_of(runs, side)) - 2
    assert path.read_bytes() == whole


def _task_and_runs():  # type: ignore[no-untyped-def]
    task = KernelTask(tp.language.to_json(ONE_OUTPUT), "both", "float64", {"ξ": X})
    return task, planned_runs(task)[1]


@pytest.mark.parametrize(
    ("program", "data", "options", "fragment"),
    [
        (ONE_OUTPUT, X[::-1], {}, "the data changed"),
        (NETWORK, X, {}, "the program changed"),
        (ONE_OUTPUT, X, {"kind": "nngp"}, "kind was both"),
    ],
)
def test_tiles_of_another_kernel_are_kept_and_refused(
    program: tp.Program, data: np.ndarray, options: dict[str, str], fragment: str, tmp_path: Path
) -> None:
    folder = stopped(tmp_path / "K.npz")
    before = (folder / "panels.log").read_bytes()
    with pytest.raises(TPError, match=fragment):
        stream_kernel(program, data, tmp_path / "K.npz", resources=SMALL, **options)  # type: ignore[arg-type]
    assert (folder / "panels.log").read_bytes() == before


def test_it_goes_on_in_less_memory_with_the_same_bits(whole: bytes, tmp_path: Path) -> None:
    stopped(tmp_path / "K.npz")
    stream_kernel(ONE_OUTPUT, X, tmp_path / "K.npz", resources=Resources(1, memory=2**14))
    assert (tmp_path / "K.npz").read_bytes() == whole


def test_a_cluster_of_the_users_gives_the_same_kernel(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "K.npz"
    with LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
    ) as cluster:
        stream_kernel(ONE_OUTPUT, X, path, resources=SMALL, scheduler=cluster.scheduler_address)
    want, found = loaded_bytes(whole, tmp_path), loaded(path)
    for name, array in want.items():
        assert np.allclose(found[name], array, rtol=1e-13, atol=1e-14), name


def loaded_bytes(content: bytes, folder: Path) -> dict[str, np.ndarray]:
    (folder / "whole.npz").write_bytes(content)
    return loaded(folder / "whole.npz")


def test_without_dask_a_scheduler_is_answered_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [n for n in sys.modules if n.startswith("distributed")]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "tpgraph.clusters", raising=False)
    monkeypatch.delitem(sys.modules, "tpgraph.kernels.streamed.dask_crew", raising=False)
    with pytest.raises(TPDataError, match=r"pip install 'tpgraph\[dask\]'"):
        stream_kernel(ONE_OUTPUT, X, tmp_path / "K.npz", scheduler="tcp://127.0.0.1:1")


def test_a_disk_without_room_is_told_before_the_work(
    computed: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("tpgraph.kernels.streamed.npz_layout.take_room", full)
    with pytest.raises(TPError, match="No space left") as caught:
        stream_kernel(ONE_OUTPUT, X, tmp_path / "K.npz")
    assert "float32" in str(caught.value)
    assert computed == []
    assert list(tmp_path.iterdir()) == []


def test_what_has_no_plan_is_not_streamed(tmp_path: Path) -> None:
    program = tp.parse(TWO_DEPTHS.replace("erf(U x + W ξ)", "tanh(tanh(U x) + W ξ)"))
    assert not tp.kernels.is_planned(program)
    with pytest.raises(TPTypeError, match="goes to disk by its plan"):
        stream_kernel(program, X, tmp_path / "K.npz")
    assert list(tmp_path.iterdir()) == []


def test_the_command_streams_what_takes_more_than_the_memory(tmp_path: Path) -> None:
    (tmp_path / "net.tp").write_text(TWO_DEPTHS, encoding="utf-8")
    out = tmp_path / "K.npz"
    options = ["kernel", str(tmp_path / "net.tp"), "--synthetic", "160", "-o", str(out)]
    options += ["--plot", str(tmp_path / "K.png")]
    done = CliRunner().invoke(app, [*options, "--memory", "1"])
    assert done.exit_code == 0, done.output
    streamed = loaded(out)
    with zipfile.ZipFile(out) as archive:
        assert archive.infolist()[0].extract_version == 45
    again = CliRunner().invoke(app, options)
    assert np.abs(streamed["ntk"] - loaded(out)["ntk"]).max() < 1e-13
    assert f"wrote {out}" in done.output.splitlines()
    assert f"wrote {tmp_path / 'K.png'}" in done.output.splitlines()
    said = ([line[:60] for line in sorted(d.output.splitlines())] for d in (done, again))
    assert next(said) == next(said)


def test_a_scheduler_that_does_not_answer_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "ANSWER", 0.2)
    with pytest.raises(TPDataError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:1"):
        stream_kernel(ONE_OUTPUT, X, tmp_path / "K.npz", scheduler="tcp://127.0.0.1:1")
    assert list(tmp_path.iterdir()) == []


def test_a_scheduler_needs_a_file(tmp_path: Path) -> None:
    (tmp_path / "net.tp").write_text(TWO_DEPTHS, encoding="utf-8")
    options = ["kernel", str(tmp_path / "net.tp"), "--synthetic", "3", "--scheduler", "tcp://x:1"]
    done = CliRunner().invoke(app, options)
    assert done.exit_code == 2
    assert "needs a file" in done.output
