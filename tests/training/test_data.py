"""CSV and NPZ files, and every way in which they can be wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tpgraph.errors import TPDataError
from tpgraph.program import Program
from tpgraph.program.operators import OperatorBuilder
from tpgraph.training import dataset, load_data

DIGITS = Path(__file__).parents[2] / "diagrams" / "data" / "digits.csv"


def program(*data: tuple[str, int], target: int = 1) -> Program:
    b = OperatorBuilder("net")
    n = b.width("n")
    b.parametrization("ntk")
    for name, size in data or (("ξ", 2),):
        x = b.data(name, size)
    y = b.target("y", target)
    V = b.param("V", target, n)
    f = b.let("f", V @ (b.param("U", n, (data or (("ξ", 2),))[-1][1]) @ x))
    b.output(f)
    b.loss((f - y) ** 2)
    return b.build()


Write = Callable[[str], Path]


@pytest.fixture
def csv(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "d.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    "text",
    [
        "ξ_0,ξ_1,y_0\n1,2,3\n4,5,6\n",
        "xi_0,xi_1,y\n1,2,3\n4,5,6",
        "y_0,xi_1,ξ_0\n3,2,1\n6,5,4\n",
        "\ufeffξ_0 , ξ_1,y_0\r\n1, 2,3\r\n4,5,6e0\r\n",
        "a,b,c\n1,2,3\n\n4,5,6\n",
        '"ξ_0","ξ_1","y_0"\n"1","2","3"\n4,5,6\n',
    ],
)
def test_csv_by_name_or_in_order(csv: Write, text: str) -> None:
    found = load_data(csv(text), program())
    np.testing.assert_array_equal(found.arrays["ξ"], [[1, 2], [4, 5]])
    np.testing.assert_array_equal(found.arrays["y"], [[3], [6]])
    assert len(found) == 2
    assert {k: v.tolist() for k, v in found.row(1).items()} == {"ξ": [4, 5], "y": [6]}


def test_csv_of_indexed_data(csv: Write) -> None:
    net = program(("ξ[1]", 1), ("ξ[2]", 2))
    found = load_data(csv("ξ[1]_0,xi[2]_0,ξ[ 2 ]_1,y_0\n1,2,3,4\n"), net)
    assert {k: v.tolist() for k, v in found.arrays.items()} == {
        "ξ[1]": [[1]], "ξ[2]": [[2, 3]], "y": [[4]],
    }  # fmt: skip
    bare = load_data(csv("xi[1],ξ[2]_0,ξ[2]_1,y\n1,2,3,4\n"), net)
    assert bare.arrays["ξ[1]"].tolist() == [[1]]


def test_data_without_targets(csv: Write) -> None:
    for text in ("ξ_0,ξ_1\n1,2\n", "ξ_0,ξ_1,y_0\n1,2,3\n", "a,b,c\n1,2,3\n"):
        found = load_data(csv(text), program(), targets=False)
        assert {k: v.tolist() for k, v in found.arrays.items()} == {"ξ": [[1, 2]]}


def test_npz_by_name(tmp_path: Path) -> None:
    path = tmp_path / "d.npz"
    np.savez(path, xi=np.array([[1, 2], [3, 4]]), y=np.array([5.0, 6.0]))
    found = load_data(path, program())
    assert found.arrays["ξ"].tolist() == [[1, 2], [3, 4]]
    assert found.arrays["y"].tolist() == [[5], [6]]
    np.savez(path, **{"xi[1]": np.ones((2, 1)), "ξ[2]": np.ones((2, 2)), "y": np.ones(2)})
    indexed = load_data(path, program(("ξ[1]", 1), ("ξ[2]", 2)))
    assert list(indexed.arrays) == ["ξ[1]", "ξ[2]", "y"]


def test_the_digits_of_the_gallery() -> None:
    found = load_data(DIGITS, program(("ξ", 64), target=10))
    assert found.arrays["ξ"].shape == (1797, 64)
    assert found.arrays["y"].shape == (1797, 10)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("ξ_0,ξ_1,y_0\n", "a header but no samples"),
        ("1,2,3\n4,5,6\n", r"d\.csv:1:1: error: the first row holds numbers"),
        ("ξ_0,y_0\n1,2\n", r"d\.csv:1:1: error: no column ξ_1"),
        ("ξ_0,ξ_1\n1,2\n", "no column y_0"),
        ("ξ_0,ξ_1,y_0,id\n1,2,3,4\n", "column id belongs to no data"),
        ("ξ_0,ξ_1,ξ_2,y_0\n1,2,3,4\n", "column ξ_2 belongs to no data"),
        ("ξ_0,xi_0,ξ_1,y_0\n1,2,3,4\n", "column xi_0 stands twice"),
        ("a,b\n1,2\n", "has the 2 columns of the data, and none for y"),
        ("ξ_0,ξ_1,y_0\n1,2,3\n4,five,6\n", r"d\.csv:3:3: error: 'five' is not a number"),
        ("ξ_0,ξ_1,y_0\n1,2,3\n\n4,,6\n", r"d\.csv:4:3: error: an empty cell"),
        ("ξ_0,ξ_1,y_0\n1,2,nan\n", r"d\.csv:2:5: error: nan is not finite"),
        ("ξ_0,ξ_1,y_0\n1,2,3\n-inf,2,3\n", r"d\.csv:3:1: error: -inf is not finite"),
        ("ξ_0,ξ_1,y_0\n1,2,3\n4,5\n", r"d\.csv:3:1: error: 2 cells in a table of 3 columns"),
        ("ξ_0,ξ_1,y_0\n1,2,3,4\n1,2,3,4\n", "4 cells in a table of 3"),
        ("ξ_0,ξ_1,y_0\n1,2,0x1f\n", "'0x1f' is not a number"),
    ],
)
def test_csv_files_that_do_not_fit(csv: Write, text: str, says: str) -> None:
    with pytest.raises(TPDataError, match=says) as caught:
        load_data(csv(text), program())
    assert "d.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("header", "mend"),
    [
        ("ξ_0,b,y", "choose columns: --columns ξ=ξ_0,b"),
        ("a,b,y", "choose columns: --columns ξ=a,b"),
        ("b,y", None),
        ("ξ_0,ξ_1,b,c", "choose one of b, c: --columns y=COLUMN"),
        ("a,b,c,d", "choose columns: --columns NAME=FIRST..LAST"),
        ("a,b", None),
    ],
)
def test_columns_that_are_proposed_suffice(csv: Write, header: str, mend: str | None) -> None:
    with pytest.raises(TPDataError) as caught:
        load_data(csv(header + "\n"), program())
    assert caught.value.mend == mend


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"ξ": np.ones((2, 2))}, "has no array y"),
        ({"ξ": np.ones((2, 3)), "y": np.ones(2)}, r"ξ has shape \(2, 3\)"),
        ({"ξ": np.ones(2), "y": np.ones(2)}, r"ξ has shape \(2,\)"),
        ({"ξ": np.ones((2, 2)), "y": np.ones(3)}, "different numbers of samples"),
        ({"ξ": np.ones((0, 2)), "y": np.ones(0)}, "no samples"),
        ({"ξ": np.array([[1, np.nan]]), "y": np.ones(1)}, r"ξ\[0, 1\] is nan"),
        ({"ξ": np.array([["a", "b"]]), "y": np.ones(1)}, "entries of type"),
        ({"ξ": np.array([[{}, {}]]), "y": np.ones(1)}, "not an NPZ file of numbers"),
    ],
)
def test_npz_files_that_do_not_fit(tmp_path: Path, arrays: dict[str, Any], says: str) -> None:
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(TPDataError, match=says):
        load_data(tmp_path / "d.npz", program())


def test_files_that_are_something_else(tmp_path: Path) -> None:
    with pytest.raises(TPDataError, match="cannot be read"):
        load_data(tmp_path / "missing.csv", program())
    (tmp_path / "d.npz").write_text("ξ_0")
    with pytest.raises(TPDataError, match="is not an NPZ file"):
        load_data(tmp_path / "d.npz", program())
    (tmp_path / "d.csv").write_bytes(b"\xff,1\n")
    with pytest.raises(TPDataError, match="is not UTF-8 text: byte 0 is 0xff"):
        load_data(tmp_path / "d.csv", program())
    b = OperatorBuilder("raw")
    b.vector("x", b.width("n"))
    with pytest.raises(TPDataError, match="has no data"):
        load_data(DIGITS, b.build())


def test_rows_outside_the_file() -> None:
    found = dataset(program(), {"ξ": np.ones((2, 2)), "y": np.ones(2)})
    with pytest.raises(TPDataError, match="2 samples"):
        found.row(2)
