"""Wrong lines as people write them, and what `check --fix --yes` makes of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tpgraph.errors import TPError
from tpgraph.language import editing, parse, read
from tpgraph_cli.main import app

HEAD = """width n
dim d = 4
const L = 3
fn φ(z) = tanh(z)
data ξ : d
target t : 1
matrix A : n × d ~ N(0, 1)
matrix W : n × n ~ N(0, 1)
matrix M[1..L] : n × n ~ N(0, 1)
vector u, v : n ~ N(0, 1)
vector b[1..L] : n ~ N(0, 1)
scalar s = 1
"""

MENDED: list[tuple[str, str, str]] = [
    ("y = tahn(u)", "tahn", "y = tanh(u)"),
    ("y = Tanh(u)", "Tanh", "y = tanh(u)"),
    ("y = np.tanh(u)", "np.", "y = tanh(u)"),
    ("y = torch.relu(u)", "torch.", "y = relu(u)"),
    ("y = F.relu(u)", "F.", "y = relu(u)"),
    ("y = math.sqrt(2) * u", "math.", "y = sqrt(2) * u"),
    ("y = jnp.exp(u)", "jnp.", "y = exp(u)"),
    ("y = u ** 2", "**", "y = u ^ 2"),
    ("y = u**-1", "**", "y = u^-1"),
    ("y = W @ u", "@", "y = W u"),
    ("y = W * u", "W", "y = W u"),
    ("y = W*u", "W", "y = W u"),
    ("y = W·u", "W", "y = W u"),
    ("y = Wu", "Wu", "y = W u"),
    ("y = W u + Wv", "Wv", "y = W u + W v"),
    ("y = A.T @ u", ".T", "y = A' u"),
    ("y = W.T @ u", ".T", "y = W' u"),
    ("y = W.T u", ".T", "y = W' u"),
    ("y = W.transpose() u", ".transpose", "y = W' u"),
    ("y = W.t() u", ".t", "y = W' u"),
    ("y = transpose(W) u", "transpose", "y = W' u"),
    ("y = W %*% u", "%*%", "y = W u"),
    ("y = Wᵗ u", "Wᵗ", "y = W' u"),
    ("y = W^t u", "W^t", "y = W' u"),
    ("y = W^{T} u", "{", "y = W' u"),
    ("y = W^\\top u", "\\top", "y = W' u"),
    ("y = W^⊺ u", "⊺", "y = W' u"),
    ("y = A u", "A u", "y = A' u"),
    ("y = \\tanh(u)", "\\", "y = tanh(u)"),
    ("y = \\phi(u)", "\\", "y = phi(u)"),
    ("y = \\frac{u}{2}", "\\frac", "y = (u/2)"),
    ("y = \\sqrt{2} u", "\\sqrt", "y = sqrt(2) * u"),
    ("y = u^{2}", "{", "y = u^2"),
    ("y = u \\cdot v", "\\cdot", "y = u * v"),
    ("y = u \\times v", "\\times", "y = u * v"),
    ("y = u × v", "×", "y = u * v"),
    ("y = u \\odot v", "\\odot", "y = u * v"),
    ("y = u .* v", ".", "y = u * v"),
    ("y = u ./ v", ".", "y = u / v"),
    ("y = u .^ 2", ".", "y = u ^ 2"),
    ("y = tanh.(u)", ".", "y = tanh(u)"),
    ("y <- tanh(u)", "<", "y = tanh(u)"),
    ("y ← tanh(u)", "←", "y = tanh(u)"),
    ("y := tanh(u)", ":", "y = tanh(u)"),
    ("y == tanh(u)", "=", "y = tanh(u)"),
    ("y ≔ tanh(u)", "≔", "y = tanh(u)"),
    ("let y = tanh(u)", "let", "y = tanh(u)"),
    ("var y = tanh(u)", "var", "y = tanh(u)"),
    ("y = tanh u", "tanh", "y = tanh(u)"),
    ("y = φ u", "φ", "y = φ(u)"),
    ("y = tanh(u", "(", "y = tanh(u)"),
    ("y = tanh u)", ")", "y = tanh(u)"),
    ("y = tanh{u}", "{", "y = tanh(u)"),
    ("y = {u + v}", "{", "y = (u + v)"),
    ("y = [u + v]", "[", "y = (u + v)"),
    ("y = (u + v]", "]", "y = (u + v)"),
    ("y = tanh(u))", ")", "y = tanh(u)"),
    ("y = tanh((u + v)", "(", "y = tanh((u + v))"),
    ("y = lambda z: z", "lambda", "fn y(z) = z"),
    ("f = lambda z: z^2", "lambda", "fn f(z) = z^2"),
    ("fn f = lambda z: z", "lambda", "fn f(z) = z"),
    ("fn f: z = z^2", ":", "fn f(z) = z^2"),
    ("fn f(z): z^2", ":", "fn f(z) = z^2"),
    ("fn f(z) -> z^2", "->", "fn f(z) = z^2"),
    ("fn f z = z^2", "z", "fn f(z) = z^2"),
    ("fn f(z) { z^2 }", "{", "fn f(z) = z^2"),
    ("fn f(z) = |z|", "|", "fn f(z) = abs(z)"),
    ("fn f(z) = max(z, 0", "(", "fn f(z) = max(z, 0)"),
    ("fn f(z) = zz + 1", "zz", "fn f(z) = z + 1"),
    ("function f(z) = z", "function", "fn f(z) = z"),
    ("def f(z): return z", "def", "fn f(z) = z"),
    ("def f(z) = z", "def", "fn f(z) = z"),
    ("f(z) = z^2", "f", "fn f(z) = z^2"),
    ("return u", "return", "output u"),
    ("import numpy as np", "import", ""),
    ("y = u + v;", ";", "y = u + v"),
    ("y = u + v,", ",", "y = u + v"),
    ("y = u + v.", ".", "y = u + v"),
    ("y = 2 u", "2 u", "y = 2 * u"),
    ("y = 2u", "2u", "y = 2 * u"),
    ("y = u 2", "u 2", "y = u * 2"),
    ("y = 2(u + v)", "2(u + v)", "y = 2 * (u + v)"),
    ("y = u v", "u v", "y = u * v"),
    ("y = (u + v)(u - v)", "(u + v)(u - v)", "y = (u + v) * (u - v)"),
    ("y = u(1 + v)", "u(1 + v)", "y = u * (1 + v)"),
    ("y = ½ u", "½", "y = (1/2) * u"),
    ("y = u²", "²", "y = u^2"),
    ("y = u⁻¹", "⁻¹", "y = u^-1"),
    ("y = u – v", "–", "y = u - v"),
    ("y = u — v", "—", "y = u - v"),
    ("y = u ∗ v", "∗", "y = u * v"),
    ("y = u ∘ v", "∘", "y = u * v"),
    ("y = u ÷ 2", "÷", "y = u / 2"),
    ("y = mean u", "u", "y = mean(u)"),
    ("y = Mean(u)", "Mean", "y = mean(u)"),
    ("y = avg(u)", "avg", "y = mean(u)"),
    ("y = sum(b[l] for l in 1..3", "(", "y = sum(b[l] for l in 1..3)"),
    ("y = sum(b[l], l in 1..3)", ",", "y = sum(b[l] for l in 1..3)"),
    ("y = sum(b[l] for l in 1:3)", ":", "y = sum(b[l] for l in 1..3)"),
    ("y = sum(b[l] for l in range(1, 3))", ")", "y = sum(b[l] for l in 1..2)"),
    ("y = sum(b[l] for l = 1..3)", "=", "y = sum(b[l] for l in 1..3)"),
    ("y = sum(b[l] for l in 1...3)", "1...3", "y = sum(b[l] for l in 1..3)"),
    ("y = sum(b[l] for l in 1…3)", "…", "y = sum(b[l] for l in 1..3)"),
    ("y = sum b[l] for l in 1..3", "b", "y = sum(b[l] for l in 1..3)"),
    ("y = b_1", "b_1", "y = b[1]"),
    ("y = b1", "b1", "y = b[1]"),
    ("y = b(1)", "b", "y = b[1]"),
    ("y = sigmod(u)", "sigmod", "y = sigmoid(u)"),
    ("y = ReLU(u)", "ReLU", "y = relu(u)"),
    ("y = W W u v", "u v", "y = W W u * v"),
    ("y = L u", "L u", "y = L * u"),
    ("y ~ N(0, 1)", "~", "vector y : n ~ N(0, 1)"),
    ("for = u", "for", "for_1 = u"),
    ("data = u", "data", "data_1 = u"),
    ("for l in 1..3 y[l] = b[l]", "=", "for l in 1..3: y[l] = b[l]"),
    ("for l in 1..3 { y[l] = b[l] }", "{", "for l in 1..3: y[l] = b[l]"),
    ("for l in range(1, 4): y[l] = b[l]", ":", "for l in 1..3: y[l] = b[l]"),
    ("for l in 1:3: y[l] = b[l]", ":", "for l in 1..3: y[l] = b[l]"),
    ("for l in 1...3: y[l] = b[l]", "1...3", "for l in 1..3: y[l] = b[l]"),
    ("for l in 1..=3: y[l] = b[l]", "=", "for l in 1..3: y[l] = b[l]"),
    ("for l in 1…3: y[l] = b[l]", "…", "for l in 1..3: y[l] = b[l]"),
    ("for l in 1 to 3: y[l] = b[l]", ":", "for l in 1..3: y[l] = b[l]"),
    ("for l in [1..3]: y[l] = b[l]", "[", "for l in 1..3: y[l] = b[l]"),
    ("for l in (1..3): y[l] = b[l]", "..", "for l in 1..3: y[l] = b[l]"),
    ("for l in [1, 2, 3]: y[l] = b[l]", "[", "for l in 1..3: y[l] = b[l]"),
    ("for l = 1..3: y[l] = b[l]", "=", "for l in 1..3: y[l] = b[l]"),
    ("for l=1 to 3: y[l] = b[l]", "=", "for l in 1..3: y[l] = b[l]"),
    ("for l ∈ 1..3: y[l] = b[l]", "∈", "for l in 1..3: y[l] = b[l]"),
    ("for (l in 1..3): y[l] = b[l]", "(", "for l in 1..3: y[l] = b[l]"),
    ("for each l in 1..3: y[l] = b[l]", "l", "for l in 1..3: y[l] = b[l]"),
    ("foreach l in 1..3: y[l] = b[l]", "foreach", "for l in 1..3: y[l] = b[l]"),
    ("    y = u", "y = u", "y = u"),
    ("width m = 100", "100", "width m"),
    ("width m = n * 2", "*", "width m = 2 n"),
    ("width m = 2 k", "k", "width k\nwidth m = 2 k"),
    ("width = n", "=", ""),
    ("width m, k", ",", "width m\nwidth k"),
    ("width n", "n", ""),
    ("dim e 3", "3", "dim e = 3"),
    ("dim e : 3", ":", "dim e = 3"),
    ("const c : 3", ":", "const c = 3"),
    ("const c = tahn(1)", "tahn", "const c = tanh(1)"),
    ("parametrization NTK", "parametrization NTK", "parametrization ntk"),
    ("parametrization muP", "parametrization muP", "parametrization mup"),
    ("parametrization μP", "parametrization μP", "parametrization mup"),
    ("parametrization ntkk", "parametrization ntkk", "parametrization ntk"),
    ("parametrization = ntk", "=", "parametrization ntk"),
    ("parametrization: ntk", ":", "parametrization ntk"),
    (
        "param P : n × n ~ N(0, 1)",
        "param P : n × n ~ N(0, 1)",
        "parametrization ntk\nparam P : n × n ~ N(0, 1)",
    ),
    ("data x", "", "data x : d"),
    ("data x d", "d", "data x : d"),
    ("data x = d", "=", "data x : d"),
    ("data x : dd", "dd", "data x : d"),
    ("data x : d ~ N(0, 1)", "~", "data x : d"),
    ("data x : (d)", "(", "data x : d"),
    ("target y", "", "target y : 1"),
    ("matrix B : n × n", "", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n X n ~ N(0, 1)", "X", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n * n ~ N(0, 1)", "*", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n, n ~ N(0, 1)", ",", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : (n, n) ~ N(0, 1)", "(", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : [n, n] ~ N(0, 1)", "[", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n by n ~ N(0, 1)", "by", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B(n, n) ~ N(0, 1)", "(", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B[n, n] ~ N(0, 1)", "~", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B n × n ~ N(0, 1)", "n", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B in n × n ~ N(0, 1)", "in", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B ∈ n × n ~ N(0, 1)", "∈", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : R^{n × n} ~ N(0, 1)", "^", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : ℝ^(n×n) ~ N(0, 1)", "^", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n ~ N(0, 1)", "n", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ N(0,1", "(", "matrix B : n × n ~ N(0,1)"),
    ("matrix B : n × n ~ N 0, 1", "0", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ N(0 1)", ")", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ N(0; 1)", ";", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ N(1, 1)", "1", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ Normal(0, 1)", "Normal", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ normal(0, 1)", "normal", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ 𝒩(0, 1)", "𝒩", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ \\mathcal{N}(0, 1)", "\\mathcal", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ Gaussian(0, 1)", "Gaussian", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ U(-1, 1)", "U", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ∼ N(0, 1)", "∼", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ N(0, 1/n)", "1/n", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n = N(0, 1)", "=", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n N(0, 1)", "N", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × nn ~ N(0, 1)", "nn", "matrix B : n × n ~ N(0, 1)"),
    ("matrices B : n × n ~ N(0, 1)", "matrices", "matrix B : n × n ~ N(0, 1)"),
    ("Matrix B : n × n ~ N(0, 1)", "Matrix", "matrix B : n × n ~ N(0, 1)"),
    ("MATRIX B : n × n ~ N(0, 1)", "MATRIX", "matrix B : n × n ~ N(0, 1)"),
    ("mat B : n × n ~ N(0, 1)", "mat", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B[1..3 : n × n ~ N(0, 1)", "[", "matrix B[1..3] : n × n ~ N(0, 1)"),
    ("matrix B[1:3] : n × n ~ N(0, 1)", ":", "matrix B[1..3] : n × n ~ N(0, 1)"),
    ("matrix B[1...3] : n × n ~ N(0, 1)", "1...3", "matrix B[1..3] : n × n ~ N(0, 1)"),
    ("vector w : n × n ~ N(0, 1)", "n", "vector w : n ~ N(0, 1)"),
    ("vector w : n ~ N(0, 1) as x", "as", "vector w : n ~ N(0, 1) as X"),
    ("vector w : n ~ N(0, 1) X", "X", "vector w : n ~ N(0, 1) as X"),
    ("vec w : n ~ N(0, 1)", "vec", "vector w : n ~ N(0, 1)"),
    ("vector w ~ N(0, 1)", "~", "vector w : n ~ N(0, 1)"),
    ("scalar e : 1", ":", "scalar e = 1"),
    ("output = u", "=", "output u"),
    ("output: u", ":", "output u"),
    ("output(u)", "(", "output u"),
    ("output W u", "u", "f = W u\noutput f"),
    ("output tanh(u)", "(", "f = tanh(u)\noutput f"),
    ("output uu", "uu", "output u"),
    ("output u v", "v", "f = u * v\noutput f"),
    ("outputs u", "outputs", "output u"),
    ("loss: mean(u)", ":", "loss mean(u)"),
    ("loss mean(u) mean(v)", "mean(u) mean(v)", "loss mean(u) * mean(v)"),
    ("loss mean(uu)", "uu", "loss mean(u)"),
    ("loss (t - mean(u))**2", "**", "loss (t - mean(u))^2"),
    ('label u "x"', '"x"', 'label u = "x"'),
    ('label u : "x"', ":", 'label u = "x"'),
    ("label u = 'x'", "'", 'label u = "x"'),
    ("label u = x", "x", 'label u = "x"'),
    ('label u = "x', '"', 'label u = "x"'),
    ("label u = “x”", "“", 'label u = "x"'),
    ('label uu = "x"', "uu", 'label u = "x"'),
    ('label "u" = "x"', '"u"', 'label u = "x"'),
    ("program a b", "b", 'program "a b"'),
    ('program "a', '"', 'program "a"'),
    ("program = a", "=", "program a"),
    ("program: a", ":", "program a"),
    ("program a, b", ",", 'program "a, b"'),
    ("// comment", "//", "# comment"),
    ("% comment", "%", "# comment"),
    ("-- comment", "--", "# comment"),
    ("/* comment */", "/*", "# comment */"),
    ("; comment", ";", "# comment"),
    ("y = u ; z = v", ";", "y = u \nz = v"),
    ("y = u \\", "\\", "y = u "),
    ("y = u?", "?", "y = u"),
    ("y = $u$", "$", "y = u"),
    ("y = u.mean()", ".mean", "y = mean(u)"),
    ("y = mean(u).", ".", "y = mean(u)"),
    ("y = u(v)", "u(v)", "y = u * (v)"),
    ("y = s(u)", "s(u)", "y = s * (u)"),
    ("y = s u", "s u", "y = s * u"),
    ("y = φ'' u", "φ", "y = φ''(u)"),
    ("y = (W u) v", "(W u) v", "y = (W u) * v"),
    ("y = sqrt 2 * u", "sqrt", "y = sqrt(2) * u"),
    ("y = √2 u", "√2 u", "y = √2 * u"),
    ("y = ξ_", "ξ_", "y = ξ"),
    ("y = 1,5 * u", ",", "y = 1.5 * u"),
    ("y = 1_000 * u", "_", "y = 1000 * u"),
    ("y = 1e5u", "1e5u", "y = 1e5 * u"),
    ("y = mean(u)(v)", "mean(u)(v)", "y = mean(u) * (v)"),
    ("y = φ(φ(u)", "(", "y = φ(φ(u))"),
    ("y = max(u; v)", ";", "y = max(u, v)"),
    ("y = max(u, , v)", ",", "y = max(u , v)"),
    ("y = max(u, v,)", ",", "y = max(u, v)"),
    ("y = tanh(u) tanh(v)", "tanh(u) tanh(v)", "y = tanh(u) * tanh(v)"),
    ("y = u tanh(v)", "u tanh(v)", "y = u * tanh(v)"),
    ("pass", "pass", ""),
]
"""A wrong line, the text that its first error marks, and the lines with all mends applied."""

STOPS = [
    ("y = W ** u", "**", "the matrix W has no powers"),
    ("y = u' v", "u' v", "only a matrix multiplies"),
    ("y = b[0]", "b[0]", "b[0] is not bound"),
    ("y = b[l]", "l", "l is not a const"),
    ("y = u[0]", "u[0]", "u[0] is not bound"),
    ("y = x_2", "x_2", "x_2 is not bound"),
    ("y = u ⊗ v", "⊗", "U+2297"),
    ("y = <u, v>", "<", "`<` is not a sign"),
    ("y = !u", "!", "`!` is not a sign"),
    ("y += u", "+", "`+=` changes a variable"),
    ("y = softmax(u)", "softmax", "neither a function"),
    ("y = 0x1F * u", "0x1F", "is not a number"),
    ("y = u % 2", "%", "`%` is not a sign"),
    ("y[l] = u", "l", "l is not a const"),
    ("for l in 3: y[l] = b[l]", ":", "this is not a range"),
    ("while l < 3: y[l] = b[l]", "while", "does not begin a statement"),
    ("fn f(z) = z if z > 0 else 0", ">", "no conditions"),
    ("fn relu(z) = max(z, 0)", "relu", "function of the table"),
    ("const c = n", "n", "n is a width"),
    ("const c = u", "u", "u is not a const"),
    ("width m = d", "d", "d is not a width"),
    ("matrix B : n × n ~ N(1)", ")", "the variance is missing"),
    ("scalar e = 1/sqrt(n)", "1/sqrt(n)", "limit must be stated"),
    ("output W", "W", "output W is a matrix"),
]
"""Lines that nobody can mend alone: the text at fault, and what is said in the end."""


def fixed(text: str) -> str:
    """What `check --fix --yes` makes of a text."""
    seen: set[str] = set()
    while True:
        reading = read(text)
        error = next((e for e in reading.errors if e.edits and str(e) not in seen), None)
        if error is None:
            return text
        assert error.mend
        seen.add(str(error))
        after = editing.mend(reading, error).apply(text)
        places = {(e.message, e.span and (e.span.line, e.span.column)) for e in read(after).errors}
        assert (error.message, error.span and (error.span.line, error.span.column)) not in places
        text = after


@pytest.mark.parametrize(("line", "place", "wanted"), MENDED, ids=[row[0] for row in MENDED])
def test_mended(line: str, place: str, wanted: str) -> None:
    text = f"{HEAD}{line}\n"
    first = read(text).errors[0]
    assert first.span is not None
    assert first.span.line == 13
    assert first.span.text.strip() == place
    after = fixed(text)
    assert after == f"{HEAD}{wanted}\n"
    parse(after)


@pytest.mark.parametrize(("line", "place", "message"), STOPS, ids=[row[0] for row in STOPS])
def test_an_honest_stop(line: str, place: str, message: str) -> None:
    text = f"{HEAD}{line}\n"
    first = read(text).errors[0]
    assert first.span is not None
    assert first.span.text == place
    left = read(fixed(text)).errors
    assert any(message in error.message for error in left)
    assert any(error.mend or error.expected for error in left)


BEFORE = {
    "comments": "# one\n\n# two 𝔸\n",
    "beyond the plane": 'label u = "𝔸𝔹"  # 𝔸 𝔹\n',
    "another error": "q = tahn(v)  # 𝔸\n",
}
PLAIN = [row for row in MENDED if row[2] and "#" not in row[2] and '"' not in row[0]]
"""Those that a comment behind them leaves as they are."""


@pytest.mark.parametrize("before", sorted(BEFORE))
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("behind", ["", "  # behind 𝔸", "\t"])
@pytest.mark.parametrize("row", PLAIN[:: len(PLAIN) // 20], ids=lambda row: str(row[0]))
def test_wherever_it_stands(row: tuple[str, str, str], behind: str, ends: str, before: str) -> None:
    line, place, wanted = row
    lead = f"{HEAD}{BEFORE[before]}"
    text = f"{lead}{line}{behind}\nwww = W v\n".replace("\n", ends)
    number = lead.count("\n") + 1
    mine = next(e for e in read(text).errors if e.span and e.span.line == number)
    assert mine.span is not None
    assert mine.span.text.strip() == place
    after = fixed(text)
    assert after.count("\n") == after.count(ends)
    assert not read(after).errors
    said = [row.split("#")[0].strip() for row in after.split(ends)]
    for part in wanted.split("\n"):
        assert part.strip() in said
    assert behind.strip() in after


def test_what_is_bound_below_moves_up() -> None:
    text = f"{HEAD}y = φ(h) + g(u)  # y\nz = h\nh = W u  # h\nfn g(z) = z^2\n"
    first = read(text).errors[0]
    assert first.mend == "h is bound below, in line 15: move that up"
    assert fixed(text) == f"{HEAD}h = W u  # h\nfn g(z) = z^2\ny = φ(h) + g(u)  # y\nz = h\n"


def test_a_circle_is_no_order() -> None:
    text = f"{HEAD}y = φ(h)\nh = W y\n"
    assert fixed(text) == text
    assert [error.message for error in read(text).errors] == ["h is not bound before its use"]


def test_several_errors_of_one_file() -> None:
    text = f"{HEAD}y = 2 np.tahn(u) ** 2;\nz = W * y\nfor l = 1:3:\n  q[l] = relU(b[l]\n"
    text = text.replace("z = W", "ouput v\nz = W")
    wanted = "y = 2 * tanh(u) ^ 2\noutput v\nz = W y\nfor l in 1..3:\n  q[l] = relu(b[l])\n"
    assert fixed(text) == HEAD + wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("loss (t - 1  # c (\n", "loss (t - 1)  # c (\n"),
        ('y = (u "v\n', 'y = (u "v"\n'),
        ("y = u))))\n", "y = u\n"),
        ("fn f(z = z^2\n", "fn f(z) = z^2\n"),
        ("for l in 1..max(2, 3: y[l] = u\n", "for l in 1..max(2, 3): y[l] = u\n"),
        ("vector w : n ~ N(0, 1 as X\n", "vector w : n ~ N(0, 1) as X\n"),
    ],
)
def test_where_a_bracket_ends(text: str, wanted: str) -> None:
    reading = read(HEAD + text)
    error = next(e for e in reading.errors if e.edits)
    assert editing.mend(reading, error).apply(reading.text) == HEAD + wanted


# ---- the command


def run(*arguments: str, answers: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["check", *arguments], input=answers)
    return result.exit_code, f"{result.output}{result.exception}"


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.tp"
    path.write_bytes(f"\ufeff{HEAD}y = tahn(u)  # 𝔸\n".replace("\n", "\r\n").encode())
    return path


def test_the_file_keeps_its_mark_and_its_ends_of_lines(bad: Path) -> None:
    before = bad.read_bytes()
    code, said = run(str(bad), "--fix", "--yes")
    assert code == 0
    assert "+ y = tanh(u)" in said
    assert bad.read_bytes() == before.replace(b"tahn", b"tanh")


def test_nobody_answers(bad: Path) -> None:
    before = bad.read_bytes()
    code, said = run(str(bad), "--fix")
    assert code == 1
    assert "no answer" in said
    assert "--fix --yes" in said
    assert bad.read_bytes() == before


def test_answers(bad: Path) -> None:
    before = bad.read_bytes()
    assert run(str(bad), "--fix", answers="n\n")[0] == 1
    assert bad.read_bytes() == before
    assert run(str(bad), "--fix", answers="y\n")[0] == 0
    assert bad.read_bytes() != before


def test_yes_alone_is_a_mistake_of_use(bad: Path) -> None:
    assert run(str(bad), "--yes")[0] == 2


def test_what_cannot_be_fixed_in_place(tmp_path: Path) -> None:
    assert run("-", "--fix")[0] == 2
    picture = tmp_path / "a.svg"
    picture.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", "utf-8")
    assert run(str(picture), "--fix", "--yes")[0] == 1
    document = tmp_path / "a.json"
    document.write_text("{}", "utf-8")
    assert run(str(document), "--fix", "--yes")[0] == 1


def test_json_carries_every_mend() -> None:
    for line, _, _ in MENDED:
        text = f"{HEAD}{line}\n"
        result = CliRunner().invoke(app, ["check", "-", "--json"], input=text)
        assert result.exit_code == 1
        entries = json.loads(result.stdout)["errors"]
        edits = entries[0]["edits"]
        (error, *_) = read(text).errors
        assert [(e["start"], e["end"], e["replacement"]) for e in edits] == [
            (e.span.start, e.span.end, e.replacement) for e in error.edits
        ]


def test_a_mend_that_does_not_hold_is_noticed() -> None:
    """The oracle can fail."""
    reading = read(f"{HEAD}y = tahn(u)\n")
    (error,) = reading.errors
    assert isinstance(error, TPError)
    error.edits = ()
    with pytest.raises(AssertionError):
        editing.mend(reading, error)
