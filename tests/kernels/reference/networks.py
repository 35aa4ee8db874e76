"""Programs of the networks that from_neural_tangents.py computes, by the names of its arrays.

All are in the NTK parametrization: Dense(σ_w, σ_b) is `W : … ~ N(0, 1) scale σ_w` with
`b : n ~ N(0, 1) scale σ_b`, and a convolution of kernel size 3 has one matrix of scale σ_w/√3 for
each place of the kernel.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["FUNCTIONS", "programs"]

FUNCTIONS = {
    "linear": "z",
    "relu": "relu(z)",
    "erf": "erf(z)",
    "gelu": "gelu(z)",
    "sin": "sin(z)",
    "cos": "cos(z)",
    "abs": "abs(z)",
    "leaky_relu": "leaky_relu(z, 0.1)",
    "sign": "sign(z)",
    "sigmoid_like": "erf(z / 2.4020563531719796) / 2 + 1/2",
    "gaussian": "exp(-z^2)",
    "exp": "exp(z / 4)",
    "square": "z^2",
    "cube": "z^3",
    "gabor": "exp(-z^2) * sin(z)",
}

DEPTHS = {"relu": (1, 2, 3, 4), "erf": (1, 2, 3, 4), "cube": (1, 2)}

HEAD = """
program network
width n
parametrization ntk
"""

VECTOR = f"{HEAD}dim d = 3\ndata ξ : d\n"
READOUT = "param V : 1 × n ~ N(0, 1)\nf = V x\noutput f\n"

MLP = """
const L = {depth}
fn φ(z) = {φ}
param W[1] : n × d ~ N(0, 1) scale {w}
param W[2..L] : n × n ~ N(0, 1) scale {w}
param b[1..L] : n ~ N(0, 1) scale {b}
param V : 1 × n ~ N(0, 1) scale {v}
x[1] = φ(W[1] ξ + b[1])
for l in 2..L:
    x[l] = φ(W[l] x[l-1] + b[l])
f = V x[L]
output f
"""

RESNET = """
param U : n × d ~ N(0, 1) scale 1.1
param a : n ~ N(0, 1) scale 0.2
param W[1..3] : n × n ~ N(0, 1) scale 1.4
param b[1..3] : n ~ N(0, 1) scale 0.3
y[0] = U ξ + a
for l in 1..3:
    y[l] = y[l-1] + W[l] relu(y[l-1]) + b[l]
x = 1 * y[3]
"""

GATED = """
fn σ(z) = erf(z / 2.4020563531719796) / 2 + 1/2
param A : n × d ~ N(0, 1) scale 1.2
param a : n ~ N(0, 1) scale 0.3
param B : n × d ~ N(0, 1) scale 1.3
param b : n ~ N(0, 1) scale 0.4
param C : n × n ~ N(0, 1) scale 1.5
param c : n ~ N(0, 1) scale 0.1
y = (A ξ + a) * σ(B ξ + b)
x = erf(C y + c)
"""

LAYERNORM = """
fn norm(z, m, v) = (z - m) / sqrt(v + 0.001)
param U : n × d ~ N(0, 1) scale 1.5
param a : n ~ N(0, 1) scale 0.5
param W : n × n ~ N(0, 1) scale 1.2
param b : n ~ N(0, 1) scale 0.3
h[1] = U ξ + a
m[1] = mean(h[1])
v[1] = mean((h[1] - m[1])^2)
h[2] = W relu(norm(h[1], m[1], v[1])) + b
m[2] = mean(h[2])
v[2] = mean((h[2] - m[2])^2)
x = erf(norm(h[2], m[2], v[2]))
"""

CONVOLUTION = """
data ξ[1..{pixels}] : 2
fn φ(z) = {φ}
param A[0..2] : n × 2 ~ N(0, 1) scale 1.4 / sqrt(3)
param a : n ~ N(0, 1) scale 0.2
param B[0..2] : n × n ~ N(0, 1) scale 1.4 / sqrt(3)
param b : n ~ N(0, 1) scale 0.2
{body}
output f
"""

TOKENS = """
data ξ[1..3] : 2
param U : n × 2 ~ N(0, 1) scale 1.3
param u : n ~ N(0, 1) scale 0.2
param K : n × n ~ N(0, 1) scale sqrt(1.2 * 0.9)
param G : n × n ~ N(0, 1) scale 1.1
param O : n × n ~ N(0, 1) scale 0.8
param o : n ~ N(0, 1) scale 0.3
fn softmax(a, b, c) = exp(a) / (exp(a) + exp(b) + exp(c))
fn norm(z, m, v) = (z - m) / sqrt(v + 0.001)
"""

ATTENTION = """
for t in 1..3:
    k[t] = K {x}[t]
    g[t] = G {x}[t]
for s in 1..3:
    for t in 1..3:
        l[s,t] = mean(k[s] * k[t])
{weights}
for s in 1..3:
    y[s] = O sum(w[s,t] * g[t] for t in 1..3) + o
