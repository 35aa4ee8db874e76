"""Networks that every command or training takes, and samples."""

__all__ = ["CLASSIFIER", "ONE_HIDDEN", "PROGRAM", "samples"]

PROGRAM = """program one
width n
dim d = 3
const L = 2
const σ_w2 = 2
const σ_b2 = 0.5
parametrization ntk
fn φ(z) = tanh(z)
data ξ : d
target y : 1
param W[1] : n × d ~ N(0, 1) scale sqrt(σ_w2)
param W[2..L] : n × n ~ N(0, 1) scale sqrt(σ_w2)
param V : 1 × n ~ N(0, 1)
x[1] = φ(W[1] ξ)
for l in 2..L:
    x[l] = φ(W[l] x[l-1])
f = V x[L]
output f
loss (f - y)^2 / 2
"""

ONE_HIDDEN = """program net
width n
dim d = 2
parametrization mup
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param v : 1 × n ~ N(0, 1)
f = v tanh(U ξ)
output f
loss (f - y)^2 / 2
"""

CLASSIFIER = """width n
dim d = 3
dim k = 3
parametrization mup
data ξ : d
target y : k
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 2)
param V : k × n ~ N(0, 1)
h = W tanh(U ξ)
f = V relu(h)
output f
loss (f - y)^2 / 2
"""
"""A network of k classes."""


def samples(count: int) -> str:
    """So many rows of ξ and y as CSV."""
    rows = (f"{k},1,{k % 3},{k % 2}\n" for k in range(count))
    return "ξ_0,ξ_1,ξ_2,y_0\n" + "".join(rows)
