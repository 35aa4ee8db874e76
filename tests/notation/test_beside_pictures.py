"""What `show` adds to a picture: dimensions beside vectors, the listing under it or beside it."""

from __future__ import annotations

import json
from itertools import combinations

import pytest

import tpgraph as tp
from tpgraph.notation.scene.geometry import overlap
from tpgraph.notation.scene.painting import label_bounds, picture

HOURGLASS = """program hourglass
width n
width m = n/2
width k = 3/4 n
dim d = 3
parametrization ntk
data ξ : d
param U : n × d ~ N(0, 1)
param D : m × n ~ N(0, 1)
param E : k × m ~ N(0, 1)
x = tanh(U ξ)
y = tanh(D x)
z = tanh(E y)
output z
"""
MLP = tp.gallery.entry("mlp")


def dimensions(drawing: tp.Drawing) -> dict[str, str]:
    notes = {n.id: n.note for n in drawing.scene.nodes if n.note is not None}
    return {name: note.annotation.dimension for name, note in notes.items()}


def rows(drawing: tp.Drawing) -> list[tuple[str, str, int]]:
    return [(line.rule, line.formula, line.depth) for line in drawing.scene.listing]


def test_every_vector_has_its_dimension_by_the_width_it_is_a_multiple_of() -> None:
    program = tp.parse(HOURGLASS)
    drawing = tp.draw(program, show="io,dims")
    found = dimensions(drawing)
    assert {"ξ": "[d]", "x": "[n]", "y": "[n/2]", "z": "[3n/4]"}.items() <= found.items()
    assert set(found) == {n.id for n in drawing.scene.nodes if n.kind in ("G", "X", "data")}
    for content in (drawing.svg, drawing.dot, drawing.tikz, drawing.json):
        assert "n/2" in content
    assert "3n/4" not in tp.draw(program, show="io").dot


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_dimensions_lie_on_nothing_else(direction: tp.notation.drawing.Direction) -> None:
    scene = tp.draw(MLP.program(), show="dims", direction=direction).scene
    boxes = [label_bounds(label) for n in scene.nodes if n.note for label in n.note.labels]
    boxes += [label_bounds(node.label) for node in scene.nodes if node.label]
    boxes += [label_bounds(edge.label) for edge in scene.edges if edge.label]
    assert len(boxes) > 20
    assert not any(overlap(a, b, 0.0) for a, b in combinations(boxes, 2))


def test_a_folded_mark_says_the_dimension_that_all_it_stands_for_have() -> None:
    text = MLP.text.replace("const L = 3", "const L = 9")
    found = dimensions(tp.draw(tp.parse(text), fold=True, show="dims"))
    assert set(found.values()) == {"[n]"}
    widths = "width n\n" + "".join(f"width n{k} = {k} n\n" for k in range(2, 8))
    layers = "".join(
        f"matrix W[{k}] : n{k} × {'n' if k == 2 else f'n{k - 1}'} ~ N(0, 1)\n" for k in range(2, 8)
    )
    loop = "vector x[1] : n ~ N(0, 1)\nfor l in 2..7:\n    x[l] = tanh(W[l] x[l-1])\n"
    growing = tp.draw(tp.parse(widths + layers + loop), fold=True, show="dims")
    (plate,) = growing.scene.plates
    inside = {n.id for n in growing.scene.nodes if plate.left < n.x < plate.right}
    assert inside
    assert inside.isdisjoint(dimensions(growing))
    assert set(dimensions(growing).values()) == {"[n]", "[7n]"}


def test_the_listing_has_a_line_for_each_named_value_and_the_inputs() -> None:
    assert rows(tp.draw(MLP.program(), show="listing")) == [
        (
            "Input",
            r"\mathcal{W} = \{W^{1}, W^{2}, W^{3}\}, \; \mathcal{V} = \{b^{1}, b^{2}, b^{3}\},"
            r" \; \xi",
            0,
        ),
        ("Nonlin", r"x^{1} = \phi( W^{1} \xi +  b^{1})", 0),
        ("Nonlin", r"x^{2} = \phi( W^{2} x^{1} +  b^{2})", 0),
        ("Nonlin", r"x^{3} = \phi( W^{3} x^{2} +  b^{3})", 0),
    ]


