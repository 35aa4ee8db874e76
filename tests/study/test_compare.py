"""Finite networks beside their limit: slopes, their oracles, stopping and going on."""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch_oracle
from interruptible import start

import tpgraph as tp
from tpgraph.compiler import compile
from tpgraph.errors import TPDataError, TPError, TPTypeError, TPWarning
from tpgraph.kernels.kernel_values import Kernel
from tpgraph.language import to_text
from tpgraph.seeds import seed_sequence
from tpgraph.study.compare.compare import compare
from tpgraph.study.compare.comparison import Comparison
from tpgraph.study.compare.runs import RunTask, Trainer
from tpgraph.study.samples import experience, sizes_of
from tpgraph.training import synthetic_data

FILES = {"manifest.json", "runs.sqlite", "comparison.csv", "summary.json", "comparison.svg",
         "comparison.png"}  # fmt: skip


def mlp(parametrization: str = "ntk", loss: str = "(f - y)^2 / 2", k: int = 1) -> tp.Program:
    return tp.parse(f"""
program mlp
width n
parametrization {parametrization}
data ξ : 5
target y : {k}
param U : n × 5 ~ N(0, 1) scale sqrt(2)
param W : n × n ~ N(0, 1) scale sqrt(2)
param V : {k} × n ~ N(0, 1)
f = V relu(W relu(U ξ))
output f
loss {loss}
""")


def arc_cosine(program: tp.Program, X: Mapping[str, np.ndarray]) -> Kernel:
    """NNGP and NTK of `mlp` in closed form (Cho & Saul 2009; Jacot et al. 2018)."""
    ξ = X["ξ"]
    nngp = 2 * ξ @ ξ.T / ξ.shape[1]
    ntk = nngp
    for scale in (2.0, 1.0):
        size = np.sqrt(np.outer(np.diag(nngp), np.diag(nngp)))
        ρ = np.clip(nngp / size, -1, 1)
        θ = np.arccos(ρ)
        slope = scale * (np.pi - θ) / (2 * np.pi)
        nngp = scale * size / (2 * np.pi) * (np.sin(θ) + (np.pi - θ) * ρ)
        ntk = nngp + slope * ntk
    return Kernel(ξ, ("f",), "exact", ntk=ntk, nngp=nngp)


def small(**changes: Any) -> Comparison:
    settings: dict[str, Any] = {
        "widths": [32, 64, 128, 256, 512], "steps": 5, "batch": 2, "lr": 0.3, "seeds": 6,
        "synthetic": 30, "test": 6, "kernels": arc_cosine, "members": 200, **changes,
    }  # fmt: skip
    program = settings.pop("program", mlp())
    return compare(program, settings.pop("data", None), **settings)


def test_the_error_shrinks_like_the_root_of_the_width() -> None:
    found = small(seeds=10)
    slope, error = found.slope
    assert error < 0.11
    assert abs(slope + 0.5) < 4 * error
    assert found.moved() > 0.1
    assert found.regime == "kernel"
    assert len(found.runs) == found.wanted == 50

    def without_hidden_layers(program: tp.Program, X: Mapping[str, np.ndarray]) -> Kernel:
        right = arc_cosine(program, X)
        return Kernel(right.x, right.outputs, right.engine, ntk=right.nngp, nngp=right.nngp)

    wrong = small(kernels=without_hidden_layers, seeds=10)
    assert wrong.runs[-1].error > 3 * found.runs[-1].error
    assert wrong.slope[0] > slope + 3 * error


def test_the_kernel_of_tpgraph_gives_the_same_limit() -> None:
    settings: dict[str, Any] = {"widths": [64], "seeds": 2, "samples": 2**16}
    exact, ours = small(**settings), small(kernels=None, **settings)
    for a, b in zip(exact.runs, ours.runs, strict=True):
        np.testing.assert_array_equal(a.outputs, b.outputs)
        assert np.abs(a.limit - b.limit).max() < 4 * max(ours.limit_error, 1e-3)
        np.testing.assert_array_equal(a.limit[0], a.outputs[0])


