"""Expressions that read well and are none."""

from __future__ import annotations

__all__ = ["MENDED", "STOPS"]

MENDED: list[tuple[str, str, str]] = [
    ("y = W * u", "W", "y = W u"),
    ("y = W*u", "W", "y = W u"),
    ("y = W·u", "W", "y = W u"),
    ("y = W^t u", "W^t", "y = W' u"),
    ("y = A u", "A u", "y = A' u"),
    ("y = tanh u", "tanh", "y = tanh(u)"),
    ("y = φ u", "φ", "y = φ(u)"),
    ("y = 2 u", "2 u", "y = 2 * u"),
    ("y = 2u", "2u", "y = 2 * u"),
    ("y = u 2", "u 2", "y = u * 2"),
    ("y = 2(u + v)", "2(u + v)", "y = 2 * (u + v)"),
    ("y = u v", "u v", "y = u * v"),
    ("y = (u + v)(u - v)", "(u + v)(u - v)", "y = (u + v) * (u - v)"),
    ("y = u(1 + v)", "u(1 + v)", "y = u * (1 + v)"),
    ("y = ½ u", "½", "y = (1/2) * u"),
    ("y = W W u v", "u v", "y = W W u * v"),
    ("y = L u", "L u", "y = L * u"),
    ("loss mean(u) mean(v)", "mean(u) mean(v)", "loss mean(u) * mean(v)"),
    ("y = u(v)", "u(v)", "y = u * (v)"),
    ("y = s(u)", "s(u)", "y = s * (u)"),
    ("y = s u", "s u", "y = s * u"),
    ("y = φ'' u", "φ", "y = φ''(u)"),
    ("y = (W u) v", "(W u) v", "y = (W u) * v"),
    ("y = sqrt 2 * u", "sqrt", "y = sqrt(2) * u"),
    ("y = √2 u", "√2 u", "y = √2 * u"),
    ("y = 1e5u", "1e5u", "y = 1e5 * u"),
    ("y = mean(u)(v)", "mean(u)(v)", "y = mean(u) * (v)"),
    ("y = tanh(u) tanh(v)", "tanh(u) tanh(v)", "y = tanh(u) * tanh(v)"),
    ("y = u tanh(v)", "u tanh(v)", "y = u * tanh(v)"),
]

STOPS: list[tuple[str, str, str]] = [
    ("y = u' v", "u' v", "only a matrix multiplies"),
    ("y = 0x1F * u", "0x1F", "is not a number"),
]
