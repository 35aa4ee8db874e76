"""Products: a parameter as a matrix, inner products of vectors, mixtures over positions."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from tpgraph.bridges.torch_in.broadcasting import as_numbers, pointwise
from tpgraph.bridges.torch_in.cell_tensors import (
    Operator,
    Pending,
    Tensor,
    as_operator,
    as_tensor,
    filled,
    mapped,
)
from tpgraph.bridges.torch_in.cells import Cell
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.rules.arithmetic import add, mul
from tpgraph.bridges.torch_in.rules.moving import transpose
from tpgraph.bridges.torch_in.rules.reductions import softmax
from tpgraph.bridges.torch_in.rules.rule_table import NodeCall, rule
from tpgraph.bridges.torch_in.sizes import is_wide

__all__: list[str] = []


@rule("mm", "matmul", "bmm")
def product(call: NodeCall, a: Any, b: Any) -> Any:
    """A product of matrices: of parameters, of a parameter and vectors, of vectors."""
    left, right = _is_map(a), _is_map(b)
    if left and right:
        return _chain(call, a, b)
    if right:
        return _applied(call, b, call.tensor(a), columns=True)
    if left:
        return _applied(call, a, call.tensor(b), columns=False)
    return of_tensors(call, call.tensor(a), call.tensor(b))


def _is_map(x: object) -> bool:
    """Whether it is a matrix: a parameter of two axes of its own, or made of such."""
    if isinstance(x, Pending):
        return sum(axis is not None for axis in x.axes) > 1
    return isinstance(x, Operator)


def _chain(call: NodeCall, a: Any, b: Any) -> Operator:
    first, second = as_operator(call.al, a), as_operator(call.al, b)
    row, column = first.row, second.column
    return Operator(
        first.rows,
        second.columns,
        lambda x: first.forward(second.forward(x)),
        lambda x: second.backward(first.backward(x)),
        None if row is None else lambda k: second.backward(row(k)),
        None if column is None else lambda k: first.forward(column(k)),
    )


def _applied(call: NodeCall, matrix: Any, x: Tensor, columns: bool) -> Tensor:
    """Rows of x times a matrix (`columns`), or a matrix times columns of x."""
    own = x.rank - 1 if columns else x.rank - 2
    if len(matrix.shape) > 2:
        return _batched(call, matrix, x, columns)
    if x.axis != own:
        return _over_positions(call, matrix, x, columns)
    operator = as_operator(call.al, matrix)
    apply = operator.backward if columns else operator.forward
    out = mapped(x, apply)
    return Tensor(out.cells, own, call.shape)


def _batched(call: NodeCall, matrix: Any, x: Tensor, columns: bool) -> Tensor:
    """A parameter with an axis of matrices in front, one for each position."""
    assert isinstance(matrix, Pending)
    lead = matrix.shape[0]
    if is_wide(lead):
        raise refusal(f"{matrix.param.name} holds a number of matrices that grows with width")
    parts = []
    for k in range(lead[0]):
        place = 0 if x.shape[0] == (1, 1) else k
        inner = x.without(0, np.take(x.cells, place, axis=x.place(0)))
        parts.append(_applied(call, matrix.taken(0, k), inner, columns))
    own = parts[0].axis
    assert own is not None
    return Tensor(np.stack([p.cells for p in parts]), own + 1, call.shape)


def _over_positions(call: NodeCall, matrix: Any, x: Tensor, columns: bool) -> Tensor:
    """A parameter that mixes positions: its entries are numbers, so they cannot be trained."""
    name = matrix.param.name if isinstance(matrix, Pending) else "a matrix"
    rows, inner = (matrix.shape[1], matrix.shape[0]) if columns else matrix.shape
    if isinstance(matrix, Pending) and is_wide(rows) != is_wide(inner) and x.axis is None:
        vectors = as_tensor(call.al, matrix)
        return of_tensors(call, *((x, vectors) if columns else (vectors, x)))
    raise refusal(
        f"{name} mixes the {inner[0]} positions of a tensor: a trained matrix between two fixed "
        "sizes",
        "let it act on the axis of the features, or give one of its sizes a width",
    )


def of_tensors(call: NodeCall, a: Tensor, b: Tensor) -> Tensor:
    """A product of tensors that are no parameters."""
    if a.axis == a.rank - 1 and b.axis == b.rank - 2:
        return _inner(call, a, b)
    if a.axis is None and (b.axis is None or b.axis == b.rank - 1):
        return _mixture(call, a, b)
    if a.axis == a.rank - 2 and b.axis is None:
        turned = _mixture(call, _turned(b), _turned(a))
        return _turned(turned)
    if a.axis == a.rank - 1 and b.axis == b.rank - 1 and a.size and not is_wide(a.size):
        return _mixture(call, as_numbers(call.al, a), b)
    if a.axis == a.rank - 2 and b.axis == b.rank - 2 and b.size and not is_wide(b.size):
        return _turned(_mixture(call, as_numbers(call.al, _turned(b)), _turned(a)))
    if a.axis is not None and a.axis == b.axis and a.axis < a.rank - 2:
        raise refusal(
            "products are taken for every coordinate of a vector of a width: the number of heads "
            "grows",
            "keep the number of heads fixed, and let their size grow",
        )
    raise refusal(
        "a matrix is made of activations: neither an inner product of vectors nor a mixture of "
        "vectors over positions",
        "an n × n matrix of activations (channel attention, outer products) is no Tensor Program; "
        "let a parameter lead from one vector to the other",
    )


def _turned(x: Tensor) -> Tensor:
    order = list(range(x.rank))
    order[-1], order[-2] = order[-2], order[-1]
    return x.permuted(order)


def _inner(call: NodeCall, a: Tensor, b: Tensor) -> Tensor:
    """Σ over coordinates: numbers for every pair of positions."""
    al = call.al
    assert a.size is not None
    size, A, B = a.size, a.cells, b.cells
    lead = np.broadcast_shapes(A.shape[:-1], B.shape[:-1])
    A = np.broadcast_to(A, lead + A.shape[-1:])
    B = np.broadcast_to(B, lead + B.shape[-1:])

    def pair(i: tuple[int, ...]) -> Cell:
        return al.sum(al.mul(A[(*i[:-2], i[-2])], B[(*i[:-2], i[-1])]), size)

    return Tensor(filled((*lead, A.shape[-1], B.shape[-1]), pair), None, call.shape)


def _mixture(call: NodeCall, a: Tensor, b: Tensor) -> Tensor:
    """Σ over positions of numbers times vectors, or times numbers."""
    al, A, B = call.al, a.cells, b.cells
    count = A.shape[-1]
    if b.axis is None:
        lead = np.broadcast_shapes(A.shape[:-2], B.shape[:-2])
        A = np.broadcast_to(A, lead + A.shape[-2:])
        B = np.broadcast_to(B, lead + B.shape[-2:])

        def number(i: tuple[int, ...]) -> Cell:
            return al.add(*(al.mul(A[(*i[:-1], j)], B[(*i[:-2], j, i[-1])]) for j in range(count)))

        shape = (*lead, A.shape[-2], B.shape[-1])
        return Tensor(filled(shape, number), None, call.shape)
    lead = np.broadcast_shapes(A.shape[:-2], B.shape[:-1])
    A = np.broadcast_to(A, lead + A.shape[-2:])
    B = np.broadcast_to(B, lead + B.shape[-1:])

    def mixed(i: tuple[int, ...]) -> Cell:
        return al.add(*(al.mul(A[(*i, j)], B[(*i[:-1], j)]) for j in range(count)))

    return Tensor(filled((*lead, A.shape[-2]), mixed), len(call.shape) - 1, call.shape)


@rule("addmm", "baddbmm")
def addmm(call: NodeCall, c: Any, a: Any, b: Any, beta: Any = 1, alpha: Any = 1) -> Any:
    """β c + α a b."""
    inner = product(call, a, b)
    scaled = inner if alpha == 1 else mul(call, inner, alpha)
    return add(call, scaled, c if beta == 1 else mul(call, c, beta))


@rule("linear")
def linear(call: NodeCall, x: Any, weight: Any, bias: Any = None) -> Any:
    """X Wᵀ + b."""
    out = product(call, x, transpose(call, weight))
    return out if bias is None else add(call, out, bias)


@rule("mv", "dot")
def vector_product(call: NodeCall, a: Any, b: Any) -> Any:
    """A matrix times a vector, or an inner product."""
    al = call.al
    if _is_map(a) and len(a.shape) == 2:
        operator = as_operator(al, a)
        x = call.tensor(b, -1)
        return Tensor(mapped(x, operator.forward).cells, 0, call.shape)
    x, y = call.tensor(a, -1), call.tensor(b, -1)
    if x.rank == 2 and y.rank == 1:
        y = y.with_axis(1)
        return of_tensors(call, x, y)
    assert x.size is not None
    size = x.size
    cells = filled((), lambda _: al.sum(al.mul(x.cells[()], y.cells[()]), size))
    return Tensor(cells, None, ())


@rule("_trilinear")
def trilinear(call: NodeCall, a: Any, w: Any, b: Any, *_: Any) -> Tensor:
    """Σ_ij a_i W_oij b_j, as torch's Bilinear: for every entry i of a fixed vector a matrix."""
    x, y = call.tensor(a), call.tensor(b)
    if not isinstance(w, Pending) or len([k for k in w.axes if k is not None]) != 3:
        raise refusal("a trilinear product that is none of nn.Bilinear")
    al = call.al
    real = [k for k, axis in enumerate(w.axes) if axis is not None]
    W = replace(w, axes=tuple(w.axes[k] for k in real))
    _, first, second = W.shape
    if is_wide(first) and not is_wide(second):
        x, y, W = y, x, W.permuted([0, 2, 1])
        first, second = second, first
    if is_wide(first):
        raise refusal(
            f"{w.param.name} is bilinear in two vectors that grow with width",
            "let one of the two be of fixed size",
        )
    x, y = (_squeezed(t) for t in (x, y))

    def entry(i: tuple[int, ...]) -> Cell:
        ones = [al.mean(c) for c in al.split(x.cells[i], first[0])]
        parts = [as_operator(al, W.taken(1, k)).forward(y.cells[i]) for k in range(first[0])]
        return al.add(*(al.mul(one, part) for one, part in zip(ones, parts, strict=True)))

    out = filled(x.cells.shape, entry)
    shape = [s[0] for s in call.shape[:-1]]
    return Tensor(out.reshape(shape), len(call.shape) - 1, call.shape)