def test_a_network_is_trained_as_pytorch_trains_it() -> None:
    program = mlp(k=2)
    seen = experience(program, synthetic_data(program, 12), 3, steps=4, batch=2, seed=3)
    task = RunTask(width=9, number=1, seed=3, settings="")
    found = Trainer(to_text(program), seen, 0.2, "float64")(task)
    module = compile(program)
    stream = seed_sequence(3, "network", 9, 1)
    params = module.init(sizes_of(program, 9), stream)  # type: ignore[arg-type]
    losses = []
    for rows in seen.schedule:
        batch = [{name: array[row] for name, array in seen.train.items()} for row in rows]
        loss, grads = torch_oracle.loss_and_gradients(program, params, batch, {"n": 9})
        losses.append(loss)
        params = {name: w - 0.2 * grads[name] for name, w in params.items()}
    for m, value in enumerate(np.asarray(found["test"])[-1]):
        given = {**params, "ξ": seen.test["ξ"][m], "y": np.zeros(2)}
        expected = torch_oracle.evaluate(program, given, {"n": 9})["f"]
        np.testing.assert_allclose(value, expected.numpy(), atol=1e-12)
    np.testing.assert_allclose(np.asarray(found["losses"]), losses, atol=1e-12)


def test_any_loss_and_several_components() -> None:
    program = mlp(loss="softplus(-f * y)", k=3)
    found = small(program=program, widths=[32, 512], seeds=8, batch=3, dtype="float32")
    narrow, wide = (np.mean([r.error for r in found.of_width(w)]) for w in found.widths)
    assert found.runs[0].outputs.shape == (6, 6, 3)
    assert narrow / wide > 2  # 4 in theory
    squared = small(program=mlp(k=3), widths=[512], seeds=1, batch=3, dtype="float32")
    assert np.abs(squared.runs[0].limit - found.of_width(512)[0].limit).max() > 0.01


def test_networks_scatter_as_the_gaussian_process_says() -> None:
    found = small(widths=[256], seeds=60, members=4000)
    facts = found.summary()["widths"]["256"]
    assert 0.4 < facts["mean_deviation"] < 1.8  # the rms of scores that are N(0, 1), correlated
    assert facts["variance_ratio"] == pytest.approx(1, abs=0.5)
    assert found.ensemble is not None
    assert found.ensemble.mean.shape == (6, 6, 1)

    def wide_process(program: tp.Program, X: Mapping[str, np.ndarray]) -> Kernel:
        right = arc_cosine(program, X)
        return Kernel(right.x, ("f",), "exact", ntk=right.ntk, nngp=4 * right.nngp)

    wrong = small(widths=[256], seeds=60, members=4000, kernels=wide_process)
    assert wrong.summary()["widths"]["256"]["variance_ratio"] < 0.4


def test_feature_learning_beside_unrolled_training() -> None:
    program = tp.parse(to_text(mlp("mup")).replace("relu", "tanh"))
    settings: dict[str, Any] = {
        "program": program, "steps": 2, "batch": 2, "lr": 0.2, "test": 2, "samples": 2**14,
        "widths": [32, 128, 512], "seeds": 8, "kernels": None,
    }  # fmt: skip
    found = small(**settings)
    slope, error = found.slope
    assert found.regime == "feature learning"
    assert found.ensemble is None
    assert abs(slope + 0.5) < 4 * error < 0.6
    assert found.moved() > 0.05
    assert np.abs(found.runs[0].limit[0]).max() == 0
    mean = np.mean([run.outputs[-1] for run in found.of_width(512)], axis=0)
    spread = np.std([run.outputs[-1] for run in found.of_width(512)], axis=0) / 8**0.5
    limit = found.runs[0].limit[-1]
    assert (np.abs(mean - limit) < 5 * spread + 0.01).all()
    assert np.abs(limit).max() > 5 * spread.max()  # so that 0 would be told apart


