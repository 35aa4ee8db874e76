"""Folders of results that another process uses: the second run is refused, whichever command it is.

A process of its own holds the place, as a run does; flock locks of one process do not shut it out.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph_cli.main import app

HOLDER = """
import sys, pathlib
from tpgraph.locks import alone
with alone(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
NET = tp.gallery.entry("one_hidden").text
RUNS = {
    "train": ["train", "NET", "--data", "DATA", "--width", "n=8", "--steps", "2", "--lr", "0.1",
              "--batch", "4"],
    "compare": ["compare", "NET", "--synthetic", "12", "--widths", "8,16", "--steps", "1", "--lr",
                "0.1", "--seeds", "1", "--workers", "1"],
    "drift": ["study", "drift", "--quick", "--activation", "tanh", "--widths", "8",
              "--depths", "3", "--steps", "2"],
    "dispersion": ["study", "dispersion", "--preset", "fig2", "--quick", "--widths", "8",
                   "--inits", "2"],
    "function-variance": ["study", "function-variance", "--quick", "--widths", "8", "--depths",
                          "2", "--steps", "2", "--inits", "2"],
}  # fmt: skip


@contextmanager
def held(place: Path) -> Iterator[None]:
    """The place, held by another process for the time of the block."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        yield
    finally:
        holder.communicate("")


def arguments(name: str, folder: Path) -> list[str]:
    net = folder / "net.tp"
    net.write_text(NET, encoding="utf-8")
    data = folder / "data.npz"
    np.savez(data, ξ=np.eye(8), y=np.ones((8, 1)))
    files = {"NET": str(net), "DATA": str(data)}
    return [files.get(word, word) for word in RUNS[name]]


@pytest.mark.parametrize("name", RUNS)
def test_a_folder_in_use_is_refused(name: str, tmp_path: Path) -> None:
    out = tmp_path / "results"
    out.mkdir()
    with held(out):
        found = CliRunner().invoke(app, [*arguments(name, tmp_path), "--out", str(out)])
    assert "is in use by another run" in str(found.exception), found.output
    files = [path for path in out.rglob("*") if path.is_file()]
    assert files == []


def test_a_folder_is_free_again_when_its_run_was_killed(tmp_path: Path) -> None:
    out = tmp_path / "results"
    out.mkdir()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.kill()
    holder.communicate()
    found = CliRunner().invoke(app, [*arguments("train", tmp_path), "--out", str(out)])
    assert found.exit_code == 0, found.output


def test_two_trainings_with_different_seeds_do_not_share_a_folder(tmp_path: Path) -> None:
    out = tmp_path / "results"
    words = [*arguments("train", tmp_path), "--out", str(out)]
    assert CliRunner().invoke(app, [*words, "--seed", "1"]).exit_code == 0
    first = (out / "params.npz").read_bytes()
    second = CliRunner().invoke(app, [*words, "--seed", "2"])
    assert "--overwrite" in str(second.exception)
    assert (out / "params.npz").read_bytes() == first
    assert CliRunner().invoke(app, [*words, "--seed", "2", "--overwrite"]).exit_code == 0
    assert (out / "params.npz").read_bytes() != first
