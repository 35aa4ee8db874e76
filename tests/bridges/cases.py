"""What a module under test is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn


class Function(nn.Module):
    """Layers by name, and a forward pass that is given: for modules of a few lines."""

    def __init__(self, run: Callable[..., Any], **layers: Any) -> None:
        super().__init__()
        for name, layer in layers.items():
            setattr(self, name, layer)
        self.run = run

    def forward(self, x: Any) -> Any:
        return self.run(self, x)


def between(n: int, layer: nn.Module, d: int = 4) -> nn.Module:
    """A layer of width n between an input and a readout."""
    return nn.Sequential(nn.Linear(d, n), layer, nn.Linear(n, 1))


@dataclass(frozen=True)
class Case:
    """A module: how it is made, the shapes of its arguments, how it is imported."""

    make: Callable[[int], nn.Module]
    shapes: tuple[tuple[int, ...], ...] = ((1, 4),)
    tokens: int = 0
    options: dict[str, Any] = field(default_factory=dict)

    def example(self, seed: int = 0, samples: int | None = None) -> tuple[torch.Tensor, ...]:
        """Arguments, with so many samples in place of one."""
        torch.manual_seed(seed)
        shapes = [(samples or s[0], *s[1:]) for s in self.shapes]
        if self.tokens:
            return tuple(torch.randint(self.tokens, s) for s in shapes)
        return tuple(torch.randn(s, dtype=torch.float64) for s in shapes)

    def module(self, n: int, seed: int = 0) -> nn.Module:
        """The module at a width, away from its initialization."""
        torch.manual_seed(seed)
        module = self.make(n).double().train(self.options.get("train", False))
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.add_(0.05 * torch.randn_like(parameter))
        return module
