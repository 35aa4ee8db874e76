"""Pictures in rows or columns: nothing is lost, every line comes from a mark, all is readable."""

import math
import re
import warnings
from collections import Counter
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from notation import geometry
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph.errors import TPDataError, TPWarning
from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.wrapping.apart_by_room import spread
from tpgraph.notation.layout.wrapping.cuts import RowCut, best_cuts, cuts_of
from tpgraph.notation.layout.wrapping.squeezed import squeezed
from tpgraph.notation.scene.clipping import clipped
from tpgraph.notation.scene.geometry import flatten, overlap
from tpgraph.notation.scene.painting import label_bounds, picture
from tpgraph.notation.scene.scaling import PAGE
from tpgraph.notation.scene.scene import ContextBox
from tpgraph.notation.scene.sheets import sheets
from tpgraph_cli.main import app

BUDGET = 240.0  # pt, a narrow column of a journal
MLP = tp.gallery.entry("mlp").text


def deep(name, **constants):
    return tp.parse(tp.gallery.entry(name).text, constants=constants)


CASES = [
    (deep("mlp", L=9), "LR"),
    (deep("mlp", L=9), "RL"),
    (tp.backward(deep("mlp", L=6)), "LR"),
    (tp.backward(deep("rnn", T=6)), "LR"),
    (deep("resnet", L=9), "LR"),
    (deep("wigner"), "LR"),
    (deep("transformer"), "LR"),
    (tp.unroll_sgd(deep("mlp", L=2), 1), "LR"),
]


def lines(scene):
    """Every line by the variable or gate it comes from, what it leads to and its matrix."""
    names = {node.id: node.variable or node.id for node in scene.nodes}
    return Counter((names[e.source], e.target, e.matrix, e.transpose) for e in scene.edges)


def rows_of(scene):
    """How many rows the marks stand in, by the gaps between them."""
    spans = sorted((n.y - n.height / 2, n.y + n.height / 2) for n in scene.nodes)
    count, reached = 1, spans[0][1]
    for low, high in spans:
        count += low > reached + 20
        reached = max(reached, high)
    return count


@pytest.mark.parametrize(("program", "direction"), CASES)
def test_rows_hold_all_of_the_picture_and_can_be_read(program, direction):
    whole = tp.draw(program, direction=direction)
    assert whole.to_width(BUDGET).text_size < 7, "the case needs no rows"
    with warnings.catch_warnings():
        warnings.simplefilter("error", TPWarning)
        narrow = tp.draw(program, direction=direction, width=BUDGET)
    assert narrow.text_size >= 7
    scene, before = narrow.scene, whole.scene
    assert lines(scene) == lines(before)
    assert {n.variable for n in scene.nodes} == {n.variable for n in before.nodes}
    assert len({node.id for node in scene.nodes}) == len(scene.nodes)
    marks = {node.id: node for node in scene.nodes}
    for edge in scene.edges:
        for end, node in (
            (edge.points[0], marks[edge.source]),
            (edge.points[-1], marks[edge.target]),
        ):
            reach = math.hypot(node.width, node.height) / 2
            assert math.dist(end, (node.x, node.y)) <= reach + 0.1, (edge.source, edge.target)


@pytest.mark.parametrize(("program", "direction"), CASES)
def test_no_mark_stands_on_another(program, direction):
    scene = tp.draw(program, direction=direction, width=BUDGET).scene
    boxes = [
        (n.x - n.width / 2, n.y - n.height / 2, n.x + n.width / 2, n.y + n.height / 2)
        for n in scene.nodes
    ]
    assert not any(overlap(a, b) for a, b in combinations(boxes, 2))


LARGE = [
    (tp.unroll_sgd(deep("gru"), 1), "LR"),
    (tp.unroll_sgd(deep("gru"), 1), "BT"),
    (tp.unroll_sgd(deep("layernorm_mlp"), 1), "LR"),
    (tp.unroll_sgd(deep("layernorm_mlp"), 1), "TB"),
]
"""Pictures both too wide and too high for a page, in rows or columns alone too."""


