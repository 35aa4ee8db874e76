"""Command lines and calls that people got wrong: each says what is wrong and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph_cli.main import app

NETWORK = """width n
dim d = 4
parametrization ntk
fn φ(z) = tanh(z)
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
x = φ(U ξ)
f = V x
output f
loss (f - y)^2 / 2
"""
ROWS = np.random.default_rng(4).standard_normal((6, 5)).round(3)


def table(header: str, delimiter: str = ",", index: bool = False) -> str:
    lines = [
        delimiter.join([*([str(number)] if index else []), *(f"{v:g}" for v in row)])
        for number, row in enumerate(ROWS)
    ]
    return "\n".join([header, *lines, ""])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a network and a table of its samples, where commands run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.tp").write_text(NETWORK)
    (tmp_path / "data.csv").write_text(table("ξ_0,ξ_1,ξ_2,ξ_3,y_0"))
    return tmp_path


LINES = [
    ("draw base.tp --set n=64", "n is a width of base.tp.*--width n=", 1),
    ("draw base.tp --set D=3", "did you mean d\\?", 1),
    ("draw base.tp --theme drak", "drak is none of paper, teaching, dark. Did you mean dark\\?", 2),
    ("draw base.tp --direction left", "left is none of LR, RL, TB, BT", 2),
    ("draw base.tp -o picture", "picture has no ending that names a format.*picture.svg", 2),
    ("draw base.tp -o x.html", "html is the format of frames alone: add --frames", 2),
    ("draw base.tp -o x.gif", "gif is the format of frames alone: add --frames", 2),
    ("draw base.tp -o x.pdf --frames --caption x=a --caption 3=b", "frame 3 has two captions", 1),
    ("draw base.tp -o nowhere/x.svg", "the folder nowhere is missing", 1),
    ("draw rmn", "rmn is neither a file nor a program.*did you mean rnn\\?", 1),
    ("gallery RNN", "did you mean rnn\\?", 1),
    (
        "kernel base.tp --synthetic 3 -o k.csv",
        "kernels, which are written as NPZ, such as k.npz",
        2,
    ),
    ("kernel base.tp --synthetic 3 --engine exakt", "Did you mean exact\\?", 2),
    ("study phase thanh", "did you mean tanh\\?", 1),
    ("limit base.tp --synthetic --cov x,zz", "has no zz.*one of x~1, x, f", 1),
    ("run base.tp --width n=32", "--data FILE.*--synthetic", 1),
    ("run base.tp --synthetic", "--width n=1000", 1),
    ("kernel wigner --synthetic", "no samples to make up.*declare what it reads: data ξ : d", 1),
    ("train wigner --data data.csv --out run", "no loss to train on, and no param.*no network", 1),
]


@pytest.mark.parametrize(("line", "said", "code"), LINES, ids=[line for line, _, _ in LINES])
def test_a_wrong_line_is_told_the_mend(folder: Path, line: str, said: str, code: int) -> None:
    result = CliRunner().invoke(app, line.split())
    told = f"{result.output} {result.exception}".replace("\n", " ")
    assert result.exit_code == code
    assert "Value error" not in told
    assert re.search(said, " ".join(told.split()))
    assert sorted(p.name for p in folder.iterdir()) == ["base.tp", "data.csv"]


def test_a_table_of_few_rows_is_trained_on_whole(folder: Path) -> None:
    line = "train base.tp --data data.csv --width n=8 --steps 3 --out run"
    result = CliRunner().invoke(app, line.split())
    assert result.exit_code == 0, result.output
    whole = tp.train(NETWORK, "data.csv", widths={"n": 8}, steps=3, batch=len(ROWS))
    lines = (folder / "run" / "losses.csv").read_text().splitlines()[1:]
    assert [float(line.split(",")[1]) for line in lines] == list(whole.losses)


def test_words_are_chosen_in_any_case(folder: Path) -> None:
    result = CliRunner().invoke(
        app, ["draw", "base.tp", "--direction", "tb", "--theme", "Dark", "-o", "x.svg"]
    )
    assert result.exit_code == 0
    small = CliRunner().invoke(
        app, ["draw", "base.tp", "--direction", "TB", "--theme", "dark", "-o", "y.svg"]
    )
    assert small.exit_code == 0
    assert (folder / "x.svg").read_bytes() == (folder / "y.svg").read_bytes()


def test_a_name_of_the_gallery_is_a_program(folder: Path) -> None:
    result = CliRunner().invoke(app, ["show", "rnn"])
    assert result.exit_code == 0
    (folder / "rnn").write_text(NETWORK)  # a file of the name comes first
    assert CliRunner().invoke(app, ["show", "rnn"]).output != result.output


def train(*more: str) -> str:
    line = "train base.tp --width n=8 --steps 3 --batch 4 --out run --overwrite"
    result = CliRunner().invoke(app, [*line.split(), *more])
    assert result.exit_code == 0, result.output
    return result.output


TABLES = {
    "semicolons": table("ξ_0;ξ_1;ξ_2;ξ_3;y_0", ";"),
    "tabs": table("ξ_0\tξ_1\tξ_2\tξ_3\ty_0", "\t"),
    "bars": table("ξ_0|ξ_1|ξ_2|ξ_3|y_0", "|"),
    "an index": table(",ξ_0,ξ_1,ξ_2,ξ_3,y_0", index=True),
    "an index of pandas": table("Unnamed: 0,ξ_0,ξ_1,ξ_2,ξ_3,y_0", index=True),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_other_programs_are_read(folder: Path, name: str) -> None:
    plain = train("--data", "data.csv")
    (folder / "other.csv").write_text(TABLES[name])
    assert train("--data", "other.csv") == plain
    program = tp.parse(NETWORK)
    for key, array in tp.load_data(folder / "other.csv", program).arrays.items():
        np.testing.assert_array_equal(array, tp.load_data("data.csv", program).arrays[key])


@pytest.mark.parametrize("index", [False, True])
def test_columns_taken_in_order_are_said(folder: Path, index: bool) -> None:
    header = ("," if index else "") + "label,a,b,c,d"
    (folder / "own.csv").write_text(table(header, index=index))
    with pytest.warns(tp.TPWarning, match=r"in order: label … c → ξ_0 … ξ_3, d → y_0"):
        found = tp.load_data("own.csv", tp.parse(NETWORK))
    np.testing.assert_array_equal(found.arrays["ξ"], ROWS[:, :4])


def test_words_among_numbers_are_told_the_choice_of_columns(folder: Path) -> None:
    (folder / "own.csv").write_text("kind,a,b,c,d\noak,1,2,3,4\nelm,2,3,4,5\n")
    line = ["run", "base.tp", "--width", "n=4", "--data", "own.csv"]
    told = CliRunner().invoke(app, line).exception
    assert isinstance(told, tp.TPDataError)
    said = "2 cells in 2 rows are no finite numbers: 'oak' (line 2, kind), 'elm' (line 3, kind)"
    assert told.message == said
    assert "--columns NAME=COLUMNS" in str(told.mend)
    chosen = ["--columns", "ξ=a..d", "--columns", "y=kind"]
    assert CliRunner().invoke(app, [*line, *chosen]).exit_code == 0


def test_decimal_commas_are_read_where_no_comma_separates(folder: Path) -> None:
    program = tp.parse(NETWORK)
    (folder / "comma.csv").write_text(TABLES["semicolons"].replace(".", ","))
    for key, array in tp.load_data("comma.csv", program).arrays.items():
        np.testing.assert_array_equal(array, tp.load_data("data.csv", program).arrays[key])


X = ROWS[:, :4]
CALLS: dict[str, tuple[Callable[[], object], str]] = {
    "a size": (lambda: tp.compile(NETWORK).init(128), r"by name.*widths=\{'n': 128\}"),
    "a size to train": (
        lambda: tp.train(NETWORK, "data.csv", widths=64, steps=3, lr=0.1, batch=4),
        r"by name.*widths=\{'n': 64\}",
    ),
    "no rate": (
        lambda: tp.compile(NETWORK).sgd_step(tp.compile(NETWORK).init({"n": 8}), X, X[:, :1]),
        "needs a learning rate.*lr=0.1",
    ),
    "an array": (lambda: tp.limit(NETWORK, data=X[0]), r"by name, not as a ndarray.*data=\{'ξ': "),
    "no program": (lambda: tp.draw(3), "a program is wanted, and this is of type int"),
    "no name": (lambda: tp.draw("mpl"), "did you mean mlp\\?"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_call_is_told_the_mend(folder: Path, name: str) -> None:
    call, said = CALLS[name]
    with pytest.raises(tp.TPError) as caught:
        call()
    assert re.search(said, str(caught.value).replace("\n", " "))


def test_a_text_a_file_and_a_name_are_programs(folder: Path) -> None:
    program = tp.parse(NETWORK)
    for given in (NETWORK, "base.tp", folder / "base.tp", program):
        assert tp.to_json(given) == tp.to_json(program)
        drawn = tp.draw(given).svg.replace(">base<", ">program<")  # an unnamed one is its file's
        assert drawn.replace('"base"', '"program"') == tp.draw(program).svg
    assert tp.kernel("base.tp", X).ntk.tolist() == tp.kernel(program, X).ntk.tolist()
    assert tp.to_json("mlp") == tp.to_json(tp.gallery.entry("mlp").program())


HEADERS = {
    "counted from 1": (
        "ξ_1,ξ_2,ξ_3,ξ_4,y_1",
        r"they count from 1 here: --columns ξ=ξ_1\.\.ξ_4 --columns y=y_1",
    ),
    "counted from 1 but for one": ("ξ_1,ξ_2,ξ_3,ξ_4,y", r"--columns ξ=ξ_1\.\.ξ_4$"),
    "in another order": ("ξ_1,ξ_3,ξ_2,ξ_4,y", "--columns ξ=ξ_4,ξ_1,ξ_2,ξ_3"),
    "twice": ("ξ_0,ξ_1,ξ_1,ξ_3,y", "ξ_1 stands twice.*give one another name"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_is_not_understood_is_told_the_choice(folder: Path, name: str) -> None:
    header, said = HEADERS[name]
    (folder / "own.csv").write_text(table(header))
    with pytest.raises(tp.TPDataError) as caught:
        tp.load_data("own.csv", NETWORK)
    assert re.search(said, " ".join(str(caught.value).split()))


def test_the_choice_that_is_told_is_right(folder: Path) -> None:
    (folder / "own.csv").write_text(table("ξ_1,ξ_2,ξ_3,ξ_4,y_1"))
    chosen = {"ξ": ["ξ_1..ξ_4"], "y": ["y_1"]}
    found = tp.load_data("own.csv", NETWORK, columns=chosen)
    np.testing.assert_array_equal(found.arrays["ξ"], ROWS[:, :4])


def test_columns_that_are_fewer_are_a_smaller_size(folder: Path) -> None:
    (folder / "own.csv").write_text("ξ_0,ξ_1,ξ_2,y_0\n1,2,3,4\n")
    with pytest.raises(tp.TPDataError, match="--set d=3"):
        tp.load_data("own.csv", NETWORK)
    assert tp.load_data("own.csv", tp.parse(NETWORK, constants={"d": 3})).arrays["ξ"].shape == (
        1,
        3,
    )


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("y=prise", r"no column 'prise'.*did you mean price\?"),
        ("y=price,xi=a..d", "no column 'xi=a'.*each variable has a --columns of its own"),
    ],
)
def test_a_column_that_is_not_there(folder: Path, columns: str, said: str) -> None:
    (folder / "own.csv").write_text(table("a,b,c,d,price"))
    line = ["run", "base.tp", "--width", "n=4", "--data", "own.csv", "--columns", columns]
    told = str(CliRunner().invoke(app, line).exception)
    assert re.search(said, " ".join(told.split()))


def test_a_spreadsheet_s_unicode_text_is_read(folder: Path) -> None:
    text = TABLES["tabs"]
    for encoding in ("utf-16", "utf-8-sig"):
        (folder / "sheet.txt").write_text(text, encoding=encoding)
        found = tp.load_data("sheet.txt", NETWORK)
        np.testing.assert_array_equal(found.arrays["ξ"], ROWS[:, :4])
    (folder / "sheet.txt").write_text(
        text.replace("y_0", "größe"), encoding="cp1252", errors="replace"
    )
    with pytest.raises(tp.TPDataError, match='save it as "CSV UTF-8"'):
        tp.load_data("sheet.txt", NETWORK)


FILES = {
    "an array": ("x.npy", r"one array.*numpy\.savez\(FILE, ξ=…, y=…\)"),
    "other names": ("names.npz", r"it has X, Y; numpy\.savez\(FILE, ξ=…, y=…\)"),
    "a program": ("base.tp", "base.tp is a program, not samples"),
    "a folder": (".", "it is a folder"),
    "a part": ("20%", r"a part of the samples is written as 0\.2"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_holds_no_samples(folder: Path, name: str) -> None:
    np.save("x.npy", ROWS)
    np.savez("names.npz", X=ROWS[:, :4], Y=ROWS[:, 4:])
    file, said = FILES[name]
    line = f"train base.tp --data {file} --width n=4 --out run"
    found = CliRunner().invoke(app, line.split())
    assert re.search(said, " ".join(str(found.exception).split()))
    assert not (folder / "run").exists()


@pytest.mark.parametrize("line", ["kernel base.tp --data base.tp", "limit base.tp --data base.tp"])
def test_a_wrong_name_of_a_file_is_a_usage_error(folder: Path, line: str) -> None:
    assert isinstance(CliRunner().invoke(app, line.split()).exception, tp.TPArgumentError)


def test_a_sample_that_is_not_there(folder: Path) -> None:
    line = "limit base.tp --data data.csv --sample 6"
    told = str(CliRunner().invoke(app, line.split()).exception)
    assert "data.csv has 6 samples, and none of number 6" in told
    assert "a number from 0 to 5" in told


REFUSED = {
    "train base.tp --data data.csv --width n=4 --steps 3 --warm-up 9 --out run": (
        "--warm-up 9 is longer than the training, --steps 3"
    ),
    "study phase tanh --sigma-w2 2:1:3": "the least first",
    "study dispersion --quick --widths 8 --inner 2 --out d": "numbers from -1 to 1",
    "guide lang": r"did you mean language\?",
    "guide trainng": r"did you mean training\?",
    "limit base.tp": "--data FILE or --synthetic, in Python",
    "draw base.tp --numbers mean -o x.svg": "--data FILE or --synthetic, in Python",
    "draw base.tp --pass backward --of zz -o x.svg": "a vector or a scalar, such as loss",
    "show wigner --pass sgd": r"no loss to train on.*loss \(f - y\)",
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_cannot_be_done_is_told_the_way(folder: Path, line: str) -> None:
    told = str(CliRunner().invoke(app, line.split()).exception)
    assert re.search(REFUSED[line], " ".join(told.split()))


def test_words_that_are_shown_or_blank_are_read_in_any_case(folder: Path) -> None:
    for words in ("io,dims", "IO, Dims"):
        line = ["draw", "base.tp", "--show", words, "--exercise", "Gates", "-o", f"{words[0]}.svg"]
        assert CliRunner().invoke(app, line).exit_code == 0
    assert (folder / "i.svg").read_bytes() == (folder / "I.svg").read_bytes()


def test_words_of_a_recursion_are_text_in_latex() -> None:
    said = CliRunner().invoke(app, ["kernel", "cnn", "--latex"]).output
    assert r"\text{covariance }\Sigma" in said
