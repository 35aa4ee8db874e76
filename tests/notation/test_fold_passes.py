"""Folded pictures of backward passes and of SGD: plates around both rows, the generic step."""

import re
from dataclasses import replace
from functools import cache

import pytest
from notation.geometry import GATES, _meet, violations
from notation.test_fold import box, deep, frame, long
from notation.test_passes import DIFFERENTIABLE, wrong

import tpgraph as tp
from tpgraph.errors import TPError
from tpgraph.notation.drawn.named_means import means_named
from tpgraph.notation.drawn.signals import signals_once
from tpgraph.notation.drawn.steps import generic_step
from tpgraph.notation.scene.painting import label_bounds

BACKWARD = [
    ("mlp", "L", 100, r"l=2,\,\ldots,\,100"),
    ("mlp", "L", 10, r"l=2,\,\ldots,\,10"),
    ("resnet", "L", 3, r"l=1,\,\ldots,\,3"),
    ("resnet", "L", 50, r"l=1,\,\ldots,\,50"),
    ("rnn", "T", 10, r"t=2,\,\ldots,\,10"),
    ("rnn", "T", 1000, r"t=2,\,\ldots,\,1000"),
    ("gru", "T", 40, r"t=2,\,\ldots,\,40"),
]


@cache
def folded_backward(name, constant, value, direction="LR", show_io=False):
    program = tp.backward(long(name, constant, value))
    return tp.draw(program, fold=True, direction=direction, show="io" if show_io else "body").scene


def strangers(scene):
    """Marks that lie in a plate without its letter in their names, and those that lack it.

    The plate of steps has all marks; what is given to a gate beside it, x@1, lies with the gate, as
    does what stands for many uses of a matrix, x⟨r⟩.
    """
    for plate in scene.plates:
        if plate.label.text.startswith(f"{plate.id}=0"):
            yield from (n.id for n in scene.nodes if not _holds(frame(plate), box(n)))
            continue
        own = re.compile(rf"\[([^\]]*,)?{plate.id}([+-]\d+)?[\],]")
        inside = {n.id for n in scene.nodes if _meet(box(n), frame(plate), 0)}
        readers = {e.source: e.target for e in scene.edges if re.search("[@⟨]", e.source)}
        for name in inside:
            if not own.search(name) and not own.search(readers.get(name, "")):
                yield name


def crowded(scene):
    """Labels of plates, and dots, on marks, lines, labels, or frames of plates."""
    marks = [(node.id, box(node)) for node in scene.nodes]
    labelled = [*scene.nodes, *scene.edges]
    marks += [("label", label_bounds(n.label)) for n in labelled if n.label is not None]
    frames = [(plate.id, frame(plate)) for plate in scene.plates]
    for label in (*scene.labels, *(plate.label for plate in scene.plates)):
        own = label_bounds(label)
        inner = [f for f in frames if not _holds(f[1], own)]
        yield from (f"{label.text} on {name}" for name, other in marks + inner if _meet(own, other))


def _holds(outer, inner):
    return (
        outer[0] < inner[0] and outer[1] < inner[1] and inner[2] < outer[2] and inner[3] < outer[3]
    )


def misplaced(scene):
    """Error signals that do not stand exactly under what they are the signals of."""
    marks = {n.id: n for n in scene.nodes if n.kind in ("G", "X")}
    for name, node in marks.items():
        above = marks.get(name[1:]) if name.startswith("d") else None
        if above is not None and (abs(node.x - above.x) > 0.01 or node.y >= above.y):
            yield name


@pytest.mark.parametrize("show_io", [False, True])
@pytest.mark.parametrize(("name", "constant", "value", "text"), BACKWARD)
def test_both_rows_stand_in_one_plate(name, constant, value, text, show_io):
    scene = folded_backward(name, constant, value, show_io=show_io)
    (plate,) = scene.plates
    assert plate.label.text == text
    assert list(strangers(scene)) == []
    assert list(misplaced(scene)) == []
    assert list(crowded(scene)) == []
    assert wrong(scene) == []
    (arrow,) = scene.arrows
    assert arrow.points[0][1] > plate.top
    assert arrow.points[-1][1] < plate.bottom


