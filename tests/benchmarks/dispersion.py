"""The NTK of all depths in one sweep: GFLOP/s against the machine's GEMM, and against autograd.

On one thread; seconds are those that the processor worked, so that other work on the machine counts
little, and rounds alternate the GEMM and the sweep. GFLOP/s count the backward products alone, the
time everything: drawing, forward pass, sums. The PyTorch side builds one network for a point and a
depth, and asks autograd for the gradient of all parameters, for the depths 10, 20 … 100 at two
points; the sweep's share of a (point, depth) is compared with their mean.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from benchmarks.laboratory import Laboratory
from benchmarks.registry import Benchmark, Case, Goal, Plot, Row, row
from threadpoolctl import threadpool_limits

from tpgraph.seeds import seed_sequence
from tpgraph.study.dispersion.deep_kernel import (
    Normals,
    Point,
    deep_ntk,
    draw_normals,
    product_flops,
)
from tpgraph.study.dispersion.settings import PRESETS

POINTS = PRESETS["fig1"].points
DEPTH = max(PRESETS["fig1"].depths)
AUTOGRAD_POINTS: tuple[Point, ...] = (("tanh", 4.0, 1.0), ("relu", 2.0, 1.0))
AUTOGRAD_DEPTHS = tuple(range(10, DEPTH + 1, 10))
GEMM = 2048


def seconds(work: Callable[[], Any]) -> float:
    """Processor seconds of this thread."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def gemm_peak(rounds: int) -> float:
    """GFLOP/s of float32 GEMM: the best of the shapes that a large sweep and a square have."""
    rng = np.random.default_rng(0)
    best = 0.0
    for rows, width in ((GEMM, GEMM), (5000, 500)):
        a = rng.standard_normal((rows, width), dtype=np.float32)
        b = rng.standard_normal((width, width), dtype=np.float32)
        out = np.empty_like(a)
        np.matmul(a, b, out=out)
        for _ in range(rounds):
            work = 2 * rows * width**2 / 1e9
            best = max(best, work / seconds(lambda a=a, b=b, out=out: np.matmul(a, b, out=out)))
    return best


def initialization(width: int) -> None:
    """What one task of the study computes."""
    deep_ntk(draw_normals(seed_sequence(0, "benchmark", width), width, DEPTH), POINTS)


def autograd_ntk(normals: Normals, point: Point, depth: int) -> float:
    """Θ_L(ξ, ξ) of one network by PyTorch's automatic differentiation, in float32."""
    torch: Any = import_module("torch")
    name, sigma_w2, sigma_b2 = point
    phi = {"tanh": torch.tanh, "relu": torch.relu}[name]
    scale, M = (sigma_w2 / normals.width) ** 0.5, normals.width
    first = np.zeros((M, M), np.float32)
    first[:, :1] = normals.first
    arrays = [first, *normals.hidden[: depth - 2], normals.readouts[depth - 2][None]]
    W = [torch.tensor(scale * array, requires_grad=True) for array in arrays]
    b = [
        torch.tensor(sigma_b2**0.5 * normals.biases[layer], requires_grad=True)
        for layer in range(depth - 1)
    ]
    x = torch.zeros(M)
    x[0] = M**0.5
    for layer in range(depth - 1):
        x = phi(W[layer] @ x + b[layer])
    gradients = torch.autograd.grad((W[-1] @ x).sum(), [*W, *b])
    return 1.0 + sum(float((gradient**2).sum()) for gradient in gradients)


def autograd(width: int) -> tuple[float, float]:
    """Mean seconds of a network by autograd, and how far its kernel is from the sweep's."""
    normals = draw_normals(seed_sequence(0, "benchmark", width), width, DEPTH)
    ours = deep_ntk(normals, AUTOGRAD_POINTS).values[:, :, 0, 0]
    autograd_ntk(normals, AUTOGRAD_POINTS[0], DEPTH)
    total, worst = 0.0, 0.0
    for p, point in enumerate(AUTOGRAD_POINTS):
        for depth in AUTOGRAD_DEPTHS:
            found: list[float] = []
            total += seconds(
                lambda point=point, depth=depth, found=found: found.append(
                    autograd_ntk(normals, point, depth)
                )
            )
            worst = max(worst, abs(found[0] / ours[p, depth - 1] - 1))
    return total / (len(AUTOGRAD_POINTS) * len(AUTOGRAD_DEPTHS)), worst


def float64_difference(width: int) -> float:
    """The largest relative difference of Θ between float32 and float64 products."""
    normals = draw_normals(seed_sequence(1, "benchmark", width), width, DEPTH)
    sample = POINTS[::10]
    single, double = (deep_ntk(normals, sample, dtype=kind).log for kind in ("float32", "float64"))
    return float(np.abs(np.expm1(single - double)).max())


def measure(case: Row, lab: Laboratory) -> Row:
    """One width: seconds, GFLOP/s, share of the GEMM's, speed-up over autograd."""
    import_module("torch").set_num_threads(1)
    width = case["width"]
    with threadpool_limits(limits=1):
        initialization(width)
        taken, peak = float("inf"), 0.0
        for _ in range(2 if lab.quick else 3):
            peak = max(peak, gemm_peak(2))
            taken = min(taken, seconds(lambda: initialization(width)))
        by_autograd, apart = autograd(width)
        double = float64_difference(width)
    flops = product_flops(width, DEPTH, len(POINTS))
    point = 1e3 * taken / (len(POINTS) * DEPTH)
    return {
        "ms": {"tpgraph": point, "autograd": 1e3 * by_autograd},
        "times": {"autograd": 1e3 * by_autograd / point},
        "GFLOP/s": flops / taken / 1e9,
        "GEMM GFLOP/s": peak,
        "share": flops / taken / 1e9 / peak,
        "off": {"autograd": apart, "float64": double},
    }


def cases(quick: bool) -> list[Case]:
    """The widths of the preset, or the narrow ones."""
    widths = PRESETS["fig1"].widths
    return [Case({"width": w}, 4.0 + 6e-5 * w**2) for w in (widths[:1] if quick else widths)]


DISPERSION = Benchmark(
    "dispersion",
    "The NTK of all depths in one sweep, one initialization of `study dispersion --preset fig1` "
    "on one thread in processor time, beside the machine's GEMM and a gradient by PyTorch's "
    "autograd for each point and depth; milliseconds are of a point and a depth.",
    cases,
    measure,
    (
        Goal(
            "share of the GEMM's rate at the widest",
            row("share", width=max(PRESETS["fig1"].widths)),
            0.7,
            "at least",
            "",
        ),
    ),
    (Plot("The NTK of all depths", "width", "ms"),),
)
