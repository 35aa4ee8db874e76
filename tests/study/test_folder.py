"""Folders of results: one run at a time, gone on with where the manifest fits."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from tpgraph.errors import TPError, TPWarning
from tpgraph.study.folder import held, results
from tpgraph.study.manifest import MANIFEST, Manifest
from tpgraph.study.sweep import Sweep, run_sweep

HELD = Manifest("study", "tpgraph.test/1", "p", "text", {"data": "0"}, {"steps": 3}, "widths")


@dataclass(frozen=True)
class Square:
    number: int


def square(task: Square) -> dict[str, np.ndarray]:
    return {"square": np.float64(task.number**2)}


def numbered(*numbers: int) -> Sweep:
    return Sweep("test", 1, square, tuple(map(Square, numbers)))


@pytest.mark.parametrize("kept", [True, False])
def test_results_come_in_the_order_of_the_tasks(tmp_path: Path, kept: bool) -> None:
    with held(tmp_path / "a" if kept else None) as folder, results(folder, "r", "test") as store:
        run_sweep(numbered(3, 1), store, workers=0)
        asked = numbered(1, 2, 3)
        found = [(place, float(r["square"])) for place, r in asked.results(store)]
        assert found == [(0, 1.0), (2, 9.0)]
        assert [place for place, _ in asked.results(store, (2, 1))] == [2]


def test_a_folder_is_held_by_one(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(TPError, match="in use"), held(tmp_path):
        pass


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (replace(HELD, text="other"), "the program changed"),
        (replace(HELD, digests={"data": "1"}), "the data changed"),
        (replace(HELD, settings={"steps": 4}), "steps was 3 and is 4"),
    ],
)
def test_what_changed_is_said(tmp_path: Path, now: Manifest, says: str) -> None:
    with held(tmp_path, HELD) as folder:
        assert folder is not None
        HELD.begin(folder)
    with held(tmp_path, HELD, resume=True):
        pass
    assert now.digest() != HELD.digest()
    with pytest.raises(TPError, match=says), held(tmp_path, now, resume=True):
        pass
    with pytest.raises(TPError, match="holds a study already"), held(tmp_path, HELD):
        pass


def test_a_damaged_manifest_is_kept_aside(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("{")
    with pytest.warns(TPWarning, match="set aside"), held(tmp_path, HELD, resume=True):
        pass
    with held(tmp_path, HELD, resume=True):
        pass
