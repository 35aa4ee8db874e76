"""What a file is called says what is in it: an ending of another kind is refused, in any case."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import tpgraph

import tpgraph as tp


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.tp").write_text(tp.gallery.entry("one_hidden").text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fmt net.tp -o net.svg", "-o net.svg is no name for a program, such as net.tp"),
        ("compile net.tp -o out.tp", "-o out.tp is no name for Python code, such as out.py"),
        ("compile net.tp -o out.ipynb", "is no name for Python code"),
        ("predict run --data d.csv -o p.JSON", "is no name for a table, such as p.csv"),
        ("evaluate run --data d.csv --plot p.png", "--plot p.png is no picture; it ends in .svg"),
        ("import m.py:M --width n=4 --input x=2 -o m.json", "is no name for a program"),
        ("coordcheck net.tp --synthetic 9 --csv c.svg", "--csv c.svg is no name for a table"),
        ("coordcheck net.tp --synthetic 9 -o c.csv", "-o c.csv is no figure; it ends in one of"),
        ("study phase tanh --csv c.png", "--csv c.png is no name for a table, such as c.csv"),
        ("study phase tanh -o c.tex", "-o c.tex is no figure"),
        ("kernel net.tp --synthetic 3 --plot k.npz", "--plot k.npz is no figure"),
        ("kernel net.tp --synthetic 3 -o k.npy", "which are written as NPZ, such as k.npz"),
        ("man -o page.html", "is no name for a manual page"),
        ("grammar -o tp.md", "is no name for a TextMate grammar"),
        ("draw net.tp -o net.svg -f pdf", "--format pdf, and net.svg ends in .svg: choose one"),
        ("draw net.tp -o folder/", "such as folder.svg"),
        ("fmt rnn", "rnn is of the gallery; name the file to write with -o"),
    ],
)
def test_an_ending_of_another_kind_is_a_usage_error(folder: Path, line: str, said: str) -> None:
    done = tpgraph(*line.split())
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert [path.name for path in folder.iterdir()] == ["net.tp"]


@pytest.mark.parametrize(
    "line",
    [
        "draw net.tp -o A.SVG",
        "draw net.tp -f PDF -o a",
        "draw net.tp -o A.GIF --frames",
        "kernel net.tp --synthetic 3 -o K.NPZ --plot K.Svg",
        "compile net.tp -o code.txt",
        "fmt net.tp -o copy",
    ],
)
def test_endings_are_read_in_any_case_and_none_is_no_mistake(folder: Path, line: str) -> None:
    done = tpgraph(*line.split())
    assert done.exit_code == 0, done.stderr
    named = {word for word in line.split() if word.startswith(("A.", "K.")) or word in "a code.txt"}
    assert named <= {path.name for path in folder.iterdir()} | {"a"}
