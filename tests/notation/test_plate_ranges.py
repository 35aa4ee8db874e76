"""Ranges of plates keep clear of marks, lines, texts and of all frames."""

from itertools import pairwise

import pytest
from notation.test_fold import DEEP, TURNED, deep, long

import tpgraph as tp
from tpgraph.notation.layout import plate_ranges
from tpgraph.notation.scene.geometry import box_around, box_shape, overlap
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.taken import line_pieces, node_boxes, outline_of

HEAD = """width n
dim d = 3
const L = 6
const M = 5
data ξ : d
target y : 1
param U, P : n × d ~ N(0, 1)
param A[1..L], B[1..L], C[1..M] : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
parametrization ntk
a[0] = tanh(U ξ)
for l in 1..L:
    a[l] = tanh(A[l] a[l-1])
"""
END = "output f\nloss (f - y)^2 / 2\n"
AFTER = HEAD + "c[0] = tanh(a[L])\nfor m in 1..M:\n    c[m] = tanh(C[m] c[m-1])\nf = V c[M]\n" + END
BESIDE = HEAD + (
    "b[0] = tanh(P ξ)\nfor l in 1..L:\n    b[l] = tanh(B[l] b[l-1]) + b[l-1]\n"
    "f = V tanh(a[L] + b[L])\n" + END
)
PROGRAMS = {
    "after each other": lambda: tp.parse(AFTER),
    "beside each other": lambda: tp.parse(BESIDE),
    "nested": lambda: deep(8, 5, DEEP),
    "nested over time": lambda: deep(8, 5, TURNED),
    "rnn": lambda: long("rnn", "T", 7),
    "gru": lambda: long("gru", "T", 7),
    "resnet": lambda: long("resnet", "L", 7),
}
TRAINED = {k: v for k, v in PROGRAMS.items() if k in ("after each other", "rnn", "resnet")}


def covered(scene):
    """What the range of a plate lies on, one text for each."""
    for plate in scene.plates:
        own = label_bounds(plate.label)
        for frame in (*scene.plates, *scene.contexts):
            corners = box_shape(outline_of(frame))
            sides = pairwise((*corners, corners[0]))
            if any(overlap(own, box_around(side)) for side in sides):
                yield f"the frame {frame.id}"
        texts = [other.label for other in scene.plates if other is not plate]
        texts += [*scene.labels, *(edge.label for edge in scene.edges)]
        texts += [context.caption for context in scene.contexts]
        texts += [text for arrow in scene.arrows for text in arrow.labels]
        yield from (t.text for t in texts if t is not None and overlap(own, label_bounds(t)))
        for node in scene.nodes:
            yield from (node.id for box in node_boxes(node) if overlap(own, box))
        for line in (*scene.edges, *scene.arrows):
            if any(overlap(own, box) for box in line_pieces(line.points, line.curve)):
                yield "a line"


@pytest.mark.parametrize("direction", ["LR", "TB", "BT"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_ranges_lie_on_nothing(name, direction):
    scene = tp.draw(PROGRAMS[name](), fold=True, direction=direction).scene
    assert scene.plates
    assert not [*covered(scene)]


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("name", TRAINED)
def test_ranges_of_training_lie_on_nothing(name, direction):
    program = tp.unroll_sgd(TRAINED[name](), steps=1)
    scene = tp.draw(program, fold=True, direction=direction).scene
    assert len(scene.plates) >= 3
    assert not [*covered(scene)]


def test_a_range_at_the_usual_corner_would_lie_on_dots(monkeypatch):
    """So that `covered` can fail."""
    monkeypatch.setattr(plate_ranges, "_trouble", lambda box, taken: 0)
    assert [*covered(tp.draw(tp.parse(AFTER), fold=True, direction="TB").scene)]


def test_marks_keep_off_frames_to_which_they_do_not_belong():
    """Two loops beside each other stand in one plate where the second began under the first."""
    scene = tp.draw(tp.parse(BESIDE), fold=True).scene
    (plate,) = scene.plates
    inside = {node.id for node in scene.nodes if overlap(outline_of(plate), next(node_boxes(node)))}
    assert inside == {node.id for node in scene.nodes if "[l" in node.id}
