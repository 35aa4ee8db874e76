"""Error signals and gradients against torch's autograd and finite differences."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import programs
from torch_oracle import loss_and_gradients
from transform.support import GALLERY, NETWORKS, WIDTHS, draw, gallery, torch_errors

from tpgraph.errors import TPNameError, TPTypeError
from tpgraph.interpreter import interpret
from tpgraph.language import parse
from tpgraph.program import InitialVectors, check, language_of
from tpgraph.program.reach import ancestors, descendants
from tpgraph.transform import backward, gradients, unroll_sgd
from tpgraph.transform.backward import differentiate_program
from tpgraph.transform.powers import WidthPower
from tpgraph.transform.reverse import _Reverse
from tpgraph.transform.shares import ProductShare

SHARED_BIAS = (
    "width n",
    "parametrization ntk",
    "data ξ : 3",
    "param U : n × 3 ~ N(0, 1)",
    "param W : n × n ~ N(0, 1)",
    "param b : n ~ N(0, 1)",
    "param V : 1 × n ~ N(0, 1)",
    "h[1] = U ξ",
)
WITH_OUTPUT = [name for name in GALLERY if gallery(name).outputs]


def assert_errors(program, of=None, wrt=None, widths=WIDTHS, seed=0, tolerance=1e-12):
    """Every error signal is S times torch's derivative, and none is missing."""
    found = differentiate_program(program, of, wrt)
    check(found.program)
    initial = draw(found.program, widths, seed)
    values = interpret(found.program, initial, widths)
    weights = cotangents(found.program, program, of, values)
    expected = torch_errors(program, initial, widths, weights)
    assert set(found.errors) >= active(program, of, wrt, expected)
    for name, error in found.errors.items():
        scale = found.scales.of(program.variables[name]).at(widths)
        want = scale * expected[name]
        size = max(1.0, np.abs(want).max())
        np.testing.assert_allclose(values[error.name], want, atol=tolerance * size, rtol=0)
    return found


def materialize(gradient, values, widths):
    """The gradient as an array of the parameter's shape, from the values of an interpreted pass."""
    total = np.zeros([d.size(widths) for d in gradient.parameter.variable.type.dimensions])
    for term in gradient.terms:
        left = term.coefficient.at(widths) * values[term.left.name]
        total += left if term.right is None else np.outer(left, values[term.right.name])
    return total


def active(program, of, wrt, expected):
    """What lies between the targets and what is differentiated by, with a derivative ≠ 0."""
    vectors = [d.variables for d in program.declarations if isinstance(d, InitialVectors)]
    wanted = wrt or [p.variable.name for p in program.parameters]
    wanted = wanted or [v.name for group in vectors for v in group]
    targets = [of] if of else [output.name for output in program.outputs]
    names = descendants(program, wanted) & ancestors(program, targets)
    return {name for name in names & set(expected) if np.any(expected[name])}


def cotangents(differentiated, program, of, values):
    if of is not None:
        return {of: np.ones_like(values[of])}
    weights = {}
    for output in program.outputs:
        index = output.name.partition("[")[2]
        names = ["χ", f"χ[{index}", f"χ_{output.name}"]
        added = [n for n in names if n in differentiated.variables and n not in program.variables]
        given = values[added[0]] if added else 1.0
        size = values[output.name].size if output.is_wide else 1
        weights[output.name] = np.broadcast_to(given, values[output.name].shape) / size
    return weights


@pytest.mark.parametrize("name", WITH_OUTPUT)
def test_error_signals_of_the_gallery_are_torchs(name):
    assert_errors(gallery(name))


@pytest.mark.parametrize("parametrization", ["ntk", "mup", "standard"])
@pytest.mark.parametrize("name", NETWORKS)
def test_error_signals_of_the_loss_in_every_parametrization(name, parametrization):
    program = gallery(name, parametrization)
    assert_errors(program, of=program.loss.name)


@pytest.mark.parametrize("parametrization", ["ntk", "mup", "standard"])
@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_are_torchs(name, parametrization):
    program = gallery(name, parametrization)
    loss = program.loss.name
    appended = backward(program, loss)
    initial = draw(appended, WIDTHS)
    values = interpret(appended, initial, WIDTHS)
    _, expected = loss_and_gradients(program, initial, [{}], WIDTHS)
    for gradient in gradients(program, loss):
        want = expected[gradient.parameter.variable.name]
        size = max(1.0, np.abs(want).max())
        got = materialize(gradient, values, WIDTHS)
        np.testing.assert_allclose(got, want, atol=1e-12 * size, rtol=0)


