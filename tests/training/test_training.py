"""Training runs: what they write, that they resume exactly, how they stop."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from damage import damaged

from tpgraph.compiler import compile
from tpgraph.errors import TPDataError, TPError
from tpgraph.language import to_text
from tpgraph.program import Program
from tpgraph.program.operators import OperatorBuilder
from tpgraph.training import Dataset, Training, train

FILES = ("losses.csv", "params.npz", "loss.svg")


def network(parametrization: str = "ntk", loss: str = "square") -> Program:
    b = OperatorBuilder("net")
    n = b.width("n")
    b.parametrization(parametrization)  # type: ignore[arg-type]
    ξ, y = b.data("ξ", 3), b.target("y", 1)
    x = b.let("x", b.fn.tanh(b.param("U", n, 3) @ ξ + b.param("b", n, scale=0.1)))
    z = b.let("z", b.fn.relu(b.param("W", n, n) @ x))
    f = b.let("f", b.param("V", 1, n) @ z)
    b.output(f)
    b.loss((f - y) ** 2 if loss == "square" else b.fn.log(f - y))
    return b.build()


def samples(count: int = 20) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    ξ = rng.standard_normal((count, 3))
    return {"ξ": ξ, "y": np.sin(ξ[:, :1])}


def fit(out: Path | None, steps: int, **changes: Any) -> Training:
    settings: dict[str, Any] = {
        "widths": {"n": 10}, "lr": 0.1, "batch": 6, "seed": 4, **changes,
    }  # fmt: skip
    program, data = settings.pop("program", network()), settings.pop("data", samples())
    return train(program, data, steps=steps, out=out, **settings)


def content(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


def test_a_run_learns_and_writes_what_it_did(tmp_path: Path) -> None:
    result = fit(tmp_path / "a" / "b", 60)
    folder = tmp_path / "a" / "b"
    assert np.mean(result.losses[-5:]) < 0.5 * np.mean(result.losses[:5])
    rows = (folder / "losses.csv").read_text().splitlines()
    assert rows[0] == "step,loss"
    assert [float(row.split(",")[1]) for row in rows[1:]] == list(result.losses)
    with np.load(folder / "params.npz") as archive:
        assert int(archive["__steps__"]) == 60
        for name, value in result.params.items():
            np.testing.assert_array_equal(archive[name], value)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["text"] == to_text(network())
    facts = ("steps", "seed", "lr", "batch", "widths", "dtype")
    assert [manifest[k] for k in facts] == [60, 4, 0.1, 6, {"n": 10}, "float64"]
    assert manifest["versions"]["numpy"] == np.__version__
    assert (folder / "loss.svg").read_text().count("<svg") == 1
    assert not [p for p in folder.iterdir() if p.name.startswith(".")]


def test_a_run_is_sgd_by_hand() -> None:
    """An epoch is a permutation of the samples; each step is the module's own."""
    result = fit(None, 7, program=network("mup"))
    module = compile(network("mup"))
    params = module.init({"n": 10}, 4)
    data = samples()
    losses = []
    for epoch in range(3):
        order = np.random.default_rng([4, epoch]).permutation(20)
        for start in (0, 6, 12):
            rows = order[start : start + 6]
            losses.append(module.sgd_step(params, data["ξ"][rows], data["y"][rows], 0.1))
    np.testing.assert_allclose(result.losses, losses[:7], rtol=1e-12)


