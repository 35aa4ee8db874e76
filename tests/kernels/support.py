"""What the tests of kernels share: networks, inputs, the Jacobians of PyTorch's autograd."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch_oracle import evaluate

from tpgraph.program import Program

TWO_DEPTHS = """program two_depths
width n
dim d = 3
parametrization ntk
data ξ : d
param W : n × d ~ N(0, 1)
param U : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
x = erf(W ξ)
z = erf(U x + W ξ)
f = V x
g = V z
output f
output g
"""
"""Two outputs of one readout, of which one reads a layer more."""


def inputs(program: Program, count: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Random data (count, d) by source name."""
    rng = np.random.default_rng([seed, 11])
    variables = [d.variable for d in program.data]
    return {v.name: rng.standard_normal((count, v.dim.size({}))) for v in variables}


def jacobian(
    program: Program,
    initial: Mapping[str, Any],
    widths: Mapping[str, int],
    wrt: Iterable[str],
) -> np.ndarray:
    """∂(all outputs)/∂(these trained w), (m, P), of one sample."""
    trained = {name: torch.tensor(np.asarray(initial[name]), requires_grad=True) for name in wrt}
    targets = {t.variable.name: np.zeros(t.variable.dim.size({})) for t in program.targets}
    values = evaluate(program, {**targets, **initial, **trained}, dict(widths))
    rows = []
    for output in program.outputs:
        for component in values[output.name].reshape(-1):
            if not component.requires_grad:
                rows.append(np.zeros(sum(w.numel() for w in trained.values())))
                continue
            found = torch.autograd.grad(
                component, list(trained.values()), allow_unused=True, retain_graph=True
            )
            slopes = [
                torch.zeros_like(w) if g is None else g
                for g, w in zip(found, trained.values(), strict=True)
            ]
            rows.append(torch.cat([g.reshape(-1) for g in slopes]).numpy())
    return np.array(rows)


def gram(
    program: Program,
    initial: Mapping[str, Any],
    data: Mapping[str, np.ndarray],
    widths: Mapping[str, int],
    wrt: Iterable[str] | None = None,
) -> np.ndarray:
    """J Jᵀ over samples and output components, (N, m, N, m)."""
    names = [p.variable.name for p in program.parameters] if wrt is None else list(wrt)
    count = len(next(iter(data.values())))
    samples = [{name: array[i] for name, array in data.items()} for i in range(count)]
    jacobians = [jacobian(program, {**initial, **one}, widths, names) for one in samples]
    return np.einsum("iap,jbp->iajb", jacobians, jacobians)


def four(kernel: np.ndarray) -> np.ndarray:
    """(N, N) as (N, 1, N, 1)."""
    return kernel if kernel.ndim == 4 else kernel[:, None, :, None]


def relative(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The greatest difference, in units of the greatest entry."""
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())
