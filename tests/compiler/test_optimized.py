"""Optimized steps beside the plain ones: one trajectory, no new arrays, weights as they are."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from compiler.checks import distance, inputs
from hypothesis import HealthCheck, assume, given, settings
from strategies import programs

import tpgraph as tp
from tpgraph.compiler import Module, Params, compile
from tpgraph.errors import TPError
from tpgraph.program import Program

NETWORKS = [e for e in tp.gallery.entries() if e.program().loss is not None]
DISTINCT = {e.program().name: e.program() for e in NETWORKS}


def both(program: Program, dtype: str = "float64", delayed: bool = True) -> tuple[Module, Module]:
    """The plain and the optimized module; `delayed` keeps updates of small weights too."""
    plain, fast = compile(program, dtype), compile(program, dtype, optimize=True)
    if delayed:
        fast._namespace["LARGE"] = 0
    return plain, fast


def sizes(program: Program, size: int = 12) -> dict[str, int]:
    base = int(np.lcm.reduce([w.ratio.denominator for w in program.widths], initial=1))
    return {w.name: base * max(1, size // base) for w in program.base_widths}


def trained(module: Module, params: Params, batch: int, steps: int, lr: float) -> list[float]:
    """The losses of some steps; every step has samples of its own."""
    losses = []
    for step in range(steps):
        arrays = inputs(module.program, batch, step)
        losses.append(float(module.sgd_step(params, *arrays.values(), lr)))
    return losses


def gap(program: Program, batch: int, steps: int, delayed: bool, lr: float = 0.05) -> float:
    """The largest distance of losses and of weights after some steps."""
    plain, fast = both(program, delayed=delayed)
    ours = fast.init(sizes(program), 0)
    theirs = {name: value.copy() for name, value in ours.items()}
    with np.errstate(all="ignore"):
        first = trained(fast, ours, batch, steps, lr)
        second = trained(plain, theirs, batch, steps, lr)
    fast.flush(ours)
    worst = max(distance(ours[name], theirs[name]) for name in theirs)
    return max(worst, distance(first, second))


@pytest.mark.parametrize("delayed", [True, False], ids=["delayed", "in_place"])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("name", DISTINCT)
def test_the_gallery_trains_alike(name: str, batch: int, delayed: bool) -> None:
    assert gap(DISTINCT[name], batch, 12, delayed) < 1e-9


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(programs(max_equations=60, differentiable=True))
def test_random_networks_train_alike(program: Program) -> None:
    assume(program.loss is not None and program.parameters)
    for batch in (1, 2):
        found = gap(program, batch, 2, delayed=True, lr=1e-3)
        assert found < 1e-7 or not np.isfinite(found)


def test_many_steps_go_over_the_kept_updates() -> None:
    """80 steps of one sample are two and a half times what a weight keeps."""
    assert gap(DISTINCT["rnn"], 1, 80, delayed=True) < 1e-9


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "transposes": lambda w: w.T.copy().T,
    "every other column": lambda w: np.repeat(w, 2, axis=-1)[..., ::2],
    "rows from below": lambda w: w[::-1].copy()[::-1],
    "another dtype": lambda w: w.astype(np.longdouble),
}


@pytest.mark.parametrize("delayed", [True, False], ids=["delayed", "in_place"])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_arrays_of_every_layout_are_trained(layout: str, batch: int, delayed: bool) -> None:
    plain, fast = both(DISTINCT["mlp"], delayed=delayed)
    theirs = plain.init({"n": 12}, 0)
    ours = {name: LAYOUTS[layout](w) for name, w in theirs.items()}
    given = dict(ours)
    for _ in range(2):  # a caller may write into an array between two steps
        assert (
            distance(trained(fast, ours, batch, 3, 0.05), trained(plain, theirs, batch, 3, 0.05))
            < 1e-9
        )
        fast.flush(ours)
        assert all(ours[name] is given[name] for name in given)
        assert max(distance(ours[name], theirs[name]) for name in theirs) < 1e-9
        for params in (ours, theirs):
            params["W[2]"][...] *= 0.5


def test_small_weights_are_updated_part_by_part() -> None:
    plain, fast = both(DISTINCT["mlp"], delayed=False)
    ours, theirs = fast.init({"n": 150}, 0), plain.init({"n": 150}, 0)
    assert distance(trained(fast, ours, 1, 5, 0.05), trained(plain, theirs, 1, 5, 0.05)) < 1e-9
    assert max(distance(ours[name], theirs[name]) for name in theirs) < 1e-9
    assert len(fast._namespace["_steps"][0].weights[1].parts) == 3


@pytest.mark.parametrize("wrong", ["left", "right"])
def test_a_wrong_correction_is_seen(wrong: str) -> None:
    plain, fast = both(DISTINCT["mlp"])
    params = fast.init({"n": 12}, 0)
    trained(fast, params, 1, 3, 0.05)
    weight = fast._namespace["_steps"][0].weights[1]
    getattr(weight, wrong)[0] *= 1.01
    copy = plain.init({"n": 12}, 0)
    trained(plain, copy, 1, 3, 0.05)
    first, second = trained(fast, params, 1, 1, 0.05), trained(plain, copy, 1, 1, 0.05)
    assert distance(first, second) > 1e-9


def test_float32_stays_float32_and_near() -> None:
    plain, fast = both(DISTINCT["mlp"], "float32")
    ours, theirs = fast.init({"n": 64}, 0), plain.init({"n": 64}, 0)
    assert distance(trained(fast, ours, 1, 40, 0.02), trained(plain, theirs, 1, 40, 0.02)) < 1e-4
    fast.flush(ours)
    assert {value.dtype for value in ours.values()} == {np.dtype("float32")}


@pytest.mark.parametrize("name", ["mlp", "rnn", "transformer", "batchnorm"])
def test_steps_make_no_arrays(name: str) -> None:
    """In the steady state no array of the size of an activation comes, not for a moment.

    What numpy takes to broadcast or to convert is a buffer of 8192 entries at most.
    """
    batch, width, buffers = 64, 512, 2 * 8192 * 8
    program = DISTINCT[name]
    _, fast = both(program, delayed=False)
    params = fast.init(sizes(program, width), 0)
    arrays = list(inputs(program, batch).values())
    for _ in range(2):
        fast.sgd_step(params, *arrays, 1e-3)
    tracemalloc.start()
    fast.sgd_step(params, *arrays, 1e-3)
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    fast.sgd_step(params, *arrays, 1e-3)
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 4096
    assert peak - before < buffers < batch * width * 8


def test_reading_makes_what_was_kept() -> None:
    plain, fast = both(DISTINCT["mlp"])
    ours, theirs = fast.init({"n": 12}, 0), plain.init({"n": 12}, 0)
    arrays = inputs(fast.program, 1)
    fast.sgd_step(ours, *arrays.values(), 0.5)
    plain.sgd_step(theirs, *arrays.values(), 0.5)
    assert distance(ours["W[2]"], theirs["W[2]"]) > 1e-6, "nothing was kept, so nothing is tested"
    assert distance(fast.forward(ours, arrays["ξ"]), plain.forward(theirs, arrays["ξ"])) < 1e-13
    assert distance(ours["W[2]"], theirs["W[2]"]) < 1e-13


def test_several_networks_and_batches_take_turns() -> None:
    plain, fast = both(DISTINCT["mlp"])
    pairs = [(fast.init({"n": n}, n), plain.init({"n": n}, n)) for n in (8, 12)]
    for batch in (1, 2, 1):
        for ours, theirs in pairs:
            first, second = (
                trained(module, params, batch, 3, 0.05)
                for module, params in ((fast, ours), (plain, theirs))
            )
            assert distance(first, second) < 1e-12


def test_a_replaced_weight_is_taken() -> None:
    plain, fast = both(DISTINCT["mlp"])
    ours, theirs = fast.init({"n": 12}, 0), plain.init({"n": 12}, 0)
    trained(fast, ours, 1, 3, 0.05)
    ours.update({name: value.copy() for name, value in theirs.items()})
    assert distance(trained(fast, ours, 1, 3, 0.05), trained(plain, theirs, 1, 3, 0.05)) < 1e-12


def test_a_loss_that_is_not_finite_changes_nothing() -> None:
    _, fast = both(DISTINCT["mlp"])
    params = fast.init({"n": 12}, 0)
    before = {name: value.copy() for name, value in params.items()}
    arrays: dict[str, Any] = inputs(fast.program, 1)
    arrays["ξ"] = np.full_like(arrays["ξ"], np.nan)
    with np.errstate(all="ignore"):
        assert not np.isfinite(fast.sgd_step(params, *arrays.values(), 0.1))
    fast.flush(params)
    assert all((params[name] == value).all() for name, value in before.items())
    good = trained(fast, params, 1, 3, 0.05)  # arrays that held nan are written over
    assert np.isfinite(good).all()


def test_products_of_one_matrix_are_joined() -> None:
    """The inputs of an RNN at all times go through U at once."""
    source = compile(DISTINCT["rnn"], optimize=True).source
    step = source[source.index("    def step(") :]
    plain = compile(DISTINCT["rnn"]).source
    assert step.count("U.times(") == 1 < plain.count("@ U.T")


def test_foreign_code_is_left_to_its_compiler() -> None:
    with pytest.raises(TPError, match="its own compiler"):
        compile(DISTINCT["mlp"], backend="torch", optimize=True)  # type: ignore[call-overload]


def test_what_cannot_be_trained_is_the_plain_module() -> None:
    program = tp.gallery.entry("wigner").program()
    assert compile(program, optimize=True).source == compile(program).source
