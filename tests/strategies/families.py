"""Programs whose variables come in families: tokens, heads, nodes, pixels, layers, time steps.

`FAMILIES` has one of each kind by name; `random_families` draws others.
"""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["FAMILIES", "random_families"]

_HEAD = "width n\nfn φ(z) = tanh(z)\n"

_GRAPHNET = f"""program graphnet
{_HEAD}
const N = 4
const R = 2
vector x[0,1..N] : n ~ N(0, 1) as X
matrix W[1..R], U[1..R] : n × n ~ N(0, 1)
for r in 1..R:
    for i in 1..N:
        m[r,i] = W[r] x[r-1,i]
        s[r,i] = U[r] x[r-1,i]
    for i in 1..N:
        x[r,i] = φ(s[r,i] + sum(m[r,j] for j in 1..N) / N)
output x[R,1], x[R,2], x[R,3], x[R,4]
"""

_BATCHNORM = f"""program batch
{_HEAD}
const B = 3
vector z[1..B] : n ~ N(0, 1)
matrix W : n × n ~ N(0, 1)
for i in 1..B:
    h[i] = W φ(z[i])
m = sum(h[i] for i in 1..B) / B
v = sum((h[i] - m)^2 for i in 1..B) / B
for i in 1..B:
    x[i] = φ((h[i] - m) / sqrt(v + 1))
output x[1], x[2], x[3]
"""

_LSTM = f"""program lstm
{_HEAD}
const T = 3
fn σ(z) = 1 / (1 + exp(-z))
vector x[1..T] : n ~ N(0, 1)
vector h[0], c[0] : n ~ N(0, 1)
matrix Wi, Wf, Wo, Wg : n × n ~ N(0, 1)
for t in 1..T:
    i[t] = σ(Wi h[t-1] + x[t])
    f[t] = σ(Wf h[t-1] + x[t])
    o[t] = σ(Wo h[t-1] + x[t])
    g[t] = φ(Wg h[t-1] + x[t])
    c[t] = f[t] * c[t-1] + i[t] * g[t]
    h[t] = o[t] * φ(c[t])
output h[T]
"""

_HEADS = f"""program heads
{_HEAD}
const T = 2
const H = 2
vector x[1..T] : n ~ N(0, 1) as X
matrix Q[1..H], K[1..H], O[1..H] : n × n ~ N(0, 1)
for h in 1..H:
    for t in 1..T:
        q[h,t] = Q[h] x[t]
        k[h,t] = K[h] x[t]
        o[h,t] = O[h] x[t]
for h in 1..H:
    for s in 1..T:
        for t in 1..T:
            l[h,s,t] = mean(q[h,s] * k[h,t])
for s in 1..T:
    y[s] = x[s] + sum(sum(φ(l[h,s,t]) * o[h,t] for t in 1..T) for h in 1..H)
output y[1], y[2]
"""

_TOWERS = f"""program towers
{_HEAD}
const L = 3
vector a[0], b[0] : n ~ N(0, 1)
matrix A[1..L], B[1..L] : n × n ~ N(0, 1)
for l in 1..L:
    a[l] = A[l] φ(a[l-1])
    b[l] = B[l] φ(b[l-1])
s = mean(a[L] * b[L])
output s
"""

_EXPERTS = f"""program experts
{_HEAD}
const E = 4
vector x : n ~ N(0, 1) as X
vector g[1..E] : n ~ N(0, 1) as X
matrix W[1..E], V[1..E] : n × n ~ N(0, 1)
for e in 1..E:
    p[e] = mean(g[e] * x)
    h[e] = V[e] φ(W[e] x)
y = sum(φ(p[e]) * h[e] for e in 1..E)
output y
"""

_UNET = f"""program unet
{_HEAD}
const D = 3
vector x : n ~ N(0, 1)
matrix E[1..D], F[1..D], M : n × n ~ N(0, 1)
e[0] = φ(x)
for d in 1..D:
    e[d] = φ(E[d] e[d-1])
u[0] = φ(M e[D])
for d in 1..D:
    u[d] = φ(F[d] u[d-1] + e[D-d])
output u[D]
"""