@pytest.mark.parametrize(("program", "direction"), LARGE)
def test_what_is_too_wide_and_too_high_goes_onto_pages(program, direction):
    whole = tp.draw(program, direction=direction)
    drawn = tp.draw(program, direction=direction, width=PAGE[0])
    assert whole.to_width(PAGE[0]).text_size < 6
    assert drawn.text_size >= 6.2
    scene, before = drawn.scene, whole.scene
    assert lines(scene) == lines(before)
    assert {n.variable for n in scene.nodes} == {n.variable for n in before.nodes}
    assert len({node.id for node in scene.nodes}) == len(scene.nodes)
    assert list(geometry.loose_ends(scene)) == []
    assert list(geometry.overlapping_nodes(scene)) == []
    pages = sheets(picture(scene, drawn.style), PAGE[1])
    assert len(pages) == drawn.pages > 1
    assert all(page.width == pytest.approx(PAGE[0]) for page in pages)
    assert all(page.height <= PAGE[1] + 1 for page in pages)
    assert len(re.findall(rb"/Type /Page\b", drawn.pdf)) == drawn.pages


def test_boxes_say_in_every_piece_of_what_they_are():
    drawn = tp.draw(LARGE[0][0], width=PAGE[0]).scene
    said = [box.caption.text for box in drawn.contexts if box.caption is not None]
    assert len(said) == len(drawn.contexts)
    whole = [box.caption.text for box in tp.draw(LARGE[0][0]).scene.contexts]
    assert sorted(text for text in said if "(cont.)" not in text) == sorted(whole)
    assert {text.replace(" (cont.)", "") for text in said} == set(whole)
    for box in drawn.contexts:
        left, bottom, right, top = label_bounds(box.caption)
        assert min(left - box.left, box.right - right, bottom - box.bottom, box.top - top) >= 0


def test_a_latex_document_has_a_picture_on_every_page():
    drawn = tp.draw(LARGE[0][0], width=PAGE[0])
    assert drawn.tikz.count(r"\begin{tikzpicture}") == drawn.pages > 1
    assert drawn.tikz.count(r"\shipout") == drawn.pages
    names = re.findall(r"\\node\[[^]]*\] \(([^)]*)\)", drawn.tikz)
    assert len(set(names)) == len(names) == sum(not n.is_gate for n in drawn.scene.nodes)


def test_encapsulated_postscript_has_a_file_for_every_page(tmp_path):
    drawn = tp.draw(LARGE[0][0], width=PAGE[0])
    target = tmp_path / "net.eps"
    assert drawn.save(target) == target
    places = [*drawn.files(target)]
    assert [p.name for p in places[:2]] == ["net.eps", "net-2.eps"]
    assert len(places) == drawn.pages > 1
    assert sorted(places) == sorted(tmp_path.iterdir())
    sizes = sheets(picture(drawn.scene, drawn.style), PAGE[1])
    for place, page in zip(places, sizes, strict=True):
        text = place.read_text()
        assert text.startswith("%!PS-Adobe-3.0 EPSF")
        left, bottom, right, top = map(float, re.search(r"BoundingBox: (.*)", text)[1].split())
        assert right - left == pytest.approx(page.width, abs=2)
        assert top - bottom == pytest.approx(page.height, abs=2)
    assert len({place.read_text() for place in places}) == len(places)
    assert [*drawn.files("net.svg")] == [Path("net.svg")]
    one = tp.draw(tp.parse(MLP), width=PAGE[0])
    assert [*one.files(target)] == [target]
    assert one.eps_pages == (one.eps,)


def test_pages_hold_each_mark_once():
    drawn = tp.draw(LARGE[0][0], width=PAGE[0])
    whole = picture(drawn.scene, drawn.style)
    count = Counter(m for page in sheets(whole, PAGE[1]) for g in page.marks for m in g.marks)
    assert count == Counter(mark for group in whole.marks for mark in group.marks)


