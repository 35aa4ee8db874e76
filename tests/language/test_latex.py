"""The listing of an algorithm: what it says, and that LaTeX sets it without a complaint."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from latex_compiler import ENGINES, compiled
from strategies import seeded_program

from tpgraph.errors import TPError
from tpgraph.gallery import entries
from tpgraph.language import parse
from tpgraph.language.latex import latex_listing
from tpgraph.program import Program

# After Algorithm 1 of Tensor Programs IIb.
FIRST_STEP = r"""
program first_step
width n
matrix W : n × n ~ N(0, 1)
vector v : n ~ N(0, 1)
vector g, g̃ : n ~ N([0, 0], [[1, .5], [.5, 1]])
scalar ε -> 0 = 1/sqrt(n)
fn φ(z) = tanh(z)
z = φ(g)
z̃ = φ(g̃)
h = W z
θ = mean(z * z̃)
dh = φ'(h) * v
δh̃ = -θ * dh
δx̃ = (φ(h + ε * δh̃) - φ(h)) / ε
f_1 = mean(v * δx̃)
output f_1
"""
AWKWARD = r"""
program awkward_names
width n
vector ж, é, 中 : n ~ N([0, 0, 0], [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
matrix W : n × n ~ N(0, 1)
h = W tanh(ж + é * 中)
label h = "\text{50% of } ξ̃ # & x^\tilde{y}\\ z"
label é = ""
θ = mean(h)
output θ
"""
LONG = (
    "program long\nwidth n\n"
    + "".join(f"vector x[{i}] : n ~ N(0, 1)\n" for i in range(60))
    + f"y = tanh({' + '.join(f'x[{i}]' for i in range(60))})\n"
    + f"z = {' * '.join(f'x[{i}]' for i in range(60))}\n"
    + "θ = mean(y * z)\noutput θ\n"
)

engines = pytest.mark.parametrize(
    "engine",
    [pytest.param(e, marks=pytest.mark.needs(e)) for e in ENGINES],
)
latex = pytest.mark.needs("pdflatex")


def lines(program: Program) -> list[tuple[str, str]]:
    """Instructions and equations, spaces and hints for line breaks left out."""
    found = re.findall(r"^\\tpline\{(\w+)\}\{(.*)\}$", latex_listing(program), re.MULTILINE)
    return [
        (
            name,
            re.sub(r"\\allowbreak|\\,| ", "", equation).replace(r"\bigl", "").replace(r"\bigr", ""),
        )
        for name, equation in found
    ]


def test_the_listing_says_what_the_paper_says() -> None:
    program = parse(FIRST_STEP)
    assert lines(program)[:6] == [
        ("Nonlin", r"z:=\phi(g)"),
        ("Nonlin", r"\tilde{z}:=\phi(\tilde{g})"),
        ("MatMul", "h:=Wz"),
        ("Moment", r"\theta:=\frac{1}{n}\sum_{\alpha}(z\tilde{z})_{\alpha}"),
        ("Nonlin", r"dh:=\phi'(h)v"),
        ("Nonlin", r"\delta\tilde{h}:=-\thetadh"),
    ]
    text = latex_listing(program)
    order = ["Algorithm", "Input:", r"\tpline{Nonlin}{z ", r"\tpline{Moment}{f", "Output:"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert r"$\mathcal{W} = \{W\}$" in text
    assert r"\epsilon = \frac{1}{\sqrt{n}} \to 0" in text
    assert r"\tphead{Output:}{$f_{1}$}" in text


@pytest.mark.parametrize("name", [e.name for e in entries()])
def test_every_equation_has_one_line(name: str) -> None:
    program = next(e for e in entries() if e.name == name).program()
    found = lines(program)
    assert [kind for kind, _ in found] == [type(e).__name__ for e in program.equations]


def test_intermediate_values_have_names() -> None:
    program = parse("program p\nwidth n\nmatrix W : n × n ~ N(0, 1)\nvector x : n ~ N(0, 1)\n"
                    "h[1] = W tanh(x)\noutput h[1]\n")  # fmt: skip
    assert lines(program) == [
        ("Nonlin", r"\langleh^{1}\rangle_{1}:=\tanh(x)"),
        ("MatMul", r"h^{1}:=W\langleh^{1}\rangle_{1}"),
    ]


def test_the_text_is_ascii() -> None:
    assert latex_listing(parse(AWKWARD)).isascii()
    assert latex_listing(parse(FIRST_STEP)).isascii()


def test_the_text_is_the_same_every_time() -> None:
    assert latex_listing(parse(FIRST_STEP)) == latex_listing(parse(FIRST_STEP))


def test_braces_that_do_not_match_are_reported() -> None:
    with pytest.raises(TPError, match=r"the label '\{a' cannot be typeset: its groups"):
        parse('program p\nwidth n\nvector x : n ~ N(0, 1)\nlabel x = "{a"\noutput x\n')


@engines
@pytest.mark.parametrize("text", [FIRST_STEP, AWKWARD, LONG], ids=["paper", "awkward", "long"])
def test_documents_compile_without_warnings(text: str, engine: str, tmp_path: Path) -> None:
    compiled(latex_listing(parse(text), standalone=True), tmp_path, engine)


@engines
def test_the_gallery_and_random_programs_compile(engine: str, tmp_path: Path) -> None:
    """Many listings in one document, which thus also shows that they can be input."""
    programs = [e.program() for e in entries()]
    programs += [seeded_program(i, 20, network=i % 2 == 0) for i in range(12)]
    head, _, tail = latex_listing(programs[0], standalone=True).partition("\\begingroup\n")
    listings = "".join(latex_listing(program) for program in programs)
    assert tail.endswith("\\end{document}\n")
    compiled(f"{head}{listings}\\end{{document}}\n", tmp_path, engine)


@latex
def test_a_document_can_have_its_own_taste(tmp_path: Path) -> None:
    listing = latex_listing(parse(FIRST_STEP))
    own = r"\newcommand{\tpline}[2]{\par\noindent$#2$\hfill #1}"
    document = r"\documentclass{article}\usepackage{amsmath, amssymb}\begin{document}"
    compiled(f"{document}{own}\n{listing}\\end{{document}}\n", tmp_path)


@latex
def test_the_judge_refuses_what_does_not_fit(tmp_path: Path) -> None:
    text = latex_listing(parse(LONG), standalone=True).replace(r"\allowbreak", "")
    with pytest.raises(AssertionError, match="Overfull"):
        compiled(text, tmp_path)
