"""Programs without any order: what is hardest to lay out."""

from __future__ import annotations

import random

__all__ = ["random_graph"]


def random_graph(lines: int, seed: int = 0) -> str:
    """Instructions of two kinds, a product and a Nonlin each, on whatever there is."""
    draw = random.Random(seed)
    rows = ["program graph", "width n", "matrix W[1..3] : n × n ~ N(0, 1)"]
    rows.append("vector b[1..4] : n ~ N(0, 1)")
    known = [f"b[{k}]" for k in range(1, 5)]
    for k in range(lines):
        first, second = draw.choice(known), draw.choice(known)
        rows.append(f"x{k} = tanh(W[{draw.randint(1, 3)}] {first} + {second})")
        known.append(f"x{k}")
    return "\n".join(rows) + "\n"
