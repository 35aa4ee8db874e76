"""Declarations that read well and cannot hold."""

from __future__ import annotations

__all__ = ["MENDED", "STOPS"]

MENDED: list[tuple[str, str, str]] = [
    ("width n", "n", ""),
    (
        "param P : n × n ~ N(0, 1)",
        "param P : n × n ~ N(0, 1)",
        "parametrization ntk\nparam P : n × n ~ N(0, 1)",
    ),
    ("matrix B : n ~ N(0, 1)", "n", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ N(1, 1)", "1", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ N(0, 1/n)", "1/n", "matrix B : n × n ~ N(0, 1)"),
    ("vector w : n × n ~ N(0, 1)", "n", "vector w : n ~ N(0, 1)"),
]

STOPS: list[tuple[str, str, str]] = [
    ("fn relu(z) = max(z, 0)", "relu", "function of the table"),
    ("scalar e = 1/sqrt(n)", "1/sqrt(n)", "limit must be stated"),
    ("output W", "W", "output W is a matrix"),
]
