"""Commands that draw, compute and train, as their user meets them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from command_line import MLP, WIGNER, process, tpgraph
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph_cli.main import app


@pytest.mark.parametrize("kind", ["svg", "pdf", "png", "dot", "json"])
def test_draw_writes_by_ending(mlp: Path, kind: str) -> None:
    out = mlp.with_suffix(f".{kind}")
    assert tpgraph("draw", str(mlp), "-o", str(out)).exit_code == 0
    start = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG", "dot": b"digraph", "json": b"{"}
    assert out.read_bytes().lstrip().startswith((start[kind], b"<svg", b"graph", b"//"))


def test_draw_from_stdin_to_stdout() -> None:
    done = process("draw", "-", "-o", "-", "--format", "json", stdin=MLP)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["schema"] == "tpgraph.scene/1"


@pytest.mark.parametrize(("steps", "contexts"), [(1, 3), (2, 5)])
def test_draw_passes(mlp: Path, steps: int, contexts: int) -> None:
    out = mlp.with_suffix(".json")
    assert tpgraph("draw", str(mlp), "--pass", "backward", "-o", str(out)).exit_code == 0
    assert len(json.loads(out.read_text(encoding="utf-8"))["arrows"]) == 1
    asked = ("--pass", "sgd", "--steps", str(steps))
    assert tpgraph("draw", str(mlp), *asked, "-o", str(out)).exit_code == 0
    assert len(json.loads(out.read_text(encoding="utf-8"))["contexts"]) == contexts


def test_draw_rejects_unknown_ending(mlp: Path) -> None:
    done = process("draw", str(mlp), "-o", "mlp.gif")
    assert done.returncode == 2
    assert "gif" in done.stderr


def test_compile_writes_a_module_that_numpy_runs(mlp: Path) -> None:
    out = mlp.with_name("code.py")
    assert tpgraph("compile", str(mlp), "-o", str(out)).exit_code == 0
    namespace: dict[str, object] = {}
    exec(compile(out.read_text(encoding="utf-8"), str(out), "exec"), namespace)
    assert {"init", "forward", "backward", "sgd_step"} <= set(namespace)


def test_run_json_names_every_value() -> None:
    done = tpgraph("run", "-", "--width", "n=500", "--seed", "1", "--json", stdin=WIGNER)
    assert done.exit_code == 0, done.output
    values = json.loads(done.stdout)
    assert abs(values["scalars"]["m[2]"] - 1) < 0.3
    assert values["vectors"]["x[0]"].keys() == {"mean", "var"}


def test_run_without_width_says_which() -> None:
    done = process("run", "-", stdin=WIGNER)
    assert done.returncode == 2
    assert "width n" in done.stderr


def test_train_and_resume(mlp: Path, tmp_path: Path) -> None:
    rows = ["".join(f"ξ_{i}," for i in range(64)) + ",".join(f"y_{j}" for j in range(10))]
    rows += [",".join(str((i * j) % 7 / 7) for j in range(74)) for i in range(12)]
    (tmp_path / "d.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    common = [
        "train", str(mlp), "--data", str(tmp_path / "d.csv"), "--width", "n=16",
        "--lr", "0.1", "--batch", "4", "--seed", "0",
    ]  # fmt: skip
    out = tmp_path / "out"
    assert tpgraph(*common, "--steps", "6", "--out", str(out)).exit_code == 0
    assert {"losses.csv", "params.npz", "manifest.json"} <= {p.name for p in out.iterdir()}
    assert len((out / "losses.csv").read_text().splitlines()) == 7
    assert tpgraph(*common, "--steps", "9", "--out", str(out), "--resume").exit_code == 0
    whole = tmp_path / "whole"
    assert tpgraph(*common, "--steps", "9", "--out", str(whole)).exit_code == 0
    assert (whole / "losses.csv").read_text() == (out / "losses.csv").read_text()


def test_ctrl_c_in_training_keeps_what_is_done(tmp_path: Path) -> None:
    program, data, out = (tmp_path / name for name in ("p.tp", "d.csv", "out"))
    program.write_text(
        "width n\nparametrization ntk\ndata ξ : 1\ntarget y : 1\nparam U : n × 1 ~ N(0, 1)\n"
        "param V : 1 × n ~ N(0, 1)\nf = V tanh(U ξ)\noutput f\nloss (f - y)^2\n",
        encoding="utf-8",
    )
    data.write_text("ξ_0,y_0\n1,2\n3,4\n", encoding="utf-8")
    run = ["train", str(program), "--data", str(data), "--width", "n=4096", "--batch", "1"]
    running = subprocess.Popen(
        [str(Path(sys.executable).with_name("tpgraph")), *run, "--steps", "100000000",
         "--lr", "1e-6", "--out", str(out)],
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (out / "manifest.json").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert said == "what is done is kept: --resume goes on with it\ninterrupted\n"
    assert len((out / "losses.csv").read_text(encoding="utf-8").splitlines()) > 1


def test_more_than_the_memory_holds_is_an_error() -> None:
    done = process("run", "-", "--width", "n=1000000000", stdin=WIGNER)
    assert done.returncode == 1
    assert "would take about 8 EB of memory" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_made_is_an_error(mlp: Path) -> None:
    done = process("gallery", "-o", str(mlp))
    assert done.returncode == 2
    assert "is a file, where a folder is wanted" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_width_given_twice_is_an_error() -> None:
    done = process("run", "-", "--width", "n=10", "--width", "n=20", stdin=WIGNER)
    assert done.returncode == 2
    assert "--width gives n twice" in done.stderr


def test_gallery_lists_prints_and_draws(tmp_path: Path) -> None:
    listed = tpgraph("gallery").stdout
    assert all(entry.name in listed for entry in tp.gallery.entries())
    assert tpgraph("gallery", "rnn").stdout == tp.gallery.entry("rnn").text
    out = tmp_path / "conv1d.svg"
    assert tpgraph("gallery", "conv1d", "-o", str(out)).exit_code == 0
    assert out.read_text(encoding="utf-8").count("<svg") == 1
    done = process("gallery", "rnm")
    assert done.returncode == 2
    assert "did you mean rnn" in done.stderr


def unexplained(command: Any, path: str) -> Iterator[str]:
    """Commands, arguments and options without a help text, at any depth of groups."""
    if not command.help:
        yield path
    for parameter in command.params:
        if not parameter.help:
            yield f"{path} {parameter.name}"
    for name, inner in getattr(command, "commands", {}).items():
        yield from unexplained(inner, f"{path} {name}")


def test_every_option_is_explained() -> None:
    assert list(unexplained(typer.main.get_command(app), "tpgraph")) == []


def test_an_option_without_an_explanation_is_seen() -> None:
    def bare(path: Annotated[str, typer.Argument(help="A file.")], deep: int = 1) -> None:
        """Do something."""

    group, inner = typer.Typer(help="Outer."), typer.Typer()
    inner.command("bare")(bare)
    inner.callback()(lambda: None)
    group.add_typer(inner, name="inner")
    found = list(unexplained(typer.main.get_command(group), "app"))
    assert found == ["app inner", "app inner bare deep"]


def test_a_made_up_sample_serves_where_there_is_no_data(mlp: Path) -> None:
    options = ("--set", "d=3", "--set", "L=1", "--json")
    found = tpgraph("limit", str(mlp), "--synthetic", *options)
    assert found.exit_code == 0
    program = tp.load(mlp, {"d": 3, "L": 1})
    row = tp.synthetic_data(program, 1).row(0)
    assert json.loads(found.stdout) == tp.limit(program, data=row).to_json()
    assert tpgraph("run", str(mlp), "--synthetic", "--width", "n=8").exit_code == 0
    with pytest.raises(tp.TPDataError, match="two ways to one sample"):
        CliRunner().invoke(
            app, ["run", str(mlp), "--synthetic", "--data", "x.csv"], catch_exceptions=False
        )


def test_training_is_taken_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "net.tp"
    path.write_text(tp.gallery.entry("one_hidden").text, encoding="utf-8")
    training = ("--pass", "sgd", "--steps", "2", "--form", "fluctuation")
    options = ("--synthetic", *training, "--outputs", "sampled", "--samples", "4096", "--json")
    found = json.loads(tpgraph("limit", str(path), *options).stdout)
    assert found["engine"] == "sampled"
    assert found["vectors"]["f̃_2"]["var"] < 1e-9
