"""An independent reading of a Program: PyTorch operations, autograd for the gradients.

One sample at a time, float64. Nothing is shared with the derivatives of `tpgraph.functions`:
the functions are written again here, with the conventions at kinks that the table states.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from tpgraph.functions import Apply, Argument, Defined, Expression, Number
from tpgraph.interpreter import multipliers
from tpgraph.program import MatMul, Moment, Nonlin, Program

Tensor = torch.Tensor


def _step(z: Tensor) -> Tensor:
    return (z > 0).to(z.dtype) + 0 * z


def _sign(z: Tensor) -> Tensor:
    return torch.sign(z.detach()) + 0 * z


FUNCTIONS: dict[str, Any] = {
    "neg": lambda a: -a,
    "div": lambda a, b: a / b,
    "pow": torch.pow,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda z, slope: torch.where(z > 0, z, slope * z),
    "erf": torch.erf,
    "sigmoid": torch.sigmoid,
    "gelu": lambda z: z * (1 + torch.erf(z / 2**0.5)) / 2,
    "silu": lambda z: z * torch.sigmoid(z),
    "softplus": lambda z: torch.logaddexp(z, torch.zeros_like(z)),
    "sin": torch.sin,
    "cos": torch.cos,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "arctan": torch.arctan,
    "exp": torch.exp,
    "log": torch.log,
    "abs": torch.abs,
    "sign": _sign,
    "step": _step,
    "sqrt": torch.sqrt,
    "min": lambda a, b: torch.where(a < b, a, b),
    "max": lambda a, b: torch.where(a > b, a, b),
}


def _value(expression: Expression, arguments: list[Tensor]) -> Tensor:
    match expression:
        case Number(value):
            return torch.tensor(float(value), dtype=torch.float64)
        case Argument(index):
            return arguments[index]
        case Apply(function, inner, order):
            values = [_value(e, arguments) for e in inner]
            return _derivative(function, order, values) if order else _call(function, values)


def _call(function: Any, values: list[Tensor]) -> Tensor:
    if isinstance(function, Defined):
        return _value(function.body, values)
    if function.name == "add":
        return sum(values[1:], values[0])
    if function.name == "mul":
        total = values[0]
        for value in values[1:]:
            total = total * value
        return total
    return FUNCTIONS[function.name](*values)


def _derivative(function: Any, order: int, values: list[Tensor]) -> Tensor:
    """The order-th derivative, by autograd; differentiable itself."""
    (z,) = values
    if order == 0:
        return _call(function, [z])
    point = z + torch.zeros_like(z, requires_grad=True)
    with torch.enable_grad():
        below = _derivative(function, order - 1, [point])
        (slope,) = torch.autograd.grad(below.sum() + 0 * point.sum(), point, create_graph=True)
    return slope


def evaluate(
    program: Program, initial: Mapping[str, Any], widths: Mapping[str, int]
) -> dict[str, Tensor]:
    """Every variable's value; `initial` as for the interpreter, tensors or arrays."""
    factor = multipliers(program, widths)
    values = {
        v.name: torch.as_tensor(initial[v.name], dtype=torch.float64) * factor.get(v.name, 1.0)
        for d in program.declarations
        for v in d.variables
    }
    for equation in program.equations:
        match equation:
            case MatMul(out, matrix, transpose, operand):
                W = values[matrix.name]
                values[out.name] = (W.T if transpose else W) @ values[operand.name]
            case Nonlin(out, function, arguments):
                y = _value(function, [values[a.name] for a in arguments])
                n = max(values[a.name].numel() for a in arguments if a.is_vector)
                values[out.name] = y.expand(n)
            case Moment(out, function, arguments):
                values[out.name] = _value(function, [values[a.name] for a in arguments]).mean()
    return values


def loss_and_gradients(
    program: Program,
    initial: Mapping[str, Any],
    batch: list[Mapping[str, Any]],
    widths: Mapping[str, int],
) -> tuple[float, dict[str, np.ndarray]]:
    """The loss (mean over the batch, sum over entries) and its gradients for every trained w."""
    trained = {
        p.variable.name: torch.tensor(
            np.asarray(initial[p.variable.name]), dtype=torch.float64, requires_grad=True
        )
        for p in program.parameters
    }
    assert program.loss is not None
    total = torch.zeros((), dtype=torch.float64)
    for sample in batch:
        values = evaluate(program, {**initial, **sample, **trained}, widths)
        total = total + values[program.loss.name].sum() / len(batch)
    if total.requires_grad:
        total.backward()
    return float(total.detach()), {
        name: np.zeros(w.shape) if w.grad is None else w.grad.numpy() for name, w in trained.items()
    }
