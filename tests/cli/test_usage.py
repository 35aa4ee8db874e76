"""Command lines that no command takes: what stands behind "No such option" is the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from tpgraph_cli.main import main


def said(line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What standard error holds after a usage error."""
    monkeypatch.setattr("sys.argv", ["tpgraph", *line.split()])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "mend"),
    [
        ("train mlp --learning-rate 1", "No such option: --learning-rate. Did you mean --lr?"),
        ("train mlp --batch_size 8", "Did you mean --batch?"),
        ("train mlp --widths n=8", "Did you mean --width?"),
        ("train mlp --epochs 8", "Did you mean --steps?"),
        ("draw mlp -set L=4", "Did you mean --set?"),
        ("draw mlp --style dark", "Did you mean --theme?"),
        ("draw mlp --thme dark", "Did you mean --theme?"),
        ("limit wigner -o w.tex", "tpgraph limit prints what it finds: > FILE behind it"),
        ("show wigner --out=w.tex", "tpgraph show prints what it finds: > FILE behind it"),
        ("-V", "Did you mean --version?"),
        ("drow mlp", "No such command 'drow'. Did you mean draw?"),
        ("plot mlp", "No such command 'plot'. Did you mean tpgraph draw?"),
        ("phase tanh", "No such command 'phase'. Did you mean tpgraph study phase?"),
        ("drift --quick", "Did you mean tpgraph study drift?"),
        ("draw mlp -o .svg", "-o .svg is an ending without a name, such as net.svg"),
        ("draw mlp -o .", "a folder; name a file in it, such as picture.svg"),
        ("draw mlp -o ..", "a folder; name a file in it, such as ../picture.svg"),
        ("compile mlp -o .py", "-o .py is an ending without a name, such as net.py"),
        ("lesson ntk -o .html", "-o .html is an ending without a name, such as net.html"),
        ("kernel mlp --synthetic 3 --plot .svg", "--plot .svg is an ending without a name"),
        ("help draw", "Did you mean tpgraph draw --help?"),
        ("net.tp", "Write what to do with it, such as: tpgraph draw net.tp"),
        ("study phas", "Did you mean phase?"),
        ("train mlp net.csv --out run", "Missing option '--data'. Write --data net.csv"),
        ("kernel mlp net.csv", "Write --data net.csv"),
        ("compare mlp --widths 16 32 64 --out c", "Write --widths 16,32,64"),
        ("compare-parametrizations mlp --in ntk mup", "Write --in ntk,mup"),
        ("run wigner --width n 40", "Write --width n=40"),
    ],
)
def test_what_was_meant_is_said(
    line: str,
    mend: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert mend in said(line, monkeypatch, capsys)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "line", ["draw mlp --q 1", "xyzzy", "draw mlp rnn", "limit rnn --width n=4"]
)
def test_nothing_is_guessed_where_nothing_is_near(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(line, monkeypatch, capsys)
    assert "mean" not in told
    assert "Write" not in told


@pytest.mark.parametrize("line", ["", "study"])
def test_without_a_word_the_help_is_shown_line_by_line(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(line, monkeypatch, capsys)
    assert "\\n" not in told
    assert "Commands:" in told.splitlines()
