"""Generated code against the reference interpreter, PyTorch and central differences."""

from __future__ import annotations

import re

import numpy as np
import pytest
from compiler.checks import central_difference, check_gradients, check_values, distance, inputs
from compiler.networks import BUILDERS, WIDTHS, mlp

from tpgraph.compiler import Module, compile
from tpgraph.program import scaling

NAMES = tuple(BUILDERS)


@pytest.mark.parametrize("name", NAMES)
def test_values_are_the_interpreters(name: str) -> None:
    assert check_values(compile(BUILDERS[name]()), WIDTHS) < 1e-12


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("batch", [1, 4])
def test_gradients_are_pytorchs(name: str, batch: int) -> None:
    assert check_gradients(compile(BUILDERS[name]()), WIDTHS, batch) < 1e-9


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("mlp-relu", "mlp-standard")])
def test_gradients_are_central_differences(name: str) -> None:
    module = compile(BUILDERS[name]())
    params = module.init({"n": 4}, 1)
    arrays = inputs(module.program, 3)
    _, grads = module.backward(params, *arrays.values())
    for parameter, gradient in grads.items():
        slopes = central_difference(module, params, arrays, parameter)
        assert distance(gradient, slopes) < 1e-6, parameter


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_is_parallel_samples(name: str) -> None:
    module = compile(BUILDERS[name]())
    params = module.init(WIDTHS, 0)
    arrays = inputs(module.program, 5)
    if not arrays:
        return
    loss, grads = module.backward(params, *arrays.values())
    singles = [module.backward(params, *(a[i : i + 1] for a in arrays.values())) for i in range(5)]
    assert distance(loss, np.mean([s[0] for s in singles])) < 1e-12
    for parameter, gradient in grads.items():
        assert distance(gradient, np.mean([s[1][parameter] for s in singles], axis=0)) < 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_a_step_moves_along_the_gradient_at_the_rate_of_the_parametrization(name: str) -> None:
    module = compile(BUILDERS[name]())
    program = module.program
    params = module.init(WIDTHS, 0)
    arrays = inputs(program, 4)
    before = {k: v.copy() for k, v in params.items()}
    loss, grads = module.backward(params, *arrays.values())
    returned = module.sgd_step(params, *arrays.values(), 0.25)
    assert returned == pytest.approx(float(loss), rel=1e-14)
    for parameter in program.parameters:
        assert program.parametrization is not None
        rate = scaling(parameter, program.parametrization, program.widths[0], WIDTHS).rate
        w = parameter.variable.name
        assert distance(params[w], before[w] - 0.25 * rate * grads[w]) < 1e-13
    for other in set(before) - set(module.trainable):
        np.testing.assert_array_equal(params[other], before[other])


@pytest.mark.parametrize("name", NAMES)
def test_float32_stays_float32(name: str) -> None:
    module = compile(BUILDERS[name](), "float32")
    params = module.init(WIDTHS, 0)
    arrays = inputs(module.program, 4)
    narrow = {k: v.astype(np.float32) for k, v in arrays.items()}
    for variable, value in module.variables(params, *narrow.values()):
        assert value.dtype == np.float32, variable
    loss, grads = module.backward(params, *arrays.values())  # float64 data are rounded on entry
    assert np.asarray(loss).dtype == np.float32
    assert {g.dtype for g in grads.values()} == {np.dtype(np.float32)}
    module.sgd_step(params, *arrays.values(), np.float64(0.1))
    assert {v.dtype for k, v in params.items() if "width" not in k} == {np.dtype(np.float32)}


@pytest.mark.parametrize("name", NAMES)
def test_float32_is_float64_rounded(name: str) -> None:
    narrow, wide = (compile(BUILDERS[name](), dtype) for dtype in ("float32", "float64"))
    arrays = inputs(wide.program, 2)
    ours, theirs = narrow.init(WIDTHS, 3), wide.init(WIDTHS, 3)
    for key, value in theirs.items():
        np.testing.assert_array_equal(ours[key], value.astype(ours[key].dtype))
    a, b = (m.backward(p, *arrays.values()) for m, p in ((narrow, ours), (wide, theirs)))
    assert float(a[0]) == pytest.approx(float(b[0]), rel=1e-3)
    for key, gradient in b[1].items():
        assert distance(a[1][key], gradient) < 1e-3


def test_gradients_do_not_share_memory() -> None:
    module = compile(BUILDERS["no_data"]())
    _, grads = module.backward(module.init(WIDTHS, 0))
    arrays = list(grads.values())
    for i, first in enumerate(arrays):
        assert not any(np.shares_memory(first, other) for other in arrays[i + 1 :])


def test_a_deep_network() -> None:
    module = compile(mlp(depth=150))
    assert check_values(module, {"n": 3}, batch=2) < 1e-12
    assert check_gradients(module, {"n": 3}, batch=2) < 1e-9


CORRUPTIONS = {
    "a transposition in the forward pass": (r"x_1 @ W_2\.T", "x_1 @ W_2"),
    "a transposition in the reverse pass": (r"d_h_2 @ W_2\b", "d_h_2 @ W_2.T"),
    "a derivative": (r"1 - x_2\*\*2", "1 + x_2**2"),
    "a multiplier of the reverse pass": (r"d_h_2 \*= M_W_2", "d_h_2 *= 1"),
    "a multiplier of a bias": (r"M_b_1 \* d_b_1", "d_b_1"),
    "the mean over the batch": (r"factor / len\(\w+\)", "factor"),
    "the operand of a gradient": (r"d_h_2\.T @ x_1", "d_h_2.T @ x_2"),
    "the loss's derivative": (r"\* \(f - y\)", "* (f + y)"),
}


@pytest.mark.parametrize("what", tuple(CORRUPTIONS))
def test_the_oracle_sees_a_corrupted_rule(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = compile(mlp())
    pattern, wrong = CORRUPTIONS[what]
    source, count = re.subn(pattern, wrong, module.source)
    assert count >= 1, module.source
    monkeypatch.setitem(module.__dict__, "source", source)
    assert _worst(module) > 1e-4


def _worst(module: Module) -> float:
    return check_gradients(module, WIDTHS, 3)
