"""Like marks of several columns stand level, where nothing keeps them from it."""

from dataclasses import replace

import pytest

import tpgraph as tp
from tpgraph.notation.diagram.links import links
from tpgraph.notation.diagram.marks import diagram_of
from tpgraph.notation.engines.engine import get_engine
from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.like_heights import likes_level
from tpgraph.notation.layout.placement import MarkSizes, Placement
from tpgraph.notation.layout.places import find_places
from tpgraph.notation.scene.style import PAPER

PAIR = """
width n
vector u[1] : n ~ N(0, 1)
vector u[2] : n ~ N(0, 1)
x = tanh(u[1])
y = tanh(x + u[2])
"""
DIAGRAM = diagram_of(tp.parse(PAIR))


def levelled(crossed, **columns):
    """Heights of u[1] at 0 and u[2] at 2 pt, the columns of which are these."""
    places = find_places(DIAGRAM, Frame("LR"), PAPER, get_engine())
    sizes = MarkSizes(places.vertices, places.gates)
    column = {mark: 3 * place for mark, place in places.placement.column.items()}
    column |= {"u[1]": columns["one"], "u[2]": columns["two"]}
    heights = dict.fromkeys(column, 100.0) | {"u[1]": 0.0, "u[2]": 2.0}
    found = likes_level(DIAGRAM, sizes, Placement(heights, column, crossed)).across
    return found["u[1]"], found["u[2]"]


@pytest.mark.parametrize("depth", [3, 6])
def test_biases_above_a_backward_row(depth):
    program = tp.parse(tp.gallery.entry("mlp").text, constants={"L": depth})
    found = {node.id: node for node in tp.draw(tp.backward(program)).scene.nodes}
    assert len({found[f"b[{i}]"].y for i in range(1, depth + 1)}) == 1


def test_what_is_nearly_level_is_level():
    assert levelled({}, one=0, two=1) == (0.0, 0.0)


def test_marks_of_one_column_stay_apart():
    assert levelled({}, one=0, two=0) == (0.0, 2.0)


def test_a_mark_stays_on_its_side_of_a_line():
    line = next(link for link in links(DIAGRAM) if link.source == "u[1]")
    assert levelled({replace(line): (1.0, 1.0, 1.0)}, one=0, two=1) == (0.0, 2.0)
    assert levelled({replace(line): (9.0, 9.0, 9.0)}, one=0, two=1) == (0.0, 0.0)
