"""What generated code is compared with, and by what measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch_oracle

from tpgraph.compiler import Module, Params
from tpgraph.interpreter import interpret, sample
from tpgraph.program import Program


def inputs(program: Program, batch: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Random data and targets (batch, d) by source name."""
    rng = np.random.default_rng([seed, 7])
    variables = [d.variable for d in (*program.data, *program.targets)]
    return {v.name: rng.standard_normal((batch, v.dim.size({}))) for v in variables}


def distance(ours: Any, theirs: Any) -> float:
    """The largest difference, relative to the largest entry (or to 1, if that is larger)."""
    ours, theirs = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    scale = max(1.0, float(np.abs(theirs).max(initial=0.0)))
    return float(np.abs(ours - theirs).max(initial=0.0)) / scale


def of_sample(arrays: Mapping[str, np.ndarray], index: int) -> dict[str, np.ndarray]:
    return {name: array[index] for name, array in arrays.items()}


def check_values(module: Module, widths: dict[str, int], batch: int = 3, seed: int = 0) -> float:
    """The largest distance of any variable from the interpreter, over the samples of a batch."""
    program = module.program
    params = module.init(widths, seed)
    initial = sample(program, widths, seed)
    for name, value in initial.items():
        assert distance(params[name].reshape(value.shape), value) < 1e-13, name
    arrays = inputs(program, batch, seed)
    found = dict(module.variables(params, *arrays.values()))
    worst = 0.0
    for index in range(batch):
        expected = interpret(program, {**initial, **of_sample(arrays, index)}, widths)
        for equation in program.equations:
            name = equation.out.name
            value = found[name]
            value = value[index] if value.ndim == 2 else value
            worst = max(worst, distance(value.reshape(expected[name].shape), expected[name]))
        for output, value in outputs(module, params, arrays).items():
            row = value[index] if program.data else value
            worst = max(worst, distance(row.reshape(expected[output].shape), expected[output]))
    return worst


def outputs(
    module: Module, params: Params, arrays: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The outputs of a network by name, whether there is one or several."""
    program = module.program
    if not program.outputs or not program.is_network:
        return {}
    result = module.forward(params, *(arrays[d.variable.name] for d in program.data))
    return result if isinstance(result, dict) else {program.outputs[0].name: result}


def check_gradients(module: Module, widths: dict[str, int], batch: int = 3, seed: int = 0) -> float:
    """The largest distance of loss and gradients from PyTorch's."""
    program = module.program
    params = module.init(widths, seed)
    arrays = inputs(program, batch, seed)
    loss, grads = module.backward(params, *arrays.values())
    shaped = {  # scalars as the interpreter has them, and nothing that is no variable
        name: value.reshape(()) if program.variables[name].is_scalar else value
        for name, value in params.items()
        if name in program.variables
    }
    batches = [of_sample(arrays, index) for index in range(batch)]
    expected, torch_grads = torch_oracle.loss_and_gradients(program, shaped, batches, widths)
    assert list(grads) == [p.variable.name for p in program.parameters]
    worst = distance(loss, expected)
    for name, gradient in grads.items():
        assert gradient.dtype == module.dtype
        worst = max(worst, distance(gradient, torch_grads[name]))
    return worst


def central_difference(
    module: Module, params: Params, arrays: Mapping[str, np.ndarray], name: str, step: float = 1e-5
) -> np.ndarray:
    """∂loss/∂w by central differences, entry by entry."""
    slopes = np.zeros_like(params[name])
    for place in np.ndindex(slopes.shape):
        kept = params[name][place]
        losses = []
        for shifted in (kept + step, kept - step):
            params[name][place] = shifted
            losses.append(float(module.backward(params, *arrays.values())[0]))
        params[name][place] = kept
        slopes[place] = (losses[0] - losses[1]) / (2 * step)
    return slopes
