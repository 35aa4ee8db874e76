"""compare and coordcheck on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import tpgraph as tp
from tpgraph.errors import TPDataError
from tpgraph_cli.comparison import parse_sizes, parse_test
from tpgraph_cli.main import app

PROGRAM = """
const L = 2
width n
parametrization ntk
data ξ : 3
target y : 1
param U : n × 3 ~ N(0, 1)
param W[1..L] : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
x[0] = tanh(U ξ)
for l in 1..L:
    x[l] = tanh(W[l] x[l-1])
f = V x[L]
output f
loss (f - y)^2 / 2
"""


def tpgraph(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def program(tmp_path: Path) -> str:
    path = tmp_path / "p.tp"
    path.write_text(PROGRAM, encoding="utf-8")
    return str(path)


@pytest.fixture
def data(tmp_path: Path) -> str:
    rows = ["ξ_0,ξ_1,ξ_2,y", *(f"{i % 3},{i % 5},{i % 7 - 3},{i % 2}" for i in range(24))]
    path = tmp_path / "d.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def test_coordcheck(program: str, data: str, tmp_path: Path) -> None:
    figure, table = tmp_path / "f.png", tmp_path / "t.csv"
    done = tpgraph(
        "coordcheck", program, "--data", data, "--widths", "32,16", "--set", "L=3", "--steps",
        "2", "--seeds", "2", "-o", str(figure), "--csv", str(table),
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert names == ["vector", "x[0]", "x[1]", "x[2]", "x[3]", "f"]
    assert figure.read_bytes()[:4] == b"\x89PNG"
    assert table.read_text(encoding="utf-8").startswith("width,seed,step,vector,size,change\n16,0")
    found = tpgraph("coordcheck", program, "--synthetic", "20", "--widths", "16,32", "--json")
    assert tpgraph("coordcheck", program, "--synthetic", "20", "-o", "f.xyz").exit_code == 2
    vectors = json.loads(found.stdout)["vectors"]
    assert vectors["x[1]"]["change"]["predicted"] == -0.5
    assert vectors["f"]["change"]["predicted"] == 0


def test_compare(program: str, data: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    common = [
        "compare", program, "--data", data, "--test", "0.25", "--widths", "16,32", "--steps", "3",
        "--seeds", "2", "--samples", "4096", "--members", "20", "--batch", "2",
        "--loss", "log(1 + (f - y)^2)", "--out", str(out),
    ]  # fmt: skip
    done = tpgraph(*common)
    assert done.exit_code == 0, done.output
    assert "expected -0.5" in done.stdout
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["regime"] == "kernel"
    assert summary["networks"] == 4
    assert "log(1 + " in json.loads((out / "manifest.json").read_text(encoding="utf-8"))["text"]
    rows = (out / "comparison.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + 4 * 4 * 6
    again = tpgraph(*common)
    assert isinstance(again.exception, tp.TPError)
    assert "--resume" in str(again.exception)
    assert tpgraph(*common, "--resume").exit_code == 0


def test_words_of_the_command_line(tmp_path: Path) -> None:
    there = tmp_path / "d.csv"
    there.touch()
    assert parse_sizes("128, 64,128") == [64, 128]
    assert [parse_test(text) for text in ("8", "0.1", str(there))] == [8, 0.1, str(there)]
    with pytest.raises(TPDataError, match="neither a number nor a file that is there"):
        parse_test(str(tmp_path / "none.csv"))
    for text in ("", "64,", "64,-1", "0", "x"):
        with pytest.raises(TPDataError, match=r"is (not understood|out of range)"):
            parse_sizes(text)
