"""Canonical names, indices, accents, and the LaTeX of names."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tpgraph as tp
from tpgraph.errors import TPNameError
from tpgraph.program import (
    ACCENTS,
    GREEK,
    canonical_name,
    default_latex,
    latex_functions,
    latex_name,
    matrix_latex,
    split_name,
    temporary_name,
)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("h", "h"),
        ("xi", "ξ"),
        ("Xi", "Ξ"),
        ("xi1", "ξ1"),
        ("sigma_w", "σ_w"),
        ("sigma2_w", "σ2_w"),
        ("width", "width"),
        ("pixel", "pixel"),
        ("x_tilde", "x\u0303"),
        ("xi_hat", "ξ\u0302"),
        ("lambda_bar_dot", "λ\u0304\u0307"),
        ("a_bar", "ā"),
        ("_tilde", "_tilde"),
        ("tilde", "tilde"),
        ("x_tilde_1", "x_tilde_1"),
        ("ϕ", "φ"),
        ("ｘｉ", "ξ"),
        ("\u00b5", "μ"),
    ],
)
def test_canonical_names(written, canonical):
    assert canonical_name(written) == canonical


words = st.one_of(
    st.sampled_from([*GREEK, *GREEK.values(), "x", "dx", "W", "ϕ", "é", "ｘ"]),
    st.text("abxyξφ_", min_size=1, max_size=4),
)


@given(words, st.lists(st.sampled_from([*ACCENTS, "w", "12"]), max_size=3))
def test_canonical_names_are_their_own(word, tails):
    name = canonical_name("_".join([word, *tails]))
    assert canonical_name(name) == name
    assert unicodedata.is_normalized("NFKC", name)


def test_letters_and_words_are_one_name():
    for word, letter in GREEK.items():
        assert canonical_name(word) == canonical_name(letter) == letter
        for accent, mark in ACCENTS.items():
            assert canonical_name(f"{word}_{accent}") == canonical_name(letter + mark)


def test_names_come_apart():
    assert split_name("h[1]") == ("h", (1,), None)
    assert split_name("l[2,-3]~12") == ("l", (2, -3), 12)
    assert split_name(temporary_name("x[1]", 2)) == ("x", (1,), 2)
    with pytest.raises(TPNameError):
        split_name("h[1")


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("h", "h"),
        ("h[1]", "h^{1}"),
        ("h[1,2]", "h^{1,2}"),
        ("h[-1]", "h^{-1}"),
        ("ξ", r"\xi"),
        ("ξ1", r"\xi_{1}"),
        ("σ_w", r"\sigma_{w}"),
        ("σ2_w", r"\sigma_{2,w}"),
        ("x̃", r"\tilde{x}"),
        ("ξ̂[2]", r"\hat{\xi}^{2}"),
        ("dx", "dx"),
        ("dξ", r"d\xi"),
        ("LN", r"\mathrm{LN}"),
        ("loss", r"\mathrm{loss}"),
        ("x_max", r"x_{\mathrm{max}}"),
        ("W_decoder_final", r"W_{\mathrm{decoder},\mathrm{final}}"),
        ("x_1_0", "x_{1,0}"),
        ("W1_b__2[3]", "W_{1,b,2}^{3}"),
        ("h~1", r"h\sim1"),
        ("x[3]~2", r"x^{3}\sim2"),
    ],
)
def test_default_latex(name, latex):
    assert default_latex(name) == latex


TEXT = r"""
width n
matrix W[1], A, B, C : n × n ~ N(0, 1)
vector x : n ~ N(0, 1)
fn φ(z) = tanh(z)
label B = "B^l"
label C = "C^{\tilde a}"
label φ = "\phi^*"
label g = "\gamma"
a[1] = W[1] x
a[2] = W[1]' x
a[3] = A' x
a[4] = B' x
a[5] = C' x
g = φ'(x)^2 * a[1]
"""


def test_latex_in_a_program():
    program = tp.parse(TEXT)
    matrices = [matrix_latex(program, program.equation_of[f"a[{i}]"]) for i in range(1, 6)]
    assert matrices == [
        "W^{1}",
        r"W^{1\top}",
        r"A^{\top}",
        r"{B^l}^{\top}",
        r"C^{\tilde a\top}",
    ]
    assert latex_name(program, program.variables["g"]) == r"\gamma"
    assert latex_functions(program) == {"φ": r"\phi^*"}
