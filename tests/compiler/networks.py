"""Programs built by hand, each with what the compiler has a rule for."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from tpgraph.functions import COORDINATEWISE
from tpgraph.program import Program
from tpgraph.program.operators import OperatorBuilder

WIDTHS = {"n": 12}


def mlp(name: str = "ntk", function: str = "tanh", depth: int = 3) -> Program:
    b = OperatorBuilder("mlp")
    n = b.width("n")
    if name == "abc":
        b.abc([0, 1, Fraction(1, 2)], [Fraction(1, 2), 0, Fraction(1, 4)], Fraction(-1, 2))
    else:
        b.parametrization(name)  # type: ignore[arg-type]
    φ = b.function("φ", lambda z: getattr(b.fn, function)(z))
    x, y = b.data("ξ", 4), b.target("y", 3)
    for layer in range(1, depth + 1):
        W = b.param(f"W[{layer}]", n, 4 if layer == 1 else n, scale=1.5)
        bias = b.param(f"b[{layer}]", n, scale=0.1)
        h = b.let(f"h[{layer}]", W @ x)
        x = b.let(f"x[{layer}]", φ(h + bias))
    f = b.let("f", b.param("V", 3, n) @ x)
    b.output(f)
    b.loss((f - y) ** 2 / 2)
    return b.build()


def tied() -> Program:
    """W and W', reused in depth, between two widths of ratio 3/2."""
    b = OperatorBuilder("tied")
    n = b.width("n")
    m = b.width("m", Fraction(3, 2), n)
    b.parametrization("mup")
    ξ = b.data("ξ", 4)
    U, W = b.param("U", n, 4), b.param("W", m, n, scale=1.3)
    bias, V = b.param("b", m, scale=0.3), b.param("V", 4, n)
    x = b.let("x[0]", U @ ξ)
    for t in range(1, 4):
        z = b.let(f"z[{t}]", b.fn.tanh(W @ x + bias))
        x = b.let(f"x[{t}]", b.fn.tanh(W.T @ z) + x)
    f = b.let("f", V @ x)
    b.output(f)
    b.loss((f - ξ) ** 2)
    return b.build()


def layernorm() -> Program:
    """Moments of data-dependent vectors, scalars in Nonlins, scalars among themselves."""
    b = OperatorBuilder("layernorm")
    n = b.width("n")
    b.parametrization("ntk")
    ξ, y = b.data("ξ", 4), b.target("y", 1)
    W, V = b.param("W", n, n), b.param("V", 1, n)
    γ, β = b.param("γ", n, scale=0.5), b.param("β", n, scale=0.2)
    ε = b.scalar("ε", 1 / b.fn.sqrt(b.size(n)), 0.0)
    h = b.let("h", b.param("U", n, 4) @ ξ)
    for t in range(2):
        μ = b.let(f"μ[{t}]", b.mean(h))
        s = b.let(f"s[{t}]", b.mean((h - μ) ** 2))
        r = b.let(f"r[{t}]", 1 / b.fn.sqrt(s + ε))
        h = b.let(f"h[{t}]", W @ b.fn.relu(γ * (h - μ) * r + β) + μ)
    f = b.let("f", V @ h)
    b.output(f)
    b.loss(b.fn.softplus(f - y))
    return b.build()


def mean_readout() -> Program:
    """Scalar outputs made by Moments, one of which ignores the data; a loss from both."""
    b = OperatorBuilder("mean_readout")
    n = b.width("n")
    b.parametrization("mup")
    ξ, y = b.data("ξ[1]", 4), b.target("y", 1)
    a, c = b.param("a", n), b.param("c", n, scale=2)
    h = b.let("h[1]", b.param("U", n, 4) @ ξ)
    f = b.let("f[1]", b.mean(a * b.fn.tanh(h)))
    g = b.let("g", b.mean(a * c + c))
    k = b.let("k", 3 * g)
    v = b.let("v", b.param("V", 1, n) @ (f * a + g * c))
    b.output(f, g, k, v)
    b.loss((f + g * y - v) ** 2)
    return b.build()


def no_data() -> Program:
    """A network without data: nothing has a batch axis."""
    b = OperatorBuilder("no_data")
    n = b.width("n")
    b.parametrization("ntk")
    W, a, c = b.param("W", n, n), b.param("a", n), b.param("c", n)
    u = b.vector("u", n)
    x = b.let("x", b.fn.tanh(W @ (u + a) + W.T @ (a + c)))
    θ = b.let("θ", b.mean(x * c))
    f = b.let("f", b.mean(θ * x + a))
    b.output(f, θ)
    b.loss(f**2 + θ)
    return b.build()


