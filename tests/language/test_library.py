"""Functions that programs call without defining them."""

from __future__ import annotations

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.functions import LIBRARY, Apply, Argument, evaluate

Z = np.array([-1000, -50, -5, -2.5, -1.5, -0.5, 1e-3, 0.2, 2.9, 3.5, 7, 1000.0])
TEXT = """
program f
width n
vector u : n ~ N(0, 1)
{definition}
h = {name}(u)
s = mean(h^2)
"""


@pytest.mark.parametrize("name", [name for name in LIBRARY if name != "gaussian"])
def test_values_and_slopes_are_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    z = torch.tensor(Z, requires_grad=True)
    theirs = getattr(torch.nn.functional, name)(z)
    (slope,) = torch.autograd.grad(theirs.sum(), z)
    function = LIBRARY[name]
    ours = evaluate(Apply(function, (Argument(0),)), [Z])
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-14, atol=1e-15)
    found = evaluate(Apply(function, (Argument(0),), 1), [Z])
    np.testing.assert_allclose(found, slope.numpy(), rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("name", LIBRARY)
def test_a_call_is_a_call_of_its_definition(name: str) -> None:
    """Written out by hand it is the same program, with the same numbers at any width."""
    body = tp.language.to_text(tp.parse(TEXT.format(name=name, definition="")))
    line = next(row for row in body.splitlines() if row.startswith(f"fn {name}("))
    short = tp.parse(TEXT.format(name=name, definition=""))
    long = tp.parse(TEXT.format(name=name, definition=line))
    assert short == long
    assert tp.parse(body) == short
    value = float(np.mean(np.square(evaluate(Apply(LIBRARY[name], (Argument(0),)), [U]))))
    assert tp.limit(short).scalar("s") == pytest.approx(value, rel=0.02)


U = np.random.default_rng(0).standard_normal(400_000)


def test_a_program_s_own_function_of_the_name_is_meant() -> None:
    program = tp.parse(TEXT.format(name="elu", definition="fn elu(z) = 3 * z"))
    assert tp.limit(program).scalar("s") == pytest.approx(9)


def test_names_of_the_library_are_free() -> None:
    text = "program g\nwidth n\nmatrix elu : n × n ~ N(0, 1)\nvector mish : n ~ N(0, 1)\n"
    program = tp.parse(text + "h = elu mish\n")
    assert [str(e.out) for e in program.equations] == ["h"]


def test_functions_of_functions_of_the_library() -> None:
    program = tp.parse(TEXT.format(name="g", definition="fn g(z) = mish(elu(z)) + 1"))
    assert [f.name for f in program.functions][-1] == "g"
    assert {f.name for f in program.functions} == {"elu", "mish", "g"}


def test_generated_code_trains_with_them() -> None:
    text = tp.gallery.entry("mlp").text.replace("relu(z)", "selu(z)")
    module = tp.compile(tp.parse(text))
    params = module.init({"n": 16}, 0)
    x, y = np.full((2, 64), 40.0), np.zeros((2, 10))
    loss, slopes = module.backward(params, x, y)
    assert np.isfinite(loss)
    assert all(np.isfinite(slope).all() for slope in slopes.values())
