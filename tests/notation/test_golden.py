"""The scenes of the gallery are those in tests/golden, to 0.02 pt."""

import json
from pathlib import Path

import pytest

from tpgraph import gallery

FOLDER = Path(__file__).parents[1] / "golden"


def close(a, b, tolerance=0.02):
    """Whether two JSON documents agree but for rounding."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(close(a[key], b[key], tolerance) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(close(x, y, tolerance) for x, y in zip(a, b, strict=True))
    if isinstance(a, float) or isinstance(b, float):
        return abs(a - b) <= tolerance
    return a == b


@pytest.mark.parametrize("entry", gallery.entries(), ids=lambda entry: entry.name)
def test_the_scene_is_the_golden_one(entry):
    golden = json.loads((FOLDER / f"{entry.name}.json").read_text(encoding="utf-8"))
    scene = json.loads(entry.draw().json)
    for mark in (*scene["nodes"], *scene["edges"]):
        del mark["span"]
    assert close(scene, golden), "look at the picture, then run python tests/golden/update.py"


def test_there_is_a_golden_scene_for_each_program_alone():
    assert {path.stem for path in FOLDER.glob("*.json")} == {e.name for e in gallery.entries()}


def test_a_moved_mark_is_seen():
    golden = json.loads((FOLDER / "mlp.json").read_text(encoding="utf-8"))
    other = json.loads((FOLDER / "mlp.json").read_text(encoding="utf-8"))
    other["nodes"][0]["x"] += 0.1
    assert not close(golden, other)
