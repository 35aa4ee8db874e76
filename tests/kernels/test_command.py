"""`tpgraph kernel`: files in, arrays and pictures out."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from interruptible import start
from typer.testing import CliRunner, Result

import tpgraph as tp
from tpgraph.kernels.heat_map import kernel_figure
from tpgraph_cli.main import app

COUNT = 4


def command(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["kernel", *arguments])


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A program and a CSV file with data columns alone."""
    program, data = tmp_path / "net.tp", tmp_path / "x.csv"
    program.write_text(tp.gallery.entry("one_hidden").text, encoding="utf-8")
    rows = np.random.default_rng(0).standard_normal((COUNT, 8))
    header = ",".join(f"xi_{i}" for i in range(8))
    np.savetxt(data, rows, delimiter=",", header=header, comments="", fmt="%.17g")
    return str(program), str(data)


def loaded(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as stored:
        return dict(stored)


def test_infinite_width(files: tuple[str, str], tmp_path: Path) -> None:
    program, data = files
    out = tmp_path / "K.npz"
    done = command(program, "--data", data, "-o", str(out), "--samples", "8192", "--seed", "3")
    assert done.exit_code == 0, done.output
    arrays = loaded(out)
    X = tp.load_data(data, tp.load(program), targets=False)
    found = tp.kernel(tp.load(program), X, samples=8192, seed=3)
    assert np.array_equal(arrays["nngp"], np.asarray(found.nngp))
    assert np.array_equal(arrays["ntk"], np.asarray(found.ntk))
    assert np.array_equal(arrays["x"], X.arrays["ξ"])
    assert arrays["ntk"].shape == (COUNT, COUNT)
    assert "infinite width" in done.output
    assert done.output.splitlines()[-1].split()[0] == "ntk"


def test_finite_width(files: tuple[str, str], tmp_path: Path) -> None:
    program, data = files
    out = tmp_path / "K.npz"
    options = ["--width", "n=16", "--seed", "5", "--kind", "ntk"]
    assert command(program, "--data", data, "-o", str(out), *options).exit_code == 0
    arrays = loaded(out)
    module = tp.compile(tp.load(program))
    X = tp.load_data(data, module.program, targets=False)
    found = tp.empirical_kernel(module, module.init({"n": 16}, 5), X, "ntk")
    assert np.array_equal(arrays["ntk"], np.asarray(found.ntk))
    assert "nngp" not in arrays
    done = command(program, "--data", data, "-o", str(out), *options, "--inits", "3")
    assert done.exit_code == 0
    assert loaded(out)["ntk_error"].shape == (COUNT, COUNT)


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        (["--rows", "1:3"], slice(1, 3)),
        (["--rows", "2:"], slice(2, None)),
        (["--limit", "2"], slice(0, 2)),
        (["--rows", "1:4", "--limit", "1"], slice(1, 2)),
    ],
)
def test_samples_are_chosen(
    files: tuple[str, str], tmp_path: Path, options: list[str], rows: slice
) -> None:
    program, data = files
    out = tmp_path / "K.npz"
    every = ["--data", data, "--width", "n=8", "-o", str(out)]
    assert command(program, *every).exit_code == 0
    whole = loaded(out)
    assert command(program, *every, *options).exit_code == 0
    part = loaded(out)
    assert np.array_equal(part["x"], whole["x"][rows])
    assert part["ntk"] == pytest.approx(whole["ntk"][rows, rows], rel=1e-12)


def test_rows_that_are_not_there_are_said(files: tuple[str, str], tmp_path: Path) -> None:
    program, data = files
    line = ["--data", data, "--width", "n=8", "-o", str(tmp_path / "K.npz"), "--rows", "1:99"]
    with pytest.warns(
        tp.TPWarning, match=f"there are {COUNT} samples, so these are rows 1:{COUNT}"
    ):
        assert command(program, *line).exit_code == 0


