"""Plans as one compiled loop: the kernels of the steps one by one, their errors, their refusals."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from kernels.reference.networks import programs as reference_programs
from kernels.support import inputs

from tpgraph.errors import TPDataError
from tpgraph.kernels import infinite, kernel, stream_kernel
from tpgraph.kernels.kernel_values import RelativeError
from tpgraph.kernels.plan import executing, fused
from tpgraph.kernels.plan.executing import Resources
from tpgraph.kernels.plan.planning import plan_kernel
from tpgraph.language import load, parse
from tpgraph.limits.planned.tape import NotPlanned
from tpgraph.program import Program

DIAGRAMS = Path(__file__).parents[2] / "diagrams"
PLANNED = {name: load(DIAGRAMS / f"{name}.tp") for name in ("mlp", "resnet", "cnn", "transformer")}
PLANNED |= {
    name: parse(text)
    for name, text in reference_programs().items()
    if name.startswith(("mlp_relu", "mlp_erf", "layernorm"))
}
STEPS, LOOP = Resources(), Resources(jit=True)
JUMP = """program jump
width n
parametrization ntk
dim d = 3
fn s(z) = step(z)
data ξ : d
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
h = W s(U ξ)
f = V s(h)
output f
"""


def apart(program: Program, dtype: str = "float64", count: int = 150) -> float:
    """How far the loop's kernels are from the steps', relative to √(K_ii K_jj)."""
    data = inputs(program, count)
    want = kernel(program, data, resources=Resources(dtype=dtype))
    found = kernel(program, data, resources=Resources(dtype=dtype, jit=True))
    assert not found.unplanned
    assert not want.unplanned
    off = []
    for name in ("nngp", "ntk"):
        own, other = getattr(found, name), getattr(want, name)
        assert own.dtype == other.dtype == dtype
        np.testing.assert_array_equal(own, own.T if own.ndim == 2 else own.transpose(2, 3, 0, 1))
        off.append(float((np.abs(own - other) / RelativeError(1.0).of(other)).max()))
    return max(off)


@pytest.mark.parametrize("name", PLANNED)
def test_the_loop_computes_what_the_steps_do(name: str) -> None:
    assert apart(PLANNED[name]) < 2e-14


def test_in_single_precision_too() -> None:
    assert apart(PLANNED["mlp"], "float32") < 1e-5


@pytest.mark.parametrize("is_near", [True, False])
def test_jumps_have_the_error_of_their_steep_slope(is_near: bool) -> None:
    x = np.random.default_rng(0).standard_normal((40, 3))
    if is_near:  # correlations near ±1, where the slope is infinite
        x[7] = x[3] * (1 + 1e-9)
        x[9] = -x[4]
    want, found = (kernel(parse(JUMP), x, "nngp", resources=r) for r in (STEPS, LOOP))
    np.testing.assert_allclose(found.nngp, want.nngp, atol=1e-7)
    np.testing.assert_allclose(found.nngp_error, want.nngp_error, rtol=1e-6)
    assert (float(np.max(want.nngp_error)) > 1e-9) == is_near


def test_an_input_that_is_0_has_the_kernel_of_the_steps() -> None:
    x = np.random.default_rng(0).standard_normal((20, 64))
    x[5] = 0.0
    program = load(DIAGRAMS / "mlp.tp")
    want, found = (kernel(program, x, resources=r) for r in (STEPS, LOOP))
    np.testing.assert_allclose(found.ntk, want.ntk, rtol=1e-12)


def test_between_two_sets() -> None:
    program = PLANNED["mlp"]
    x, y = inputs(program, 70), inputs(program, 41, seed=1)
    want, found = (kernel(program, x, Y=y, resources=r) for r in (STEPS, LOOP))
    assert found.ntk is not None
    np.testing.assert_allclose(found.ntk, want.ntk, rtol=1e-12)


def test_to_disk(tmp_path: Path) -> None:
    program = PLANNED["mlp"]
    x = inputs(program, 60)
    stream_kernel(program, x, tmp_path / "k.npz", resources=LOOP)
    want = kernel(program, x)
    np.testing.assert_allclose(np.load(tmp_path / "k.npz")["ntk"], want.ntk, rtol=1e-12)


@pytest.mark.parametrize("resources", [STEPS, LOOP])
def test_numbers_that_are_not_finite_are_refused(resources: Resources) -> None:
    x = np.random.default_rng(0).standard_normal((20, 64)) * 1e19
    on = replace(resources, dtype="float32")
    with pytest.raises(NotPlanned, match="not finite"):
        infinite._by_plan(PLANNED["mlp"], "both", {"ξ": x}, None, on)


def test_the_arcsine_is_within_three_units_in_the_last_place() -> None:
    numba = pytest.importorskip("numba")
    lines = "\n".join(f"        {line}" for line in fused._arcsine("y", "x"))
    text = f"def f(a, o):\n    for i in range(a.size):\n        x = a[i]\n{lines}\n        o[i] = y"
    names = {"number": np.float64, "sqrt": math.sqrt}
    names |= {f"p{k}": c for k, c in enumerate(fused._coefficients())}  # type: ignore[misc]
    exec(text, names)
    a = np.concatenate([np.linspace(-1, 1, 20001), 1 - np.logspace(-16, -1, 500)])
    own = np.empty_like(a)
    numba.njit(names["f"])(a, own)
    want = np.arcsin(a.astype(np.longdouble))
    assert (np.abs(own - want) <= 3 * np.spacing(np.abs(want).astype(float))).all()


def test_steps_that_are_no_arithmetic_stay_between_loops() -> None:
    tanh = parse(JUMP.replace("step(z)", "tanh(z)"))
    steps = executing._steps(plan_kernel(tanh, "both").parts[0])
    order = fused.fused(steps, "float64")
    alone = {steps.steps[item].op for item in order if isinstance(item, int)}
    assert {"gram", "series"} <= alone
    assert any(isinstance(item, fused.FusedLoop) for item in order)
    assert apart(tanh, count=40) < 2e-14


@pytest.mark.parametrize("most", [3, 7, 1000])
def test_wherever_loops_end(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fused, "_MOST", most)
    fused._ordered.cache_clear()
    assert apart(PLANNED["layernorm"], count=20) < 2e-14
    fused._ordered.cache_clear()


def test_without_numba_the_mend_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fused, "find_spec", lambda name: None)
    with pytest.raises(TPDataError, match=r"pip install 'tpgraph\[fast\]'"):
        kernel(PLANNED["mlp"], inputs(PLANNED["mlp"], 5), resources=LOOP)


def test_a_plan_is_compiled_once() -> None:
    fused._compiled.cache_clear()
    fused._ordered.cache_clear()
    program = PLANNED["resnet"]
    for count in (5, 9):
        kernel(program, inputs(program, count), resources=LOOP)
    compiled, ordered = fused._compiled.cache_info(), fused._ordered.cache_info()
    assert 0 < compiled.misses == compiled.currsize
    assert 0 < ordered.misses == ordered.currsize <= ordered.hits
