"""`tpgraph import`: options that do nothing, widths without a name, modules that are built."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tpgraph.errors import TPError
from tpgraph_cli.main import app

MODEL = """
import torch
from torch import nn

def make(n):
    return nn.Sequential(nn.Linear(4, n), nn.ReLU(), nn.Linear(n, 1))

def batched(n):
    return nn.Sequential(nn.Linear(4, n), nn.BatchNorm1d(n), nn.ReLU(), nn.Linear(n, 1))

class Steep(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.n, self.a, self.b = n, nn.Linear(4, n), nn.Linear(n, 1)

    def forward(self, x):
        return self.n ** 0.5 * self.b(self.a(x))

net = make(8)
"""


def run(tmp_path: Path, *line: str) -> str:
    place = tmp_path / "net.py"
    place.write_text(MODEL, encoding="utf-8")
    model, *rest = line
    given = ["import", f"{place}:{model}", "--input", "4", *rest, "-o", "-"]
    done = CliRunner().invoke(app, given)
    return str(done.exception) if isinstance(done.exception, TPError) else done.output


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["make", "--width", "64"], "such as --width n=64, by the name of the argument"),
        (["make", "--width", "n=8", "--set", "n=8"], "is a width by --width"),
        (["net"], "is a module that is built already"),
        (["make", "--base", "32"], "--base does nothing for this module"),
        (["make", "--train"], "--train does nothing for this module"),
        (["Steep", "--base", "16"], "program Steep"),
        (["batched", "--train", "--batch", "3"], "program Sequential"),
    ],
)
def test_what_is_said(tmp_path: Path, line: list[str], said: str) -> None:
    assert said in run(tmp_path, *line)


def test_a_width_of_a_program_is_named() -> None:
    done = CliRunner().invoke(app, ["run", "mlp", "--synthetic", "--width", "64"])
    assert isinstance(done.exception, TPError)
    assert done.exception.mend == "--width n=64"
