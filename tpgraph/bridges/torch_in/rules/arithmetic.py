"""Coordinatewise operations: arithmetic, activations."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from tpgraph.bridges.torch_in.broadcasting import pointwise
from tpgraph.bridges.torch_in.cell_tensors import Operator, Pending, Tensor, as_operator, mapped
from tpgraph.bridges.torch_in.cells import Cell, Num, Op
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.rules.conditions import greater, where
from tpgraph.bridges.torch_in.rules.rule_table import NodeCall, rule

__all__: list[str] = []

_UNARY: dict[str, tuple[str, Callable[[float], float] | None]] = {
    "relu": ("relu", lambda z: max(z, 0.0)),
    "tanh": ("tanh", math.tanh),
    "sigmoid": ("sigmoid", lambda z: 1 / (1 + math.exp(-z))),
    "silu": ("silu", lambda z: z / (1 + math.exp(-z))),
    "exp": ("exp", math.exp),
    "log": ("log", math.log),
    "log1p": ("log1p", math.log1p),
    "expm1": ("expm1", math.expm1),
    "abs": ("abs", abs),
    "sin": ("sin", math.sin),
    "cos": ("cos", math.cos),
    "erf": ("erf", math.erf),
    "sign": ("sign", lambda z: float((z > 0) - (z < 0))),
    "sgn": ("sign", lambda z: float((z > 0) - (z < 0))),
    "atan": ("arctan", math.atan),
    "sinh": ("sinh", math.sinh),
    "cosh": ("cosh", math.cosh),
    "mish": ("mish", lambda z: z * math.tanh(math.log1p(math.exp(z)))),
    "hardsigmoid": ("hardsigmoid", lambda z: min(max(z + 3, 0), 6) / 6),
    "hardswish": ("hardswish", lambda z: z * min(max(z + 3, 0), 6) / 6),
    "relu6": ("relu6", lambda z: min(max(z, 0), 6)),
    "tan": ("tan", math.tan),
    "asinh": ("arsinh", math.asinh),
    "acosh": ("arcosh", math.acosh),
    "atanh": ("artanh", math.atanh),
    "exp2": ("exp2", lambda z: 2.0**z),
    "log2": ("log2", math.log2),
    "log10": ("log10", math.log10),
    "erfc": ("erfc", math.erfc),
}


def _enter_unary(operation: str, name: str, of: Callable[[float], float] | None) -> None:
    def unary(call: NodeCall, x: Any) -> Tensor:
        return mapped(call.tensor(x), lambda c: call.al.function(name, of, c))

    rule(operation)(unary)


for _operation, (_name, _of) in _UNARY.items():
    _enter_unary(_operation, _name, _of)


def _is_number(x: object) -> bool:
    return isinstance(x, int | float | tuple) or (isinstance(x, Tensor) and x.cells.ndim == 0
                                                 and isinstance(x.cells[()], Num))  # fmt: skip


def _factor(call: NodeCall, x: Any) -> Cell:
    cell = x.cells[()] if isinstance(x, Tensor) else call.al.number(x)
    assert isinstance(cell, Num)
    return cell


def _is_matrix(x: object) -> bool:
    if isinstance(x, Pending):
        return sum(s[0] != s[1] for s in x.shape) > 1
    return isinstance(x, Operator)


@rule("mul", "multiply")
def mul(call: NodeCall, a: Any, b: Any) -> Any:
    """A product; of a matrix and a number a matrix."""
    if _is_matrix(b) and _is_number(a):
        a, b = b, a
    if _is_number(a) and isinstance(b, Pending):
        a, b = b, a
    if isinstance(a, Pending) and _is_number(b):
        factor = _factor(call, b)
        return replace(a, factor=factor if a.factor is None else call.al.mul(factor, a.factor))
    if _is_number(b) and _is_matrix(a):
        return _scaled(call, as_operator(call.al, a), _factor(call, b))
    return pointwise(call.al, call.al.mul, a, b)


def _scaled(call: NodeCall, matrix: Operator, factor: Cell) -> Operator:
    return matrix.then(partial(call.al.mul, factor), partial(call.al.mul, factor))


@rule("div", "true_divide")
def div(call: NodeCall, a: Any, b: Any, **_: Any) -> Any:
    """A quotient; of a matrix by a number a matrix."""
    if isinstance(a, Pending | Operator) and _is_number(b):
        return mul(call, a, call.tensor(call.al.div(1, _factor(call, b))))
    return pointwise(call.al, call.al.div, a, b)


@rule("add")
def add(call: NodeCall, a: Any, b: Any, alpha: Any = 1) -> Any:
    """A sum; of two matrices a matrix."""
    if isinstance(a, Operator) != isinstance(b, Operator) and not (_is_matrix(a) and _is_matrix(b)):
        a, b = call.tensor(a), call.tensor(b)  # its rows as vectors
    if isinstance(a, Operator) or (_is_matrix(a) and _is_matrix(b)):
        return _sum(call, as_operator(call.al, a), as_operator(call.al, b), alpha)
    return pointwise(call.al, lambda u, v: call.al.add(u, call.al.mul(alpha, v)), a, b)


def _sum(call: NodeCall, a: Operator, b: Operator, alpha: Any) -> Operator:
    al = call.al

    def both(first: Any, second: Any) -> Any:
        if first is None or second is None:
            return None
        return lambda x: al.add(first(x), al.mul(alpha, second(x)))

    return Operator(
        a.rows,
        a.columns,
        both(a.forward, b.forward),
        both(a.backward, b.backward),
        both(a.row, b.row),
        both(a.column, b.column),
    )


@rule("sub")
def sub(call: NodeCall, a: Any, b: Any, alpha: Any = 1) -> Any:
    """A difference."""
    return add(call, a, b, call.al.neg(alpha))


@rule("rsub")
def rsub(call: NodeCall, a: Any, b: Any, alpha: Any = 1) -> Any:
    """B − α a."""
    return sub(call, b, a, alpha)


@rule("neg")
def neg(call: NodeCall, a: Any) -> Any:
    """−a."""
    return mul(call, a, -1)


@rule("reciprocal")
def reciprocal(call: NodeCall, a: Any) -> Tensor:
    """1 / a."""
    return mapped(call.tensor(a), lambda c: call.al.div(1, c))


@rule("rsqrt")
def rsqrt(call: NodeCall, a: Any) -> Tensor:
    """1 / √a."""
    al = call.al
    return mapped(call.tensor(a), lambda c: al.div(1, al.root(c)))


@rule("sqrt")
def sqrt(call: NodeCall, a: Any) -> Tensor:
    """√a."""
    return mapped(call.tensor(a), call.al.root)


@rule("square")
def square(call: NodeCall, a: Any) -> Tensor:
    """A squared."""
    return mapped(call.tensor(a), lambda c: call.al.power(c, 2))


@rule("pow")
def power(call: NodeCall, a: Any, exponent: Any) -> Tensor:
    """A to a power that is a number."""
    if not isinstance(exponent, int | float):
        raise refusal("an exponent that is no number", "write a^b as exp(b log a)")
    return mapped(call.tensor(a), lambda c: call.al.power(c, exponent))


@rule("maximum")
def maximum(call: NodeCall, a: Any, b: Any) -> Tensor:
    """The larger of two."""
    return pointwise(call.al, call.al.largest, a, b)


@rule("minimum")
def minimum(call: NodeCall, a: Any, b: Any) -> Tensor:
    """The smaller of two."""
    return pointwise(call.al, call.al.smallest, a, b)


@rule("clamp", "hardtanh", "clamp_min", "clamp_max")
def clamp(call: NodeCall, x: Any, low: Any = None, high: Any = None) -> Tensor:
    """Values kept between two numbers."""
    if call.site.name == "hardtanh":
        low, high = -1.0 if low is None else low, 1.0 if high is None else high
    if call.site.name == "clamp_max":
        low, high = None, low
    al = call.al

    def kept(cell: Cell, least: Cell | None, most: Cell | None) -> Cell:
        if most is None and least is not None:
            match cell:
                case Op("mul", (Num() as factor, rest)) if factor.value > 0:
                    return al.mul(factor, al.largest(rest, al.div(least, factor)))
        found = cell if least is None else al.largest(cell, least)
        return found if most is None else al.smallest(found, most)

    ends = [end for end in (low, high) if end is not None]

    def between(cell: Cell, *given: Cell) -> Cell:
        least = given[0] if low is not None else None
        return kept(cell, least, given[-1] if high is not None else None)

    return pointwise(al, between, call.tensor(x), *ends)


@rule("gelu")
def gelu(call: NodeCall, x: Any, approximate: str = "none") -> Tensor:
    """Gelu, or its approximation by tanh."""
    name = "gelu" if approximate == "none" else "gelu_tanh"
    return mapped(call.tensor(x), lambda c: call.al.op(name, c))


@rule("leaky_relu")
def leaky_relu(call: NodeCall, x: Any, slope: float = 0.01) -> Tensor:
    """Z, or slope · z where it is negative."""
    return mapped(call.tensor(x), lambda c: call.al.op("leaky_relu", c, slope))


@rule("rrelu_with_noise_functional", "rrelu_with_noise")
def rrelu(
    call: NodeCall,
    x: Any,
    _: Any,
    low: float = 1 / 8,
    high: float = 1 / 3,
    train: bool = False,
    *__: Any,
) -> list[Any]:
    """Leaky relu of the mean slope, in evaluation."""
    if train:
        raise refusal("rrelu draws its slopes at random", "import the module in evaluation mode")
    return [leaky_relu(call, x, (low + high) / 2), None]


@rule("logaddexp")
def logaddexp(call: NodeCall, a: Any, b: Any) -> Tensor:
    """log(exp a + exp b) = a + softplus(b − a)."""
    al = call.al
    return pointwise(al, lambda u, v: al.add(u, al.op("softplus", al.sub(v, u))), a, b)


@rule("hypot")
def hypot(call: NodeCall, a: Any, b: Any) -> Tensor:
    """√(a² + b²)."""
    al = call.al
    return pointwise(al, lambda u, v: al.op("sqrt", al.add(al.mul(u, u), al.mul(v, v))), a, b)


@rule("_prelu_kernel", "prelu")
def prelu(call: NodeCall, x: Any, slope: Any) -> Tensor:
    """Leaky relu of trained slope: one number, or one for each coordinate."""
    return pointwise(call.al, lambda z, a: call.al.op("leaky_relu", z, a), x, slope)


_SMOOTH = 20


@rule("softplus")
def softplus(call: NodeCall, x: Any, beta: float = 1, threshold: float = 20) -> Tensor:
    """log(1 + exp(βz)) / β, and z where βz is above a threshold.

    From 20 on, torch's own threshold, the two are equal up to e^−20 and one formula is written.
    """
    al, z = call.al, call.tensor(x)
    smooth = mapped(z, lambda c: al.div(al.op("softplus", al.mul(beta, c)), beta))
    if threshold >= _SMOOTH:
        return smooth
    pieces: Tensor = where(call, greater(call, z, threshold / beta), z, smooth)
    return pieces


@rule("elu")
def elu(call: NodeCall, x: Any, alpha: float = 1, scale: float = 1, inner: float = 1) -> Tensor:
    """Scale · z, or scale · α (exp(inner z) − 1) where it is negative."""
    al = call.al

    def of(cell: Cell) -> Cell:
        if inner != 1:
            raise refusal("an elu with an inner scale", "write it with exp and max")
        return al.mul(scale, al.op("elu", cell, alpha))

    return mapped(call.tensor(x), of)


@rule("log_sigmoid_forward", "log_sigmoid")
def log_sigmoid(call: NodeCall, x: Any) -> list[Any]:
    """−softplus(−z)."""
    al = call.al
    return [mapped(call.tensor(x), lambda c: al.neg(al.op("softplus", al.neg(c)))), None]