_DENSENET = f"""program densenet
{_HEAD}
const L = 4
vector x[0] : n ~ N(0, 1) as X
matrix W[1..L] : n × n ~ N(0, 1)
for l in 1..L:
    h[l] = W[l] x[l-1]
    x[l] = φ(h[l] + sum(x[k] for k in 0..l-1))
output x[L]
"""

_DEEP = f"""program deep
{_HEAD}
const L = 12
vector h[1] : n ~ N(0, 1)
vector b[1..L] : n ~ N(0, 1)
matrix W[2..L] : n × n ~ N(0, 1)
x[1] = φ(h[1] + b[1])
for l in 2..L:
    x[l] = φ(W[l] x[l-1] + b[l])
output x[L]
"""

_MIXER = f"""program mixer
{_HEAD}
const T = 3
vector x[1..T] : n ~ N(0, 1) as X
matrix A, B : n × n ~ N(0, 1)
for t in 1..T:
    u[t] = x[t] + φ(sum(x[s] for s in 1..T) / T)
for t in 1..T:
    y[t] = u[t] + B φ(A u[t])
output y[1], y[2], y[3]
"""

_THREE_INPUTS = f"""program inputs
{_HEAD}
const B = 3
const L = 3
vector x[0,1..B] : n ~ N(0, 1)
vector b[1..L] : n ~ N(0, 1)
matrix W[1..L] : n × n ~ N(0, 1)
for l in 1..L:
    for i in 1..B:
        x[l,i] = W[l] φ(x[l-1,i] + b[l])
output x[L,1], x[L,2], x[L,3]
"""

FAMILIES: dict[str, str] = {
    "graphnet": _GRAPHNET,
    "batch": _BATCHNORM,
    "lstm": _LSTM,
    "heads": _HEADS,
    "towers": _TOWERS,
    "experts": _EXPERTS,
    "unet": _UNET,
    "densenet": _DENSENET,
    "deep": _DEEP,
    "mixer": _MIXER,
    "inputs": _THREE_INPUTS,
}
"""Texts by name: each has an index whose instances stand beside or behind each other."""


@st.composite
def random_families(draw: st.DrawFn) -> str:
    """A text in which N members pass R rounds of products, functions and mixtures."""
    members, rounds = draw(st.integers(2, 5)), draw(st.integers(1, 3))
    lines = ["program p", "width n", "fn φ(z) = tanh(z)", f"const N = {members}"]
    lines += ["vector x[0,1..N] : n ~ N(0, 1)"]
    if bias := draw(st.booleans()):
        lines += ["vector b[1..N] : n ~ N(0, 1)"]
    for r in range(1, rounds + 1):
        lines += [f"matrix W[{r}] : n × n ~ N(0, 1)"]
        kind = draw(st.sampled_from(["alone", "mixed", "gated", "mean"]))
        if kind == "mean":
            lines += [f"μ[{r}] = sum(x[{r - 1},j] for j in 1..N) / N"]
        body = {
            "alone": f"φ(W[{r}] φ(x[{r - 1},i])" + (" + b[i])" if bias else ")"),
            "mixed": f"φ(W[{r}] φ(x[{r - 1},i]) + sum(x[{r - 1},j] for j in 1..N))",
            "gated": f"x[{r - 1},i] + mean(x[{r - 1},i] * x[{r - 1},i]) * W[{r}] φ(x[{r - 1},i])",
            "mean": f"W[{r}] φ(x[{r - 1},i] - μ[{r}])",
        }[kind]
        lines += ["for i in 1..N:", f"    x[{r},i] = {body}"]
    lines += ["output " + ", ".join(f"x[{rounds},{i}]" for i in range(1, members + 1))]
    return "\n".join(lines) + "\n"
