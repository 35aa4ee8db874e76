"""All modules under test, their imports, and what is given to them."""

from __future__ import annotations

import os
from functools import cache

import numpy as np
import torch
from bridges import models, unusual

import tpgraph as tp

CASES = {**models.CASES, **unusual.CASES}
ALL = os.environ.get("TPGRAPH_TESTS") == "all"


def seldom(*slow):
    """All cases, the slow ones only where all is asked for."""
    return [name for name in CASES if ALL or name not in slow]


@cache
def imported(name: str, roll: bool = True):
    """The import of a case, once."""
    case = CASES[name]
    return tp.from_torch(case.make, case.example(), n=16, roll=roll, **case.options)


def with_target(name, module, example):
    """The example with a target, and the loss of the module at it; without a loss no target."""
    loss = CASES[name].options.get("loss")
    torch.manual_seed(5)
    if name == "loss_inside":
        example = (example[0], torch.randn_like(example[1]))
        return example, module(*example)
    if loss is None:
        return example, None
    out = module(*example)
    if loss == "cross_entropy":
        target = torch.tensor([2])
        return (*example, target), torch.nn.functional.cross_entropy(out, target)
    target = torch.randn_like(out)
    return (*example, target), torch.nn.functional.mse_loss(out, target)


def given(name, seeds):
    """Samples of the data of an import by name, (samples, d)."""
    i, case = imported(name), CASES[name]
    rows = [i.data(*with_target(name, case.module(16), case.example(seed))[0]) for seed in seeds]
    count = len(i.program.data)
    columns = list(zip(*rows, strict=True))[:count]
    names = [d.variable.name for d in i.program.data]
    return {name: np.concatenate(c) for name, c in zip(names, columns, strict=True)}
