"""What a plate says with a letter for its index holds for every index of its range."""

import re
from dataclasses import replace

import pytest
from notation.test_fold import long
from notation.test_fold_passes import crowded, strangers

import tpgraph as tp
from tpgraph.notation.diagram.plate_letters import PlateLetters
from tpgraph.notation.draw_options import Options
from tpgraph.notation.pipeline import (
    _drawn,
    _folded_passes,
    localised,
    means_named,
    signals_once,
    uses_summed,
)
from tpgraph.program import MatMul
from tpgraph.program.graph import varied
from tpgraph.program.labels import latex_name

LSTM = """program lstm
width n
dim d = 3
const T = {T}
parametrization ntk
data ξ[1..T] : d
target y : 1
param Ui, Uf, Uo, Uc : n × d ~ N(0, 1)
param Wi, Wf, Wo, Wc : n × n ~ N(0, 1)
param bi, bo, bc, bf : n ~ N(0, 1) scale 0.1
param V : 1 × n ~ N(0, 1)
i[1] = sigmoid(Ui ξ[1] + bi)
o[1] = sigmoid(Uo ξ[1] + bo)
c[1] = i[1] * tanh(Uc ξ[1] + bc)
s[1] = o[1] * tanh(c[1])
for t in 2..T:
    i[t] = sigmoid(Ui ξ[t] + Wi s[t-1] + bi)
    g[t] = sigmoid(Uf ξ[t] + Wf s[t-1] + bf + 1)
    o[t] = sigmoid(Uo ξ[t] + Wo s[t-1] + bo)
    c[t] = g[t] * c[t-1] + i[t] * tanh(Uc ξ[t] + Wc s[t-1] + bc)
    s[t] = o[t] * tanh(c[t])
f = V s[T]
output f
loss (f - y)^2 / 2
"""


def lstm(T):
    return tp.parse(LSTM.replace("{T}", str(T)))


CASES = {
    "lstm backward": lambda: (tp.backward(lstm(7)), "body"),
    "gru backward": lambda: (tp.backward(long("gru", "T", 7)), "body"),
    "resnet backward": lambda: (tp.backward(long("resnet", "L", 7)), "body"),
    "mlp twice": lambda: (tp.unroll_sgd(long("mlp", "L", 7), steps=2), "body"),
    "mlp fluctuation once": lambda: (
        tp.unroll_sgd(long("mlp", "L", 7), steps=1, form="fluctuation"), "body"),
    "mlp fluctuation twice": lambda: (
        tp.unroll_sgd(long("mlp", "L", 7), steps=2, form="fluctuation"), "body"),
    "resnet fluctuation twice": lambda: (
        tp.unroll_sgd(long("resnet", "L", 7), steps=2, form="fluctuation"), "body"),
    "rnn twice": lambda: (tp.unroll_sgd(long("rnn", "T", 7), steps=2), "body"),
    "rnn twice with data": lambda: (tp.unroll_sgd(long("rnn", "T", 7), steps=2), "io"),
    "mlp twice with data": lambda: (tp.unroll_sgd(long("mlp", "L", 7), steps=2), "io"),
}  # fmt: skip


def folded_and_texts(program, show):
    """The folded diagram of passes, and what makes its texts, as `draw` has them."""
    options = Options(fold=True, show_io=show == "io")
    program = signals_once(program)
    named, means = means_named(program)
    passes = localised(named, _drawn(named, options), means)
    passes = None if passes is None else uses_summed(passes)
    folded = _folded_passes(named if passes is None else passes.program, passes, options)
    return folded, folded.diagram.texts


def in_math(text, letter, index):
    """A text in LaTeX in which this number stands for the letter of a plate."""
    return re.sub(
        rf"(?<=[\^,{{_]){letter}(?:\{{([+-])\}}(\d+))?(?=[,}}\\])",
        lambda m: str(index + int(f"{m[1] or '+'}{m[2] or 0}")),
        text,
    )


def in_words(text, letter, index):
    """The same of a text in the language of programs."""
    scripts = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
    text = re.sub(
        rf"\^(?:{letter}|\({letter}-(\d)\))(?![\w(])",
        lambda m: str(index - int(m[1] or 0)).translate(scripts),
        text,
    )
    return re.sub(
        rf"(?<=[\[,]){letter}(?:([+-])(\d+))?(?=[,\]])",
        lambda m: str(index + int(f"{m[1] or '+'}{m[2] or 0}")),
        text,
    )


