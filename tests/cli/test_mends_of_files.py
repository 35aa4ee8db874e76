"""`check --fix` and `check --json`: mends of the lines of a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner
from wrong_lines import HEAD, MENDED

from tpgraph.language import read
from tpgraph_cli.main import app


def run(*arguments: str, answers: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["check", *arguments], input=answers)
    return result.exit_code, f"{result.output}{result.exception}"


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.tp"
    path.write_bytes(f"\ufeff{HEAD}y = tahn(u)  # 𝔸\n".replace("\n", "\r\n").encode())
    return path


def test_the_file_keeps_its_mark_and_its_ends_of_lines(bad: Path) -> None:
    bad.write_bytes(bad.read_bytes().replace(b"tahn", b"Tanh"))
    before = bad.read_bytes()
    code, said = run(str(bad), "--fix", "--yes")
    assert code == 0
    assert "+ y = tanh(u)" in said
    assert bad.read_bytes() == before.replace(b"Tanh", b"tanh")


GUESSES = (
    "y = tan(u)", "hidden = tanh(u)\ny = tanh(hiden)", "vector c : n", "vector c : k ~ N(0, 1)",
    "parm P : n × n", "y = tanh(u + v", "y = tanh(u))", "vector c : n ~ U(0, 1)",
    "vector c ~ N(0, 1)", "param P : n × n ~ N(1, 1)", "data = u", "parametrization mop",
)  # fmt: skip
SURE = (
    "y = ReLU(u)", "y = swish(u)", "y = u**2", "y = W^T u", "y := u", "y = tanh u", "y = u²",
    "y = tanh(u]", "vector c : n ~ Normal(0, 1)", "data q d", "y = W @ u",
)  # fmt: skip


@pytest.mark.parametrize("line", GUESSES)
def test_without_a_question_a_guess_is_left_and_said(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.tp"
    path.write_text(f"{HEAD}z_1 = u**2\n{line}\n", "utf-8")
    code, said = run(str(path), "--fix", "--yes")
    assert code == 1
    assert path.read_text("utf-8") == f"{HEAD}z_1 = u^2\n{line}\n"  # what is sure is written
    assert "this is a guess: left as it is" in said
    assert "1 guess is left; without --yes, --fix asks of each" in said
    assert run(str(path), "--fix", answers="y\n" * 9)[0] == 0
    assert path.read_text("utf-8") != f"{HEAD}z_1 = u^2\n{line}\n"


@pytest.mark.parametrize("line", SURE)
def test_without_a_question_what_is_sure_is_written(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.tp"
    path.write_text(f"{HEAD}{line}\n", "utf-8")
    code, said = run(str(path), "--fix", "--yes")
    assert code == 0
    assert "guess" not in said


def test_nobody_answers(bad: Path) -> None:
    before = bad.read_bytes()
    code, said = run(str(bad), "--fix")
    assert code == 1
    assert "no answer" in said
    assert "--fix --yes" in said
    assert bad.read_bytes() == before


def test_answers(bad: Path) -> None:
    before = bad.read_bytes()
    assert run(str(bad), "--fix", answers="n\n")[0] == 1
    assert bad.read_bytes() == before
    assert run(str(bad), "--fix", answers="y\n")[0] == 0
    assert bad.read_bytes() != before


def test_yes_alone_is_a_mistake_of_use(bad: Path) -> None:
    assert run(str(bad), "--yes")[0] == 2


def test_what_cannot_be_fixed_in_place(tmp_path: Path) -> None:
    assert run("-", "--fix")[0] == 2
    picture = tmp_path / "a.svg"
    picture.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", "utf-8")
    assert run(str(picture), "--fix", "--yes")[0] == 1
    document = tmp_path / "a.json"
    document.write_text("{}", "utf-8")
    assert run(str(document), "--fix", "--yes")[0] == 1


def test_json_carries_every_mend() -> None:
    for line, _, _ in MENDED:
        text = f"{HEAD}{line}\n"
        result = CliRunner().invoke(app, ["check", "-", "--json"], input=text)
        assert result.exit_code == 1
        entries = json.loads(result.stdout)["errors"]
        edits = entries[0]["edits"]
        (error, *_) = read(text).errors
        assert [(e["start"], e["end"], e["replacement"], e["guess"]) for e in edits] == [
            (e.span.start, e.span.end, e.replacement, e.guess) for e in error.edits
        ]