@pytest.mark.parametrize("of", ["m[3]", "x[2]"])
def test_raw_programs_are_differentiated_by_their_initial_vectors(of):
    found = assert_errors(gallery("wigner"), of=of)
    assert "x[0]" in found.errors


SCALARS = """
program scalars
width n
width m = 3/2 n
scalar a = 0.7
scalar e -> 0 = 1/sqrt(n)
vector x : n ~ N(0, 1)
vector v : m ~ N(0, 1)
matrix W : m × n ~ N(0, 1)
matrix R : 2 × n ~ N(0, 1)
t = mean(x^2 * a)
z = tanh(W x) * t + e
u = mean(z * v + a * t)
q = t * u + sin(u) * e
r = R (x * q)
g = r * q + t
p = mean(g^2)
y = W' (z * p) + a
"""


@pytest.mark.parametrize("of", ["t", "u", "q", "z", "r", "g", "p", "y"])
def test_scalars_unequal_widths_and_vectors_behind_a_readout(of):
    program = parse(SCALARS)
    assert_errors(program, of=of, wrt=["x", "v", "a", "e"], widths={"n": 4})


@pytest.mark.parametrize("of", ["t", "u", "q", "z", "r", "g", "p", "y"])
def test_widths_of_no_fixed_ratio(of):
    program = parse(SCALARS.replace("width m = 3/2 n", "width m"))
    assert_errors(program, of=of, wrt=["x", "v", "a", "e"], widths={"n": 4, "m": 5})


@settings(max_examples=100)
@given(programs(differentiable=True, max_equations=40), st.integers(0, 99))
def test_random_networks(program, seed):
    widths = {"n": 4}
    assert_errors(program, program.loss.name, widths=widths, seed=seed, tolerance=1e-10)
    appended = backward(program, program.loss.name)
    initial = draw(appended, widths, seed)
    values = interpret(appended, initial, widths)
    _, expected = loss_and_gradients(program, initial, [{}], widths)
    for gradient in gradients(program, program.loss.name):
        want = expected[gradient.parameter.variable.name]
        size = max(1.0, np.abs(want).max())
        got = materialize(gradient, values, widths)
        np.testing.assert_allclose(got, want, atol=1e-10 * size, rtol=0)


def test_error_signals_are_finite_differences_too():
    program, widths, step = parse(SCALARS), {"n": 4}, 1e-6
    found = differentiate_program(program, "y", ["x", "a"])
    initial = draw(found.program, widths)
    values = interpret(found.program, initial, widths)

    def total(name, change):
        return interpret(program, {**initial, name: initial[name] + change}, widths)["y"].sum()

    for name in ("x", "a"):
        scale = found.scales.of(program.variables[name]).at(widths)
        basis = np.eye(4) if name == "x" else np.ones((1,))
        slope = [(total(name, step * e) - total(name, -step * e)) / (2 * step) for e in basis]
        got = np.ravel(values[found.errors[name].name]) / scale
        np.testing.assert_allclose(got, slope, rtol=1e-6)


def test_readout_gives_the_readout_row_in_order_one():
    program = gallery("one_hidden")
    appended = backward(program)
    widths = {"n": 400}
    initial = draw(appended, widths)
    values = interpret(appended, initial, widths)
    np.testing.assert_allclose(values["dx"], initial["V"][0], rtol=1e-12)
    equation = appended.equation_of["dx"]
    assert equation.matrix.name == "V"
    assert equation.transpose
    assert equation.place.row == "backward"
    assert equation.place.partner == "x"
    assert appended.equation_of["x"].place.row == "forward"
    assert language_of(backward(gallery("mlp"))) == "netsorT"


def test_a_mean_gives_order_one_without_any_width():
    program = parse(
        "program p\nwidth n\nvector g : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\n"
        "h = W tanh(g)\nf = mean(tanh(h)^2)\noutput f\n"
    )
    appended = backward(program)
    assert [d.variables[0].name for d in appended.declarations] == ["g", "W"]
    assert_errors(program)


