"""Rows are straight to the point, in pictures of many layers too."""

from collections import defaultdict

import pytest

import tpgraph as tp
from tpgraph.notation.layout import place_finding
from tpgraph.program import base_of


def rows(program):
    """The heights of the marks of each family, forward and backward, hollow and filled apart."""
    found = defaultdict(set)
    for node in tp.draw(program).scene.nodes:
        if not node.is_gate:
            found[base_of(node.variable), node.kind].add(round(node.y, 6))
    return found


@pytest.mark.parametrize(
    ("name", "constants", "straight"),
    [
        ("mlp", {"L": 3}, {"b", "x", "dx"}),
        ("mlp", {"L": 12}, {"b", "x", "dx"}),
        ("resnet", {"L": 14}, {"x", "dx"}),
    ],
)
def test_rows_above_and_below_each_other_are_straight(name, constants, straight):
    program = tp.parse(tp.gallery.entry(name).text, constants=constants)
    found = rows(tp.backward(program))
    for (family, kind), heights in found.items():
        assert len(heights) == 1 or family not in straight, (family, kind, heights)
    assert straight <= {family for family, _ in found}


def test_what_the_engine_rounds_is_what_is_set_back(monkeypatch):
    """Without it the biases stand on a slope."""
    monkeypatch.setattr(place_finding, "undrifted", lambda *given: given[-1])
    program = tp.backward(tp.parse(tp.gallery.entry("mlp").text))
    assert len(rows(program)["b", "G"]) == 3


def test_a_row_that_only_seems_to_drift_stays():
    """In wigner each vector follows from two, one above the row and one below it."""
    found = rows(tp.parse(tp.gallery.entry("wigner").text))
    assert len(found["x", "X"]) == 1
