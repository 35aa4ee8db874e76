"""What the tests of transforms share: the gallery at small sizes, draws, torch's derivatives."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch_oracle import evaluate

from tpgraph.interpreter import sample
from tpgraph.language import load, parse
from tpgraph.program import Program
from tpgraph.types import Fixed

DIAGRAMS = Path(__file__).parents[2] / "diagrams"
GALLERY = sorted(path.stem for path in DIAGRAMS.glob("*.tp"))
NETWORKS = ["autoencoder", "batchnorm", "gru", "mlp", "one_hidden", "resnet", "rnn", "transformer"]
WIDTHS = {"n": 6}


@cache
def gallery(name: str, parametrization: str | None = None) -> Program:
    """A program of the gallery, with a parametrization of one's choice."""
    if parametrization is None:
        return load(DIAGRAMS / f"{name}.tp")
    text = (DIAGRAMS / f"{name}.tp").read_text(encoding="utf-8")
    return parse(text.replace("parametrization ntk", f"parametrization {parametrization}"))


def draw(program: Program, widths: dict[str, int], seed: int = 0) -> dict[str, np.ndarray]:
    """Every initial object, data and targets included."""
    values = sample(program, widths, seed)
    rng = np.random.default_rng(seed + 1000)
    for declaration in (*program.data, *program.targets):
        dim = declaration.variable.dim
        assert isinstance(dim, Fixed)
        values[declaration.variable.name] = rng.standard_normal(dim.value)
    return values


def torch_errors(
    program: Program,
    initial: dict[str, np.ndarray],
    widths: dict[str, int],
    weights: dict[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """∂L/∂x for every variable x that is no matrix; L = Σ ⟨weight, value⟩ over `weights`."""
    leaves = {
        k: torch.tensor(np.asarray(v), dtype=torch.float64, requires_grad=True)
        for k, v in initial.items()
    }
    values = evaluate(program, leaves, widths)
    total = sum((values[k] * torch.as_tensor(w)).sum() for k, w in weights.items())
    names = [k for k, v in program.variables.items() if not v.is_matrix]
    found = torch.autograd.grad(total, [values[k] for k in names], allow_unused=True)
    return {
        k: np.zeros(values[k].shape) if g is None else g.numpy()
        for k, g in zip(names, found, strict=True)
    }