def batchnorm() -> Program:
    """Three inputs of one program."""
    b = OperatorBuilder("batchnorm")
    n = b.width("n")
    b.parametrization("standard")
    ξ = [b.data(f"ξ[{i}]", 4) for i in (1, 2, 3)]
    y = [b.target(f"y[{i}]", 1) for i in (1, 2, 3)]
    U, W, V = b.param("U", n, 4), b.param("W", n, n), b.param("V", 1, n)
    h = [b.let(f"h[{i}]", W @ b.fn.relu(U @ x)) for i, x in enumerate(ξ)]
    m = b.let("m", b.sum(h) / 3)
    v = b.let("v", b.sum((k - m) ** 2 for k in h) / 3)
    f = [b.let(f"f[{i}]", V @ b.fn.relu((k - m) / b.fn.sqrt(v + 0.1))) for i, k in enumerate(h)]
    b.output(*f)
    b.loss(b.sum((p - q) ** 2 for p, q in zip(f, y, strict=True)) / 6)
    return b.build()


def functions() -> Program:
    """Every function of the table, on both sides of its kink, and derivatives in the forward."""
    b = OperatorBuilder("functions")
    n = b.width("n")
    b.parametrization("ntk")
    ξ, y = b.data("ξ", 4), b.target("y", 2)
    φ = b.function("φ", lambda z: b.fn.erf(z) * b.fn.sigmoid(z))
    ψ = b.function("ψ", lambda p, q: φ(p) * b.fn.tanh(q - p) + b.fn.sqrt(2))
    h = b.let("h", b.param("U", n, 4) @ ξ)
    a = b.param("a", n)
    x = [h, a]
    for name, primitive in COORDINATEWISE.items():
        if name in ("add", "mul", "neg", "div", "pow"):
            continue
        arguments = [b.fn.tanh(h) + a] if primitive.arity == 1 else [h, b.fn.tanh(a)]
        if name in ("log", "sqrt"):
            arguments = [2 + arguments[0] ** 2]
        x.append(b.let(f"v[{len(x)}]", getattr(b.fn, name)(*arguments)))
    x.append(b.let("primes", φ.prime(h) + φ.prime.prime(h) * b.fn.tanh.prime(a)))
    x.append(b.let("two", ψ(h, a) + ψ(a, h) + (1 + h**2) ** (a / 4)))
    f = b.let("f", b.param("V", 2, n) @ b.sum(x))
    b.output(f)
    b.loss((f - y) ** 2)
    return b.build()


def untrained() -> Program:
    """Random matrices and vectors beside trained ones, fixed dimensions, awkward names."""
    b = OperatorBuilder("untrained")
    n = b.width("n")
    b.parametrization("ntk")
    ξ, y = b.data("params", 4), b.target("lambda", 2)
    A, B = b.matrix("A", n, n), b.matrix("F", 3, 4)
    u, v = b.vectors(["u", "v"], n, mean=[1.0, 0.0], covariance=[[1.0, 0.5], [0.5, 0.25]])
    c = b.param("h_1", 2)
    x = b.let("h[1]", b.param("U", n, 3) @ (B @ ξ))
    z = b.let("d_h", A @ b.fn.tanh(x * u) + A.T @ (v * x))
    f = b.let("rng", b.param("V", 2, n) @ z + c)
    b.output(f)
    b.loss((f - y) ** 2)
    return b.build()


def unreached() -> Program:
    """Parameters that the loss does not reach, and one that is the loss."""
    b = OperatorBuilder("unreached")
    n = b.width("n")
    b.abc([0, Fraction(1, 2), Fraction(1, 2)], [0, 0, 0], 1)
    ξ = b.data("ξ", 4)
    c, a = b.param("c", 2, scale=3), b.param("a", n)
    h = b.let("h", b.param("W", n, 4) @ ξ)
    k = b.let("k", b.param("R", n, n) @ b.fn.step(h * a))
    b.output(b.let("f", b.mean(k * k)), b.let("g", 2 * c))
    b.loss(c)
    return b.build()


BUILDERS: dict[str, Callable[[], Program]] = {
    "mlp": mlp,
    "mlp-mup": lambda: mlp("mup"),
    "mlp-standard": lambda: mlp("standard", "relu"),
    "mlp-abc": lambda: mlp("abc", "silu"),
    "mlp-relu": lambda: mlp("ntk", "relu"),
    "tied": tied,
    "layernorm": layernorm,
    "mean_readout": mean_readout,
    "no_data": no_data,
    "batchnorm": batchnorm,
    "functions": functions,
    "untrained": untrained,
    "unreached": unreached,
}
