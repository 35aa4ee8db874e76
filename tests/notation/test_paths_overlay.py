"""Paths in pictures: Figures 2 and 3."""

import importlib.util
import json
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest
from notation.geometry import violations
from notation.test_golden import close

import tpgraph as tp
from tpgraph.errors import TPError, TPLimitError, TPNameError, TPSyntaxError
from tpgraph.notation.scene.geometry import overlap
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.transform.path_words import read_word, word_text

FOLDER = Path(__file__).parents[1] / "golden" / "options"
spec = importlib.util.spec_from_file_location("update_options", FOLDER / "update.py")
golden = importlib.util.module_from_spec(spec)
spec.loader.exec_module(golden)


@dataclass
class Route:
    vectors: tuple[str, ...]


def with_labels(scene):
    """The scene with the labels of paths at their nodes again, for geometric statements."""
    found = [label for path in scene.paths for label in path.labels]

    def nearest(node):
        at = {(round(p[0], 3), round(p[1], 3)) for path in scene.paths for p in path.dots}
        if (round(node.x, 3), round(node.y, 3)) not in at:
            return node
        label = min(found, key=lambda item: (item.x - node.x) ** 2 + (item.y - node.y) ** 2)
        return replace(node, label=label)

    return replace(scene, nodes=tuple(map(nearest, scene.nodes)))


@pytest.mark.parametrize("name", golden.FOLDED)
def test_the_scene_is_the_golden_one(name):
    expected = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert close(json.loads(golden.scene_text(name)), expected), "look, then run update.py"


@pytest.mark.parametrize("name", [n for n in golden.DRAWINGS if n.startswith("figure")])
def test_nothing_overlaps(name):
    assert violations(with_labels(golden.DRAWINGS[name]().scene)) == []


@pytest.mark.parametrize(("name", "word"), [("mlp", "W[2],W[3]"), ("rnn", "W,W")])
def test_figure_2_one_straight_line_over_four_vectors(name, word):
    scene = golden.marked(name, word).scene
    (path,) = scene.paths
    assert path.id == "p"
    assert len(path.nodes) == len(path.dots) == 4
    assert len({round(y, 2) for _, y in path.points}) == 1
    assert all(a[0] < b[0] for a, b in pairwise(path.points))
    assert (path.points[0], path.points[-1]) == (path.dots[0], path.dots[-1])
    texts = [label.text for label in path.labels]
    assert texts[:4] == ["p^{0}", "p^{1}", "p^{2}", "p^{3}"]
    over = [e.label.text for e in scene.edges if e.kind == "matmul" and e.label]
    assert [text.partition(r"\\")[2] for text in over] == ["=W^{p^{1}}", "=W^{p^{3}}"]


def test_figure_3_says_whether_paths_are_isomorphic():
    apart, alike = (golden.DRAWINGS[f"figure3-{n}"]().scene for n in ("mlp", "rnn"))
    assert [path.id for path in apart.paths] == ["p", "q"]
    assert r"p\ncong q" in apart.labels[-1].text
    assert r"p\cong q" in alike.labels[-1].text


@pytest.mark.parametrize("name", ["mlp_paths", "rnn_paths"])
def test_figure_3_points_at_the_products_that_it_compares(name):
    scene = tp.gallery.entry(name).draw().scene
    words = label_bounds(scene.labels[-1])
    assert [len(arrow.points) for arrow in scene.arrows] == [2, 2]
    for arrow, path in zip(scene.arrows, scene.paths, strict=True):
        (x0, y0), (x1, y1) = arrow.points
        assert words[0] <= x0 <= words[2]
        assert words[3] < y0 < y1
        (ax, ay), (bx, _) = path.dots
        assert min(ax, bx) + 5 < x1 < max(ax, bx) - 5
        assert 0 < ay - y1 < 6


def test_words_of_figure_2_cover_nothing():
    scene = tp.gallery.entry("rnn_path").draw().scene
    labels = [label for path in scene.paths for label in path.labels]
    labels += [node.label for node in scene.nodes if node.label is not None]
    labels += [edge.label for edge in scene.edges if edge.label is not None]
    for words in scene.labels:
        assert not any(overlap(label_bounds(words), label_bounds(other)) for other in labels)
    assert len(scene.arrows) == 2
    for arrow in scene.arrows:
        (x0, y0), (x1, y1) = arrow.points
        steps = [(x0 + (x1 - x0) * k / 60, y0 + (y1 - y0) * k / 60) for k in range(61)]
        boxes = [label_bounds(other) for other in labels]
        assert not any(a < x < c and b < y < d for x, y in steps for a, b, c, d in boxes)


def test_paths_follow_curves():
    program = tp.reduce(tp.gallery.entry("resnet").program())
    scene = tp.draw(program, paths=tp.select_paths(program, "W[1],W[3]")).scene
    (path,) = scene.paths
    assert path.curve
    assert len(path.points) % 3 == 1


def test_more_than_two_paths_are_numbered():
    scene = golden.long("rnn", "T", 5)
    paths = tp.draw(scene, paths=tp.select_paths(scene, "W")).scene.paths
    assert [path.id for path in paths] == ["p_{1}", "p_{2}", "p_{3}", "p_{4}"]


def test_a_word_without_paths_lists_the_classes():
    program = tp.gallery.entry("mlp").program()
    with pytest.raises(TPNameError, match=r"no path has the matrices W\[1\],W\[3\]") as caught:
        tp.select_paths(program, "W[1],W[3]")
    assert "W[2]; W[3]; W[2],W[3]" in str(caught.value)


def test_many_classes_are_told_by_their_matrices():
    program = golden.long("resnet", "L", 30)
    with pytest.raises(TPNameError, match="a sequence of the matrices"):
        tp.select_paths(program, "W[7],W[2]")


@pytest.mark.parametrize("text", ["", "W[2] W[3]", "W,", ",W", "W[", "2", "W;W"])
def test_what_is_no_word(text):
    with pytest.raises(TPSyntaxError, match="names no paths"):
        read_word(text)


@pytest.mark.parametrize("text", ["W'", "W^T", "Wᵀ", "W ^T"])
def test_transposed_matrices_in_words(text):
    assert read_word(text) == (("W", True),)
    assert read_word(word_text(read_word(text))) == read_word(text)


def test_selected_paths_are_those_of_their_class():
    program = tp.gallery.entry("gru").program()
    for word, paths in tp_classes(program).items():
        assert set(tp.select_paths(program, word_text(word))) == set(paths)


def tp_classes(program):
    """The classes of a program by enumeration."""
    classes = {}
    for path in tp.paths(program, length=4):
        classes.setdefault(path.matrices, []).append(path)
    assert classes
    return classes


def test_paths_that_the_picture_does_not_have():
    program = tp.gallery.entry("mlp").program()
    with pytest.raises(TPError, match="no vector nowhere"):
        tp.draw(program, paths=[Route(("nowhere", "x[1]"))])
    with pytest.raises(TPError, match="no MatMul leads"):
        tp.draw(program, paths=[Route(("x[1]", "x[3]~1"))])
    with pytest.raises(TPLimitError, match="13 paths"):
        tp.draw(program, paths=[Route(("x[1]", "x[2]~1"))] * 13)


def test_too_many_paths_of_one_word():
    program = golden.long("rnn", "T", 130)
    with pytest.raises(TPLimitError, match="more than 100 paths"):
        tp.select_paths(program, "W")
