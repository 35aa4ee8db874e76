"""Nothing of a label or name leaves its place in a TeX document."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tpgraph as tp
from tpgraph.errors import TPError
from tpgraph.program.graph import varied
from tpgraph.program.tex import portable, words

REFUSED = (
    r"\input{/etc/passwd}",
    r"\immediate\write18{touch x}",
    r"\catcode`\%=12",
    r"\csname input\endcsname{x}",
    r"\openin3=x \read3 to\x",
    r"\def\x{y}",
    r"\begin{filecontents}{x}",
    r"\directlua{os.execute('x')}",
    r"\includegraphics{x}",
    r"^^5cinput{x}",
    r"x^^5cinput{x}",
    r"\text{a}\input{x}",
    "}{",
    "{x",
    "x}",
    r"\left(x",
    r"{\left(x}\right)",
    "x^",
    "{x_}y",
    r"\frac{a}",
    r"\hat",
    "a\x1bb",
    "a\rb",
)


@pytest.mark.parametrize("label", REFUSED)
def test_what_is_no_mathematics_is_refused(label):
    with pytest.raises(TPError, match="cannot be typeset"):
        portable(label)


@pytest.mark.parametrize("label", [r"\input{x}", r"\write18{x}", "}{", "{x", r"\hat"])
def test_every_way_to_tex_has_the_gate(label):
    """The text's own gate is passed by: such a program can be made by hand."""
    text = 'width n\nvector x : n ~ N(0, 1)\nfn φ(z) = z^2\ny = φ(x)\nlabel y = "q"\n'
    for named in (text, text.replace("label y", "label φ")):
        with pytest.raises(TPError, match="cannot be typeset"):
            tp.parse(named.replace('"q"', f'"{label}"'))
        whole = tp.parse(named)
        program = varied(whole, labels=dict.fromkeys(whole.labels, label))
        with pytest.raises(TPError, match="cannot be typeset"):
            tp.latex_listing(program)
        with pytest.raises(TPError, match="cannot be typeset"):
            tp.limit(program).derivation(latex=True)


@given(st.text(alphabet=st.sampled_from("ax1 {}\\$%^_&#~<>|\"'ξж"), max_size=20))
def test_a_program_is_called_what_it_is_called(name):
    """Every character stands for itself, and braces match."""
    text = words(name)
    commands = set(re.findall(r"\\([A-Za-z]+)", text))
    assert commands <= {"text", "backslash", "xi"}
    bare = re.sub(r"\\.", "", text)
    depth = 0
    for character in bare:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
    assert bare.count("$") % 2 == 0
    assert "^^" not in text