@pytest.mark.parametrize("direction", ["RL", "TB", "BT"])
@pytest.mark.parametrize(("name", "constant", "value"), [("mlp", "L", 10), ("resnet", "L", 10)])
def test_folded_backward_pictures_turn(name, constant, value, direction):
    scene = folded_backward(name, constant, value, direction)
    assert len(scene.plates) == 1
    assert list(strangers(scene)) == []
    assert list(crowded(scene)) == []
    assert wrong(scene) == []


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gallery_backward_folded(name):
    scene = tp.draw(tp.backward(tp.gallery.entry(name).program()), fold=True).scene
    assert wrong(scene) == []
    assert list(strangers(scene)) == []


def test_signals_go_by_the_letter_of_their_layer():
    scene = folded_backward("mlp", "L", 100)
    labels = {n.id: n.label.text for n in scene.nodes if n.label}
    assert labels["dx[l]"] == "dx^{l}"
    assert labels["dx[l-1]"] == "dx^{l{-}1}"
    assert labels["dx[1]"] == "dx^{1}"
    assert labels["dx[100]"] == "dx^{100}"
    assert labels["dx[l]~1:gate"] == r"\phi'(W^{l}x^{l{-}1} + b^{l}) \, dx^{l}"
    products = [(e.source, e.target, e.label.text) for e in scene.edges if e.kind == "matmul"]
    assert products == [
        ("x[l-1]", "x[l]~1", "W^{l}"),
        ("dx[l]~1", "dx[l-1]", r"W^{l\top}"),
    ]
    assert [label.text for label in scene.labels] == [r"\cdots"] * 4
    assert {n.direction for n in scene.nodes if n.kind in GATES} == {"LR", "RL"}


def test_a_last_layer_that_differs_stands_outside():
    text = tp.gallery.entry("mlp").text.replace("const L = 3", "const L = 9")
    text = text.replace(
        "x[l] = φ(W[l] x[l-1] + b[l])", "x[l] = φ(W[l] x[l-1] + b[l])\nm = sin(x[L])"
    )
    scene = tp.draw(tp.backward(tp.parse(text.replace("f = V x[L]", "f = V m"))), fold=True).scene
    (plate,) = scene.plates
    assert plate.label.text == r"l=2,\,\ldots,\,9"
    marks = {node.id: node for node in scene.nodes}
    assert not _meet(box(marks["m"]), frame(plate), 0)
    assert not _meet(box(marks["dm"]), frame(plate), 0)
    assert list(misplaced(scene)) == []


def test_a_moved_plate_is_noticed():
    scene = folded_backward("mlp", "L", 100)
    (plate,) = scene.plates
    wide = replace(scene, plates=(replace(plate, right=plate.right + 60),))
    assert list(strangers(wide))
    assert violations(scene) != wrong(scene)
    low = replace(plate, label=replace(plate.label, y=plate.label.y + 30))
    assert list(crowded(replace(scene, plates=(low,))))


SGD = [
    ("mlp", "L", 3, 3, r"t=0,\,\ldots,\,3", 0),
    ("mlp", "L", 10, 10, r"t=0,\,\ldots,\,10", 3),
    ("resnet", "L", 3, 4, r"t=0,\,\ldots,\,4", 2),
    ("one_hidden", "d", 8, 5, r"t=0,\,\ldots,\,5", 0),
    ("rnn", "T", 3, 3, r"k=0,\,\ldots,\,3", 0),
    ("gru", "d", 8, 3, r"k=0,\,\ldots,\,3", 0),
    ("batchnorm", "B", 3, 3, r"t=0,\,\ldots,\,3", 0),
]


@cache
def folded_sgd(name, constant, value, steps):
    program = tp.unroll_sgd(long(name, constant, value), steps=steps)
    return tp.draw(program, fold=True).scene


