"""Loops and ranges."""

from __future__ import annotations

__all__ = ["MENDED", "STOPS"]

MENDED: list[tuple[str, str, str]] = [
    ("y = mean u", "u", "y = mean(u)"),
    ("y = sum(b[l], l in 1..3)", ",", "y = sum(b[l] for l in 1..3)"),
    ("y = sum(b[l] for l in 1:3)", ":", "y = sum(b[l] for l in 1..3)"),
    ("y = sum(b[l] for l in range(1, 3))", ")", "y = sum(b[l] for l in 1..2)"),
    ("y = sum(b[l] for l = 1..3)", "=", "y = sum(b[l] for l in 1..3)"),
    ("y = sum(b[l] for l in 1...3)", "1...3", "y = sum(b[l] for l in 1..3)"),
    ("y = sum b[l] for l in 1..3", "b", "y = sum(b[l] for l in 1..3)"),
    ("for l in 1..3 y[l] = b[l]", "=", "for l in 1..3: y[l] = b[l]"),
    ("for l in range(1, 4): y[l] = b[l]", ":", "for l in 1..3: y[l] = b[l]"),
    ("for l in 1:3: y[l] = b[l]", ":", "for l in 1..3: y[l] = b[l]"),
    ("for l in 1...3: y[l] = b[l]", "1...3", "for l in 1..3: y[l] = b[l]"),
    ("for l in 1..=3: y[l] = b[l]", "=", "for l in 1..3: y[l] = b[l]"),
    ("for l in 1 to 3: y[l] = b[l]", ":", "for l in 1..3: y[l] = b[l]"),
    ("for l in [1..3]: y[l] = b[l]", "[", "for l in 1..3: y[l] = b[l]"),
    ("for l in (1..3): y[l] = b[l]", "..", "for l in 1..3: y[l] = b[l]"),
    ("for l in [1, 2, 3]: y[l] = b[l]", "[", "for l in 1..3: y[l] = b[l]"),
    ("for l = 1..3: y[l] = b[l]", "=", "for l in 1..3: y[l] = b[l]"),
    ("for l=1 to 3: y[l] = b[l]", "=", "for l in 1..3: y[l] = b[l]"),
    ("for (l in 1..3): y[l] = b[l]", "(", "for l in 1..3: y[l] = b[l]"),
    ("for each l in 1..3: y[l] = b[l]", "l", "for l in 1..3: y[l] = b[l]"),
    ("matrix B[1:3] : n × n ~ N(0, 1)", ":", "matrix B[1..3] : n × n ~ N(0, 1)"),
    ("matrix B[1...3] : n × n ~ N(0, 1)", "1...3", "matrix B[1..3] : n × n ~ N(0, 1)"),
]

STOPS: list[tuple[str, str, str]] = [
    ("for l in 3: y[l] = b[l]", ":", "this is not a range"),
]
