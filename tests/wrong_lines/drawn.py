"""Declarations that are written otherwise."""

from __future__ import annotations

__all__ = ["MENDED", "STOPS"]

MENDED: list[tuple[str, str, str]] = [
    ("y ~ N(0, 1)", "~", "vector y : n ~ N(0, 1)"),
    ("data x", "", "data x : d"),
    ("data x d", "d", "data x : d"),
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
    ("matrix B : R^{n × n} ~ N(0, 1)", "^", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : ℝ^(n×n) ~ N(0, 1)", "^", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ N 0, 1", "0", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ N(0 1)", ")", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ Normal(0, 1)", "Normal", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ normal(0, 1)", "normal", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ 𝒩(0, 1)", "𝒩", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ Gaussian(0, 1)", "Gaussian", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ U(-1, 1)", "U", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n = N(0, 1)", "=", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n N(0, 1)", "N", "matrix B : n × n ~ N(0, 1)"),
    ("vector w : n ~ N(0, 1) as x", "as", "vector w : n ~ N(0, 1) as X"),
    ("vector w : n ~ N(0, 1) X", "X", "vector w : n ~ N(0, 1) as X"),
    ("vector w ~ N(0, 1)", "~", "vector w : n ~ N(0, 1)"),
]

STOPS: list[tuple[str, str, str]] = [
    ("matrix B : n × n ~ N(1)", ")", "the variance is missing"),
]