def test_resuming_is_bit_for_bit_the_uninterrupted_run(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    fit(whole, 23)
    fit(parts, 4)
    for steps in (5, 16, 16, 23):
        fit(parts, steps, resume=True)
    assert content(whole) == content(parts)
    assert json.loads((parts / "manifest.json").read_text())["steps"] == 23


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_interrupt_leaves_a_run_that_resumes(tmp_path: Path, dtype: str) -> None:
    def interrupt(step: int, steps: int, loss: float) -> None:
        if step == 9:
            os.kill(os.getpid(), signal.SIGINT)

    whole, parts = tmp_path / "whole", tmp_path / "parts"
    fit(whole, 20, dtype=dtype)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        fit(parts, 20, dtype=dtype, progress=interrupt)
    assert signal.getsignal(signal.SIGINT) is before
    assert json.loads((parts / "manifest.json").read_text())["steps"] in (9, 10)
    fit(parts, 20, dtype=dtype, resume=True)
    assert content(whole) == content(parts)


def test_a_killed_run_resumes(tmp_path: Path) -> None:
    """SIGKILL at any moment: the last whole checkpoint is there."""
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    script = f"""
import sys
sys.path[:0] = {[str(Path(__file__).parent), str(Path(__file__).parents[1])]!r}
from pathlib import Path
from test_training import fit
def tell(step, steps, loss):
    print(step, flush=True)
fit(Path({str(parts)!r}), 100000, checkpoint_seconds=0.0, progress=tell)
"""
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for line in child.stdout:
        if int(line) == 8:
            child.kill()
            break
    child.communicate()
    done = json.loads((parts / "manifest.json").read_text())["steps"]
    assert done >= 6
    fit(parts, done + 10, resume=True)
    fit(whole, done + 10)
    assert content(whole) == content(parts)


def test_a_crash_between_files_resumes(tmp_path: Path) -> None:
    """losses.csv may be ahead of params.npz, the manifest behind it."""
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    fit(parts, 5)
    params = (parts / "params.npz").read_bytes()
    manifest = (parts / "manifest.json").read_bytes()
    fit(parts, 8, resume=True)
    (parts / "params.npz").write_bytes(params)
    (parts / "manifest.json").write_bytes(manifest)
    fit(parts, 12, resume=True)
    fit(whole, 12)
    assert content(whole) == content(parts)


def test_training_works_outside_the_main_thread() -> None:
    found: list[Training] = []
    worker = threading.Thread(target=lambda: found.append(fit(None, 3)))
    worker.start()
    worker.join()
    assert found[0].losses == fit(None, 3).losses


def test_progress_is_told_after_every_step() -> None:
    told: list[tuple[int, int, float]] = []
    result = fit(None, 4, progress=lambda *facts: told.append(facts))
    assert told == [(i, 4, loss) for i, loss in enumerate(result.losses, 1)]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"lr": 0.2}, "lr was 0.1 and is 0.2"),
        ({"batch": 5}, "batch was 6 and is 5"),
        ({"seed": 5}, "seed was 4 and is 5"),
        ({"dtype": "float32"}, "dtype was float64"),
        ({"widths": {"n": 12}}, "widths was"),
        ({"data": samples(21)}, "the data changed"),
        ({"program": network("mup")}, "the program changed"),
    ],
)
def test_another_run_is_not_resumed(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    fit(tmp_path, 3)
    before = content(tmp_path)
    with pytest.raises(TPError, match=says):
        fit(tmp_path, 6, resume=True, **changes)
    assert content(tmp_path) == before


def test_what_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(TPError, match="holds no run to resume"):
        fit(tmp_path / "new", 3, resume=True)
    with pytest.raises(TPError, match="nothing to resume"):
        fit(None, 3, resume=True)
    with pytest.raises(TPError, match="nothing to overwrite"):
        fit(None, 3, overwrite=True)
    fit(tmp_path, 6)
    with pytest.raises(TPError, match="has 6 steps already"):
        fit(tmp_path, 3, resume=True)
    (tmp_path / "params.npz").write_bytes(b"PK not a file")
    with pytest.raises(TPError, match="is damaged"):
        fit(tmp_path, 9, resume=True)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(TPError, match=r"manifest\.json is damaged"):
        fit(tmp_path, 9, resume=True)


def test_an_unfinished_run_is_not_overwritten(tmp_path: Path) -> None:
    def interrupt(step: int, steps: int, loss: float) -> None:
        if step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, 9, progress=interrupt)
    with pytest.raises(TPError, match="unfinished run, 5 of 9 steps") as caught:
        fit(tmp_path, 9)
    assert "--resume" in str(caught.value)
    fit(tmp_path, 9, resume=True)
    with pytest.raises(TPError, match="a finished run, 9 of 9 steps") as caught:
        fit(tmp_path, 4)
    assert "--overwrite" in str(caught.value)
    fit(tmp_path, 4, overwrite=True)
    assert len((tmp_path / "losses.csv").read_text().splitlines()) == 5


