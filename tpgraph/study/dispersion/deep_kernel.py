"""The NTK of fully connected networks at initialization: every depth, every σ, in one sweep.

    h^l = W^l x^{l−1} + b^l,  x^l = φ(h^l),  l < L,     f_L = W^L x^{L−1} + b^L
    W^l_ij ~ N(0, σ_w²/M),  b^l_i ~ N(0, σ_b²),  x⁰ = ξ ∈ R^{M₀},  W¹_ij ~ N(0, σ_w²/M₀)

    Θ_L(ξ, ξ̄) = Σ_{l ≤ L} (δ_L^l · δ̄_L^l) (x^{l−1} · x̄^{l−1} + 1),   δ_L^L = 1,
    δ_L^l = φ′(h^l) ⊙ W^{l+1}ᵀ δ_L^{l+1},

the standard parametrization, L weight layers of width M, one output (Seleznova & Kutyniok,
2012.04477). Networks of all depths share W¹ … W^{L−1}; the readout of each depth is its own.

Speed: one initialization draws standard normals once, W^l = σ_w N^l/√M, and uses them for all
points (φ, σ_w², σ_b²). A layer of the backward sweep is then one product of matrices, rows
(depths above × points × inputs) by N^l. Errors of the points are therefore correlated, as are those
of the depths; initializations are independent.

Range: rows are scaled by the root mean square of φ′ at each layer, known from the forward pass, and
the logarithms of the scales are carried beside them; rows that leave [1e-12, 1e12] are set back to
norm 1. The forward pass is in float64, so that float32 and float64 sweeps see the same slopes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPDataError
from tpgraph.study.activations import value_and_slope

__all__ = ["DeepKernel", "Normals", "Point", "deep_ntk", "draw_normals", "product_flops"]

Array: TypeAlias = npt.NDArray[np.float64]
Floats: TypeAlias = npt.NDArray[np.floating[Any]]

Point: TypeAlias = tuple[str, float, float]
"""Activation, σ_w² and σ_b²."""

BLOCK = 2**20
"""Numbers in the rows that are swept at a time: enough for long products, and bounded memory."""

SMALL, LARGE = 1e-24, 1e24
"""Squared norms of rows beyond which they are set back to 1."""


@dataclass(frozen=True)
class Normals:
    """The standard normals of one initialization, in float32, from which every W, b is made.

    `first` (M, N): what N orthonormal directions of input become; `hidden`: L−2 arrays (M, M),
    N² … N^{L−1}; `biases` (L−1, M); `readouts` (L−1, M): of the depths 2 … L. A deeper draw from
    the same seeds begins with a shallower one.
    """

    first: npt.NDArray[np.float32]
    hidden: tuple[npt.NDArray[np.float32], ...]
    biases: npt.NDArray[np.float32]
    readouts: npt.NDArray[np.float32]

    @property
    def width(self) -> int:
        """M."""
        return len(self.first)

    @property
    def depth(self) -> int:
        """The largest depth L, in weight layers."""
        return len(self.biases) + 1


@dataclass(frozen=True)
class DeepKernel:
    """Θ_L(ξ_i, ξ_j) as `sign * exp(log)`: arrays (points, depths 1…L, N, N) in float64."""

    log: Array
    sign: Array

    @property
    def values(self) -> Array:
        """The kernel itself; inf where float64 cannot hold it."""
        with np.errstate(over="ignore"):
            return self.sign * np.exp(self.log)


def draw_normals(seeds: np.random.SeedSequence, width: int, depth: int, inputs: int = 1) -> Normals:
    """The standard normals of one initialization of width M, for depths up to L and N inputs."""
    rng = np.random.Generator(np.random.SFC64(seeds))

    def draw(*shape: int) -> npt.NDArray[np.float32]:
        return rng.standard_normal(shape, dtype=np.float32)

    first = draw(width, inputs)
    hidden, biases, readouts = [], [], []
    for layer in range(1, depth):
        if layer > 1:
            hidden.append(draw(width, width))
        biases.append(draw(width))
        readouts.append(draw(width))
    empty = np.zeros((0, width), np.float32)
    return Normals(
        first,
        tuple(hidden),
        np.array(biases) if biases else empty,
        np.array(readouts) if readouts else empty,
    )


def product_flops(width: int, depth: int, rows: int) -> int:
    """Floating-point operations of the backward products: 2M² for each row and layer.

    `rows` = points × inputs; depth L has rows at the layers L−2 … 1.
    """
    products = (depth - 1) * (depth - 2) // 2
    return 2 * width * width * rows * products


def deep_ntk(
    normals: Normals,
    points: Sequence[Point],
    gram: npt.ArrayLike = ((1.0,),),
    input_dim: int | None = None,
    dtype: str = "float32",
) -> DeepKernel:
    """Θ_L on N inputs for L = 1 … `normals.depth` at every point, of one initialization.

    `gram` (N, N) has ξ_i·ξ_j/M₀ and `input_dim` is M₀ (default M). `dtype` is that of the backward
    products. Raises TPDataError for a Gram matrix that is none and where activations overflow.
    """
    inputs = _inputs(np.asarray(gram, dtype=float))
    scale = normals.width if input_dim is None else input_dim
    forward = _forward(normals, points, inputs, scale, np.dtype(dtype))
    log = np.empty((len(points), normals.depth, len(inputs), len(inputs)))
    sign = np.empty_like(log)
    rows = max(1, normals.depth - 1) * len(inputs) * normals.width
    block = max(1, BLOCK // rows)
    for start in range(0, len(points), block):
        part = slice(start, start + block)
        log[part], sign[part] = _sweep(normals, forward.part(part))
    return DeepKernel(log, sign)


def _inputs(gram: Array) -> Array:
    """The N inputs in N orthonormal directions, over √M₀: A Aᵀ = gram."""
    if gram.ndim != 2 or gram.shape[0] != gram.shape[1] or not np.allclose(gram, gram.T):
        raise TPDataError("inner products of inputs make no symmetric matrix")
    values, vectors = np.linalg.eigh(gram)
    if values.min() < -1e-9 * max(1.0, values.max()):
        raise TPDataError(
            "no inputs have these inner products", expected="a positive semidefinite matrix"
        )
    return np.asarray(vectors * np.sqrt(values.clip(0)))


@dataclass(frozen=True)
class _Forward:
    """What the backward sweep needs of the forward pass.

    `masks` (L−1, points, N, M): φ′(h^l) over its root mean square and √M; `logs` (L−1, points, N):
    log of σ_w times that root mean square; `grams` (L, points, N, N): x^{l−1}·x̄^{l−1} + 1.
    """

    masks: Floats
    logs: Array
    grams: Array

    def part(self, points: slice) -> _Forward:
        return _Forward(
            np.ascontiguousarray(self.masks[:, points]), self.logs[:, points], self.grams[:, points]
        )


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # log 0 is −inf, inf is refused
def _forward(
    normals: Normals, points: Sequence[Point], inputs: Array, scale: int, dtype: np.dtype[Any]
) -> _Forward:
    """One pass of all points and inputs, in float64."""
    M, N, P, layers = normals.width, len(inputs), len(points), normals.depth - 1
    sigma_w = np.sqrt([point[1] for point in points])[:, None, None]
    sigma_b = np.sqrt([point[2] for point in points])[:, None, None]
    masks = np.empty((layers, P, N, M), dtype)
    logs, grams = np.empty((layers, P, N)), np.empty((layers + 1, P, N, N))
    grams[0] = scale * (inputs @ inputs.T) + 1
    g = np.broadcast_to(inputs @ normals.first.T.astype(float), (P, N, M))
    for layer in range(layers):
        x, slope = _activate(points, sigma_w * g + sigma_b * normals.biases[layer])
        if layer < layers - 1:
            weights = normals.hidden[layer].astype(float)
            g = (x.reshape(P * N, M) @ weights.T).reshape(P, N, M) / np.sqrt(M)
        size = np.sqrt(np.mean(slope**2, axis=2))
        safe = np.where(size > 0, size, 1.0)
        masks[layer] = slope / (safe[..., None] * np.sqrt(M))
        logs[layer] = np.log(sigma_w[..., 0] * size)
        grams[layer + 1] = x @ x.swapaxes(1, 2) + 1
        if not np.isfinite(grams[layer + 1]).all():
            raise TPDataError(
                f"activations overflow at layer {layer + 1}",
                mend="choose a smaller depth or a smaller σ_w²",
            )
    return _Forward(masks, logs, grams)


def _activate(points: Sequence[Point], h: Array) -> tuple[Array, Array]:
    """φ(h) and φ′(h), each point with its own φ; equal neighbours are done together."""
    x, slope = np.empty_like(h), np.empty_like(h)
    start = 0
    for stop in range(1, len(points) + 1):
        if stop == len(points) or points[stop][0] != points[start][0]:
            value_of, slope_of = value_and_slope(points[start][0])
            x[start:stop] = value_of(h[start:stop])
            slope[start:stop] = slope_of(h[start:stop])
            start = stop
    return x, slope


def _sweep(normals: Normals, forward: _Forward) -> tuple[Array, Array]:
    """log|Θ_L| and its sign at some points, (points, L, N, N).

    Row block d of `errors` belongs to depth L−d: it begins as a readout at layer L−d−1, and every
    layer below multiplies it by N^l and by the mask of its point. `offsets` has the logarithms of
    what was divided out, `top` (points, L, N) their largest over the layers of a depth, so that the
    sum is of numbers that float64 holds.
    """
    layers, P, N, M = forward.masks.shape
    top = _largest_offsets(forward.logs)
    base = top[:, :, :, None] + top[:, :, None, :]
    total = np.exp(-base) * forward.grams.swapaxes(0, 1)
    errors, products = (np.empty((layers, P, N, M), forward.masks.dtype) for _ in range(2))
    offsets = np.zeros((layers, P, N))
    for layer in range(layers, 0, -1):
        above = layers - layer
        if above:
            weights = normals.hidden[layer - 1].astype(errors.dtype, copy=False)
            np.matmul(
                errors[:above].reshape(above * P * N, M), weights,
                out=products[:above].reshape(above * P * N, M),
            )  # fmt: skip
        products[above] = normals.readouts[layer - 1]
        rows = products[: above + 1]
        rows *= forward.masks[layer - 1]
        offsets[: above + 1] += forward.logs[layer - 1]
        dots = _dots(rows)
        _set_back(rows, dots, offsets[: above + 1])
        scale = offsets[: above + 1] - top[:, : layer - 1 : -1].swapaxes(0, 1)[: above + 1]
        term = dots * forward.grams[layer - 1] * np.exp(scale[..., :, None] + scale[..., None, :])
        total[:, : layer - 1 : -1] += term.swapaxes(0, 1)
        errors, products = products, errors
    with np.errstate(divide="ignore"):
        return np.log(np.abs(total)) + base, np.sign(total)


def _largest_offsets(logs: Array) -> Array:
    """max(0, max_l Σ_{l ≤ k < L} logs_k) for every depth L, (points, L, N)."""
    layers, P, N = logs.shape
    top = np.zeros((P, layers + 1, N))
    for layer in range(layers):
        top[:, layer + 1] = np.maximum(0, logs[layer] + top[:, layer])
    return top


def _dots(rows: Floats) -> Array:
    """The inner products δ·δ̄ over units, (depths, points, N, N), summed in the rows' dtype."""
    return np.asarray(np.einsum("dpim,dpjm->dpij", rows, rows), dtype=np.float64)


def _set_back(rows: Floats, dots: Array, offsets: Array) -> None:
    """Give rows that became very short or long the norm 1, in place, with dots and offsets."""
    squares = np.einsum("dpii->dpi", dots)
    strange = (squares != 0) & ((squares < SMALL) | (squares > LARGE))
    if strange.any():
        norms = np.where(strange, np.sqrt(squares), 1.0)
        rows /= norms[..., None].astype(rows.dtype)
        dots /= norms[..., :, None] * norms[..., None, :]
        offsets += np.log(norms)
