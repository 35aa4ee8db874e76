"""What is said of inputs that are far from standard."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from small_network import ONE_HIDDEN

import tpgraph as tp
from tpgraph.training.standardization import standardization


def test_training_names_columns_far_from_standard(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("near,far,y\n1,400,1\n-1,600,2\n", encoding="utf-8")
    columns = {"ξ": ["near", "far"]}
    said = r"far from mean 0 and sd 1: far \(mean 500, sd 100\); --standardize data"
    with pytest.warns(tp.TPWarning, match=said):
        tp.train(ONE_HIDDEN, path, widths={"n": 4}, steps=1, columns=columns)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tp.train(ONE_HIDDEN, path, widths={"n": 4}, steps=1, columns=columns, standardize="data")
        tp.train(ONE_HIDDEN, {"ξ": [[1, 2], [0, 9]], "y": [0, 1]}, widths={"n": 4}, steps=1)
    with pytest.warns(tp.TPWarning, match="ξ_1"):
        tp.train(ONE_HIDDEN, {"ξ": [[1, 99], [0, 90]], "y": [0, 1]}, widths={"n": 4}, steps=1)


@pytest.mark.parametrize(
    ("inputs", "targets", "said"),
    [
        ([[1, 0], [-1, 0]], [2010, 2020], r"1: y \(mean 2.02e\+03, sd 5\); --standardize all"),
        ([[1, 5.01], [0, 4.99]], [0, 1], r"1: ξ_1 \(mean 5, sd 0\.01\); --standardize data"),
        ([[1e-6, 0], [-1e-6, 0]], [0, 1], r"1: ξ_0 \(mean 0, sd 1e-06\); --standardize data"),
    ],
    ids=["targets", "nearly constant", "tiny"],
)
def test_training_names_what_it_would_hardly_learn(
    inputs: list[list[float]], targets: list[float], said: str
) -> None:
    data = {"ξ": inputs, "y": targets}
    with pytest.warns(tp.TPWarning, match=said):
        tp.train(ONE_HIDDEN, data, widths={"n": 4}, steps=1, lr=1e-4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tp.train(ONE_HIDDEN, data, widths={"n": 4}, steps=1, standardize="all")


def test_columns_that_vary_little_about_zero_are_not_far() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = {"ξ": [[1, 0.01], [-1, 0.0]], "y": [1, 0]}
        tp.train(ONE_HIDDEN, data, widths={"n": 4}, steps=1)


def test_spread_is_measured_beside_the_numbers_themselves(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text(
        "tiny,still,y\n1e-13,1.7e20,1\n-1e-13,1.70000000000001e20,0\n", encoding="utf-8"
    )
    program = tp.parse(ONE_HIDDEN)
    columns = {"ξ": ["tiny", "still"]}
    found = standardization(program, tp.load_data(path, program, columns=columns), "data")
    assert found.sd["ξ"] == pytest.approx([1e-13, 1.0])