def test_a_loss_that_is_not_finite_stops_and_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(TPError, match=r"loss.* is not finite at step 1\b"):
        fit(
            tmp_path,
            5,
            program=network(loss="log"),
            data={"ξ": samples()["ξ"], "y": 9 + 0 * samples()["y"]},
        )
    with np.load(tmp_path / "params.npz") as archive:
        assert int(archive["__steps__"]) == 0
        assert all(np.isfinite(archive[name]).all() for name in archive.files)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_divergence_keeps_the_last_good_checkpoint(tmp_path: Path, dtype: str) -> None:
    with pytest.raises(TPError, match="is not finite") as caught:
        fit(tmp_path, 500, lr=1e6, checkpoint_seconds=0.0, dtype=dtype)
    assert "step" in caught.value.message
    assert "smaller learning rate" in str(caught.value)
    assert ("or float64" in str(caught.value)) == (dtype == "float32")
    with np.load(tmp_path / "params.npz") as archive:
        assert all(np.isfinite(archive[name]).all() for name in archive.files)
        steps = int(archive["__steps__"])
    assert len((tmp_path / "losses.csv").read_text().splitlines()) - 1 >= steps


def lossless() -> Program:
    b = OperatorBuilder("lossless")
    n = b.width("n")
    b.matrix("W", n, n)
    return b.build()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"steps": -1}, "steps is -1"),
        ({"batch": 0}, "batch is 0"),
        ({"batch": 21}, "a batch of 21 cannot be drawn from 20 samples"),
        ({"seed": -1}, "seed is -1"),
        ({"lr": float("nan")}, "lr is nan"),
        ({"lr": -0.1}, "lr is -0.1"),
        ({"lr": "0.1"}, "lr is '0.1'"),
        ({"steps": 2.5}, "steps is 2.5"),
        ({"batch": True}, "batch is True"),
        ({"data": None}, "data of type NoneType"),
        ({"data": {"ξ": [[1, 2], [3]], "y": [1]}}, "ξ has rows of different lengths"),
        ({"data": Dataset("d.csv", {"y": np.ones((9, 1))}, "")}, r"d\.csv was read for another"),
        ({"dtype": "float16"}, "unknown dtype"),
        ({"widths": {}}, "no size was given for width n"),
        ({"program": lossless()}, "has no loss"),
        ({"data": {"ξ": np.ones((3, 3))}}, "has no array y"),
    ],
)
def test_settings_that_do_not_fit(changes: dict[str, Any], says: str) -> None:
    steps = changes.pop("steps", 3)
    with pytest.raises(TPError, match=says):
        fit(None, steps, **changes)


def test_numbers_of_numpy_are_numbers(tmp_path: Path) -> None:
    numbers = {"seed": np.int64(4), "batch": np.int64(6), "widths": {"n": np.int64(10)}}
    fit(tmp_path / "numpy", 2, **numbers, lr=np.float64(0.1))
    fit(tmp_path / "python", 2)
    assert content(tmp_path / "numpy") == content(tmp_path / "python")
    fit(tmp_path / "numpy", 3, resume=True)


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TPError, match="cannot be made"):
        fit(tmp_path / "file" / "out", 2)


