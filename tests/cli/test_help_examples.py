"""The examples under the help of every command are run as they stand."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from command_line import commands

import tpgraph as tp
from tpgraph_cli.examples import EXAMPLES

MODEL = """
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        self.hidden, self.readout = nn.Linear(3, n), nn.Linear(n, 1)

    def forward(self, x):
        return self.readout(torch.relu(self.hidden(x)))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the examples name."""
    made = tmp_path_factory.mktemp("examples")
    for name, entry in (("rnn", "rnn"), ("net", "one_hidden"), ("wigner", "wigner")):
        (made / f"{name}.tp").write_text(tp.gallery.entry(entry).text, encoding="utf-8")
    program = tp.gallery.entry("one_hidden").program()
    rng = np.random.default_rng(0)
    columns = [
        f"{d.variable.name}_{k}"
        for d in (*program.data, *program.targets)
        for k in range(d.variable.dim.size({}))
    ]
    rows = [",".join(columns)]
    rows += [",".join(f"{x:.6f}" for x in rng.standard_normal(len(columns))) for _ in range(64)]
    (made / "net.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (made / "model.py").write_text(MODEL, encoding="utf-8")
    tp.train(program, made / "net.csv", widths={"n": 8}, steps=2, out=made / "trained")
    return made


def started(command: str, folder: Path) -> subprocess.Popen[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.Popen(
        ["sh", "-ec", f"exec {command}"],
        cwd=folder,
        env={**os.environ, "PATH": path, "BROWSER": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_every_command_has_examples_of_itself() -> None:
    assert set(EXAMPLES) == {name for name, _ in commands()}
    for command, examples in EXAMPLES.items():
        assert all(
            e == f"tpgraph {command}" or e.startswith(f"tpgraph {command} ") for e in examples
        )
        assert len(set(examples)) == 2


@pytest.mark.parametrize("command", [c for c in EXAMPLES if c != "edit"])
def test_examples_run(command: str, folder: Path) -> None:
    for example in EXAMPLES[command]:
        done = started(example, folder)
        _, errors = done.communicate(timeout=300)
        assert done.returncode == 0, f"{example}\n{errors}"


@pytest.mark.parametrize("example", EXAMPLES["edit"])
def test_the_editor_starts_and_ends(example: str, folder: Path) -> None:
    running = started(example, folder)
    assert running.stdout is not None
    assert "http://127.0.0.1:" in running.stdout.readline()
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    assert running.returncode == 0


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_has_a_short_name_and_ends_with_the_examples(flag: str, folder: Path) -> None:
    done = started(f"tpgraph draw {flag}", folder)
    text, _ = done.communicate(timeout=60)
    assert done.returncode == 0
    assert text.rstrip().endswith(EXAMPLES["draw"][1])


def test_the_package_is_run_as_the_command(folder: Path) -> None:
    done = started(f"{sys.executable} -m tpgraph gallery", folder)
    text, errors = done.communicate(timeout=60)
    assert done.returncode == 0, errors
    assert "rnn" in text
