"""Kernels of a torch module by autograd, at one width, over its own initializations."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import nn


def gaussian(module: nn.Module, seed: int) -> nn.Module:
    """What torch's layers draw uniformly, from a Gaussian of the same variance in its place.

    numpy draws: the same numbers on every processor, which torch's are not.
    """
    draws = np.random.default_rng(seed)
    for layer in module.modules():
        if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d):
            bound = layer.weight[0].numel() ** -0.5
        elif isinstance(layer, nn.RNNBase):
            bound = layer.hidden_size**-0.5
        else:
            continue
        for parameter in layer.parameters(recurse=False):
            drawn = draws.normal(0, bound / math.sqrt(3), tuple(parameter.shape))
            parameter.data = torch.from_numpy(drawn).to(parameter.dtype)
    return module


def kernels(make, X, readout, n, initializations, redraw=gaussian):
    """(NNGP, NTK / n) of the first output, the means over initializations.

    f is linear in its readout V of variance v: E_V f f' = v Σ ∂f/∂V ∂f'/∂V, which needs no average
    over V.
    """
    sums = [np.zeros((len(X), len(X))) for _ in range(2)]
    for seed in range(initializations):
        torch.manual_seed(1000 + seed)
        module = redraw(make(n).double(), seed).eval()
        parameters = {k: p for k, p in module.named_parameters() if p.requires_grad}
        variance = 1 / (3 * parameters[readout][0].numel())
        rows, read = [], []
        for x in X:
            out = module(*x).reshape(-1)[0]
            gradients = torch.autograd.grad(out, list(parameters.values()), allow_unused=True)
            found = dict(zip(parameters, gradients, strict=True))
            rows.append(torch.cat([g.ravel() for g in gradients if g is not None]))
            read.append(found[readout].ravel())
        J, V = torch.stack(rows), torch.stack(read)
        sums[0] += (variance * V @ V.T).numpy() / initializations
        sums[1] += (J @ J.T).numpy() / n / initializations
    return sums


def distance(found, limit):
    """The largest difference, of the largest entry."""
    return float(np.abs(found - limit).max() / np.abs(limit).max())