def test_zero_steps_write_the_initialization(tmp_path: Path) -> None:
    result = fit(tmp_path, 0)
    assert result.losses == ()
    assert (tmp_path / "params.npz").exists()


def test_a_data_error_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(TPDataError, match="cannot be read"):
        fit(None, 2, data=tmp_path / "missing.csv")


def test_a_damaged_run_is_named_and_never_gone_on_with(tmp_path: Path) -> None:
    """One byte of any file: the same end, or what is wrong and the way out."""
    whole = tmp_path / "whole"
    fit(whole, 12)
    out = tmp_path / "out"
    fit(out, 7)
    files = {name: (out / name).read_bytes() for name in (*FILES[:2], "manifest.json")}
    refused = 0
    for name, good in files.items():
        for bad in damaged(good, 8):
            for other, content_ in files.items():
                (out / other).write_bytes(content_)
            (out / name).write_bytes(bad)
            try:
                fit(out, 12, resume=True)
            except TPError as error:
                refused += bool(re.search("damaged|overwrite", str(error)))
            else:
                assert content(out) == content(whole), name
    assert refused > 20


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"U": None}, "has no U"),
        ({"U": np.zeros((9, 3))}, r"U in params.npz has shape \(9, 3\)"),
        ({"U": np.zeros((10, 3), "f4")}, "type float32"),
        ({"more": np.zeros(3)}, "has more, which the program has not"),
        ({"__steps__": np.array(-5)}, r"__steps__ in params.npz is array\(-5\)"),
        ({"__steps__": np.array(2.5)}, "not a number of steps"),
        ({"__steps__": None}, "is missing"),
        ({"__steps__": np.array(4)}, "another checksum"),
        ({"__steps__": np.array(9)}, "losses.csv is too short"),
        ({"U": np.zeros((10, 3))}, "another checksum"),
        ({"__sha256__": None}, "another checksum"),
    ],
)
def test_a_run_that_was_changed_is_named(
    tmp_path: Path, change: dict[str, np.ndarray | None], says: str
) -> None:
    fit(tmp_path, 6)
    with np.load(tmp_path / "params.npz") as archive:
        arrays = {**archive, **change}
    np.savez(tmp_path / "params.npz", **{k: v for k, v in arrays.items() if v is not None})
    with pytest.raises(TPError, match=says) as caught:
        fit(tmp_path, 9, resume=True)
    assert "--overwrite" in str(caught.value)
    fit(tmp_path, 9, overwrite=True)


def test_losses_that_are_no_numbers(tmp_path: Path) -> None:
    fit(tmp_path, 3)
    for bad, says in (("nan", "loss nan at step 2"), ("inf", "loss inf"), ("x", "losses.csv")):
        (tmp_path / "losses.csv").write_text(f"step,loss\n1,0.5\n2,{bad}\n3,0.25\n")
        with pytest.raises(TPError, match=says):
            fit(tmp_path, 9, resume=True)


def test_files_of_something_else_are_not_overwritten(tmp_path: Path) -> None:
    np.savez(tmp_path / "params.npz", mine=np.ones(3))
    before = (tmp_path / "params.npz").read_bytes()
    with pytest.raises(TPError, match=r"holds params\.npz of something else"):
        fit(tmp_path, 2)
    assert (tmp_path / "params.npz").read_bytes() == before


def test_one_run_at_a_time(tmp_path: Path) -> None:
    def again(step: int, steps: int, loss: float) -> None:
        for options in ({}, {"resume": True}, {"overwrite": True}):
            with pytest.raises(TPError, match=r"in use by another run \(process \d+\)"):
                fit(tmp_path, 4, **options)

    fit(tmp_path, 4, progress=again)
    assert {p.name for p in tmp_path.iterdir()} == {*FILES, "manifest.json", "predictions.svg"}
    with pytest.raises(TPError, match="resume or overwrite"):
        fit(tmp_path, 4, resume=True, overwrite=True)