"""

SOFTMAX = """
for s in 1..3:
    w[s,1] = softmax(l[s,1], l[s,2], l[s,3])
    w[s,2] = softmax(l[s,2], l[s,3], l[s,1])
    w[s,3] = softmax(l[s,3], l[s,1], l[s,2])
"""

WEIGHTS = """
for s in 1..3:
    for t in 1..3:
        w[s,t] = {rule}
"""

ONE_ATTENTION = """
for t in 1..3:
    x0[t] = erf(U ξ[t] + u)
{attention}
x = (relu(y[1]) + relu(y[2]) + relu(y[3])) / 3
"""

TRANSFORMER = """
param A : n × n ~ N(0, 1) scale 1.4
param a : n ~ N(0, 1) scale 0.1
param B : n × n ~ N(0, 1) scale 0.7
param b : n ~ N(0, 1) scale 0.2
for t in 1..3:
    r[t] = U ξ[t] + u
    m[t] = mean(r[t])
    v[t] = mean((r[t] - m[t])^2)
    x0[t] = norm(r[t], m[t], v[t])
{attention}
for t in 1..3:
    e[t] = r[t] + y[t]
    p[t] = mean(e[t])
    q[t] = mean((e[t] - p[t])^2)
    z[t] = e[t] + B gelu(A norm(e[t], p[t], q[t]) + a) + b
x = (z[1] + z[2] + z[3]) / 3
"""


def mlp(name: str, depth: int, w: str = "1.4", b: str = "0.3", v: str = "1.2") -> str:
    """`depth` hidden layers and a readout."""
    return VECTOR + MLP.format(φ=FUNCTIONS[name], depth=depth, w=w, b=b, v=v)


def convolution(
    padding: str, end: str, φ: str = "relu(z)", pixels: int = 5, stride: int = 1
) -> str:
    """Two convolutions of kernel size 3, then a readout of every pixel or of their mean."""
    lines, size = [], pixels
    for W, b, x, y in (("A", "a", "ξ", "x"), ("B", "b", "x", "y")):
        places = list(_places(size, padding, stride))
        for p, place in enumerate(places, start=1):
            terms = [f"{W}[{k}] {x}[{q}]" for k, q in place]
            lines.append(f"{y}[{p}] = φ({' + '.join(terms)} + {b})")
        size = len(places)
    if end == "flat":
        lines.append(f"param V[1..{size}] : 1 × n ~ N(0, 1) scale 1 / sqrt({size})")
        lines.append(f"f = sum(V[p] y[p] for p in 1..{size})")
    else:
        lines.append("param V : 1 × n ~ N(0, 1)")
        lines.append(f"f = V (sum(y[p] for p in 1..{size}) / {size})")
    return HEAD + CONVOLUTION.format(φ=φ, pixels=pixels, body="\n".join(lines))


def _places(size: int, padding: str, stride: int) -> Iterator[list[tuple[int, int]]]:
    """For every pixel out its pairs (place of the kernel, pixel in).

    As XLA pads: VALID none, SAME and CIRCULAR so that ⌈size/stride⌉ pixels come out, the odd one
    of the added pixels at the end.
    """
    if padding == "valid":
        count, before = (size - 3) // stride + 1, 0
    else:
        count = -(-size // stride)
        before = max((count - 1) * stride + 3 - size, 0) // 2
    for p in range(count):
        at = [(k, p * stride + k - before) for k in range(3)]
        if padding == "circular":
            at = [(k, q % size) for k, q in at]
        yield [(k, q + 1) for k, q in at if 0 <= q < size]


def attention(weights: str) -> str:
    """One self-attention with keys and queries tied; its input is x0[t]."""
    return ATTENTION.format(x="x0", weights=weights)


def programs() -> dict[str, str]:
    """Name → text of every network."""
    found = {}
    for name in FUNCTIONS:
        for depth in DEPTHS.get(name, (2, 3)):
            found[f"mlp_{name}_{depth}"] = mlp(name, depth)
    found["edge_of_chaos"] = (
        mlp("relu", 3, w="sqrt(2)").replace(" + b[1]", "").replace(" + b[l]", "")
    ).replace("param b[1..L] : n ~ N(0, 1) scale 0.3\n", "")
    found |= {
        name: VECTOR + text + READOUT
        for name, text in (("resnet", RESNET), ("gated", GATED), ("layernorm", LAYERNORM))
    }
    for padding in ("circular", "same", "valid"):
        for end in ("flat", "pooled"):
            pixels = 7 if padding == "valid" else 5
            found[f"conv_{padding}_{end}"] = convolution(padding, end, pixels=pixels)
    found["conv_strided"] = convolution("circular", "pooled", "erf(z)", 8, 2)
    rules = {"softmax": SOFTMAX, "identity": WEIGHTS.format(rule="1 * l[s,t]")}
    rules["relu"] = WEIGHTS.format(rule="relu(l[s,t])")
    for name, weights in rules.items():
        body = ONE_ATTENTION.format(attention=attention(weights))
        found[f"attention_{name}"] = HEAD + TOKENS + body + READOUT
    body = TRANSFORMER.format(attention=attention(SOFTMAX))
    found["transformer"] = HEAD + TOKENS + body + READOUT
    return found
