"""Unrolled SGD is SGD: both forms against torch at finite width."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import programs
from transform.sgd_oracle import train
from transform.support import NETWORKS, WIDTHS, draw, gallery

from tpgraph.errors import TPDataError, TPTypeError
from tpgraph.interpreter import interpret, sample
from tpgraph.language import parse, to_text
from tpgraph.program import Moment, TimedName, accented, check
from tpgraph.transform import backward, ntk, unroll_sgd
from tpgraph.transform.contexts import TEST
from tpgraph.transform.unroll import FiniteSteps

STEPS = 10


def compare(
    program, steps=STEPS, batch=1, form="exact", rates=0.1, widths=WIDTHS, move=1e-3, **options
):
    """The greatest relative difference of a test output, over all steps."""
    unrolled = check(unroll_sgd(program, steps, batch, form=form, lr=rates, **options))
    given = [d.variable for d in (*program.data, *program.targets)]
    initial = draw(program, widths)
    rng = np.random.default_rng(7)

    def example():
        return {v.name: rng.standard_normal(v.dim.size(widths)) for v in given}

    test, batches = example(), [[example() for _ in range(batch)] for _ in range(steps)]
    etas = rates if isinstance(rates, list) else [float(rates)] * steps
    real = train(program, initial, batches, test, widths, etas, **options)
    values = interpret(unrolled, feed(unrolled, initial, batches, test, widths), widths)
    worst = 0.0
    for output in program.outputs:
        for t in range(steps + 1):
            name = TimedName(output.name, t, accent=TEST).name
            want = real[t][output.name]
            size = max(1.0, np.abs(want).max())
            assert size < 1e6, "training diverges"
            worst = max(worst, np.abs(values[name] - want).max() / size)
        assert np.abs(real[-1][output.name] - real[0][output.name]).max() >= move
    return worst


def feed(unrolled, initial, batches, test, widths):
    """The initial objects of the unrolled program, its data from the batches."""
    given = {**sample(unrolled, widths, 0), **initial}
    for name, value in test.items():
        base, index = name.partition("[")[0], name.partition("[")[2]
        given[accented(base, TEST) + (f"[{index}" if index else "")] = value
    for t, batch in enumerate(batches):
        for i, example in enumerate(batch, start=1):
            element = i if len(batch) > 1 else None
            given.update({TimedName(k, t, element=element).name: v for k, v in example.items()})
    return given


RATES = {"ntk": 0.1, "mup": 0.1, "standard": 0.005}


@pytest.mark.parametrize("form", ["exact", "fluctuation"])
@pytest.mark.parametrize("parametrization", ["ntk", "mup", "standard"])
@pytest.mark.parametrize("name", NETWORKS)
def test_ten_steps_are_those_of_real_sgd(name, parametrization, form):
    program = gallery(name, parametrization)
    assert compare(program, form=form, rates=RATES[parametrization]) < 1e-9


@pytest.mark.parametrize("form", ["exact", "fluctuation"])
@pytest.mark.parametrize("name", ["rnn", "autoencoder", "mlp"])
def test_batches_schedules_and_momentum(name, form):
    rates = [0.1 / (1 + t) for t in range(4)]
    assert compare(gallery(name), 4, 3, form, rates, momentum=0.9) < 1e-9


@pytest.mark.parametrize("form", ["exact", "fluctuation"])
@pytest.mark.parametrize("momentum", [0.0, 0.5])
@pytest.mark.parametrize("name", ["rnn", "mlp", "transformer"])
def test_weight_decay(name, momentum, form):
    assert compare(gallery(name), 4, 2, form, weight_decay=0.5, momentum=momentum) < 1e-9


@pytest.mark.parametrize(("rates", "weight_decay"), [([0.5, 0.1], 2.0), ([0.5, 0.25], 4.0)])
def test_fluctuations_refuse_decay_of_all_initial_weights(rates, weight_decay):
    network, options = gallery("mlp"), {"weight_decay": weight_decay}
    with pytest.raises(TPDataError, match="nothing is left of the initial weights") as refused:
        unroll_sgd(network, 2, form="fluctuation", lr=rates, **options)
    assert "exact" in refused.value.mend
    assert compare(network, 2, 1, "exact", rates, **options) < 1e-9
    one = unroll_sgd(network, 1, form="fluctuation", lr=rates[:1], test=False, **options)
    assert check(one)


@pytest.mark.parametrize("form", ["exact", "fluctuation"])
def test_a_learning_rate_with_a_power_of_width(form):
    settings = "abc(a=[0, 0, 0], b=[0, 1/2, 1/2], c=1)"
    assert compare(gallery("mlp", settings), 5, form=form, rates=2.0) < 1e-9


SCALARS = """
program scalars
width n
width m = 1/2 n
dim d = 3
parametrization ntk
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param W : m × n ~ N(0, 1)
param b : m ~ N(0, 1)
param v : n ~ N(0, 1)
matrix A : n × n ~ N(0, 1)
vector s : n ~ N(0, 1)
t = mean((U ξ)^2)
x = tanh(A (U ξ) / sqrt(1 + t) + v * s)
u = t * mean(x^2)
z = tanh(W x + b)
f = mean(v * (W' (z * u)))
output f
loss (f - y)^2 / 2
"""


@pytest.mark.parametrize("form", ["exact", "fluctuation"])
def test_moments_untrained_matrices_and_an_output_by_a_moment(form):
    assert compare(parse(SCALARS), 6, 2, form, 10.0, widths={"n": 8}) < 1e-9


@pytest.mark.parametrize("form", ["exact", "fluctuation"])
def test_widths_of_no_fixed_ratio(form):
    program = parse(SCALARS.replace("width m = 1/2 n", "width m"))
    assert compare(program, 6, 2, form, 10.0, widths={"n": 8, "m": 5}) < 1e-9


FED_BACK = """
program fed_back
width n
dim d = 3
parametrization ntk
data ξ : d
target y : 2
param U : n × d ~ N(0, 1)
param B : n × 2 ~ N(0, 1)
param W : n × n ~ N(0, 1)
param V : 2 × n ~ N(0, 1)
param c : 2 ~ N(0, 1)
g = tanh(V tanh(U ξ) + c)
f = V tanh(W tanh(B g)) + c
output f, g
loss (f - y)^2 / 2 + g^2
"""


@pytest.mark.parametrize("form", ["exact", "fluctuation"])
@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_an_output_that_is_fed_back_and_a_trained_vector_of_fixed_dimension(weight_decay, form):
    options = {"widths": {"n": 7}, "weight_decay": weight_decay}
    assert compare(parse(FED_BACK), 5, 2, form, 0.1, **options) < 1e-9


@pytest.mark.parametrize("form", ["exact", "fluctuation"])
@settings(max_examples=40)
@given(
    program=programs(differentiable=True, max_equations=30),
    momentum=st.sampled_from([0.0, 0.5]),
    weight_decay=st.sampled_from([0.0, 0.5]),
)
def test_random_networks(form, program, momentum, weight_decay):
    options = {"rates": 0.003, "widths": {"n": 4}, "move": 0.0}
    options |= {"momentum": momentum, "weight_decay": weight_decay}
    assert compare(program, 3, 2, form, **options) < 1e-9


def test_training_examples_alone():
    program = gallery("one_hidden")
    unrolled = unroll_sgd(program, 3, test=False)
    assert [v.name for v in unrolled.outputs] == ["f_0", "f_1", "f_2"]
    assert not any(TEST in name for name in unrolled.variables)


def test_only_initial_matrices_and_order_one_scalars():
    unrolled = unroll_sgd(gallery("mlp"), 2, form="fluctuation")
    matrices = [v.name for v in unrolled.variables.values() if v.is_matrix]
    assert matrices == ["W[1]", "W[2]", "W[3]", "V"]
    scalars = [d for d in unrolled.declarations if type(d).__name__ == "InitialScalar"]
    assert [(d.variable.name, d.limit) for d in scalars] == [("ε", 0.0)]


def test_mup_has_no_scalar_of_width_but_before_the_readout():
    unrolled = unroll_sgd(gallery("one_hidden", "mup"), 2)
    users = unrolled.uses["ε"]
    assert [e.out.name for e in users] == ["dx~1"]


def test_the_first_step_is_algorithm_1():
    unrolled = unroll_sgd(gallery("one_hidden"), 1, form="fluctuation")
    names = ["χ_0", "dh_0", "δh̃_1", "δx̃_1", "f̃_1"]
    assert [e.out.name for e in unrolled.equations if e.out.name in names] == names
    assert isinstance(unrolled.equation_of["χ_0"], Moment)
    places = {name: unrolled.equation_of[name].place for name in ("h_0", "dh_0", "x̃_0", "δx̃_1")}
    assert str(places["h_0"].context) == "step 1, train ξ₀"
    assert (places["dh_0"].row, places["dh_0"].partner) == ("backward", "h_0")
    assert str(places["x̃_0"].context) == "test ξ̃"
    assert places["δx̃_1"].row == "between"


ALGORITHM_1 = """
program algorithm_1
width n
dim d = 4
parametrization ntk
fn φ(z) = tanh(z)
data ξ : d
target y : 1
matrix U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1)
matrix V : 1 × n ~ N(0, 1)
g = U ξ
z = φ(g)
h = W z
x = φ(h)
f = V x
output f
loss (f - y)^2 / 2
"""


def test_algorithm_1_equation_by_equation():
    unrolled = unroll_sgd(parse(ALGORITHM_1), 1, form="fluctuation")
    names = [e.out.name for e in unrolled.equations]
    assert names[-9:] == [
        "χ_0", "dx~1", "dx", "dh_0", "θ[1]", "δh̃_1", "δx̃_1", "θ[2]", "f̃_1"
    ]  # fmt: skip
    text = to_text(unrolled)
    for line in (
        "χ_0 = mean(f_0 - y_0)",
        "dh_0 = φ'(h_0) * dx",
        "θ[1] = mean(z_0 * z̃_0)",
        "δh̃_1 = -(χ_0 * θ[1] * dh_0)",
        "δx̃_1 = (φ(h̃_0 + ε * δh̃_1) - φ(h̃_0)) / ε",
        "θ[2] = mean(dx * δx̃_1)",
        "f̃_1 = f̃_0 + θ[2]",
    ):
        assert line in text
    assert str(unrolled.equation_of["dx"].place.context) == "step 1, train ξ₀"


LABELLED = ALGORITHM_1.replace("output f", 'label h = "η^{1}"\nlabel ξ = "ζ"\noutput f')


def test_labels_of_the_program_are_kept_with_step_and_tilde():
    program = parse(LABELLED)
    labels = unroll_sgd(program, 1, 2, form="fluctuation").labels
    assert labels == {
        "ξ̃": r"\tilde{ζ}", "ξ_0[1]": "ζ^{1}_{0}", "ξ_0[2]": "ζ^{2}_{0}",
        "h̃_0": r"\tilde{η}^{1}_{0}", "δh̃_1": r"\delta \tilde{η}^{1}_{1}",
        "h_0[1]": "{η^{1}}^{1}_{0}", "h_0[2]": "{η^{1}}^{2}_{0}",
        "dh_0[1]": "{dη^{1}}^{1}_{0}", "dh_0[2]": "{dη^{1}}^{2}_{0}",
    }  # fmt: skip
    later = unroll_sgd(program, 2, form="fluctuation").labels
    assert later["h0_1"] == "η^{1}_{0,1}"
    assert unroll_sgd(program, 2).labels["h̃_2"] == r"\tilde{η}^{1}_{2}"
    biased = LABELLED.replace("h = W z", "h = W z + b").replace(
        "matrix V", 'param b : n ~ N(0, 1)\nlabel b = "β"\nmatrix V'
    )
    assert unroll_sgd(parse(biased), 2).labels["b_1"] == "β_{1}"


def test_labels_of_error_signals_and_of_the_second_input():
    program = parse(LABELLED)
    assert backward(program).labels == {"ξ": "ζ", "h": "η^{1}", "dh": "dη^{1}"}
    barred = {"ξ̄": r"\bar{ζ}", "h̄": r"\bar{η}^{1}", "dh̄": r"\bar{dη}^{1}"}
    assert ntk(program).labels == {**backward(program).labels, **barred}


def test_unrolling_is_deterministic():
    assert unroll_sgd(gallery("rnn"), 3, 2) == unroll_sgd(gallery("rnn"), 3, 2)


def test_errors_say_what_is_missing():
    with pytest.raises(TPTypeError, match="no loss to train on"):
        unroll_sgd(gallery("attention"), 1)
    with pytest.raises(TPTypeError, match="learning rate has 1 values"):
        unroll_sgd(gallery("mlp"), 2, lr=[0.1])
    with pytest.raises(TPTypeError, match=r"over 1\.5 steps"):
        unroll_sgd(gallery("mlp"), 1.5)
    with pytest.raises(TPTypeError, match="over a batch of 0"):
        unroll_sgd(gallery("mlp"), 2, 0)


@pytest.mark.parametrize("rule", ["no update of the transpose", "half a step"])
@pytest.mark.parametrize("form", ["exact", "fluctuation"])
def test_a_broken_rule_is_noticed(rule, form, monkeypatch):
    update = FiniteSteps.update

    def broken(self, name, transpose, *rest):
        for term in update(self, name, transpose, *rest):
            if rule == "half a step":
                half = replace(term.factor, constant=term.factor.constant / 2)
                yield term._replace(factor=half)
            elif not transpose:
                yield term

    monkeypatch.setattr(FiniteSteps, "update", broken)
    assert compare(gallery("rnn"), 4, form=form) > 1e-6
