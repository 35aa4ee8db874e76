"""Values that are refused, files that are not there: exit code 2, a reason, and nothing written.

Files that do not hold what they should are no usage errors: their code is 1.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import commands
from small_network import PROGRAM, samples

from tpgraph_cli.main import main

TRAIN = "train FILE --data DATA --width n=4 --steps 2 --batch 4 --out OUT"
COMPARE = "compare FILE --data DATA --widths 4,8 --steps 1 --seeds 1 --out OUT"
REFUSED = {
    # a word that is none of a few
    "draw FILE --synthetic --numbers foo": "mean, var, hat, dot, size",
    "draw FILE --synthetic --numbers vars": "Did you mean var?",
    "draw FILE --frames -o OUT.pdf --handout 0x4": "columns x rows",
    "limit FILE --synthetic --draw OUT.svg --numbers foo": "mean, var, hat, dot, size",
    "draw FILE --theme drak": "Did you mean dark?",
    "draw FILE --pass backwards": "Did you mean backward?",
    "draw FILE --paths foo": "one of the classes",
    "draw FILE --paths -1": "the matrices along a path",
    "compare-parametrizations FILE --data DATA --in mpu": "Did you mean mup?",
    "compare-parametrizations FILE --data DATA --in ntk,ntk": "ntk stands twice",
    "study drift --out OUT --rows foo": "summary, steps, widths",
    "study drift --out OUT --activation foo": "relu",
    "study drift --out OUT --loss 0x4": "0x4",
    "study dispersion --out OUT --activation taanh": "did you mean tanh?",
    "study dispersion --out OUT --program FILE --activation foo": "relu",
    "study function-variance --out OUT --activation foo": "relu",
    "study function-variance --out OUT --preset fig5 --activation foo": "relu",
    "study phase tahn": "did you mean tanh?",
    "study phase foo --at 1,1": "relu",
    "gallery rnnn": "did you mean rnn?",
    "guide strat": "did you mean start?",
    "lesson nkt": "did you mean ntk?",
    # a name that the program has not
    "check FILE --set q=3": "no constant q",
    "check FILE --set D=3": "did you mean d?",
    "check FILE --set d=0": "a whole number ≥ 1",
    "run FILE --synthetic --width q=4": "sizes of n",
    "kernel FILE --synthetic 2 --width q=4": "sizes of n",
    f"{TRAIN} --width q=4": "sizes of n",
    "compile FILE --explain --width q=4": "sizes of n",
    "show FILE --pass backward --of q": "such as loss",
    "limit FILE --synthetic --cov f,zz": "one of",
    # a number that is none, or does not fit what is there
    "run FILE --width n=4 --data DATA --sample 99": "a number from 0 to 11",
    "kernel FILE --data DATA --rows foo": "I:J",
    "kernel FILE --data DATA --rows 99:": "--rows 99:: there are",
    "kernel FILE --data DATA --rows 13:20": "--rows 13:20: there are",
    "coordcheck FILE --data DATA --widths 4": "2 widths or more",
    f"{COMPARE} --test nofile": "neither a number nor a file",
    f"{COMPARE} --test 1e999": "out of range",
    f"{TRAIN} --validation 2": "> 0 and < 1",
    f"{TRAIN} --validation nofile": "neither a number nor a file",
    f"{TRAIN} --warm-up 3": "at most 2 steps",
    f"{TRAIN} --batch 13": "a batch of 13 cannot be drawn from 12 samples",
    f"{TRAIN} --validation 0.01": "a fraction of 0.01 of 12 samples",
    f"{TRAIN} --columns y=zz": "there is no column 'zz'",
    f"{TRAIN} --columns q=y_0": "which is not fed",
    f"{TRAIN} --resume": "holds no run to resume",
    "train FILE --data DATA --steps 2 --out OUT": "no size was given for width n",
    "run FILE --width n=4": "no sample was given",
    f"{COMPARE} --test 99": "99 of 12 samples cannot be kept",
    f"{COMPARE} --loss f^2": "the loss reads no target",
    f"{COMPARE} --resume": "holds no comparison to resume",
    "coordcheck FILE --data DATA --batch 13": "a batch of 13",
    "compare-parametrizations FILE --data DATA --batch 13": "a batch of 13",
    "draw FILE --frames -o OUT.html --caption q=a": "no frame is that of 'q'",
    "study drift --out OUT --set q=1": "the network of the study has no constant q",
    "study drift --program FILE --names L,w,b --out OUT": "--names L,σ_w2,σ_b2",
    "study function-variance --program FILE --names L,w,b --out OUT": "--names L,σ_w2,σ_b2",
    "study drift --program FILE --out OUT": "other samples than the digits",
    "--show-completion zhs": "Did you mean zsh?",
    # files that are not there, and places that cannot be written
    "draw none.tp": "did you mean net.tp?",
    "draw none": "neither a file nor a program of the gallery",
    "check .": "it is a folder",
    "draw FILE -o none/x.svg": "the folder none is missing",
    "check none.json": "none.json cannot be read",
    "check --fix none.tp": "none.tp cannot be read",
    "fmt none.tp": "none.tp cannot be read",
    "show none.tp": "none.tp cannot be read",
    "compile none.tp": "none.tp cannot be read",
    "compile FILE -o none/x.py": "the folder none is missing",
    "run FILE --width n=4 --data none.npz": "none.npz cannot be read",
    "run FILE --width n=4 --data DATA --draw none/x.svg": "the folder none is missing",
    "train FILE --data none.csv --width n=4 --out OUT": "none.csv cannot be read",
    "train FILE --data DATA --width n=4 --out FILE": "where a folder is wanted",
    "train FILE --data DATA --width n=4 --out net.tp/x": "cannot be made",
    "evaluate none --data DATA": "none holds no training run",
    "predict none --data DATA": "none holds no training run",
    "edit none.svg": "none.svg cannot be read",
    "edit none/new.tp": "none/new.tp cannot be read",
    "limit FILE --data none.csv": "none.csv cannot be read",
    "limit FILE": "no value was given for ξ",
    "kernel FILE --data none.csv": "none.csv cannot be read",
    "kernel FILE --data DATA -o none/k.npz": "the folder none is missing",
    "compare none.tp --data DATA --out OUT": "none.tp cannot be read",
    "compare FILE --data none.csv --out OUT": "none.csv cannot be read",
    "coordcheck FILE --data none.csv": "none.csv cannot be read",
    "coordcheck FILE --data DATA --csv none/x.csv": "the folder none is missing",
    "compare-parametrizations FILE --data none.csv": "none.csv cannot be read",
    "compare-parametrizations FILE --data DATA -o none/x.md": "the folder none is missing",
    "study drift --program none.tp --out OUT": "none.tp cannot be read",
    "study dispersion --program none.tp --out OUT": "none.tp cannot be read",
    "study function-variance --program none.tp --out OUT": "none.tp cannot be read",
    "study drift --data none.csv --out OUT": "none.csv cannot be read",
    "study phase tanh -o none/x.svg": "the folder none is missing",
    "lesson ntk -o none/x.html": "the folder none is missing",
    "guide -o FILE": "where a folder is wanted",
    "man -o none/x": "the folder none is missing",
    "grammar -o none/x.json": "the folder none is missing",
    # an expression with a mistake
    f"{COMPARE} --loss foo": "--loss:1:1: error: foo is not bound",
    f"{COMPARE} --loss (f-y": "--loss:1:1: error: `(` is never closed",
    # without effect where it stands
    "compile FILE --backend torch --optimize": "--optimize: without effect on --backend torch",
    "compile FILE --backend jax --optimizer adam": "--optimizer: without effect on --backend jax",
    "compile FILE --optimize --optimizer adam": "--optimizer: without effect beside --optimize",
    "run FILE --width n=4 --sample 0": "--data FILE or of --synthetic",
    "draw FILE --sample 0": "for --numbers",
}
"""What a command line says, among other things, whose last words are refused."""


def _arguments(line: str, folder: Path) -> list[str]:
    given = {"FILE": "net.tp", "DATA": "data.csv", "OUT": "out"}
    return [given.get(part, part.replace("OUT.", "out.")) for part in line.split()]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "net.tp").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "data.csv").write_text(samples(12), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _refused(arguments: list[str], folder: Path, monkeypatch, capsys) -> str:
    """What is said on standard error of a command that ends as a usage error and writes nothing."""
    before = sorted(folder.rglob("*"))
    monkeypatch.setattr("sys.argv", ["tpgraph", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    assert ended.value.code == 2, shown.err
    assert sorted(folder.rglob("*")) == before
    assert not shown.out
    for jargon in ("Traceback", "pydantic", "Value error", "<program>", "itself is at fault"):
        assert jargon not in shown.err
    return shown.err


@pytest.mark.parametrize(("line", "said"), REFUSED.items())
def test_a_refused_value_is_a_usage_error(line, said, folder, monkeypatch, capsys) -> None:
    told = _refused(_arguments(line, folder), folder, monkeypatch, capsys)
    assert said in told


def _words() -> list[tuple[str, str]]:
    """Every option of every command that takes a value, `""` for a first argument."""
    found = []
    for name, command in commands():
        for parameter in command.params:
            if parameter.param_type_name == "argument":
                found.append((name, ""))
            elif not parameter.is_flag and parameter.name != "help":
                found.append((name, max(parameter.opts, key=len)))
    return sorted(set(found))


@pytest.mark.parametrize(("name", "option"), _words(), ids=lambda part: part or "argument")
def test_an_empty_value_is_a_usage_error(name, option, folder, monkeypatch, capsys) -> None:
    given = [option, ""] if option else [""]
    told = _refused([*name.split(), *given], folder, monkeypatch, capsys)
    assert f"{option}: " * bool(option) + "'' is empty; expected: a value" in told


def test_a_mistake_in_a_loss_is_shown_in_its_own_text(folder, monkeypatch, capsys) -> None:
    line = [*_arguments(COMPARE, folder), "--loss", "(f - y)^2 + foo * 2"]
    told = _refused(line, folder, monkeypatch, capsys).splitlines()
    assert told[0] == "--loss:1:13: error: foo is not bound before its use"
    assert told[1].endswith("| (f - y)^2 + foo * 2")
    assert told[2].index("^^^") == told[1].index("foo")


@pytest.mark.parametrize(
    ("line", "option", "shown", "under"),
    [
        ("check FILE --set q=3", "--set", "q=3", "q"),
        ("check FILE --set L=2 --set d=x", "--set", "d=x", "x"),
        ("run FILE --synthetic --width n=0", "--width", "n=0", "0"),
        ("study drift --out OUT --activation taanh", "--activation", "taanh", "taanh"),
        ("study dispersion --out OUT --activation z*foo(z)", "--activation", "z*foo(z)", "foo"),
        ("study function-variance --out OUT --activation max", "--activation", "max", "max"),
        ("study phase thanh", "FUNCTION", "thanh", "thanh"),
        ("show FILE --pass backward --of q", "--of", "q", "q"),
    ],
)
def test_a_mistake_in_an_option_is_shown_in_its_text(
    line, option, shown, under, folder, monkeypatch, capsys
) -> None:
    said = _refused(_arguments(line, folder), folder, monkeypatch, capsys).splitlines()
    at = next(i for i, row in enumerate(said) if row.startswith(f"{option}:1:"))
    assert said[at + 1].endswith(f"| {shown}")
    start = said[at + 1].rindex(under)
    assert said[at + 2].index("^") == start
    assert said[at + 2].count("^") == len(under)


def test_a_loss_without_targets_writes_nothing(folder, monkeypatch, capsys) -> None:
    line = [*_arguments(COMPARE, folder), "--loss", "f^2", "--test", "2"]
    monkeypatch.setattr("sys.argv", ["tpgraph", *line])
    with pytest.raises(SystemExit):
        main()
    assert "the loss reads no target" in capsys.readouterr().err
    assert not (folder / "out").exists()
