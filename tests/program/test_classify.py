"""Sub-language, reduced form, gradient independence."""

import pytest

import tpgraph as tp
from tpgraph.program import gradient_independence, is_reduced, language_of

RAW = """\
width n
width m = 2 n
matrix A : n × n ~ N(0, 1)
matrix B : m × n ~ N(0, 1)
vector u : n ~ N(0, 1)
vector v : n ~ N(0, 1)
vector a : n ~ N(0, 1) as X
scalar t = 2
"""
NET = """\
width n
dim d = 3
parametrization ntk
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
param c : n ~ N(0, 1)
param D : d × n ~ N(0, 1)
vector r : n ~ N(0, 1)
vector s : n ~ N(1, 1)
vector p, q : n ~ N([0, 0], [[1, .5], [.5, 1]])
x = tanh(U ξ)
z = tanh(W x)
"""


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (RAW, "netsor"),
        (RAW + "h = A u\nx = tanh(h)\ng = B x\n", "netsor"),
        (RAW + "θ = mean(u * v)\n", "netsor+"),
        (RAW + "h = A u\nx = tanh(h) * mean(h)\n", "netsor+"),
        (RAW + "h = A' u\n", "netsorT"),
        (RAW + "h = B' (B u)\n", "netsorT"),
        (RAW + "h = A' u\nθ = mean(h * u)\n", "netsorT+"),
        (NET + "f = V z\noutput f\nloss (f - y)^2\n", "netsor"),
        (NET + "f = V z\noutput f\nl = mean((f - y)^2)\nloss l\n", "netsor"),
        (NET + "f = D z\ng = U' x\noutput f, g\n", "netsor"),
        (NET + "h = D' ξ\nf = V tanh(h)\noutput f\n", "netsor"),
        (NET + "g = W' z\nf = V g\noutput f\n", "netsorT"),
        (NET + "f = V (z / sqrt(mean(z^2)))\noutput f\n", "netsor+"),
    ],
)
def test_language(text, language):
    assert language_of(tp.parse(text)) == language


@pytest.mark.parametrize(
    ("text", "reduced"),
    [
        (RAW + "x = tanh(u)\nh = A x\ng = tanh(h + v)\n", True),
        (RAW + "h = A a\n", True),
        (RAW + "h = A u\n", False),
        (RAW + "x = tanh(u)\nz = tanh(x)\n", False),
        (RAW + "x = tanh(a)\n", False),
        (RAW + "θ = mean(tanh(u))\n", True),
        (RAW + "x = tanh(u)\nθ = mean(x)\n", False),
        (NET + "f = V z\noutput f\nloss (f - y)^2\n", True),
        (NET + "h = W (U ξ)\n", False),
    ],
)
def test_reduced(text, reduced):
    assert is_reduced(tp.parse(text)) is reduced


@pytest.mark.parametrize(
    "text",
    [
        "f = V z\noutput f\n",
        "f = V z\ng = V x\noutput f, g\nloss (f - y)^2\n",
        "f = V z + 1\noutput f\n",
        "f = V z\ng = tanh(f)\noutput g\nloss (g - y)^2\n",
        "f = mean(r * z)\noutput f\n",
        "f = mean(c * (z + x))\noutput f\n",
        "f = mean(c * z) + 1\noutput f\n",
        "f = D z\ng = mean(f)\noutput g\n",
        "f = sum(mean(r * z) for k in 1..2)\noutput f\n".replace("mean(r * z)", "V z"),
    ],
)
def test_gradient_independence_holds(text):
    found = gradient_independence(tp.parse(NET + text))
    assert found.holds, found.reason
    assert "sampled independently" in found.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("f = V z\n", "declares no output"),
        ("f = mean(z)\noutput f\n", "output f is a Moment without a readout vector"),
        ("f = mean(s * z)\noutput f\n", "without a readout vector that is sampled"),
        ("f = mean(p * z)\noutput f\n", "without a readout vector that is sampled"),
        ("f = mean(r^2 * z)\noutput f\n", "without a readout vector"),
        ("f = mean(tanh(r) * z)\noutput f\n", "without a readout vector"),
        ("f = mean(r * z + x)\noutput f\n", "without a readout vector"),
        ("f = mean(r * z)\nh = W r\noutput f\n", "readout r is used outside of output f, in h"),
        ("g = W tanh(c)\nf = mean(c * g)\noutput f\n", "readout c is used outside of output f"),
        ("f = V z\ng = U tanh(D' f)\n", "declares no output"),
        ("f = V z\nh = V' f\noutput f\n", "uses both V and its transpose"),
        ("h = D z\nf = V (U h + x)\noutput f, h\n", "what D reads out goes back into the network"),
        ("h = W' z\nf = V h\noutput f\n", "the forward pass uses both W and its transpose"),
        ("output z\n", "output z is a vector of n of the body, not a readout"),
        ("output c\n", "output c is an initial object, not a readout"),
        ("f = tanh(ξ)\noutput f\n", "output f does not depend on the network"),
        ("f = mean(V z)\ng = mean(z)\noutput f, g\n", "output g is a Moment without"),
    ],
)
def test_gradient_independence_fails(text, reason):
    text = text.replace("g = U tanh(D' f)\n", "")
    found = gradient_independence(tp.parse(NET + text))
    assert not found.holds
    assert reason in found.reason


def test_a_chain_of_outputs_is_walked_without_recursion():
    chain = "f[0] = V z\nfor k in 1..5000:\n    f[k] = tanh(f[k-1] + f[0])\noutput f[5000]\n"
    assert gradient_independence(tp.parse(NET + chain)).holds
