"""Signs that the language does not have."""

from __future__ import annotations

__all__ = ["MENDED", "STOPS"]

MENDED: list[tuple[str, str, str]] = [
    ("y = W @ u", "@", "y = W u"),
    ("y = W %*% u", "%*%", "y = W u"),
    ("y = W^⊺ u", "⊺", "y = W' u"),
    ("y = u × v", "×", "y = u * v"),
    ("y ← tanh(u)", "←", "y = tanh(u)"),
    ("y ≔ tanh(u)", "≔", "y = tanh(u)"),
    ("y = u + v;", ";", "y = u + v"),
    ("y = u²", "²", "y = u^2"),
    ("y = u⁻¹", "⁻¹", "y = u^-1"),
    ("y = u – v", "–", "y = u - v"),
    ("y = u — v", "—", "y = u - v"),
    ("y = u ∗ v", "∗", "y = u * v"),
    ("y = u ∘ v", "∘", "y = u * v"),
    ("y = u ÷ 2", "÷", "y = u / 2"),
    ("y = sum(b[l] for l in 1…3)", "…", "y = sum(b[l] for l in 1..3)"),
    ("for l in 1…3: y[l] = b[l]", "…", "for l in 1..3: y[l] = b[l]"),
    ("for l ∈ 1..3: y[l] = b[l]", "∈", "for l in 1..3: y[l] = b[l]"),
    ("matrix B ∈ n × n ~ N(0, 1)", "∈", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ~ N(0; 1)", ";", "matrix B : n × n ~ N(0, 1)"),
    ("matrix B : n × n ∼ N(0, 1)", "∼", "matrix B : n × n ~ N(0, 1)"),
    ("label u = “x”", "“", 'label u = "x"'),
    ("y = u ; z = v", ";", "y = u \nz = v"),
    ("y = u?", "?", "y = u"),
    ("y = $u$", "$", "y = u"),
    ("y = max(u; v)", ";", "y = max(u, v)"),
]

STOPS: list[tuple[str, str, str]] = [
    ("y = u ⊗ v", "⊗", "U+2297"),
    ("y = <u, v>", "<", "`<` is not a sign"),
    ("y = !u", "!", "`!` is not a sign"),
    ("y = u % 2", "%", "`%` is not a sign"),
]