def test_several_outputs_share_one_limit() -> None:
    """Batch normalization: three outputs, whose kernels mix them."""
    program = tp.gallery.entry("batchnorm").program()
    settings: dict[str, Any] = {
        "program": program, "steps": 4, "batch": 2, "lr": 0.3, "samples": 2**14,
        "widths": [32, 512], "seeds": 8, "test": 3,
    }  # fmt: skip
    found = small(kernels=None, **settings)
    narrow, wide = (np.mean([r.error for r in found.of_width(w)]) for w in found.widths)
    assert found.runs[0].outputs.shape == (5, 3, 3)
    assert narrow / wide > 2.5  # 4 in theory

    def apart(program: tp.Program, X: Mapping[str, np.ndarray]) -> Kernel:
        right = tp.kernel(program, X, samples=2**14)
        assert right.ntk is not None
        own = right.ntk * np.eye(3)[None, :, None, :]
        return Kernel(right.x, right.outputs, right.engine, ntk=own, nngp=right.nngp)

    wrong = small(kernels=apart, **settings)
    assert np.mean([r.error for r in wrong.of_width(512)]) > 2 * wide


def test_what_a_folder_holds(tmp_path: Path) -> None:
    found = small(widths=[16, 32], seeds=2, steps=3, out=tmp_path / "a")
    assert {p.name for p in (tmp_path / "a").iterdir()} == FILES
    with (tmp_path / "a" / "comparison.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 2 * 4 * 6
    assert {row["width"] for row in rows} == {"16", "32"}
    last = rows[-1]
    assert float(last["value"]) == found.runs[-1].outputs[-1, -1, 0]
    assert float(last["limit"]) == found.runs[-1].limit[-1, -1, 0]
    summary = json.loads((tmp_path / "a" / "summary.json").read_text(encoding="utf-8"))
    assert summary["slope"] == pytest.approx(found.slope[0])
    assert summary["widths"]["16"]["networks"] == 2
    assert (tmp_path / "a" / "comparison.png").read_bytes()[:4] == b"\x89PNG"


def test_going_on_adds_widths_and_seeds_and_changes_nothing(tmp_path: Path) -> None:
    whole = small(widths=[16, 32], seeds=2, steps=3, out=tmp_path / "whole")
    small(widths=[16], seeds=1, steps=3, out=tmp_path / "parts")
    kept = _trained(tmp_path / "parts")
    again = small(widths=[16, 32], seeds=2, steps=3, out=tmp_path / "parts", resume=True)
    assert kept == 1
    assert _trained(tmp_path / "parts") == 4
    for name in ("comparison.csv", "summary.json"):
        texts = [(tmp_path / folder / name).read_text() for folder in ("whole", "parts")]
        assert texts[0] == texts[1]
    assert again.slope == whole.slope


def _trained(folder: Path) -> int:
    with sqlite3.connect(folder / "runs.sqlite") as base:
        return int(base.execute("SELECT COUNT(*) FROM tasks").fetchone()[0])


def test_other_settings_are_refused(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"widths": [16], "seeds": 1, "steps": 2, "out": tmp_path / "a"}
    small(**settings)
    with pytest.raises(TPError, match="holds a comparison already"):
        small(**settings)
    for changes, message in (
        ({"lr": 0.1}, "lr was 0.3 and is 0.1"),
        ({"steps": 3}, "the data changed; steps was 2 and is 3"),
        ({"program": mlp(loss="(f - y)^4")}, "the program changed"),
        ({"synthetic": 31}, "the data changed"),
        ({"dtype": "float32"}, "dtype was float64"),
    ):
        with pytest.raises(TPError, match=message):
            small(**{**settings, **changes}, resume=True)
    with pytest.raises(TPError, match="is unstable"):
        small(**{**settings, "program": mlp("standard"), "out": tmp_path / "c"})
    assert not (tmp_path / "c").exists()
    with pytest.raises(TPError, match="no comparison to resume"):
        small(**{**settings, "out": tmp_path / "b"}, resume=True)
    (tmp_path / "a" / "manifest.json").write_text("{}")


@pytest.mark.parametrize("flip", [None, 0.1, 0.5, 0.9])
def test_a_damaged_manifest_is_set_aside_and_written_again(
    flip: float | None, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"widths": [16], "seeds": 1, "steps": 2, "out": tmp_path}
    before = small(**settings)
    path = tmp_path / "manifest.json"
    whole = path.read_bytes()
    other = bytearray(whole if flip is not None else b"{}")
    if flip is not None:
        other[int(flip * len(other))] ^= 1
    path.write_bytes(other)
    with pytest.warns(TPWarning, match=r"is damaged .* set aside as manifest\.json\.damaged"):
        again = small(**settings, resume=True)
    assert again.csv() == before.csv()
    assert path.read_bytes() == whole
    assert (tmp_path / "manifest.json.damaged").read_bytes() == other


def test_the_figure_has_the_means_of_the_table_and_legends_beside_its_axes() -> None:
    found = small()
    figure = tp.compare_figure(found)
    figure.draw_without_rendering()
    means = next(line for line in figure.axes[1].lines if line.get_label() == "mean over networks")
    table = [np.mean([run.error for run in found.of_width(w)]) for w in found.widths]
    np.testing.assert_allclose(means.get_ydata(), table)
    for axes in figure.axes:
        legend = axes.get_legend()
        assert legend is not None
        assert legend.get_window_extent().y1 < axes.get_window_extent().y0


def test_runs_that_diverge_are_counted_and_left_out() -> None:
    found = small(program=mlp(loss="(f - y)^4"), lr=40.0, widths=[16, 32], seeds=2, steps=12)
    assert found.summary()["diverged"] == 4
    assert found.summary()["slope"] is None
    json.dumps(found.summary(), allow_nan=False)
    assert len(tp.compare_figure(found).axes) == 2
    assert "no exponent" in str(found)


@pytest.mark.parametrize(
    ("program", "changes", "message"),
    [
        (mlp("standard"), {}, "is unstable"),
        (mlp("abc(a=[0, 1/2, 1], b=[0, 0, 1], c=0)"), {}, "is trivial"),
        (tp.gallery.entry("mlp").program(), {"test": {"ξ": np.ones((2, 3))}}, "ξ has shape"),
        (tp.gallery.entry("wigner").program(), {}, "no loss to train on"),
        (mlp(), {"lr": -1.0}, "lr is -1"),
        (mlp(), {"widths": []}, "of widths none"),
        (mlp(), {"batch": 30}, "a batch of 30"),
        (mlp(), {"synthetic": None}, "either data or"),
        (mlp(), {"test": {"ξ": np.ones((2, 3))}}, "ξ has shape"),
    ],
)
def test_what_cannot_be_compared_is_said(
    program: tp.Program, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises((TPDataError, TPError, TPTypeError), match=message):
        small(program=program, **changes)


def test_standard_with_a_rate_that_shrinks_has_the_same_limit() -> None:
    """c = 1: the NTK grows like n, the learning rate shrinks like 1/n."""
    program = mlp("abc(a=[0, 0, 0], b=[0, 1/2, 1/2], c=1)")
    found = small(program=program, kernels=None, samples=2**14, widths=[32, 512], seeds=6)
    narrow, wide = (np.mean([r.error for r in found.of_width(w)]) for w in found.widths)
    assert found.moved() > 0.02
    assert narrow / wide > 2


@pytest.mark.slow
def test_ctrl_c_leaves_a_figure_and_a_run_to_go_on_with(tmp_path: Path) -> None:
    program = tmp_path / "p.tp"
    program.write_text(to_text(mlp()), encoding="utf-8")
    out = tmp_path / "out"
    command = [
        str(Path(sys.executable).with_name("tpgraph")), "compare", str(program), "--synthetic",
        "20", "--widths", "16,32", "--steps", "3", "--seeds", "2000", "--samples", "4096",
        "--members", "50", "--out", str(out),
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    running = start(command, env=environment)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not _some_trained(out):
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    said, complained = running.communicate(timeout=60)
    assert running.returncode == 130, complained
    assert complained.splitlines()[-2:] == [
        "what is done is kept: --resume goes on with it",
        "interrupted",
    ]
    assert "error ~ n^e" in said
    assert {p.name for p in out.iterdir()} >= FILES
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["interrupted"]
    assert 0 < summary["networks"] < 4000
    command[command.index("2000")] = "3"
    done = subprocess.run(
        [*command, "--resume"], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((out / "summary.json").read_text())["networks"] == 6


def _some_trained(out: Path) -> bool:
    try:
        return _trained(out) >= 4  # of both widths, which an exponent needs
    except sqlite3.Error:
        return False
