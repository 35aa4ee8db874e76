"""The runtime's checks, initial values, and what a generated module promises by itself."""

from __future__ import annotations

import ast
import dataclasses
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compiler.checks import check_gradients, check_values, inputs
from compiler.networks import BUILDERS, WIDTHS, layernorm, mean_readout, mlp, untrained

from tpgraph.compiler import compile, run
from tpgraph.compiler.identifiers import Identifiers
from tpgraph.errors import TPDataError, TPError, TPLimitError
from tpgraph.functions import PRIMITIVES, Apply, Argument
from tpgraph.interpreter import interpret, multipliers, sample
from tpgraph.program import Nonlin, Program, Variable, scaling
from tpgraph.program.operators import OperatorBuilder


def wigner() -> Program:
    b = OperatorBuilder("wigner")
    n = b.width("n")
    W, x = b.matrix("W", n, n), b.vector("x", n)
    y = b.let("y", (W @ x + W.T @ x) / b.fn.sqrt(2))
    b.let("m", b.mean(y * y))
    return b.build()


@pytest.mark.parametrize("name", ["ntk", "mup", "standard", "abc"])
def test_initial_values_and_multipliers_follow_the_parametrization(name: str) -> None:
    program = mlp(name, depth=2)
    module = compile(program)
    widths = {"n": 400}
    params = module.init(widths, 0)
    factors = module.multipliers(params)
    assert factors == pytest.approx(multipliers(program, widths), rel=1e-14)
    assert program.parametrization is not None
    for parameter in program.parameters:
        w = params[parameter.variable.name]
        facts = scaling(parameter, program.parametrization, program.widths[0], widths)
        assert w.var() == pytest.approx(facts.variance, rel=6 / w.size**0.5)
        W = factors[parameter.variable.name] * w
        assert W.var() == pytest.approx(facts.entry_variance, rel=6 / w.size**0.5)


def test_init_is_the_interpreters_sample_and_depends_on_the_seed() -> None:
    module = compile(untrained())
    params, again, other = (module.init(WIDTHS, seed) for seed in (5, 5, 6))
    for name, value in sample(module.program, WIDTHS, 5).items():
        np.testing.assert_allclose(params[name].reshape(value.shape), value, rtol=1e-13)
        np.testing.assert_array_equal(params[name], again[name])
        assert not np.array_equal(params[name], other[name])


def test_correlated_vectors() -> None:
    params = compile(untrained()).init({"n": 4000}, 0)
    joint = np.stack([params["u"], params["v"]])
    np.testing.assert_allclose(np.cov(joint), [[1, 0.5], [0.5, 0.25]], atol=0.08)
    np.testing.assert_allclose(joint.mean(axis=1), [1, 0], atol=0.08)


@pytest.mark.parametrize("name", tuple(BUILDERS))
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_source_is_clean(name: str, dtype: str) -> None:
    source = compile(BUILDERS[name](), dtype).source
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compiled = ast.parse(source)
    assert ast.get_docstring(compiled)
    assert all(len(line) <= 99 for line in source.splitlines())
    assert "tpgraph" not in source.replace("compiled by tpgraph", "")
    assert ("def erf(" in source) == ("erf(" in source.replace("def erf(", ""))
    lint = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F,E9,W,B", "-"],
        input=source,
        capture_output=True,
        text=True,
    )
    assert lint.returncode == 0, lint.stdout


