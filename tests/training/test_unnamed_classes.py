"""Targets of more entries than there are classes."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.training.class_labels import labels_at, places_at
from tpgraph.training.metrics import metrics

NET = """program net
width n
dim d = 2
dim k = 3
parametrization mup
data ξ : d
target y : k
param U : n × d ~ N(0, 1)
param V : k × n ~ N(0, 1)
f = V silu(U ξ)
output f
loss softmax_cross_entropy(f, y)
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "d.csv"
    path.write_text("ξ_0,ξ_1,y\n1,2,ja\n3,-1,nein\n2,2,ja\n0,1,nein\n", encoding="utf-8")
    return path


def test_classes_fewer_than_entries_are_said_once(table: Path, tmp_path: Path) -> None:
    with pytest.warns(
        tp.TPWarning, match=r"2 classes \(ja, nein\), its target 3 entries; --set k=2"
    ):
        tp.load_data(table, tp.parse(NET))
    unnamed = NET.replace("dim k = 3\n", "").replace(" : k", " : 3").replace("k ×", "3 ×")
    with pytest.warns(tp.TPWarning, match="declare 2 entries in the place of 3"):
        tp.load_data(table, tp.parse(unnamed))
    arrays = {"ξ": np.ones((2, 2)), "y": np.array(["a", "b"])}
    with pytest.warns(tp.TPWarning, match=r"--set k=2"):
        tp.train(NET, arrays, widths={"n": 4}, steps=1)
    with pytest.warns(tp.TPWarning, match=r"--set k=2"):
        tp.train(NET, table, widths={"n": 4}, steps=1, out=tmp_path / "run")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tp.load_run(tmp_path / "run").evaluate(table)
        tp.load_data(table, tp.parse(NET.replace("dim k = 3", "dim k = 2")))
        tp.load_data(table, tp.parse(NET), classes={"y": ("ja", "nein")})


@pytest.mark.filterwarnings("ignore:.*classes")
def test_accuracy_counts_what_is_predicted(table: Path) -> None:
    """Of outputs whose entry without a class is the largest, in every sample."""
    program = tp.parse(NET)
    samples = tp.load_data(table, program)
    module = tp.compile(program)
    params = dict(module.init({"n": 16}, 0))
    params["V"] = np.abs(params["V"])
    params["V"][2] *= 100
    f = module.forward(params, samples.arrays["ξ"])
    assert (f.argmax(axis=1) == 2).any()
    right = np.array(labels_at(f, samples.classes["y"])) == ["ja", "nein", "ja", "nein"]
    assert right.any()
    assert metrics(module, params, samples)["accuracy"] == right.mean()
    assert metrics(module, params, samples)["accuracy"] > (f.argmax(axis=1) == [0, 1, 0, 1]).mean()
    assert places_at(f, 2).tolist() == f[:, :2].argmax(axis=1).tolist()
