"""CSV files as spreadsheets and other programs write them."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from small_network import ONE_HIDDEN
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph.errors import TPDataError, TPError
from tpgraph.training import Dataset, load_data
from tpgraph_cli.main import app


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "d.csv"


def read(path: Path, text: str, **options: str) -> Dataset:
    path.write_text(text, encoding="utf-8", newline="")
    return load_data(path, tp.parse(ONE_HIDDEN), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "ξ_0;ξ_1;y\n16,73;-73,9;,5\n2;1,5e-3;+4\n",
        "ξ_0\tξ_1\ty\n16,73\t-73,9\t,5\n2\t1,5e-3\t+4\n",
        "sep=;\r\nξ_0;ξ_1;y\r\n16,73;-73,9;0,5\r\n2;0,0015;4\r\n",
        "sep=|\nξ_0|ξ_1|y\n16.73|-73.9|0.5\n2|0.0015|4\n",
        "# of May, by hand\n\n# more\nξ_0,ξ_1,y\n16.73,-73.9,0.5\n2,0.0015,4\n",
        "\n \nξ_0,ξ_1,y\n16.73,-73.9,0.5\n2,0.0015,4\n",
        "# ξ_0,ξ_1,y\n16.73,-73.9,0.5\n2,0.0015,4\n",
        "# of May, and June\nξ_0;ξ_1;y\n16,73;-73,9;0,5\n2;0,0015;4\n",
    ],
)
def test_numbers_and_headers_of_other_programs(path: Path, text: str) -> None:
    found = read(path, text)
    np.testing.assert_array_equal(found.arrays["ξ"], [[16.73, -73.9], [2, 0.0015]])
    np.testing.assert_array_equal(found.arrays["y"], [[0.5], [4]])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('ξ_0,ξ_1,y\n"16,73",2,3\n', r"d\.csv:2:1: error: '16,73' is not a number"),
        ("ξ_0;ξ_1;y\n1.234,5;2;3\n", r"'1.234,5' is not a number(.|\n)*points between thousands"),
        ("ξ_0;ξ_1;y\n1,234,567;2;3\n", "'1,234,567' is not a number"),
        ("ξ_0;ξ_1;y\n1,5;2;3\n1.234;2;3\n", r"d\.csv:3:1: error: '1.234' and '1,5' in line 2"),
        ("# c\n\nξ_0;ξ_1;y\n1,5;2;3\n1,5;2;x\n", r"d\.csv:5:7: error: 'x' is not a number"),
        ("sep=;\nξ_0;ξ_1;z\n1,5;2;3\n", r"d\.csv:2:1: error: no column y_0"),
        ("sep=;\nξ_0;ξ_1;y\n1,5;2\n", r"d\.csv:3:1: error: 2 cells in a table of 3"),
        ("sep=;\n", "a header|no column|columns"),
        ("# c\n", "a header|no column|columns"),
        ("ξ_0,ξ_1,y\n1_000,2,3\n", "'1_000' is not a number"),
    ],
)
def test_what_has_two_meanings_is_refused_with_its_place(path: Path, text: str, says: str) -> None:
    with pytest.raises(TPError, match=says):
        read(path, text)


def test_commas_that_could_stand_between_thousands_are_said(path: Path) -> None:
    with pytest.warns(tp.TPWarning, match=r"d\.csv:2:1: 16,730 is read as 16.73"):
        found = read(path, "ξ_0;ξ_1;y\n16,730;1,500;3\n")
    assert found.arrays["ξ"].tolist() == [[16.73, 1.5]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(path, "ξ_0;ξ_1;y\n16,730;0,500;3\n")


MISSING = "ξ_0,ξ_1,y\n1,2,3\nNA,2,3\n1,nan,3\n1,2,\n1,2,inf\n4,5,6\n"


def test_all_missing_values_are_said_at_once(path: Path) -> None:
    with pytest.raises(TPDataError) as refused:
        read(path, MISSING)
    text = str(refused.value)
    assert "d.csv:3:1: error: 4 cells in 4 rows are no finite numbers" in text
    for some in ("'NA' (line 3, ξ_0)", "'nan' (line 4, ξ_1)", "an empty cell (line 5, y)", "'inf'"):
        assert some in text
    assert "--missing drop" in text


def test_rows_with_missing_values_are_left_out_and_said(path: Path) -> None:
    with pytest.warns(tp.TPWarning, match="4 of 6 rows left out, with missing values: lines 3, 4"):
        found = read(path, MISSING, missing="drop")
    assert found.arrays["ξ"].tolist() == [[1, 2], [4, 5]]
    assert found.arrays["y"].tolist() == [[3], [6]]
    with pytest.raises(TPDataError, match="'five' is not a number"):
        read(path, MISSING + "five,1,2\n", missing="drop")
    with pytest.raises(TPDataError, match="a missing value in every row"):
        read(path, "ξ_0,ξ_1,y\n1,2,\n", missing="drop")
    with pytest.raises(TPDataError, match="missing is 'skip'"):
        read(path, MISSING, missing="skip")
    with pytest.warns(tp.TPWarning, match="1 of 3 rows left out"):
        words = read(path, "ξ_0;ξ_1;y\n1,5;2;ja\n2;2;\n1;1;nein\n", missing="drop")
    assert words.classes == {"y": ("ja", "nein")}
    assert words.arrays["ξ"].tolist() == [[1.5, 2], [1, 1]]


def test_arrays_lose_rows_of_all_together() -> None:
    arrays = {"ξ": [[1, 2], [np.nan, 0], [3, 4]], "y": [1, 2, np.inf]}
    net = tp.parse(ONE_HIDDEN)
    with pytest.warns(tp.TPWarning, match="2 of 3 rows left out, with missing values: rows 1, 2"):
        tp.train(net, arrays, widths={"n": 4}, steps=1, missing="drop")
    with pytest.raises(TPDataError, match="--missing drop"):
        tp.train(net, arrays, widths={"n": 4}, steps=1)


def test_a_run_reads_new_samples_as_it_read_its_own(path: Path, tmp_path: Path) -> None:
    path.write_text(MISSING, encoding="utf-8")
    out = tmp_path / "run"
    with pytest.warns(tp.TPWarning, match="4 of 6 rows left out"):
        tp.train(ONE_HIDDEN, path, widths={"n": 4}, steps=1, out=out, missing="drop")
    with pytest.warns(tp.TPWarning, match="4 of 6 rows left out"):
        tp.load_run(out).evaluate(path)
    with pytest.warns(tp.TPWarning, match="2 of 6 rows left out"):
        assert len(tp.load_run(out).predict(path).outputs["f"]) == 4
    with pytest.raises(TPError, match="missing"):
        tp.train(
            ONE_HIDDEN, {"ξ": [[1, 2]], "y": [1]}, widths={"n": 4}, steps=2, out=out, resume=True
        )


def test_new_samples_may_lack_values_where_those_of_the_run_did_not(tmp_path: Path) -> None:
    whole, lacking, out = tmp_path / "whole.csv", tmp_path / "lacking.csv", tmp_path / "run"
    whole.write_text("ξ_0,ξ_1,y\n1,2,3\n2,1,4\n", encoding="utf-8")
    lacking.write_text("ξ_0,ξ_1,y\n1,2,3\n,1,4\n2,1,NA\n", encoding="utf-8")
    tp.train(ONE_HIDDEN, whole, widths={"n": 4}, steps=1, out=out)
    with pytest.raises(TPDataError, match="--missing drop"):
        tp.evaluate(out, lacking)
    with pytest.warns(tp.TPWarning, match="2 of 3 rows left out"):
        tp.evaluate(out, lacking, missing="drop")
    with pytest.warns(tp.TPWarning, match="1 of 3 rows left out"):
        found = tp.predict(out, lacking, missing="drop")
    assert [line.partition(",")[0] for line in found.csv().splitlines()] == ["row", "1", "3"]
    assert found.outputs["f"].shape == (2, 1)
    assert "row" not in tp.predict(out, whole).csv()
    arrays = {"ξ": [[1.0, 2.0], [np.nan, 1.0], [2.0, 1.0]]}
    with pytest.warns(tp.TPWarning, match="1 of 3 rows left out"):
        assert tp.predict(out, arrays, missing="drop").csv() == found.csv()
    with pytest.raises(TPDataError, match="missing is 'no'"):
        tp.predict(out, whole, missing="no")
    for command in ("evaluate", "predict"):
        line = [command, str(out), "--data", str(lacking), "--missing"]
        assert isinstance(CliRunner().invoke(app, [*line, "refuse"]).exception, TPDataError)
        with pytest.warns(tp.TPWarning, match="of 3 rows left out"):
            assert CliRunner().invoke(app, [*line, "drop"]).exit_code == 0


def test_samples_without_targets_are_for_predictions(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    chosen = {"ξ": ["a", "b"], "y": ["c"]}
    path.write_text("a,b,c\n1,2,3\n2,1,4\n", encoding="utf-8")
    tp.train(ONE_HIDDEN, path, widths={"n": 4}, steps=1, out=out, columns=chosen)
    bare, lacking = tmp_path / "bare.csv", tmp_path / "lacking.csv"
    bare.write_text("a,b\n1,2\n", encoding="utf-8")
    lacking.write_text("a,c\n1,2\n", encoding="utf-8")
    run = tp.load_run(out)
    with pytest.raises(TPDataError, match=r"no column 'c'(.|\n)*tpgraph predict .*run --data") as e:
        run.evaluate(bare)
    assert not isinstance(e.value, tp.errors.TPArgumentError)
    assert len(run.predict(bare).outputs["f"]) == 1
    for judge in (run.evaluate, run.predict):
        with pytest.raises(TPDataError, match="no column 'b'") as e:
            judge(lacking)
        assert not isinstance(e.value, tp.errors.TPArgumentError)
        assert "predict" not in str(e.value)
    with pytest.raises(TPDataError, match=r"has no array y(.|\n)*tpgraph predict"):
        run.evaluate({"ξ": [[1, 2]]})


def test_a_column_that_is_input_and_target_is_said(path: Path) -> None:
    path.write_text("a,b,c\n1,2,3\n2,1,4\n", encoding="utf-8")
    net = tp.parse(ONE_HIDDEN)
    with pytest.warns(tp.TPWarning, match="column b is an input and a target"):
        load_data(path, net, columns={"ξ": ["a", "b"], "y": ["b"]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_data(path, net, columns={"ξ": ["a", "b"], "y": ["c"]})


def test_a_mend_names_what_is_left_and_chooses_only_without_doubt(path: Path) -> None:
    path.write_text("a,b,c,const\n1,2,3,5\n2,1,4,5\n", encoding="utf-8")
    net = tp.parse(ONE_HIDDEN)
    with pytest.raises(TPDataError, match="choose one of c, const: --columns y=COLUMN"):
        load_data(path, net, columns={"ξ": ["a", "b"]})
    path.write_text("a,b,const\n1,2,5\n2,1,5\n", encoding="utf-8")
    with pytest.raises(TPDataError, match="choose columns: --columns y=const"):
        load_data(path, net, columns={"ξ": ["a", "b"]})
    wide = tp.parse(ONE_HIDDEN, constants={"d": 64})
    with pytest.raises(TPDataError, match=r"3 columns, but(.|\n)*--columns(.|\n)*--set d=2"):
        load_data(path, wide)
