"""Sampled kernels over many inputs: threads, rows of several outputs, errors of whole kernels."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.gallery import entry
from tpgraph.kernels import kernel, mean_kernel, row_passes
from tpgraph.kernels.plan.executing import Resources
from tpgraph.limits.sampling import rare
from tpgraph.limits.sampling.block_values import values_of
from tpgraph.program import Program
from tpgraph.shared_work import Shared, Stopped, share

NETWORK = """
program both
width n
parametrization ntk
dim d = 4
data ξ : d
param U : n × d ~ N(0, 1)
param A, B : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
x = {φ}(U ξ)
y = tanh(A x)
z = {φ}(B (x + y))
f = V z
g = V (y + x)
output f, g
"""
SAMPLES = 2**13


def inputs(program: Program, count: int, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        d.variable.name: rng.standard_normal((count, d.variable.dim.size({}))) for d in program.data
    }


def shares(φ: str, seeds: int, kind: str = "ntk") -> np.ndarray:
    """How many entries are within one, two and three errors of the exact kernel."""
    program = tp.parse(NETWORK.format(φ=φ))
    X = inputs(program, 6)
    exact = kernel(program, X, engine="exact")
    found = []
    for seed in range(seeds):
        own = kernel(program, X, engine="sampled", samples=SAMPLES, seed=seed)
        off = np.abs(getattr(own, kind) - getattr(exact, kind)) / getattr(own, f"{kind}_error")
        found.append([(off < k).mean() for k in (1, 2, 3)])
    return np.mean(found, axis=0)


@pytest.mark.parametrize("φ", ["tanh", "relu"])
@pytest.mark.parametrize("kind", ["ntk", "nngp"])
def test_errors_cover_as_standard_errors_do(φ: str, kind: str) -> None:
    one, two, three = shares(φ, 12, kind)
    assert 0.5 < one < 0.85
    assert two > 0.85
    assert three > 0.95


def test_rows_of_the_wrong_pass_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = row_passes._renamed

    def mixed_up(equation, names):  # type: ignore[no-untyped-def]
        """Products with one matrix read the first row's vector."""
        if getattr(equation, "matrix", None) and equation.matrix.name == "B":
            names = {**names, equation.operand.name: equation.operand}
        return original(equation, names)

    monkeypatch.setattr(row_passes, "_renamed", mixed_up)
    assert shares("tanh", 2)[2] < 0.9


def test_batch_normalization_beside_wide_networks() -> None:
    program = entry("batchnorm").program()
    X = inputs(program, 3)
    found = kernel(program, X, "ntk", engine="sampled", samples=4 * SAMPLES)
    assert found.ntk is not None
    wide = mean_kernel(program, X, {"n": 1500}, inits=12, kind="ntk", components="all")
    assert wide.ntk is not None
    size = np.sqrt(np.einsum("iaia->ia", wide.ntk))
    off = np.abs(found.ntk - wide.ntk) / np.multiply.outer(size, size)
    assert off.max() < 0.15


@pytest.mark.parametrize("count", [20, 40])
def test_threads_change_no_digit(count: int) -> None:
    program = tp.parse(NETWORK.format(φ="relu"))
    X = inputs(program, count)
    one, two = (
        kernel(
            program, X, engine="sampled", samples=SAMPLES * 8, resources=Resources(threads=threads)
        )
        for threads in (1, 2)
    )
    for kind in ("ntk", "nngp", "ntk_error", "nngp_error"):
        assert np.array_equal(getattr(one, kind), getattr(two, kind))


def test_inputs_do_not_depend_on_their_neighbours() -> None:
    """Of 30 inputs, and of 5 of them, up to the errors of both."""
    program = tp.parse(NETWORK.format(φ="tanh"))
    X = inputs(program, 30)
    many = kernel(program, X, engine="sampled", samples=SAMPLES)
    few = kernel(program, {k: v[:5] for k, v in X.items()}, engine="sampled", samples=SAMPLES)
    off = np.abs(many.ntk[:5, :, :5] - few.ntk)
    assert (off < 5 * np.hypot(many.ntk_error[:5, :, :5], few.ntk_error)).all()


def test_an_error_of_one_thread_ends_the_others() -> None:
    begun = threading.Event()

    def worker(queue: Shared[int]):  # type: ignore[no-untyped-def]
        def work(item: int) -> None:
            if item == 1:
                begun.wait(5)
                raise ValueError("one")
            begun.set()
            for _ in range(500):
                if queue.is_stopped:
                    raise Stopped
                time.sleep(0.01)
            raise AssertionError("not stopped")

        return work

    start = time.monotonic()
    with pytest.raises(ValueError, match="one"):
        share([0, 1, 2], 2, "replicates", worker)
    assert time.monotonic() - start < 3


def test_pieces_of_blocks_are_what_the_whole_is() -> None:
    program = tp.parse(
        "width n\nfn g(z) = sigmoid(z) * tanh(z)\nvector x, y : n ~ N(0, 1)\n"
        "scalar c -> 2 = 2\nz = g(x) * y / sqrt(1 + c * x^2) + c\nm = mean(z)\n"
    )
    equation = next(e for e in program.equations if e.out.name == "z")
    rng = np.random.default_rng(0)
    values = [
        rng.standard_normal((2, 1 if a.name == "y" else 37, 2048))
        if a.is_wide
        else np.full((2, 1, 1), 2.0)
        for a in equation.arguments
    ]
    (found,) = values_of([equation.function], values)
    assert np.array_equal(found, tp.functions.evaluate(equation.function, values))


def test_what_is_as_wide_as_the_whole_is_taken_whole() -> None:
    """δ as a kernel of a share of the spread of all samples."""
    values = [np.random.default_rng(0).standard_normal((4, 9, 4096))]
    density = tp.functions.Apply(tp.functions.DELTA, (tp.functions.Argument(0),))
    (found,) = values_of([density], values)
    assert np.array_equal(found, tp.functions.evaluate(density, values))


def test_few_samples_of_a_product_are_counted() -> None:
    """The bound from below says nothing where products are of few samples."""
    rng = np.random.default_rng(0)
    usual = rng.standard_normal((16, 3, 2**10))
    seldom = np.where(rng.random(usual.shape) < 0.003, usual, 0.0)
    often, few = (rare._Sizes.of(v) for v in (usual, seldom))
    assert rare._of_products(often, often, 1.0) is None
    counted = rare._of_products(few, few, 1.0)
    assert counted is not None
    size = np.abs(seldom)
    expected = (size**2).sum(axis=(0, 2)) ** 2 / (size**4).sum(axis=(0, 2))
    assert np.allclose(np.diag(counted), expected, rtol=1e-4)
    assert (np.diag(counted) < rare.FEW).all()
