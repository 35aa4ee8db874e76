"""Runs that share a family stand in one plate; those that lead to one another do not."""

import re

import pytest
from notation.geometry import violations

import tpgraph as tp
from tpgraph.notation.diagram.marks import diagram_of
from tpgraph.notation.diagram.plating import fold

HEAD = """program two
width n
const L = 6
vector u : n ~ N(0, 1)
vector v : n ~ N(0, 1)
vector b[1..L] : n ~ N(0, 1)
vector c[1..L] : n ~ N(0, 1)
matrix W : n × n ~ N(0, 1)
x[1] = tanh(W u)
for l in 2..L:
    x[l] = tanh(W x[l-1] + b[l])
"""


def another(start, biases, first="y[1]", inner="W y[l-1]", until="L"):
    return (
        f"{first} = tanh(W {start})\nfor l in 2..{until}:\n    y[l] = tanh({inner} + {biases}[l])\n"
    )


ONE_PLATE = {
    "beside each other": another("v", "b"),
    "of one start": another("u", "b"),
    "one reads the other block by block": another("v", "c", inner="W x[l]"),
    "both": another("v", "b", inner="W x[l] + y[l-1]"),
    "three": another("v", "b") + another("u", "b").replace("y", "z"),
}


@pytest.mark.parametrize("direction", ["LR", "BT"])
@pytest.mark.parametrize("more", ONE_PLATE.values(), ids=ONE_PLATE.keys())
def test_they_share_a_plate(more, direction):
    scene = tp.draw(tp.parse(HEAD + more), fold=True, direction=direction).scene
    (plate,) = scene.plates
    assert plate.label.text == r"l=2,\,\ldots,\,6"
    inside = {n.id for n in scene.nodes if re.search(r"\[l\]", n.id)}
    assert {"x[l]", "y[l]"} <= inside
    assert {"b[l]"} <= inside
    assert sum(n.id == "b[l]" for n in scene.nodes) == 1
    assert violations(scene) == []


def plates(more, **how):
    program = tp.parse(HEAD + more)
    return fold(program, diagram_of(program), **how).plates


APART = {
    "of families of their own": another("v", "c"),
    "of the same matrix alone": another("v", "c").replace(" + c[l]", ""),
}


@pytest.mark.parametrize("more", APART.values(), ids=APART.keys())
def test_where_two_plates_have_no_room_one_is_drawn(more):
    assert len(plates(more)) == 2
    assert len(plates(more, together=True)) == 1
    scene = tp.draw(tp.parse(HEAD + more), fold=True).scene
    assert len(scene.plates) == 1
    assert {"x[l]", "y[l]"} <= {node.id for node in scene.nodes}
    assert violations(scene) == []


TWICE = another("x[L]", "b") + another("x[L]", "b").replace("y", "z")


@pytest.mark.parametrize("direction", ["LR", "BT"])
@pytest.mark.parametrize("more", [another("x[L]", "b"), TWICE], ids=["once", "duplicated"])
def test_one_that_leads_on_to_another_shares_its_family_by_a_curve(more, direction):
    """The family stands in the first plate; marks are drawn once."""
    scene = tp.draw(tp.parse(HEAD + more), fold=True, direction=direction).scene
    assert [plate.label.text for plate in scene.plates] == [r"l=2,\,\ldots,\,6"] * 2
    assert sum(node.id == "b[l]" for node in scene.nodes) == 1
    assert {e.target for e in scene.edges if e.source == "b[l]"} >= {"x[l]:gate", "y[l]:gate"}
    assert violations(scene) == []


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize(
    "more",
    [another("x[L]", "c"), another("v", "c", until="L-1")],
    ids=["that leads to it", "of another range"],
)
def test_no_plate_holds_a_run(more, together):
    assert len(plates(more, together=together)) == 2