def test_without_rows_there_is_one_page():
    assert tp.draw(LARGE[0][0], width=PAGE[0], wrap=False).pages == 1
    assert tp.draw(tp.parse(MLP), width=PAGE[0]).pages == 1


def test_the_command_says_how_many_pages_there_are(tmp_path):
    expected = {
        "pdf": r"it has \d pages.*page=2",
        "tex": r"it has \d pages, a tikzpicture each",
        "svg": r"as PDF it has \d",
        "eps": r"it has \d pages, a file each",
    }
    for ending, said in expected.items():
        target = str(tmp_path / f"gru.{ending}")
        run = ["draw", "gru", "--pass", "sgd", "--width", "487pt", "-o", target]
        found = CliRunner().invoke(app, run)
        assert found.exit_code == 0
        assert re.search(said, found.stderr)
        assert "smallest text" not in found.stderr


def test_empty_strips_are_squeezed_and_lines_are_not():
    text = "program p\nwidth n\nfn φ(z) = relu(z)\nvector a : n ~ N(0, 1)\nx = φ(a)\noutput x\n"
    one = tp.draw(tp.parse(text)).scene
    apart = replace(
        one,
        nodes=(*one.nodes, *(replace(n, id=f"{n.id}2", y=n.y - 200) for n in one.nodes)),
        contexts=(ContextBox("c", -20.0, -230.0, 90.0, 30.0),),
    )
    low = squeezed(apart, Frame("LR"))
    heights = sorted({round(node.y, 3) for node in low.nodes})
    assert len(heights) == 2
    assert 20 < heights[1] - heights[0] < 100
    box = low.contexts[0]
    assert box.top - box.bottom < 200
    for line, before in zip(low.edges, one.edges, strict=True):
        assert {x for x, _ in line.points} == {x for x, _ in before.points}
        assert len({round(y, 6) for _, y in line.points}) == 1
    assert squeezed(low, Frame("LR")) == low


def test_what_goes_on_in_the_next_row_has_its_name_in_both():
    scene = tp.draw(tp.parse(MLP, constants={"L": 9}), width=BUDGET).scene
    again = [node for node in scene.nodes if "@" in node.id]
    assert again
    for node in again:
        first = next(n for n in scene.nodes if n.variable == node.variable and n is not node)
        assert node.label.text == first.label.text
        assert node.kind == first.kind


def test_what_has_no_name_gets_a_number():
    scene = tp.draw(tp.backward(deep("rnn", T=6)), width=BUDGET).scene
    texts = Counter(node.label.text for node in scene.nodes if node.label)
    assert texts["(1)"] == 2


def test_a_picture_higher_than_a_page_goes_into_columns():
    program = tp.parse(MLP, constants={"L": 20})
    narrow = tp.draw(program, direction="TB", width=PAGE[0])
    wide = tp.draw(program, direction="TB", width=PAGE[0], wrap=False)

    def height(drawing):
        ys = [node.y for node in drawing.scene.nodes]
        return max(ys) - min(ys)

    assert height(narrow) < PAGE[1] < height(wide)
    assert narrow.text_size >= 7


def test_wrap_alone_leaves_the_size_and_false_leaves_one_row():
    program = tp.parse(MLP, constants={"L": 9})
    assert rows_of(tp.draw(program, width=BUDGET).scene) > 1
    alone = tp.draw(program, wrap="240pt")
    assert rows_of(alone.scene) > 1
    assert alone.text_size == tp.draw(program).text_size
    with pytest.warns(TPWarning, match="smallest text"):
        one = tp.draw(program, width=BUDGET, wrap=False)
    assert rows_of(one.scene) == 1
    assert one.scene == tp.draw(program).to_width(BUDGET).scene
    with pytest.raises(TPDataError, match="no length"):
        tp.draw(program, wrap="wide")