def said(texts, equation, called=None):
    """What a picture says of an equation, in LaTeX and in words; `U ξ` is said as `x[0]`."""
    math = [texts.label(equation.out, called)]
    if isinstance(equation, MatMul):
        return [*math, texts.product(equation, called)], []
    gate = texts.gate(equation, called).text
    for variable in texts.program.variables.values():
        embeds = texts.embeds(texts.program.equation_of.get(variable.name))
        if embeds and not variable.is_temporary:
            gate = gate.replace(texts.label(variable), latex_name(texts.program, variable))
    return [*math, gate], [texts.formulas([equation], called)]


def differing(folded, texts):
    """Texts with a number for the letter of their plate that differ from what the block with that
    index says itself; a dot says nothing.
    """
    equations = texts.program.equation_of
    (groups,) = folded.groups
    letters = PlateLetters(texts.program, (groups,))
    for group, plan in [(one, plan) for one in groups for plan in one.plans]:
        for equation in plan.run.block(plan.kept):
            name = equation.out.name
            math, words = said(texts, equation, letters.called(name))
            for block in range(plan.run.count):
                index = plan.run.index(block)
                own = equations[plan.run.moved(name, block - plan.kept)]
                own_math, own_words = said(texts, own)
                found = [in_math(text, group.letter, index) for text in math]
                yield from ((a, b) for a, b in zip(found, own_math, strict=True) if a != b)
                for a, b in zip(words, own_words, strict=True):
                    spoken = in_words(a, group.letter, index)
                    if not re.fullmatch(re.escape(spoken).replace("·", ".+"), b):
                        yield spoken, b


@pytest.mark.parametrize("case", CASES)
def test_texts_of_a_plate_hold_for_every_index(case):
    folded, texts = folded_and_texts(*CASES[case]())
    assert folded.plates
    assert list(differing(folded, texts)) == []


def test_a_text_with_a_number_of_its_block_is_noticed():
    folded, texts = folded_and_texts(*CASES["mlp twice"]())
    label = dict(texts.program.labels)
    name = next(n for n in label if n.startswith("dx_0[4]"))
    wrong = replace(texts, program=varied(texts.program, labels=label | {name: "q^{9}"}))
    assert list(differing(folded, wrong))


@pytest.mark.parametrize("T", [5, 7, 30])
def test_the_backward_pass_of_an_lstm_is_a_plate(T):
    drawing = tp.draw(tp.backward(lstm(T)), fold=True)
    scene = drawing.scene
    (plate,) = scene.plates
    assert plate.label.text == rf"t=2,\,\ldots,\,{T - 1}"
    assert list(strangers(scene)) == []
    assert list(crowded(scene)) == []
    terminals = {(n.id.partition("@")[0], n.fill) for n in scene.nodes if "t-1]" in n.id}
    assert ("o[t-1]", "filled") in terminals
    assert [n for n in scene.nodes if n.id == "o[t-1]:gate"] == []
    assert not any("⋮" in label.text or "vdots" in label.text for label in scene.labels)
    assert len(scene.nodes) == len(tp.draw(tp.backward(lstm(5)), fold=True).scene.nodes)


@pytest.mark.parametrize("steps", [1, 2])
def test_fluctuations_fold_their_layers(steps):
    scene = tp.draw(
        tp.unroll_sgd(long("mlp", "L", 6), steps=steps, form="fluctuation"), fold=True
    ).scene
    between = [r"l=1,\,\ldots,\,6"] * (steps - 1)
    layers = [r"l=2,\,\ldots,\,6"] * {1: 3, 2: 7}[steps]
    assert sorted(plate.label.text for plate in scene.plates) == between + layers
    assert list(strangers(scene)) == []
    assert list(crowded(scene)) == []


def test_two_steps_of_a_recurrent_network_fold_with_their_data():
    scene = tp.draw(tp.unroll_sgd(long("rnn", "T", 10), steps=2), fold=True, show="io").scene
    assert [plate.label.text for plate in scene.plates] == [r"t=2,\,\ldots,\,10"] * 6
    assert list(strangers(scene)) == []
    assert list(crowded(scene)) == []
