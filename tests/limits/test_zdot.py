"""The symbols of Ż: what they say is the coefficient that the engines find."""

from __future__ import annotations

import numpy as np
import pytest
from latex_compiler import compiled
from limits.finite import gallery, inputs

from tpgraph.functions import evaluate
from tpgraph.language import parse
from tpgraph.limits import limit
from tpgraph.limits.zdot import Slope, slope_of

LONG = """
program long
width n
vector u : n ~ N(0, 1)
matrix W : n × n ~ N(0, 2)
scalar a = 0.5
scalar ε -> 0 = 1/sqrt(n)
h = W u
k = W tanh(h)
x = sin(h + a * k)
v = W' x
t = tanh(v)
w = W t
z = W' softplus(w)
y = W' ((tanh(w + ε * h) - tanh(w)) / ε)
"""


@pytest.mark.parametrize("name", ["v", "w", "z"])
def test_the_symbols_have_the_value_of_the_coefficient(name):
    """σ² E[slope] over the samples is the coefficient; through w the path goes on by its own Ż."""
    program = parse(LONG)
    found = limit(program, engine="sampled", samples=2**14)
    product = program.equation_of[name]
    assert found.dot(name)
    for y, coefficient in found.dot(name).items():
        slope = slope_of(program, product, y, found.vectors)
        values = [
            found.vector(a.name).samples if a.is_vector else np.asarray(found.scalar(a.name))
            for a in slope.arguments
        ]
        own = 2 * float(np.mean(evaluate(slope.expression, values)))
        assert own == pytest.approx(coefficient, rel=1e-4)
        missing = 2 * float(np.mean(evaluate(slope.expression, [v + 0.7 for v in values])))
        assert missing != pytest.approx(coefficient, rel=1e-2)


@pytest.mark.parametrize("engine", ["exact", "sampled"])
def test_a_derivation_names_the_slope(engine):
    program = gallery("autoencoder")
    found = limit(program, data=inputs(program), engine=engine)
    line = next(x for x in found.derivation().splitlines() if "r~1 =" in x)
    number = str(found.dot("r~1")["x"])[:5]
    assert f"Ż = σ² E[φ'(Z^(z~1) + Z^(b))] Z^(x) = {number}" in line
    tex = found.derivation(latex=True)
    assert r"\sigma^2 \mathbb{E}\,\bigl[\phi'(Z^{\langle z \rangle_{1}} + Z^{b})\bigr] Z^{x}" in tex
    assert r"\pm 0" not in tex


def test_numbers_stay_numbers_and_long_slopes_go_by_their_name():
    assert "σ²" not in limit(gallery("wigner")).derivation()
    program = parse(LONG)
    found = limit(program, samples=2**12)
    assert slope_of(program, program.equation_of["h"], "u", found.vectors) is None
    slope = slope_of(program, program.equation_of["y"], "t", found.vectors)
    assert slope == Slope(program.variables["w"])
    assert "E[∂Z^(y~1)/∂Ẑ^(w)] Z^(t)" in found.derivation()


@pytest.mark.needs("pdflatex")
def test_the_symbols_compile(tmp_path):
    body = limit(parse(LONG), samples=2**12).derivation(latex=True)
    head = "\\documentclass{article}\\usepackage{amsmath,amssymb}\\begin{document}\n"
    compiled(head + body + "\n\\end{document}\n", tmp_path)