@pytest.mark.parametrize(("name", "constant", "value", "steps", "text", "layers"), SGD)
def test_sgd_is_one_generic_step(name, constant, value, steps, text, layers):
    scene = folded_sgd(name, constant, value, steps)
    assert scene.plates[0].label.text == text
    assert len(scene.plates) == 1 + layers
    assert len(scene.contexts) == 2
    assert list(strangers(scene)) == []
    assert list(crowded(scene)) == []
    assert wrong(scene) == []
    letter = scene.plates[0].id
    train, test = sorted(scene.contexts, key=lambda c: "train" not in c.id)
    assert train.id.startswith(f"step {letter}+1, train")
    assert train.id.endswith(f"{letter} < {steps}")
    assert f"after {letter} steps" in test.id


def test_sums_over_earlier_steps_stand_behind_a_sign():
    scene = folded_sgd("mlp", "L", 10, 10)
    texts = {n.id: n.label.text for n in scene.nodes if n.kind in GATES}
    assert texts["x_t[l]~1:gate"] == (
        r"W^{l}x_{t}^{l{-}1} - 2 \, \epsilon \, "
        r"\textstyle\sum_{s<t} \, \theta^{l}_{st} \, db_{s}^{l}"
    )
    reads = {(e.source.partition("@")[0], e.target) for e in scene.edges}
    assert {("x_s[l-1]", "θ_st[l]:gate"), ("x_t[l-1]", "θ_st[l]:gate")} <= reads
    assert {("dx_s[l]~1", "ϑ_st[l]:gate"), ("dx_t[l]~1", "ϑ_st[l]:gate")} <= reads
    assert ("x_s[l-1]", "dx_t[l-1]:gate") in reads


def test_layers_fold_in_a_single_step():
    scene = folded_sgd("mlp", "L", 10, 1)
    assert [p.label.text for p in scene.plates] == [r"l=2,\,\ldots,\,10"] * 3
    assert list(strangers(scene)) == []
    assert list(crowded(scene)) == []
    assert wrong(scene) == []


def test_what_does_not_repeat_in_passes_is_drawn_as_it_is():
    for program in (
        tp.staged(tp.gallery.entry("first_step").program()),
        tp.unroll_sgd(tp.gallery.entry("mlp").program(), steps=1),
    ):
        assert tp.draw(program, fold=True).scene.plates == ()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"weight_decay": 0.1}, r"0.9^{t} \, b^{l} - 0.01 \, \epsilon \, \textstyle\sum_{s<t} \, "
         r"{0.9^{t{-}1{-}s}} \, db_{s}^{l}"),
        ({"momentum": 0.9}, r"b^{l} - 0.1 \, \epsilon \, \textstyle\sum_{s<t} \, "
         r"(1 - 0.9^{t{-}s}) \, db_{s}^{l}"),
        ({"momentum": 0.9, "weight_decay": 0.1}, r"\kappa_{t} \, b^{l} - 0.01 \, \epsilon \, "
         r"\textstyle\sum_{s<t} \, \alpha_{t{-}s} \, db_{s}^{l}"),
        ({"lr": [1.0, 0.5, 0.25]}, r"b^{l} - 0.01 \, \epsilon \, \textstyle\sum_{s<t} \, "
         r"\eta_{s} \, db_{s}^{l}"),
        ({"lr": [1.0, 0.5, 0.25], "momentum": 0.9}, r"b^{l} - 0.01 \, \epsilon \, "
         r"\textstyle\sum_{s<t} \, \alpha_{s,t} \, db_{s}^{l}"),
        ({"lr": [1.0, 0.5, 0.25], "weight_decay": 0.1}, r"\kappa_{t} \, b^{l} - 0.01 \, "
         r"\epsilon \, \textstyle\sum_{s<t} \, \alpha_{s,t} \, db_{s}^{l}"),
    ],
)  # fmt: skip
def test_coefficients_of_earlier_steps_go_by_their_law(options, said):
    scene = tp.draw(tp.unroll_sgd(long("mlp", "L", 6), steps=3, **options), fold=True).scene
    assert [plate.id for plate in scene.plates] == ["t", "l", "l", "l"]
    assert said in {n.label.text for n in scene.nodes if n.id == "b_t[l]:gate"}
    assert list(strangers(scene)) == []
    assert wrong(scene) == []


