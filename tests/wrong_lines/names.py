"""Names that nothing binds."""

from __future__ import annotations

__all__ = ["MENDED", "STOPS"]

MENDED: list[tuple[str, str, str]] = [
    ("y = tahn(u)", "tahn", "y = tanh(u)"),
    ("y = Tanh(u)", "Tanh", "y = tanh(u)"),
    ("y = Wu", "Wu", "y = W u"),
    ("y = W u + Wv", "Wv", "y = W u + W v"),
    ("y = transpose(W) u", "transpose", "y = W' u"),
    ("y = Wᵗ u", "Wᵗ", "y = W' u"),
    ("fn f(z) = zz + 1", "zz", "fn f(z) = z + 1"),
    ("y = Mean(u)", "Mean", "y = mean(u)"),
    ("y = E(u)", "E", "y = mean(u)"),
    ("y = avg(u)", "avg", "y = mean(u)"),
    ("y = b_1", "b_1", "y = b[1]"),
    ("y = b1", "b1", "y = b[1]"),
    ("y = b(1)", "b", "y = b[1]"),
    ("y = sigmod(u)", "sigmod", "y = sigmoid(u)"),
    ("y = ReLU(u)", "ReLU", "y = relu(u)"),
    ("width m = 2 k", "k", "width k\nwidth m = 2 k"),
    ("const c = tahn(1)", "tahn", "const c = tanh(1)"),
    ("parametrization NTK", "parametrization NTK", "parametrization ntk"),
    ("parametrization muP", "parametrization muP", "parametrization mup"),
    ("parametrization sp", "parametrization sp", "parametrization standard"),
    ("parametrization MF", "parametrization MF", "parametrization mup"),
    ("loss mse(mean(u), t)", "mse", "loss ((mean(u)) - t)^2"),
    ("loss L1Loss(t, t)", "L1Loss", "loss abs(t - t)"),
    ("loss cross_entropy(A' u, ξ)", "cross_entropy", "loss softmax_cross_entropy(A' u, ξ)"),
    ("parametrization μP", "parametrization μP", "parametrization mup"),
    ("parametrization ntkk", "parametrization ntkk", "parametrization ntk"),
    ("data x : dd", "dd", "data x : d"),
    ("matrix B : n × nn ~ N(0, 1)", "nn", "matrix B : n × n ~ N(0, 1)"),
    ("output uu", "uu", "output u"),
    ("loss mean(uu)", "uu", "loss mean(u)"),
    ('label uu = "x"', "uu", 'label u = "x"'),
    ("y = ξ_", "ξ_", "y = ξ"),
]

STOPS: list[tuple[str, str, str]] = [
    ("y = e(u)", "e", "e is neither a function"),
    ("y = dropout(u)", "dropout", "dropout is neither"),
    ("y = u if d else v", "u if d else v", "no conditions"),
    ("y = b[0]", "b[0]", "b[0] is not bound"),
    ("y = b[l]", "l", "l is not a const"),
    ("y = u[0]", "u[0]", "u[0] is not bound"),
    ("y = x_2", "x_2", "x_2 is not bound"),
    ("y = softmax(u)", "softmax(u)", "over components"),
    ("y[l] = u", "l", "l is not a const"),
    ("const c = n", "n", "n is a width"),
    ("const c = u", "u", "u is not a const"),
    ("width m = d", "d", "d is not a width"),
]
