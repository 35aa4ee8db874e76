"""Brackets that do not close, and margins."""

from __future__ import annotations

__all__ = ["MENDED", "STOPS"]

MENDED: list[tuple[str, str, str]] = [
    ("y = tanh(u", "(", "y = tanh(u)"),
    ("y = tanh u)", ")", "y = tanh(u)"),
    ("y = (u + v]", "]", "y = (u + v)"),
    ("y = tanh(u))", ")", "y = tanh(u)"),
    ("y = tanh((u + v)", "(", "y = tanh((u + v))"),
    ("fn f(z) = max(z, 0", "(", "fn f(z) = max(z, 0)"),
    ("y = sum(b[l] for l in 1..3", "(", "y = sum(b[l] for l in 1..3)"),
    ("    y = u", "y = u", "y = u"),
    ("matrix B : n × n ~ N(0,1", "(", "matrix B : n × n ~ N(0,1)"),
    ("matrix B[1..3 : n × n ~ N(0, 1)", "[", "matrix B[1..3] : n × n ~ N(0, 1)"),
    ("y = φ(φ(u)", "(", "y = φ(φ(u))"),
]

STOPS: list[tuple[str, str, str]] = []
