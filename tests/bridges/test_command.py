"""`tpgraph import` as its user runs it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph_cli.main import app

MODEL = """
import torch
from dataclasses import dataclass
from torch import nn


@dataclass
class Settings:
    depth: int = 2


class Model(nn.Module):
    def __init__(self, n, d=3, depth=2, k=1):
        super().__init__()
        self.inp = nn.Linear(d, n)
        self.hidden = nn.ModuleList(nn.Linear(n, n) for _ in range(Settings(depth).depth))
        self.out = nn.Linear(n, k)

    def forward(self, x):
        x = self.inp(x)
        for layer in self.hidden:
            x = torch.relu(layer(x))
        return self.out(x)


class Tokens(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.emb, self.out = nn.Embedding(5, n), nn.Linear(n, 5)

    def forward(self, tokens):
        return self.out(torch.tanh(self.emb(tokens).mean(1)))
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.py"
    path.write_text(MODEL, encoding="utf-8")
    return path


def run(*arguments: object):
    return CliRunner().invoke(app, ["import", *map(str, arguments)])


@pytest.mark.parametrize("argument", ["width", "dim"])
def test_a_width_may_be_called_by_a_word_of_the_language(tmp_path: Path, argument: str) -> None:
    path = tmp_path / "model.py"
    path.write_text(MODEL.replace("(self, n)", f"(self, {argument})").replace(
        "super().__init__()", f"super().__init__(); n = {argument}"))  # fmt: skip
    done = run(f"{path}:Tokens", "--width", f"{argument}=16", "--tokens", "4", "-o", "-")
    assert done.exit_code == 0, done.output
    assert tp.parse(done.stdout).base_widths[0].name == "n"
    wrong = run(f"{path}:Tokens", "--width", "n=16", "--tokens", "4", "-o", "-")
    assert f"arguments of Tokens: {argument}" in str(wrong.exception)


def test_a_module_becomes_a_file(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.tp"
    done = run(f"{model}:Model", "--width", "n=16", "--input", "x=3", "--set", "depth=3",
               "--loss", "mse", "-o", out)  # fmt: skip
    assert done.exit_code == 0, done.output
    program = tp.load(out)
    assert "for l in 1..3:" in out.read_text(encoding="utf-8")
    assert [d.variable.name for d in program.targets] == ["y"]
    assert "note: " in done.stderr
    assert done.stdout == ""


def test_the_width_and_the_name_of_a_single_input_may_be_left_out(model: Path) -> None:
    short = run(f"{model}:Model", "--input", "3")
    long = run(f"{model}:Model", "--width", "n=64", "--input", "x=3")
    assert short.exit_code == 0, short.output
    assert short.stdout == long.stdout
    tokens = run(f"{model}:Tokens", "--tokens", "2")
    assert "# tokens: whole numbers" in tokens.stdout


def test_tokens_and_standard_output(model: Path) -> None:
    done = run(f"{model}:Tokens", "--width", "n=16", "--tokens", "tokens=2", "--loss",
               "cross_entropy")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "data   tokens[1..2] : 5" in done.stdout
    assert re.search(r"target y +: 5", done.stdout)
    assert "# tokens: whole numbers" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("{}:Modell", "--width", "n=16", "--input", "x=3"), "did you mean Model?"),
        (("{}", "--width", "n=16", "--input", "x=3"), "is not understood"),
        (("{}:Model", "--width", "n=16"), "no shape of an input"),
        (("{}:Model", "--input", "3", "--tokens", "2"), "one has no name"),
        (("{}:Model", "--width", "n=16", "--input", "x:3"), "is not understood"),
        (("{}:Model", "--width", "n=16", "--input", "x=4"), "does not take the example"),
        (("{}:Model", "--width", "n=16", "--input", "z=3"), "no argument z"),
        (("{}:Model", "--width", "m=16", "--input", "x=3"), "unexpected keyword"),
        (("{}:Model", "--width", "n=16", "--input", "x=3", "--set", "depth"), "NAME=VALUE"),
        (("{}.txt:Model", "--width", "n=16", "--input", "x=3"), "No such file"),
    ],
)
def test_what_is_wrong_is_said(model: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run(*(a.format(model) for a in arguments))
    assert done.exit_code == 1
    assert message in str(done.exception) or message in done.output


def test_a_file_that_fails_says_where(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("x = 1\nimport nothing_of_that_name\n", encoding="utf-8")
    done = run(f"{path}:Model", "--width", "n=16", "--input", "x=3")
    assert "nothing_of_that_name" in str(done.exception)
    assert "line 2" in str(done.exception)


def test_without_torch_the_mend_is_said(model: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import tpgraph as tp\n"
        "try: tp.from_torch(lambda n: None, None)\n"
        "except tp.TPError as e: print(e)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'tpgraph[torch]'" in done.stdout


def test_help_says_that_the_file_is_run() -> None:
    done = run("--help")
    assert "The Python file is run" in " ".join(done.output.split())
