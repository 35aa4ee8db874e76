"""The networks of the benchmarks as texts."""

from __future__ import annotations

from typing import Any

__all__ = ["TRAINED", "network"]

HEAD = (
    "program {name}\nwidth n\ndim d = {dimension}\nparametrization ntk\nfn φ(z) = {function}(z)\n"
)

TEXTS = {
    "mlp": """data ξ : d
param W[1] : n × d ~ N(0, 1) scale sqrt(2)
param W[2..{depth}] : n × n ~ N(0, 1) scale sqrt(2)
param b[1..{depth}] : n ~ N(0, 1) scale 0.1
param V : 1 × n ~ N(0, 1)
x[1] = φ(W[1] ξ + b[1])
for l in 2..{depth}:
    x[l] = φ(W[l] x[l-1] + b[l])
f = V x[{depth}]
""",
    "resnet": """data ξ : d
param U : n × d ~ N(0, 1)
param W[1..3] : n × n ~ N(0, 1) scale sqrt(2)
param V : 1 × n ~ N(0, 1)
x[0] = U ξ
for l in 1..3:
    x[l] = x[l-1] + W[l] φ(x[l-1])
f = V x[3]
""",
    "layernorm": """fn norm(z, m, v) = (z - m) / sqrt(v)
data ξ : d
param W[1] : n × d ~ N(0, 1)
param W[2..3] : n × n ~ N(0, 1)
param b[1..3] : n ~ N(0, 1) scale 0.3
param V : 1 × n ~ N(0, 1)
h[1] = W[1] ξ + b[1]
for l in 1..2:
    μ[l] = mean(h[l])
    v[l] = mean((h[l] - μ[l])^2)
    x[l] = φ(norm(h[l], μ[l], v[l]))
    h[l+1] = W[l+1] x[l] + b[l+1]
μ[3] = mean(h[3])
v[3] = mean((h[3] - μ[3])^2)
x[3] = φ(norm(h[3], μ[3], v[3]))
f = V x[3]
""",
    "convolution": """data ξ[1..5] : d
param U[1..3] : n × d ~ N(0, 1) scale sqrt(2 / 3)
param W[1..3] : n × n ~ N(0, 1) scale sqrt(2 / 3)
param V : 1 × n ~ N(0, 1)
{first}{second}f = V ((z[1] + z[2] + z[3] + z[4] + z[5]) / 5)
""",
    "attention": """fn softmax(a, b, c) = exp(a) / (exp(a) + exp(b) + exp(c))
data ξ[1..3] : d
param U : n × d ~ N(0, 1)
param Q, W, O : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
for t in 1..3:
    x[t] = U ξ[t]
    q[t] = Q x[t]
    k[t] = Q x[t]
    u[t] = O x[t]
for s in 1..3:
    for t in 1..3:
        l[s,t] = mean(q[s] * k[t])
for s in 1..3:
    a[s] = softmax(l[s,1], l[s,2], l[s,3])
    b[s] = softmax(l[s,2], l[s,3], l[s,1])
    c[s] = softmax(l[s,3], l[s,1], l[s,2])
    z[s] = φ(W (a[s] * u[1] + b[s] * u[2] + c[s] * u[3]))
f = V ((z[1] + z[2] + z[3]) / 3)
""",
    "rnn": """data ξ[1..10] : d
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1)
param b : n ~ N(0, 1) scale 0.5
param V : 1 × n ~ N(0, 1)
s[1] = φ(U ξ[1] + b)
for t in 2..10:
    s[t] = φ(U ξ[t] + W s[t-1] + b)
f = V s[10]
""",
}
TRAINED = """program trained
width n
dim d = 64
dim k = {outputs}
parametrization ntk
fn φ(z) = {function}(z)
data ξ : d
target y : k
param W[1] : n × d ~ N(0, 1) scale sqrt(2)
param W[2..3] : n × n ~ N(0, 1) scale sqrt(2)
param b[1..3] : n ~ N(0, 1) scale 0.1
param V : k × n ~ N(0, 1)
x[1] = φ(W[1] ξ + b[1])
x[2] = φ(W[2] x[1] + b[2])
x[3] = φ(W[3] x[2] + b[3])
f = V x[3]
output f
loss (f - y)^2 / 2
"""
"""A perceptron of three hidden layers with a loss; `peer_worker.network_of` is the same."""


def network(name: str, function: str, dimension: int, depth: int = 3) -> str:
    """The text of a network. Pixels of the convolution lie on a ring."""
    parts: dict[str, Any] = {"first": _ring("x", "U", "ξ"), "second": _ring("z", "W", "x")}
    body = TEXTS[name].format(depth=depth, **parts)
    return HEAD.format(name=name, dimension=dimension, function=function) + body + "output f\n"


def _ring(out: str, matrix: str, read: str) -> str:
    """Five pixels, each of three that are next to it on the ring."""
    rows = [[(i + k - 2) % 5 + 1 for k in range(3)] for i in range(1, 6)]
    sums = [" + ".join(f"{matrix}[{k}] {read}[{j}]" for k, j in enumerate(r, 1)) for r in rows]
    return "".join(f"{out}[{i}] = φ({text})\n" for i, text in enumerate(sums, 1))
