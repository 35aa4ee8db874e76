"""What is said of inputs that are far from standard."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from small_network import ONE_HIDDEN

import tpgraph as tp


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
