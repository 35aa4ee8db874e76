"""Folding: repeated structure once, in a plate."""

import re
from dataclasses import replace

import pytest
from notation.geometry import _meet, corners, violations

import tpgraph as tp
from tpgraph.errors import TPError
from tpgraph.notation.diagram.block_runs import find_runs, shift_between
from tpgraph.notation.scene.painting import label_bounds

POOL = """program pool
width n
dim d = 8
matrix U : n × d ~ N(0,1)
matrix W : n × n ~ N(0,1)
data ξ[1..30] : d
s[1] = tanh(U ξ[1])
for t in 2..30:
    s[t] = tanh(U ξ[t] + W s[t-1])
m = tanh(sum(s[t] for t in 2..30))
output m
"""


def long(name, constant, value):
    text = tp.gallery.entry(name).text
    return tp.parse(re.sub(rf"const {constant} *= *\d+", f"const {constant} = {value}", text))


def box(node):
    xs, ys = zip(*corners(node), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def frame(plate):
    return plate.left, plate.bottom, plate.right, plate.top


FOLDED = [
    ("mlp", "L", 100, r"l=2,\,\ldots,\,100"),
    ("rnn", "T", 1000, r"t=2,\,\ldots,\,1000"),
    ("resnet", "L", 50, r"l=1,\,\ldots,\,50"),
    ("gru", "T", 40, r"t=1,\,\ldots,\,40"),
]


@pytest.mark.parametrize(("name", "constant", "value", "text"), FOLDED)
@pytest.mark.parametrize("show_io", [False, True])
@pytest.mark.parametrize("direction", ["LR", "BT"])
def test_a_long_program_is_one_plate(name, constant, value, text, show_io, direction):
    scene = tp.draw(
        long(name, constant, value),
        fold=True,
        show="io" if show_io else "body",
        direction=direction,
    ).scene
    (plate,) = scene.plates
    assert plate.label.text == text
    assert len(scene.nodes) < 30
    inside = {n.id for n in scene.nodes if _meet(box(n), frame(plate), 0)}
    letter = plate.id
    assert inside == {n.id for n in scene.nodes if re.search(rf"\[{letter}(-1)?\]", n.id)}
    for edge in scene.edges:
        assert edge.matrix != ""


@pytest.mark.parametrize(("name", "constant", "value", "text"), FOLDED)
def test_nothing_overlaps(name, constant, value, text):
    scene = tp.draw(long(name, constant, value), fold=True).scene
    assert violations(scene) == []
    free = [*scene.labels, *(plate.label for plate in scene.plates)]
    for label in free:
        for node in scene.nodes:
            assert not _meet(label_bounds(label), box(node))
        for plate in scene.plates:
            assert not _meet(label_bounds(label), frame(plate))


def test_labels_have_the_letter_of_the_loop():
    scene = tp.draw(long("mlp", "L", 100), fold=True).scene
    labels = {n.id: n.label.text for n in scene.nodes if n.label and n.kind in "GX"}
    assert labels["x[l-1]"] == "x^{l{-}1}"
    assert labels["x[l]"] == "x^{l}"
    assert labels["b[l]"] == "b^{l}"
    assert labels["x[1]"] == "x^{1}"
    assert labels["x[100]"] == "x^{100}"
    (product,) = (e for e in scene.edges if e.kind == "matmul")
    assert (product.source, product.matrix, product.label.text) == ("x[l-1]", "W[l]", "W^{l}")
    assert [label.text for label in scene.labels] == [r"\cdots", r"\cdots"]


def test_a_shared_bias_stays_outside():
    scene = tp.draw(long("rnn", "T", 100), fold=True).scene
    (plate,) = scene.plates
    (bias,) = (n for n in scene.nodes if n.id == "b")
    assert not _meet(box(bias), frame(plate), 0)
    assert ("b", "s[t]:gate") in {(e.source, e.target) for e in scene.edges}


def test_a_reader_of_every_block_reads_the_plate():
    scene = tp.draw(tp.parse(POOL), fold=True).scene
    assert ("s[t]", "m:gate") in {(e.source, e.target) for e in scene.edges}
    (gate,) = (n for n in scene.nodes if n.id == "m:gate")
    assert r"\sum" in gate.label.text
    assert violations(scene) == []


@pytest.mark.parametrize("name", ["mlp", "conv1d", "transformer", "layernorm", "attention"])
def test_what_does_not_repeat_is_drawn_as_it_is(name):
    program = tp.gallery.entry(name).program()
    assert tp.draw(program, fold=True).scene == tp.draw(program).scene


def test_a_run_that_is_read_in_its_middle_is_drawn_as_it_is():
    text = POOL.replace("sum(s[t] for t in 2..30)", "s[7] + s[30]").replace("30", "9")
    assert tp.draw(tp.parse(text), fold=True).scene.plates == ()


def test_runs_are_as_long_as_they_can_be():
    program = long("rnn", "T", 50)
    (run,) = find_runs([e for e in program.equations if e.out.name in program.body])
    assert (run.period, run.count, run.step, run.first) == (3, 49, 1, 2)
    assert [e.out.name for e in run.block(0)] == ["s[2]~1", "s[2]~2", "s[2]"]


def test_a_different_function_ends_a_run():
    text = POOL.replace("for t in 2..30:", "for t in 2..14:").replace(
        "m = tanh(sum(s[t] for t in 2..30))",
        "for t in 15..30:\n    s[t] = sin(U ξ[t] + W s[t-1])\nm = tanh(s[30])",
    )
    scene = tp.draw(tp.parse(text), fold=True).scene
    assert [p.label.text for p in scene.plates] == [
        r"t=2,\,\ldots,\,14",
        r"t=15,\,\ldots,\,30",
    ]
    assert violations(scene) == []


def test_an_index_that_does_not_move_evenly_is_no_run():
    program = long("rnn", "T", 20)
    equations = [e for e in program.equations if e.out.name in program.body]
    broken = [replace(e, arguments=e.arguments[::-1]) if i % 9 == 4 else e
              for i, e in enumerate(equations)]  # fmt: skip
    assert all(run.count < 10 for run in find_runs(broken))


def test_paths_and_plates_do_not_go_together():
    program = long("mlp", "L", 9)
    with pytest.raises(TPError, match="no place in a folded picture"):
        tp.draw(program, fold=True, paths=tp.select_paths(program, "W[2]"))


DEEP = """program deep_rnn
width n
dim d = 8
const T = 5
const L = 2
data ξ[1..T] : d
matrix V : n × d ~ N(0, 1)
matrix U[1..L] : n × n ~ N(0, 1)
matrix W[1..L] : n × n ~ N(0, 1)
s[0,1] = tanh(V ξ[1])
for l in 1..L:
    s[l,1] = tanh(U[l] s[l-1,1])
for t in 2..T:
    s[0,t] = tanh(V ξ[t])
    for l in 1..L:
        s[l,t] = tanh(U[l] s[l-1,t] + W[l] s[l,t-1])
output s[L,T]
"""


def deep(T, L, text=DEEP):
    return tp.parse(text.replace("T = 5", f"T = {T}").replace("L = 2", f"L = {L}"))


TURNED = re.sub(r"s\[([^,\]]+),([^\]]+)\]", r"s[\2,\1]", DEEP)


@pytest.mark.parametrize("direction", ["LR", "RL", "BT", "TB"])
@pytest.mark.parametrize(("T", "L", "text"), [(100, 2, DEEP), (5, 2, DEEP), (100, 2, TURNED)])
def test_layers_over_time_fold_over_time(T, L, text, direction):
    scene = tp.draw(deep(T, L, text), fold=True, direction=direction).scene
    (plate,) = scene.plates
    assert plate.label.text == rf"t=2,\,\ldots,\,{T}"
    inside = {n.id for n in scene.nodes if _meet(box(n), frame(plate), 0)}
    assert inside == {n.id for n in scene.nodes if re.search(r"\bt(-1)?\b", n.id)}
    assert len(inside) == 3 + 2 * 5
    assert len([label for label in scene.labels if "dots" in label.text]) == 2 * L
    assert violations(scene) == []
    for label in (*scene.labels, plate.label):
        own = label_bounds(label)
        assert not _meet(own, frame(plate))
        assert not any(_meet(own, box(node)) for node in scene.nodes)
        others = [n.label for n in scene.nodes if n.label] + [
            e.label for e in scene.edges if e.label
        ]
        others += [other for other in scene.labels if other is not label]
        assert not any(_meet(own, label_bounds(other)) for other in others)


NESTED = [(5, 4, DEEP), (100, 12, DEEP), (8, 5, TURNED)]


def holds(outer, inner):
    return (
        outer[0] < inner[0] and outer[1] < inner[1] and inner[2] < outer[2] and inner[3] < outer[3]
    )


@pytest.mark.parametrize("direction", ["LR", "RL", "BT", "TB"])
@pytest.mark.parametrize(("T", "L", "text"), NESTED)
def test_layers_inside_of_a_time_step_are_a_plate_in_a_plate(T, L, text, direction):
    scene = tp.draw(deep(T, L, text), fold=True, direction=direction).scene
    assert len(scene.nodes) == 3 + 4 + 3 + 6 + 1  # start, its layers, step, its layers, end
    ranges = [plate.label.text for plate in scene.plates]
    assert sorted(ranges) == [rf"l=1,\,\ldots,\,{L}"] * 3 + [rf"t=2,\,\ldots,\,{T}"]
    (outer,) = (plate for plate in scene.plates if plate.id == "t")
    layers = [plate for plate in scene.plates if plate.id == "l"]
    (inner,) = (plate for plate in layers if _meet(frame(plate), frame(outer)))
    assert holds(frame(outer), frame(inner))
    assert holds(frame(outer), label_bounds(inner.label))
    for node in scene.nodes:
        moves = {x for x in "tl" if re.search(rf"\b{x}(-1)?\b", node.id)}
        inside = {plate.id for plate in scene.plates if holds(frame(plate), box(node))}
        touched = {plate.id for plate in scene.plates if _meet(box(node), frame(plate), 0)}
        assert inside == touched == moves
    assert violations(scene) == []


@pytest.mark.parametrize(("T", "L", "text"), NESTED)
def test_labels_in_nested_plates_lie_on_nothing(T, L, text):
    scene = tp.draw(deep(T, L, text), fold=True).scene
    for label in (*scene.labels, *(plate.label for plate in scene.plates)):
        own = label_bounds(label)
        assert not any(_meet(own, box(node)) for node in scene.nodes)
        others = [n.label for n in scene.nodes if n.label] + [
            e.label for e in scene.edges if e.label
        ]
        others += [other for other in scene.labels if other is not label]
        assert not any(_meet(own, label_bounds(other)) for other in others)
        frames = [frame(plate) for plate in scene.plates]
        assert all(holds(f, own) or not _meet(own, f) for f in frames)


def test_marks_in_nested_plates_go_by_both_letters():
    scene = tp.draw(deep(100, 12), fold=True).scene
    labels = {n.id: n.label.text for n in scene.nodes if n.label and n.kind in "GX"}
    assert labels["s[l,t-1]"] == "s^{l,t{-}1}"
    assert labels["s[l-1,t]"] == "s^{l{-}1,t}"
    assert labels["s[l,100]"] == "s^{l,100}"
    edges = {(e.source, e.target): e for e in scene.edges}
    up, along = edges["s[l-1,t]", "s[l,t]~1"], edges["s[l,t-1]", "s[l,t]~2"]
    assert (up.matrix, along.matrix) == ("U[l]", "W[l]")
    assert edges["s[l-1,1]", "s[l,1]~1"].color == up.color != along.color


def test_a_layer_that_differs_is_in_no_inner_plate():
    other = DEEP.replace("s[l,t] = tanh(U", "s[l,t] = h(U").replace(
        "data", "fn h(z) = sin(z)\ndata", 1
    )
    scene = tp.draw(deep(9, 4, other.replace("s[l,1] = tanh", "s[l,1] = h")), fold=True).scene
    assert len(scene.plates) == 4
    skip = DEEP.replace("    for l in 1..L:\n        s[l,t] =", "    q[t] = tanh(W[1] s[2,t-1])\n"
                        "    for l in 1..L:\n        s[l,t] =")  # fmt: skip
    scene = tp.draw(deep(9, 4, skip), fold=True).scene
    assert [plate.id for plate in scene.plates] == ["t"]


def test_the_time_has_its_place_among_two_indices():
    scene = tp.draw(deep(100, 2), fold=True).scene
    labels = {n.id: n.label.text for n in scene.nodes if n.label and n.kind in "GX"}
    assert labels["s[1,t-1]"] == "s^{1,t{-}1}"
    assert {e.matrix for e in scene.edges if e.kind == "matmul"} == {"U[1]", "U[2]", "W[1]", "W[2]"}
    wires = {(e.source, e.target) for e in scene.edges}
    assert {("s[1,t-1]", "s[1,t]~2"), ("s[0,t]", "s[1,t]~1"), ("s[2,t-1]", "s[2,t]~2")} <= wires


def test_a_family_moves_in_one_index():
    equations = [e for e in deep(9, 2).equations if e.out.name in deep(9, 2).body]
    (run,) = find_runs(equations)
    assert run.positions == {("s", 2): 1, ("ξ", 1): 0}
    assert (run.period, run.count, run.first) == (8, 8, 2)
    one = [("s", (3, 2), None), ("s", (2, 2), None), ("ξ", (2,), None)]
    assert shift_between(one, [("s", (3, 3), None), ("s", (2, 3), None), ("ξ", (3,), None)])
    assert not shift_between(one, [("s", (3, 3), None), ("s", (3, 2), None), ("ξ", (3,), None)])
    assert not shift_between(one, [("s", (3, 3), None), ("s", (2, 3), None), ("ξ", (4,), None)])
    assert not shift_between(one, [("s", (3, 2), None), ("s", (2, 3), None), ("ξ", (3,), None)])


FAR = """program far
width n
dim d = 8
param U : n × d ~ N(0, 1)
param W[42..52] : n × n ~ N(0, 1)
param b[42..52] : n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
data ξ : d
target y : 1
x[41] = tanh(U ξ)
for l in 42..52:
    x[l] = tanh(W[l] x[l-1] + b[l]) + x[l-1] * tanh(W[l] tanh(x[l-1]))
f = V x[52]
output f
parametrization ntk
loss (f - y)^2 / 2
"""
LETTERS = "abcdefghijkl"
OWN = {
    "none": "",
    "numbers": "".join(f'label x[{k}] = "z^{{({k})}}"\n' for k in range(41, 53)),
    "offsets": "".join(f'label W[{k}] = "M_{{{k},{k + 1}}}"\n' for k in range(42, 53)),
    "squares": "".join(f'label x[{k}] = "z_{{{k * k}}}"\n' for k in range(42, 53)),
    "one": 'label x[47] = "q_{47}"\n',
    "words": "".join(f'label W[{k}] = "{LETTERS[k - 42]}_{{{k}}}"\n' for k in range(42, 53)),
}


def texts_inside(scene, plate):
    """The texts of what stands in a plate."""
    inside = {n.id for n in scene.nodes if _meet(box(n), frame(plate), 0)}
    for node in scene.nodes:
        if node.id in inside:
            yield from (node.id, node.title, node.label.text if node.label else "")
    for edge in scene.edges:
        if {edge.source, edge.target} <= inside:
            yield from (edge.matrix or "", edge.label.text if edge.label else "")


@pytest.mark.parametrize("own", OWN)
@pytest.mark.parametrize("passes", ["forward", "backward"])
def test_no_text_in_a_plate_holds_an_index_of_its_range(own, passes):
    program = tp.parse(FAR + OWN[own])
    program = tp.backward(program) if passes == "backward" else program
    scene = tp.draw(program, fold=True).scene
    (plate,) = scene.plates
    found = list(texts_inside(scene, plate))
    assert len(found) > 20
    assert not [text for text in found if re.search(r"\b(4\d|5[0-2])\b", text)]
    wanted = {"numbers": "z^{(l)}", "offsets": "M_{l,l{+}1}"}.get(own, "x^{l}")
    assert any(wanted in text for text in found)


def test_an_own_label_of_one_block_is_not_that_of_all():
    scene = tp.draw(tp.parse(FAR + OWN["one"]), fold=True).scene
    assert not any("q" in text for plate in scene.plates for text in texts_inside(scene, plate))


def test_what_stands_behind_a_plate_leaves_room_for_the_dots():
    scene = tp.draw(tp.gallery.entry("wigner").program(), fold=True).scene
    (plate,) = scene.plates
    last = next(node for node in scene.nodes if node.id == "x[6]")
    dots = [label for label in scene.labels if "dots" in label.text]
    assert any(plate.right < label.x < last.x for label in dots)
    assert last.x - plate.right > 2 * last.width


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("more", ["x = φ(s[1])", "h = W s[1]\nx = φ(h + s[1])\nq = V x"])
def test_what_is_made_beside_a_plate_stands_behind_it(more, direction):
    """It is not given by the plate, and needs room that the plate's columns do not have."""
    text = tp.gallery.entry("rnn").text.replace("T = 3", "T = 6")
    beside = text.replace("f = V", f"{more}\nf = V")
    scene = tp.draw(beside, fold=True, show="all", direction=direction).scene
    (plate,) = scene.plates
    inside = {node.id for node in scene.nodes if _meet(box(node), frame(plate), 0)}
    assert inside == {id for id in (n.id for n in scene.nodes) if re.search(r"\bt\b", id)}
    assert {"x", "x:gate"} <= {node.id for node in scene.nodes} - inside
