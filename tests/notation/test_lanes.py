"""Members of one index stand in declared order at equal distances, whatever else is drawn."""

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from notation.geometry import violations
from strategies.families import FAMILIES, random_families

from tpgraph import gallery
from tpgraph.language import parse
from tpgraph.notation.drawing import draw
from tpgraph.program import split_name
from tpgraph.transform import backward

EXACT = 1e-6


def groups(scene, sideways=True, mirrored=False):
    """Of marks that differ in one place of their index and stand in one column: by family, the
    heights from the first member on, for each rest of the index.
    """
    found = defaultdict(lambda: defaultdict(list))
    for node in scene.nodes:
        if node.kind in ("gate", "bar-gate") or "@" in node.id:
            continue
        along, across = (node.x, node.y) if sideways else (node.y, -node.x)
        base, index, temporary = split_name(node.id)
        for place, value in enumerate(index):
            rest = (*index[:place], *index[place + 1 :])
            family = base, temporary, place, round(along, 1)
            found[family][rest].append((value, across))
    for family, members in found.items():
        yield family, [[y for _, y in sorted(heights)] for heights in members.values()]


def uneven(scene, sideways=True):
    """Families that do not stand in their order from the top, or not at equal distances."""
    for family, members in groups(scene, sideways):
        gaps = [a - b for heights in members for a, b in pairwise(heights)]
        if gaps and (min(gaps) <= 0 or max(gaps) - min(gaps) > EXACT):
            yield family, gaps


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("name", FAMILIES)
def test_families_stand_in_order_at_equal_distances(name, direction):
    scene = draw(parse(FAMILIES[name]), direction=direction).scene
    assert list(uneven(scene, direction == "LR")) == []
    assert violations(scene) == []


@pytest.mark.parametrize("entry", gallery.entries(), ids=lambda entry: entry.name)
def test_families_of_the_gallery(entry):
    assert list(uneven(draw(entry.program()).scene)) == []


@settings(max_examples=20, suppress_health_check=[*HealthCheck])
@given(random_families())
def test_random_families_stand_in_order_at_equal_distances(text):
    for direction in ("LR", "BT"):
        scene = draw(parse(text), direction=direction).scene
        assert list(uneven(scene, direction == "LR")) == []
        assert violations(scene) == []


def test_the_statement_can_fail():
    scene = draw(parse(FAMILIES["batch"])).scene
    moved = [replace(n, y=n.y + 1) if n.id == "h[2]" else n for n in scene.nodes]
    assert list(uneven(replace(scene, nodes=tuple(moved)))) != []
    turned = [replace(n, y=-n.y) for n in scene.nodes]
    assert list(uneven(replace(scene, nodes=tuple(turned)))) != []


def test_what_serves_all_stands_in_their_middle():
    at = {node.id: node for node in draw(parse(FAMILIES["batch"])).scene.nodes}
    middle = (at["h[1]"].y + at["h[3]"].y) / 2
    assert at["m"].y == pytest.approx(middle, abs=0.01)
    assert at["h[2]"].y == pytest.approx(middle, abs=0.01)


def test_families_that_pass_each_other_values_share_their_lanes():
    at = {node.id: node for node in draw(parse(FAMILIES["inputs"])).scene.nodes}
    for i in (1, 2, 3):
        heights = {round(at[f"x[{layer},{i}]"].y, 6) for layer in (1, 2, 3)}
        assert len(heights) == 1


def test_what_a_gate_alone_reads_stands_with_it_however_windows_overlap():
    at = {node.id: node for node in gallery.entry("conv1d").draw().scene.nodes}
    for i in (1, 2, 3):
        read = [at[f"y[{i}]~{k}"].x - at[f"y[{i}]"].x for k in (1, 2, 3)]
        assert read[1] == pytest.approx(0.0, abs=EXACT)
        assert read[2] == pytest.approx(-read[0], abs=EXACT)
        assert 0 < read[2] < (at["y[2]"].x - at["y[1]"].x) / 2
        assert at[f"x[{i + 1}]"].x == pytest.approx(at[f"y[{i}]"].x, abs=EXACT)


@pytest.mark.parametrize("name", ["batchnorm", "transformer", "cnn"])
def test_the_backward_row_has_the_forward_rows_order(name):
    program = gallery.entry(name).program()
    scene = draw(backward(program)).scene
    assert list(uneven(scene)) == []