def test_a_picture_that_fits_stays():
    program = tp.parse(MLP)
    assert tp.draw(program, width=400).scene == tp.draw(program).to_width(400).scene


def test_no_cut_goes_through_a_gate_or_its_output():
    scene = tp.draw(tp.parse(MLP)).scene
    marks = {node.id: node for node in scene.nodes}
    cuts = cuts_of(scene, Frame("LR"))
    assert cuts
    for cut in cuts:
        for edge in scene.edges:
            ends = sorted((marks[edge.source].x, marks[edge.target].x))
            assert not (ends[0] < cut.at < ends[1] and marks[edge.source].is_gate)
        assert not any(abs(node.x - cut.at) < node.width / 2 for node in scene.nodes)


def test_the_best_cuts_make_equal_rows():
    cuts = [RowCut(at, at, at, 1) for at in (10.0, 30.0, 50.0, 70.0)]
    assert [cut.at for cut in best_cuts(cuts, (0.0, 100.0), 2)] == [50.0]
    dear = [RowCut(at, at, at, 40 if at == 50 else 1) for at in (10.0, 30.0, 50.0, 70.0)]
    assert [cut.at for cut in best_cuts(dear, (0.0, 100.0), 2)] == [30.0]
    assert best_cuts(cuts[:1], (0.0, 100.0), 4) == []


def test_marks_that_stand_again_keep_room_between_them():
    heights = spread([10.0, 9.0, -20.0], [(4.0, 4.0)] * 3, [1.0, 1.0, 1.0])
    assert heights[0] - heights[1] == pytest.approx(11.0)
    assert sum(heights[:2]) == pytest.approx(19.0)
    assert heights[2] == -20.0
    held = spread([10.0, 9.0], [(4.0, 4.0)] * 2, [1e6, 1.0])
    assert held[0] == pytest.approx(10.0, abs=1e-4)


@pytest.mark.parametrize("curve", [False, True])
def test_the_pieces_of_a_line_lie_on_it_and_in_the_strip(curve):
    points = ((0.0, 0.0), (30.0, 60.0), (60.0, -60.0), (90.0, 0.0))
    pieces = clipped(points, curve, lambda point: point[1], -10.0, 10.0)
    assert len(pieces) > 1
    line = flatten(points, curve, 400)
    for piece in pieces:
        for x, y in flatten(piece, curve):
            assert -10 - 1e-6 <= y <= 10 + 1e-6
            assert min(math.dist((x, y), point) for point in line) < (0.5 if curve else 45)
    assert pieces[0][0] == points[0]
    assert pieces[-1][-1] == points[-1]


def test_how_many_pages_a_picture_has_in_rows():
    program = deep("mlp", L=40)
    pages = tp.notation.pages_in_rows(tp.draw(program), "LR")
    drawn = tp.draw(program, width=PAGE[0])
    _, bottom, _, top = picture(drawn.scene, drawn.style).bounds
    assert pages == pytest.approx((top - bottom) / PAGE[1])
    assert tp.notation.pages_in_rows(tp.draw(deep("mlp", L=3)), "LR") is None


@pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
@pytest.mark.parametrize("width", [60, 120, 240])
def test_parts_without_lines_between_them_are_cut_too(direction, width):
    """Between two cuts there may be nothing at all."""
    text = """program parts
width n
data ξ : 1
vector u[1..5] : n ~ N(0, 1)
matrix W : n × n ~ N(0, 1)
a = relu(2 * u[1]) + u[2]
s = mean(u[3] * a)
b = W u[4]
c = sigmoid(abs(2 * b + u[1])) + u[2]
t = mean(u[4] * u[5])
"""
    whole = tp.draw(text, direction=direction, show="io")
    cut = tp.draw(text, direction=direction, show="io", wrap=width)
    ids = [node.id for node in cut.scene.nodes]
    assert len(set(ids)) == len(ids)
    stems = {name.partition("@")[0] for name in ids}
    assert {node.id for node in whole.scene.nodes} <= stems