@pytest.mark.parametrize(
    ("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_heat_maps(files: tuple[str, str], tmp_path: Path, ending: str, start: bytes) -> None:
    program, data = files
    plot = tmp_path / f"K.{ending}"
    for _ in range(2):
        done = command(program, "--data", data, "--width", "n=8", "--plot", str(plot))
        assert done.exit_code == 0, done.output
        first = plot.read_bytes()
    assert first.startswith(start)
    assert first == plot.read_bytes()


def test_arrays_on_standard_output(files: tuple[str, str]) -> None:
    program, data = files
    tool = str(Path(sys.executable).with_name("tpgraph"))
    done = subprocess.run(
        [tool, "kernel", program, "--data", data, "--width", "n=8", "-o", "-"],
        capture_output=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.startswith(b"PK")


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        (["--rows", "first"], "--rows first is not understood"),
        (["--rows", "7:9"], "there are 4 samples"),
        (["--width", "n=0"], "error: n=0 is out of range"),
        (["--width", "m=4"], "no width m"),
    ],
)
def test_mistakes_are_answered(files: tuple[str, str], options: list[str], fragment: str) -> None:
    program, data = files
    done = command(program, "--data", data, *options)
    assert isinstance(done.exception, tp.TPError)
    assert fragment in str(done.exception)


def test_a_plot_ends_as_a_figure_does(files: tuple[str, str]) -> None:
    program, data = files
    done = command(program, "--data", data, "--width", "n=8", "--plot", "K.bmp")
    assert done.exit_code == 2
    assert "--plot K.bmp is no figure" in done.output


def test_synthetic_samples_and_several_outputs(tmp_path: Path) -> None:
    program, out = tmp_path / "net.tp", tmp_path / "K.npz"
    program.write_text(tp.gallery.entry("batchnorm").text, encoding="utf-8")
    options = ["--synthetic", "3", "--width", "n=8", "-o", str(out)]
    done = command(str(program), *options, "--plot", str(tmp_path / "K.svg"))
    assert done.exit_code == 0, done.output
    assert loaded(out)["ntk"].shape == (3, 3, 3, 3)
    assert loaded(out)["x"].shape == (3, 24)
    assert "f[1], f[2], f[3]" in done.output


def test_samples_are_needed(files: tuple[str, str]) -> None:
    program, data = files
    for options in ([], ["--data", data, "--synthetic", "3"]):
        assert "either --data FILE or --synthetic" in str(command(program, *options).exception)


def test_an_interrupted_run_leaves_no_file(files: tuple[str, str], tmp_path: Path) -> None:
    program, data = files
    out = tmp_path / "K.npz"
    tool = str(Path(sys.executable).with_name("tpgraph"))
    options = ["--width", "n=4096", "--inits", "1000000", "-o", str(out)]
    running = start([tool, "kernel", program, "--data", data, *options])
    time.sleep(3)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert errors.splitlines() == ["interrupted"]
    assert not out.exists()


def test_after_an_interrupt_in_tiles_the_same_command_goes_on(
    files: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tp.kernels, "bytes_in_memory", lambda *_: 2**20 + 1)
    monkeypatch.setattr(tp.kernels, "stream_kernel", stopped)
    program, data = files
    done = command(program, "--data", data, "--memory", "1", "-o", str(tmp_path / "K.npz"))
    assert done.exit_code == 130
    assert done.stderr == "what is done is kept: the same command goes on with it\n"


def test_inputs_of_a_heat_map_have_whole_numbers() -> None:
    figure = kernel_figure(
        tp.kernel("one_hidden", np.random.default_rng(0).standard_normal((16, 8)))
    )
    figure.draw_without_rendering()
    for axes in figure.axes[::2]:
        assert all(float(tick).is_integer() for tick in axes.get_xticks())
        assert all(float(tick).is_integer() for tick in axes.get_yticks())


def test_memory_beside_samples_is_refused_with_what_takes_less(files: tuple[str, str]) -> None:
    program, data = files
    done = command(program, "--data", data, "--engine", "sampled", "--memory", "1")
    assert done.exit_code == 2
    said = " ".join(done.stderr.split())
    assert "--memory: without effect beside --engine sampled" in said
    assert "share of --samples for every input: with fewer of either it takes less" in said