def _squeezed(x: Tensor) -> Tensor:
    """Without the axes of size 1 that _trilinear broadcasts over."""
    assert x.axis is not None
    for axis in reversed(range(1, x.rank)):
        if axis != x.axis and x.shape[axis] == (1, 1):
            x = x.without(axis, np.take(x.cells, 0, axis=x.place(axis)))
            assert x.axis is not None
    return x


@rule("scaled_dot_product_attention")
def attention(
    call: NodeCall,
    q: Any,
    k: Any,
    v: Any,
    mask: Any = None,
    dropout: float = 0.0,
    causal: bool = False,
    scale: Any = None,
    **_: Any,
) -> Tensor:
    """softmax(scale · q kᵀ + mask) v, over the positions."""
    al = call.al
    if dropout:
        raise refusal("dropout in attention draws at random", "import in evaluation mode")
    q, k, v = (call.tensor(t) for t in (q, k, v))
    assert q.size is not None
    factor = al.power(al.size(q.size), -0.5) if scale is None else al.number(scale)
    logits = mapped(_inner(call, q, _turned(k)), lambda c: al.mul(factor, c))
    lead = (*q.shape[:-1], k.shape[-2])
    logits = call.keep(Tensor(logits.cells, None, lead), "l")
    masked = pointwise(al, al.add, logits, _mask(call, mask, causal, logits))
    weights = softmax(call, masked, masked.rank - 1)
    return of_tensors(call, weights, v)


def _mask(call: NodeCall, mask: Any, causal: bool, logits: Tensor) -> Any:
    al = call.al
    if causal:
        T, S = logits.cells.shape[-2:]
        out = filled((T, S), lambda i: al.number(0.0 if i[1] <= i[0] else -math.inf))
        return Tensor(out, None, ((T, T), (S, S)))
    if mask is None:
        return 0
    if isinstance(mask, Tensor):
        return mask
    array = np.asarray(mask)
    if array.dtype == np.bool_:
        array = np.where(array, 0.0, -math.inf)
    return array


@rule("_scaled_dot_product_flash_attention_for_cpu")
def flash(
    call: NodeCall,
    q: Any,
    k: Any,
    v: Any,
    dropout: float = 0.0,
    causal: bool = False,
    *,
    attn_mask: Any = None,
    scale: Any = None,
) -> list[Any]:
    """Attention, as the CPU computes it."""
    return [attention(call, q, k, v, attn_mask, dropout, causal, scale), None]