def test_a_long_unnamed_value_has_a_line_and_a_name_of_its_own() -> None:
    names = [f"vector a{k}, b{k} : n ~ N(0, 1)\n" for k in range(6)]
    inner = " + ".join(f"tanh(a{k} * b{k})" for k in range(6))
    program = tp.parse(f"width n\nmatrix W : n × n ~ N(0, 1)\n{''.join(names)}y = W ({inner})\n")
    _, unnamed, product = rows(tp.draw(program, show="listing"))
    assert unnamed[1].startswith(r"\langle y\rangle_{1} = ")
    assert product[:2] == ("MatMul", r"y = W \langle y\rangle_{1}")


def test_the_listing_of_a_folded_picture_has_a_loop_for_its_plate() -> None:
    program = tp.parse(MLP.text.replace("const L = 3", "const L = 100"))
    found = rows(tp.draw(program, fold=True, show="listing"))
    assert found[1:] == [
        ("Nonlin", r"x^{1} = \phi( W^{1} \xi +  b^{1})", 0),
        ("for", r"l=2,\,\ldots,\,100", 0),
        ("Nonlin", r"x^{l} = \phi( W^{l} x^{l{-}1} +  b^{l})", 1),
    ]
    assert "100" not in found[0][1]


def test_a_backward_pass_is_listed_by_the_names_in_its_picture() -> None:
    drawing = tp.draw(tp.backward(MLP.program()), show="listing")
    marked = {n.label.text for n in drawing.scene.nodes if n.label is not None and not n.is_gate}
    made = [formula.partition(" = ")[0] for rule, formula, _ in rows(drawing) if rule != "Input"]
    assert set(made) <= marked
    assert made[-1] == "db^{1}"
    assert "dx^{3}" not in made
    assert "dx^{3}" in rows(drawing)[0][1]


@pytest.mark.parametrize("name", ["attention", "conv1d", "first_step", "resnet", "rnn"])
@pytest.mark.parametrize("fold", [False, True])
@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
def test_listings_lie_beside_or_below_every_picture(name: str, fold: bool) -> None:
    entry = tp.gallery.entry(name)
    plain = tp.draw(entry.program(), direction=entry.direction, fold=fold)
    drawing = tp.draw(entry.program(), direction=entry.direction, fold=fold, show="listing")
    left, bottom, right, top = picture(plain.scene, plain.style).bounds
    lines = drawing.scene.lists[len(plain.scene.lists) :]
    boxes = [label_bounds(line) for line in lines]
    assert len(boxes) >= 2 * len(drawing.scene.listing)
    wide = right - left >= top - bottom
    assert all(box[3] < bottom if wide else box[0] > right for box in boxes)
    assert not any(overlap(a, b, 0.0) for a, b in combinations(boxes, 2))
    assert drawing.scene.nodes == plain.scene.nodes


def test_every_format_with_text_has_the_listing() -> None:
    drawing = tp.draw(MLP.program(), show="listing", text=True)
    for content in (drawing.svg, drawing.tikz, drawing.dot, drawing.json):
        assert "Nonlin" in content
    assert json.loads(drawing.json)["listing"][1]["rule"] == "Nonlin"
    assert "listing" not in json.loads(tp.draw(MLP.program()).json)


def test_words_of_show_that_there_are_not() -> None:
    for words, said in (
        ("dims,sizes", "unknown show 'sizes'"),
        ("io,all", "both io and all"),
        ("", "unknown show ''"),
    ):
        with pytest.raises(tp.TPError, match=said):
            tp.draw(MLP.program(), show=words)
