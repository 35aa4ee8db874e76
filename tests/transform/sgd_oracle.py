"""Real SGD: torch's autograd for gradients, torch.optim.SGD's rules for the steps."""

from __future__ import annotations

import numpy as np
from torch_oracle import evaluate, loss_and_gradients

from tpgraph.program import Program


def train(
    program: Program,
    initial: dict[str, np.ndarray],
    batches: list[list[dict[str, np.ndarray]]],
    test: dict[str, np.ndarray],
    widths: dict[str, int],
    rates: list[float],
    weight_decay: float = 0.0,
    momentum: float = 0.0,
) -> list[dict[str, np.ndarray]]:
    """All values of the test example before training and after each step."""
    trained = {
        p.variable.name: np.array(initial[p.variable.name], copy=True) for p in program.parameters
    }
    velocity = {name: np.zeros_like(w) for name, w in trained.items()}
    c = float(program.parametrization.c)
    factor = widths[program.widths[0].name] ** -c

    def look() -> dict[str, np.ndarray]:
        values = evaluate(program, {**initial, **trained, **test}, widths)
        return {k: v.numpy() for k, v in values.items()}

    seen = [look()]
    for rate, batch in zip(rates, batches, strict=True):
        _, gradients = loss_and_gradients(program, {**initial, **trained}, batch, widths)
        for name, w in trained.items():
            step = factor * gradients[name] + weight_decay * w
            velocity[name] = momentum * velocity[name] + step
            trained[name] = w - rate * velocity[name]
        seen.append(look())
    return seen