def test_names_avoid_those_of_the_program():
    text = "program p\nwidth n\nvector h, dh : n ~ N([0, 0], [[1, 0], [0, 1]])\n"
    program = parse(text + "f = mean(h * dh)\noutput f\n")
    assert {"ddh", "dddh", "ddf"} <= set(backward(program).variables)


def test_temporaries_have_error_signals_of_their_own_name():
    appended = backward(gallery("mlp"))
    assert {"dx[1]", "dx[1]~1", "db[1]"} <= set(appended.variables)
    assert appended.equation_of["dx[1]~1"].place.partner == "x[1]~1"


def test_several_outputs_have_cotangents_like_data():
    appended = backward(gallery("batchnorm"))
    assert {d.variable.name for d in appended.data} >= {"χ[1]", "χ[2]", "χ[3]"}


def test_backward_is_deterministic_and_leaves_the_program_as_it_was():
    program = gallery("transformer")
    before = repr(program), program.equations
    assert backward(program) == backward(program)
    assert (repr(program), program.equations) == before


def test_errors_say_what_is_missing():
    with pytest.raises(TPTypeError, match="neither an output nor a loss"):
        backward(gallery("wigner"))
    with pytest.raises(TPNameError, match="no variable nothing"):
        backward(gallery("mlp"), of="nothing")
    with pytest.raises(TPTypeError, match="is a matrix"):
        backward(gallery("mlp"), of="V")


def test_what_has_nothing_that_it_could_be_differentiated_by_says_so():
    text = "width n\ndata ξ : 2\nmatrix W : n × 2 ~ N(0, 1)\nmatrix V : 1 × n ~ N(0, 1)\n"
    program = parse(f"{text}x = tanh(W ξ)\nf = V x\noutput f\n")
    with pytest.raises(TPTypeError, match="no param and no initial vector"):
        backward(program)
    trained = parse(
        f"{text}x = tanh(W ξ)\nf = V x\noutput f\n".replace(
            "matrix W", "parametrization ntk\nparam W"
        )
    )
    assert "dx" in backward(trained).variables


@pytest.mark.parametrize("rule", ["transpose", "factor"])
def test_a_broken_rule_is_noticed(rule, monkeypatch):
    add = _Reverse._add

    def dropped(self, variable, part):
        if variable.name != "x[2]" or isinstance(part, ProductShare):
            add(self, variable, part)

    def doubled(self, variable, part):
        add(self, variable, replace(part, factor=part.factor * WidthPower(2.0)))

    monkeypatch.setattr(_Reverse, "_add", dropped if rule == "transpose" else doubled)
    with pytest.raises((AssertionError, KeyError)):
        assert_errors(gallery("resnet"))


def test_equations_know_their_pass():
    appended = backward(gallery("mlp"))
    passes = {e.place.context for e in appended.equations}
    assert [(p.kind, p.time, p.element, p.caption) for p in passes] == [("train", 0, None, ())]
    assert all(appended.timed[e.out.name].of == e.out.name for e in appended.equations)


def test_an_error_signal_belongs_to_the_pass_of_its_partner():
    unrolled = unroll_sgd(gallery("mlp"), steps=1)
    appended = backward(unrolled, of=unrolled.outputs[-1].name)
    signals = [e for e in appended.equations if e.out.name not in unrolled.variables]
    found = [(e.place, unrolled.equation_of.get(e.place.partner or "")) for e in signals]
    told = [(place, made.place) for place, made in found if made and made.place.context]
    assert len(told) > 3
    assert all(place.context == of.context for place, of in told)


def test_a_bias_of_more_uses_than_a_function_has_operations_gets_its_signal_in_parts(monkeypatch):
    layers = [f"h[{k}] = W tanh(h[{k - 1}] + b)" for k in range(2, 12)]
    program = parse("\n".join([*SHARED_BIAS, *layers, "f = V h[11]", "output f"]))
    assert not any(name.startswith("db~") for name in assert_errors(program).program.variables)
    monkeypatch.setenv("TPGRAPH_MAX_OPERATIONS", "20")
    parted = assert_errors(program).program
    parts = tuple(e.out for e in parted.equations if e.out.name.startswith("db~"))
    assert len(parts) > 1
    assert parted.equation_of["db"].arguments == parts
