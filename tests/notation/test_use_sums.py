"""Folded SGD of networks whose matrices are used at many times: sums over uses behind a sign."""

import re
from functools import cache

import numpy as np
import pytest
from notation.geometry import GATES, _meet
from notation.test_fold import box, frame, long, texts_inside
from notation.test_fold_passes import crowded, strangers
from notation.test_passes import wrong

import tpgraph as tp
from tpgraph.functions import evaluate
from tpgraph.notation.drawn.local import localised
from tpgraph.notation.drawn.named_means import means_named
from tpgraph.notation.drawn.signals import signals_once
from tpgraph.notation.drawn.use_sums import uses_summed
from tpgraph.program.labels import latex_name

FAR = """program far
width n
dim d = 8
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1)
param b : n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
data ξ[41..52] : d
target y : 1
s[41] = tanh(U ξ[41] + b)
for t in 42..52:
    s[t] = tanh(U ξ[t] + W s[t-1] + b)
f = V s[52]
output f
parametrization ntk
loss (f - y)^2 / 2
"""
NUMBERS = re.compile(r"^[^@]*(@\d+)?")
RANGE = re.compile(r"\b(4[2-9]|5[0-2])\b")


@cache
def folded_rnn(T, steps, show="body", **options):
    program = tp.unroll_sgd(long("rnn", "T", T), steps=steps, **options)
    return tp.draw(program, fold=True, show=show)


@pytest.mark.parametrize(
    ("steps", "plates", "show"),
    [(1, 3, "body"), (2, 5, "body"), (3, 2, "body"), (1, 3, "io"), (3, 2, "io")],
)
def test_every_pass_of_a_recurrent_network_is_a_plate(steps, plates, show):
    scene = folded_rnn(10, steps, show).scene
    within = [p.label.text for p in scene.plates if p.id == "t"]
    assert within == [r"t=2,\,\ldots,\,10"] * plates
    assert list(strangers(scene)) == []
    assert list(crowded(scene)) == []
    assert wrong(scene) == []


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_what_all_times_share_stands_beside_the_gates_of_a_plate(steps):
    scene = folded_rnn(10, steps).scene
    frames = [frame(plate) for plate in scene.plates if plate.id == "t"]
    boxes = {n.id: box(n) for n in scene.nodes}
    biases = [n for n in scene.nodes if re.fullmatch("b(_[012k])?", n.id.partition("@")[0])]
    assert len({n.id for n in biases if any(_meet(box(n), f, 0) for f in frames)}) >= len(frames)
    filled = {}
    for node in biases:
        assert filled.setdefault(node.id.partition("@")[0], node.fill) == node.fill
    entered = [
        (e.source, e.target)
        for e in scene.edges
        if e.kind != "matmul"
        for f in frames
        if _meet(boxes[e.target], f, 0) and not _meet(boxes[e.source], f, 0)
    ]
    assert entered == []


def test_a_picture_does_not_grow_with_the_time():
    few, many = folded_rnn(6, 1), folded_rnn(24, 1)
    assert len(few.scene.nodes) == len(many.scene.nodes)
    assert many.printed > 5


def test_updates_are_one_term_with_a_letter_for_the_uses():
    texts = {n.id: n.label.text for n in folded_rnn(10, 1).scene.nodes if n.kind in GATES}
    assert texts["s̃_1[t]~2:gate"] == (
        r"W\tilde{s}_{1}^{t{-}1} - \epsilon \, \textstyle\sum_{r>1} \, \chi_{0} \, "
        r"\tilde{\theta}^{t,r}_{01} \, dh_{0}^{r}"
    )
    assert r"\textstyle\sum_{r} \, \chi_{0}" in texts["s̃_1[t]~1:gate"]
    assert texts["db_0:gate"] == r"\textstyle\sum{\cdot}"


def test_sums_over_uses_stand_inside_of_those_over_steps():
    texts = {n.id: n.label.text for n in folded_rnn(10, 3).scene.nodes if n.kind in GATES}
    signs = r"\textstyle\sum_{j<k} \, \textstyle\sum_{r>1} \, \chi_{j} \, \tilde{\theta}^{t,r}_{jk}"
    assert signs in texts["s̃_k[t]~2:gate"]


@pytest.mark.parametrize("steps", [1, 2])
def test_no_text_in_a_plate_holds_an_index_of_its_range(steps):
    scene = tp.draw(tp.unroll_sgd(tp.parse(FAR), steps=steps), fold=True).scene
    plates = [plate for plate in scene.plates if plate.id == "t"]
    assert len(plates) == 2 * steps + 1
    found = [text for plate in plates for text in texts_inside(scene, plate)]
    found = [re.sub(r"@\d+", "", text) for text in found]
    assert len(found) > 60
    assert not [text for text in found if RANGE.search(text)]
    assert any("r>41" in text for text in found)