def test_symbols_of_coefficients_are_defined():
    options = {"momentum": 0.9, "weight_decay": 0.1}
    scene = tp.draw(tp.unroll_sgd(long("mlp", "L", 6), steps=4, **options), fold=True).scene
    said = {d.symbol: d.formula for d in scene.definitions}
    assert said[r"\kappa_{t}"] == r"\alpha_{t{+}1} - 0.9 \, \alpha_{t}"
    assert said[r"\alpha_{t{+}1}"].startswith(r"1.8 \, \alpha_{t} - 0.9 \, \alpha_{t{-}1}, ")


def test_fluctuations_are_refused():
    program = tp.unroll_sgd(tp.gallery.entry("mlp").program(), steps=4, form="fluctuation")
    with pytest.raises(TPError, match=r"not of one kind each: .* makes .* does not") as refused:
        tp.draw(program, fold=True)
    assert "unfolded" in refused.value.mend


def test_means_of_one_base_have_names_of_their_own():
    unrolled = signals_once(tp.unroll_sgd(tp.gallery.entry("transformer").program(), steps=3))
    program = generic_step(unrolled, unrolled.body).passes.program
    bound = [v.name for d in program.declarations for v in d.variables]
    for equation in program.equations:
        assert {v.name for v in equation.inputs} <= set(bound)
        bound.append(equation.out.name)


def test_too_many_marks_are_refused():
    program = tp.unroll_sgd(long("rnn", "T", 10), steps=2)
    with pytest.raises(TPError, match="marks would not be readable") as refused:
        tp.draw(program)
    assert "time steps" in refused.value.mend


def test_plates_have_columns_of_their_own_where_others_would_stand_in_them():
    scene = tp.draw(deep(7, 2), fold=True).scene
    assert [plate.label.text for plate in scene.plates] == [r"t=2,\,\ldots,\,7"]
    assert list(strangers(scene)) == []
    assert wrong(scene) == []


def test_two_steps_are_drawn_one_by_one_with_their_layers_in_plates():
    def folded(layers):
        text = tp.gallery.entry("mlp").text.replace("const L = 3", f"const L = {layers}")
        return tp.draw(tp.unroll_sgd(tp.parse(text), steps=2), fold=True).scene

    scene = folded(6)
    assert [plate.label.text for plate in scene.plates] == [r"l=2,\,\ldots,\,6"] * 6
    assert len(folded(12).nodes) == len(scene.nodes)
    said = {n.id: n.label.text for n in scene.nodes if n.kind == "scalar" and n.label is not None}
    assert said["θ̃_02[l]"] == r"\tilde{\theta}_{02}^{l}"
    assert said["ϑ_01[l-1]"] == r"\vartheta_{01}^{l{-}1}"


def test_means_go_by_what_reads_them_and_nothing_else_changes():
    text = tp.gallery.entry("gru").text
    unrolled = signals_once(tp.unroll_sgd(tp.parse(text), steps=2))
    named, means = means_named(unrolled)
    renamed = {
        a.out.name: b.out.name
        for a, b in zip(unrolled.equations, named.equations, strict=True)
        if a.out.name != b.out.name
    }
    assert renamed
    assert set(renamed.values()) == set(means)
    assert len(set(renamed.values()) | set(unrolled.variables)) == len(renamed) + len(
        unrolled.variables
    )
    for a, b in zip(unrolled.equations, named.equations, strict=True):
        assert [renamed.get(v.name, v.name) for v in a.inputs] == [v.name for v in b.inputs]
