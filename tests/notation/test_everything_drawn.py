"""Every program that `check` accepts is drawn, whatever its names, labels and passes."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
from strategies import seeded_program

import tpgraph as tp

NETWORK = r"""program p
width n
parametrization ntk
data ξ : 3
target y : 1
param W[1] : n × 3 ~ N(0, 1)
param W[2] : n × n ~ N(0, 1)
param b : n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
h = W[1] ξ
x = tanh(h + b)
g = W[2] x
z = tanh(g)^2
f = V z
output f
loss (f - y)^2 / 2
"""
ADAPTER = """program adapter
width n
dim r = 2
parametrization ntk
matrix W : n × n ~ N(0, 1)
param A : r × n ~ N(0, 1)
param B : n × r ~ N(0, 1)
param P : n × 3 ~ N(0, 1)
data ξ : 3
x = P ξ
vector v : n ~ N(0, 1)
f = mean(v * tanh(W x + B (A x)))
output f
loss f^2 / 2
"""
PASSES: dict[str, Callable[[tp.Program], tp.Program]] = {
    "forward": lambda program: program,
    "backward": tp.backward,
    "sgd": lambda program: tp.unroll_sgd(program, steps=2),
}
NAMES = ["a_b_c", "a__b", "x1_2_3", "σ_w_x", "ξ_η", "x̃_y_z", "ẋ", "日本", "א_ב", "я", "é_ü",
         "ℓ", "ħ", "𝔸", "ά", "क", "한", "T1", "alpha_beta", "log_", "x_̃"]  # fmt: skip
LABELS = ["", "#", "&", "^2", "_{0}", "'", "x'", "x^{l}", "x_1^2", r"\tilde x^{l}", r"a\\b",
          r"\text{two words}", r"\frac{a}{b}", "x = y", r"\mathrm{LN}(x)^2", "日本"]  # fmt: skip


def drawn(program: tp.Program, **options: object) -> None:
    """Draw in every text format."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        drawing = tp.draw(program, **options)  # type: ignore[arg-type]
        assert drawing.svg
        assert drawing.tikz
        assert drawing.dot


@pytest.mark.parametrize("passes", PASSES)
@pytest.mark.parametrize("name", NAMES)
def test_names_of_all_scripts(name: str, passes: str) -> None:
    text = NETWORK
    for old in ("param b :", "h + b)"):
        text = text.replace(old, old.replace("b", name))
    text = text.replace("z = ", f"{name}2 = ").replace("V z", f"V {name}2")
    drawn(PASSES[passes](tp.parse(text)), show="all")


@pytest.mark.parametrize("passes", PASSES)
@pytest.mark.parametrize("label", LABELS)
def test_labels_within_formulas(label: str, passes: str) -> None:
    said = "".join(f'label {name} = "{label}"\n' for name in ("ξ", "W[2]", "h", "x", "f", "y"))
    drawn(PASSES[passes](tp.parse(NETWORK + said)))


@pytest.mark.parametrize("fold", [False, True])
@pytest.mark.parametrize("passes", PASSES)
def test_an_adapter_beside_a_frozen_matrix(passes: str, fold: bool) -> None:
    """Two summands have one error signal, which the first of them to be read needs early."""
    drawn(PASSES[passes](tp.parse(ADAPTER)), fold=fold)


@pytest.mark.parametrize("seed", range(12))
def test_random_programs(seed: int) -> None:
    """Their texts as well as themselves; passes where they have any."""
    program = seeded_program(seed, 1 + seed % 9, seed % 3 != 0)
    drawn(program, show="all")
    drawn(tp.parse(tp.to_text(program)))
    if program.loss is not None:
        drawn(tp.backward(program))


@pytest.mark.parametrize("entry", ["mlp", "rnn", "resnet"])
@pytest.mark.parametrize("passes", ["backward", "sgd"])
def test_texts_of_passes_are_programs_of_their_own(entry: str, passes: str) -> None:
    text = tp.to_text(PASSES[passes](tp.gallery.entry(entry).program()))
    drawn(tp.parse(text), show="all")
