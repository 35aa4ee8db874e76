"""Columns of data files that a run remembers, and what is said of those that are missing."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_network import CLASSIFIER

import tpgraph as tp

NETWORK = tp.parse(CLASSIFIER, "<network>", {"d": 4, "k": 2})


def _table(path: Path, names: Sequence[str], rows: Any) -> Path:
    lines = [",".join(names), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_columns_taken_in_order_are_found_by_their_names_again(tmp_path: Path) -> None:
    """A run remembers which columns it took: in new data they may stand in another order."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20, 4)).round(3)
    kinds = ["cat" if row[0] > row[3] else "dog" for row in X]
    rows = [[*row, kind] for row, kind in zip(X.tolist(), kinds, strict=True)]
    names = ["a", "b", "c", "d"]
    first = _table(tmp_path / "first.csv", [*names, "kind"], rows)
    turned = _table(tmp_path / "turned.csv", ["kind", *names[::-1]], [row[::-1] for row in rows])
    with pytest.warns(tp.TPWarning, match="taken in order: a … d → ξ_0 … ξ_3, kind → the class"):
        tp.train(NETWORK, first, widths={"n": 8}, steps=3, out=tmp_path / "run", validation=turned)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one = tp.predict(tmp_path / "run", first).outputs["f"]
        other = tp.predict(tmp_path / "run", turned).outputs["f"]
        assert tp.evaluate(tmp_path / "run", turned) == tp.evaluate(tmp_path / "run", first)
    assert (one == other).all()
    named = _table(tmp_path / "named.csv", ["ξ_3", "ξ_2", "ξ_1", "ξ_0"], X[:, ::-1].tolist())
    assert (tp.predict(tmp_path / "run", named).outputs["f"] == one).all()
    others = _table(tmp_path / "others.csv", ["d", "c", "b", "x"], X.tolist())
    with pytest.warns(tp.TPWarning, match="taken in order: d … x → ξ_0 … ξ_3"):
        assert (tp.predict(tmp_path / "run", others).outputs["f"] == one).all()


@pytest.mark.parametrize("name", ["ξ", "xi"])
def test_a_chosen_range_is_the_same_columns_again(tmp_path: Path, name: str) -> None:
    """What lies between two columns of one file need not lie there in another."""
    X = np.random.default_rng(1).standard_normal((20, 4)).round(3)
    rows = [[*row, "cat" if row[0] > 0 else "dog"] for row in X.tolist()]
    first = _table(tmp_path / "first.csv", ["a", "b", "c", "d", "kind"], rows)
    mixed = [[row[k] for k in (3, 0, 4, 2, 1)] for row in rows]
    turned = _table(tmp_path / "turned.csv", ["d", "a", "kind", "c", "b"], mixed)
    columns = {name: ["a..d"], "y": ["kind"]}
    run = tmp_path / "run"
    tp.train(NETWORK, first, widths={"n": 8}, steps=3, out=run, columns=columns, validation=turned)
    one, other = (tp.predict(run, file).outputs["f"] for file in (first, turned))
    assert (one == other).all()
    assert tp.evaluate(run, turned) == tp.evaluate(run, first)


def test_new_data_without_its_classes_is_told_so(tmp_path: Path) -> None:
    rows = [[k, 1, 0, -k, "cat" if k % 2 else "dog"] for k in range(8)]
    data = _table(tmp_path / "data.csv", ["a", "b", "c", "d", "kind"], rows)
    with pytest.warns(tp.TPWarning):
        tp.train(NETWORK, data, widths={"n": 8}, steps=1, out=tmp_path / "run")
    new = _table(tmp_path / "new.csv", ["a", "b", "c", "d"], [row[:4] for row in rows])
    with pytest.raises(tp.TPDataError, match="none for y, of the classes cat, dog"):
        tp.evaluate(tmp_path / "run", new)


@pytest.mark.parametrize("cell", ["", "NA", "nan"])
def test_a_missing_number_has_a_mend(tmp_path: Path, cell: str) -> None:
    data = _table(tmp_path / "d.csv", ["ξ_0", "ξ_1", "ξ_2", "ξ_3"], [[1, cell, 2, 3]])
    with pytest.raises(tp.TPDataError, match="leave the row out"):
        tp.load_data(data, NETWORK, targets=False)