def test_the_module_stands_alone(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(compile(layernorm()).source, encoding="utf-8")
    script = """
import sys
import numpy as np
import net
params = net.init({name: 16 for name in net.WIDTHS}, 0)
x, y = (np.ones((8, d)) for d in (*net.DATA.values(), *net.TARGETS.values()))
losses = [net.sgd_step(params, x, y, 0.05) for _ in range(20)]
assert losses[-1] < losses[0]
assert set(net.backward(params, x, y)[1]) == set(net.TRAINABLE)
assert net.forward(params, x).shape == (8, 1)
assert not any(name.startswith(("tpgraph", "scipy", "torch")) for name in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_a_raw_program_runs() -> None:
    module = compile(wigner())
    values = module.run({"n": 200}, 3)
    expected = interpret(module.program, sample(module.program, {"n": 200}, 3), {"n": 200})
    assert list(values) == ["x", "y~1", "y~2", "y", "m"]
    np.testing.assert_allclose(values["m"], expected["m"], rtol=1e-12)
    facts = run(module.program, {"n": 200}, 3)
    assert facts["scalars"] == {"m": pytest.approx(float(expected["m"]))}
    assert facts["vectors"]["y"]["var"] == pytest.approx(expected["y"].var())
    narrow = compile(wigner(), "float32").run({"n": 20}, 0)
    assert {np.asarray(v).dtype for v in narrow.values()} == {np.dtype(np.float32)}


def test_a_network_runs_on_a_sample() -> None:
    program = mean_readout()
    arrays = {name: array[0] for name, array in inputs(program, 1).items()}
    initial = {**sample(program, WIDTHS, 0), **arrays}
    expected = interpret(program, initial, WIDTHS)
    facts = run(program, WIDTHS, 0, arrays)
    for name, value in facts["scalars"].items():
        assert value == pytest.approx(float(expected[name]), rel=1e-12)
    for name, found in facts["vectors"].items():
        assert found["mean"] == pytest.approx(expected[name].mean(), rel=1e-10, abs=1e-12), name
    without = run(program, WIDTHS, 0, {"ξ[1]": arrays["ξ[1]"]})
    assert set(facts["vectors"]) - set(without["vectors"]) >= {"y"}
    assert without["scalars"]["g"] == facts["scalars"]["g"]


def test_arguments_have_identifiers_and_go_by_name() -> None:
    module = compile(BUILDERS["batchnorm"]())
    assert module.arguments["ξ[2]"] == "ξ_2"
    assert 'DATA = {"ξ_1": 4, "ξ_2": 4, "ξ_3": 4}' in module.source
    params = module.init(WIDTHS, 0)
    arrays = inputs(module.program, 2)
    named = {module.arguments[name]: array for name, array in arrays.items()}
    by_name = module.backward(params, **dict(reversed(named.items())))
    by_place = module.backward(params, *arrays.values())
    assert by_name[0] == by_place[0]
    assert set(module.forward(params, *list(arrays.values())[:3])) == {"f[0]", "f[1]", "f[2]"}
    assert module.sgd_step(params, *arrays.values(), lr=0.0) == by_place[0]


def test_identifiers_are_distinct() -> None:
    names = Identifiers()
    taken = [names.take(n, ("d_{0}",)) for n in ("x", "d_x", "x[1]", "x_1", "for", "np", "a b")]
    assert len(set(taken)) == len(taken)
    assert all(name.isidentifier() for name in taken)


def test_an_output_without_data_has_a_row_for_every_sample() -> None:
    module = compile(mean_readout())
    result = module.forward(module.init(WIDTHS, 0), np.ones((5, 4)))
    assert list(result) == ["f[1]", "g", "k", "v"]
    assert {value.shape for value in result.values()} == {(5, 1)}


def test_the_first_nonfinite_variable_is_named() -> None:
    module = compile(mlp())
    params = module.init(WIDTHS, 0)
    x, y = inputs(module.program, 3).values()
    assert module.first_nonfinite(params, x, y) is None
    params["W[2]"][0, 0] = 1e308
    params["b[1]"][0] = 1e308
    params["W[1]"][0] = 1e308
    before = {name: value.copy() for name, value in params.items()}
    with np.errstate(all="ignore"):
        assert module.first_nonfinite(params, 1e300 * x, y) == "h[1]"
        loss = module.sgd_step(params, np.full_like(x, np.inf), y, 0.1)
    assert not np.isfinite(loss)
    for name, value in before.items():
        np.testing.assert_array_equal(params[name], value)
    params["W[2]"][0, 0] = np.nan
    assert module.first_nonfinite(params, x, y) == "W[2]"


def test_errors_of_generated_code_show_its_line() -> None:
    module = compile(mlp())
    params = module.init(WIDTHS, 0)
    params["W[2]"] = np.ones((5, 5))
    with pytest.raises(ValueError, match="matmul") as caught:
        module.forward(params, np.ones((1, 4)))
    assert "x_1 @ W_2.T" in str(caught.getrepr(style="short"))


X, Y = np.ones((2, 4)), np.ones((2, 3))


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ((X,), "no array was given for y"),
        ((X, Y, Y), "3 arrays were given"),
        ((np.ones(4), Y), r"ξ has shape \(4,\)"),
        ((np.ones((2, 5)), Y), r"expected: \(batch, 4\)"),
        ((np.ones((0, 4)), np.ones((0, 3))), "batch ≥ 1"),
        (([[1, 2], [3]], Y), "ξ has rows of different lengths"),
        ((X, np.ones((3, 3))), "different numbers of samples"),
        ((np.full((2, 4), "a"), Y), "entries of type"),
    ],
)
def test_arrays_that_do_not_fit(arrays: tuple[Any, ...], says: str) -> None:
    module = compile(mlp())
    with pytest.raises(TPDataError, match=says):
        module.backward(module.init(WIDTHS, 0), *arrays)


def test_names_that_do_not_fit() -> None:
    module = compile(mlp())
    params = module.init(WIDTHS, 0)
    with pytest.raises(TPDataError, match="given twice"):
        module.forward(params, X, ξ=X)
    with pytest.raises(TPDataError, match="not an input"):
        module.forward(params, x=X)
    with pytest.raises(TPDataError, match="needs a learning rate"):
        module.sgd_step(params, ξ=X, y=Y)


@pytest.mark.parametrize(
    ("widths", "says"),
    [
        ({}, "no size was given for width n"),
        ({"n": 12, "k": 3}, "no width k"),
        ({"n": 12, "m": 18}, "m = 3/2 n"),
        ({"n": 5}, "not a whole number"),
        ({"n": 0}, "not a whole number ≥ 1"),
        ({"n": 2.0}, "n = 2.0 is not a whole number"),
    ],
)
def test_widths_that_do_not_fit(widths: dict[str, Any], says: str) -> None:
    with pytest.raises(TPDataError, match=says):
        compile(BUILDERS["tied"]()).init(widths, 0)


def test_what_a_program_lacks() -> None:
    raw = compile(wigner())
    with pytest.raises(TPError, match="no output"):
        raw.forward({})
    with pytest.raises(TPError, match="no loss"):
        raw.backward({})
    with pytest.raises(TPError, match="no loss"):
        raw.sgd_step({}, 0.1)
    with pytest.raises(TPError, match="programs without data"):
        compile(mlp()).run(WIDTHS, 0)
    with pytest.raises(TPError, match="unknown dtype 'float16'"):
        compile(wigner(), "float16")
    with pytest.raises(TPDataError, match="no sample was given for ξ"):
        run(mlp(), WIDTHS)
    with pytest.raises(TPDataError, match="z is not an input"):
        run(mlp(), WIDTHS, 0, {"z": X[0]})


def test_a_long_program_compiles() -> None:
    b = OperatorBuilder("long")
    n = b.width("n")
    b.parametrization("ntk")
    W, x = b.param("W", n, n), b.data("ξ", 2)
    h = b.let("h[0]", b.param("U", n, 2) @ x)
    for t in range(1, 2001):
        h = b.let(f"h[{t}]", b.fn.tanh(W @ h) + h / 2)
    f = b.let("f", b.param("V", 1, n) @ h)
    b.output(f)
    b.loss(f**2)
    module = compile(b.build())
    params = module.init({"n": 2}, 0)
    loss, grads = module.backward(params, np.ones((1, 2)))
    assert np.isfinite(loss)
    assert np.isfinite(grads["W"]).all()


def test_a_long_sum_compiles_and_is_right() -> None:
    b = OperatorBuilder("sum")
    n = b.width("n")
    b.parametrization("ntk")
    x = b.data("ξ", 2)
    h = [b.let(f"h[{t}]", b.param(f"U[{t}]", n, 2) @ x) for t in range(3000)]
    f = b.let("f", b.param("V", 1, n) @ b.fn.tanh(b.sum(h) / 50))
    b.output(f)
    b.loss(f**2)
    module = compile(b.build())
    assert check_values(module, {"n": 3}, batch=2) < 1e-12
    assert check_gradients(module, {"n": 3}, batch=2) < 1e-9


def test_what_nests_too_deeply_is_a_clear_error() -> None:
    b = OperatorBuilder("deep")
    x = b.vector("x", b.width("n"))
    program = b.build()
    expression = Argument(0)
    for _ in range(5000):
        expression = Apply(PRIMITIVES["tanh"], (expression,))  # type: ignore[assignment]
    deep = Nonlin(Variable("y", x.variable.type), expression, (x.variable,))
    with pytest.raises(TPLimitError, match="nests too deeply"):
        compile(dataclasses.replace(program, equations=(deep,)))
