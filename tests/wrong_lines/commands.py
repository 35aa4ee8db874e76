"""LaTeX in formulas."""

from __future__ import annotations

__all__ = ["MENDED", "STOPS"]

MENDED: list[tuple[str, str, str]] = [
    ("y = W^{T} u", "{", "y = W' u"),
    ("y = W^\\top u", "\\top", "y = W' u"),
    ("y = \\tanh(u)", "\\", "y = tanh(u)"),
    ("y = \\phi(u)", "\\", "y = phi(u)"),
    ("y = \\frac{u}{2}", "\\frac", "y = (u/2)"),
    ("y = \\sqrt{2} u", "\\sqrt", "y = sqrt(2) * u"),
    ("y = u^{2}", "{", "y = u^2"),
    ("y = u \\cdot v", "\\cdot", "y = u * v"),
    ("y = u \\times v", "\\times", "y = u * v"),
    ("y = u \\odot v", "\\odot", "y = u * v"),
    ("y = tanh{u}", "{", "y = tanh(u)"),
    ("y = {u + v}", "{", "y = (u + v)"),
    ("fn f(z) { z^2 }", "{", "fn f(z) = z^2"),
    ("for l in 1..3 { y[l] = b[l] }", "{", "for l in 1..3: y[l] = b[l]"),
    ("matrix B : n × n ~ \\mathcal{N}(0, 1)", "\\mathcal", "matrix B : n × n ~ N(0, 1)"),
    ("y = u \\", "\\", "y = u "),
]

STOPS: list[tuple[str, str, str]] = []