def test_elements_of_a_batch_have_a_term_each():
    scene = folded_rnn(8, 1, batch=2).scene
    sums = [d.formula for d in scene.definitions if r"\sum_{r>1}" in d.formula]
    assert sums
    assert all("dh_{0}^{r,1}" in text and "dh_{0}^{r,2}" in text for text in sums)
    assert list(strangers(scene)) == []


def test_gates_of_several_signals_fold():
    scene = tp.draw(tp.unroll_sgd(long("gru", "T", 6), steps=1), fold=True).scene
    assert [p.label.text for p in scene.plates] == [r"t=2,\,\ldots,\,6"] * 3
    assert list(strangers(scene)) == []


def sampled_values(program):
    initial = tp.sample(program, {"n": 7}, 0)
    rng = np.random.default_rng(0)
    for declaration in (*program.data, *program.targets):
        variable = declaration.variable
        initial[variable.name] = rng.standard_normal(variable.dim.value)
    return {**initial, **tp.interpret(program, initial, {"n": 7})}


class Reader:
    """What marks of folded passes stand for, read off their labels as one would who sees them."""

    def __init__(self, passes, folded, values):
        self.folded, self.values = folded, values
        self.letter = next(iter(folded.sums)).removeprefix("Σ⟨")[0]
        self.named = {
            latex_name(passes.program, v): name.partition("@")[0] + NUMBERS.sub("", name)
            for name, v in passes.program.variables.items()
        }

    def value(self, variable, use):
        """The value of a mark where the letter of the uses is this number."""
        mean = self.folded.means.get(variable.name)
        if mean is not None:
            made = self.folded.program.equation_of.get(variable.name)
            operands = mean.operands if made is None else made.inputs
            return np.mean(np.prod([self.value(v, use) for v in operands], axis=0))
        label = latex_name(self.folded.program, variable)
        said = re.sub(rf"(?<=[\^,{{]){self.letter}(\{{-\}}1)?(?=[,}}])",
                      lambda m: str(use - bool(m.group(1))), label)  # fmt: skip
        name = variable.name if said == label else self.named[said]
        return self.values[re.sub(r"@\d+", "", name)]

    def summed(self, equation, uses):
        """The value of an equation, its sums over what `uses` says of their ranges."""
        signs = {v.name for v in equation.arguments if v.name in self.folded.sums}

        def at(use, sign=""):
            values = [
                float(v.name == sign) if v.name in signs else self.value(v, use)
                for v in equation.arguments
            ]
            return evaluate(equation.function, values)

        total = rest = at(2)
        for sign in sorted(signs):
            label = self.folded.program.labels[sign]
            total = total + sum(at(use, sign) - at(use) for use in uses(label))
        return total if signs else rest


@pytest.mark.parametrize(("name", "steps"), [("rnn", 1), ("rnn", 2), ("gru", 1)])
def test_sums_over_uses_have_the_values_of_all_terms(name, steps):
    T = 5
    unrolled = signals_once(tp.unroll_sgd(long(name, "T", T), steps=steps))
    named, means = means_named(unrolled)
    values = sampled_values(named)
    passes = localised(named, named.body, means)
    folded = uses_summed(passes)
    reader = Reader(passes, folded, values)

    def uses(label):
        return range(2 if ">1" in label else 1, T + 1)

    sums = [e for e in folded.program.equations if {v.name for v in e.inputs} & folded.sums]
    assert len(sums) >= 2 * T - 2
    short = []
    for equation in sums:
        actual = values[equation.out.name]
        np.testing.assert_allclose(reader.summed(equation, uses), actual, rtol=1e-9, atol=1e-12)
        less = reader.summed(equation, lambda label: uses(label)[:-1])
        short.append(np.allclose(less, actual, rtol=1e-9, atol=1e-12))
    assert not any(short)


def test_what_other_labels_would_not_say_is_not_summed():
    own = "".join(f'label s[{t}] = "q_{{{t * t}}}"\n' for t in range(1, 9))
    text = tp.gallery.entry("rnn").text.replace("const T = 3", "const T = 8")
    program = signals_once(tp.unroll_sgd(tp.parse(text + own), steps=1))
    named, means = means_named(program)
    folded = uses_summed(localised(named, named.body, means)).program
    assert "θ̃_0r[3]" in folded.variables
    assert "θ̃_01r[3]" not in folded.variables
