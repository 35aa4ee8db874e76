"""With ε → 0 in the fluctuation form, SGD is kernel gradient descent.

At ε = 0 and finite width the δ variables are those of the network linearized at its initial
parameters, so that f̃_{t+1} − f̃_t = −η K(ξ̃, ξ_t) χ_t with the tangent kernel K at initialization
(Tensor Programs IIb, Theorem 5.3, before the kernel's own limit). With weight decay the network is
linearized at α_t w_0 instead.
"""

from dataclasses import replace

import numpy as np
import pytest
from transform.support import draw, gallery
from transform.test_kernel import barred, gradients

from tpgraph.functions.divided import at_zero
from tpgraph.interpreter import interpret
from tpgraph.program import MatMul, TimedName, accented, check
from tpgraph.transform import ntk, unroll_sgd
from tpgraph.transform.contexts import TEST
from tpgraph.transform.schedule import training_plan

STEPS, RATE, WIDTHS = 5, 0.1, {"n": 6}


def at_epsilon_zero(program):
    """The program with ε = 0 everywhere but in the scale of the readout's cotangent."""

    def limit(equation):
        names = [a.name for a in equation.inputs]
        if isinstance(equation, MatMul) or "ε" not in names:
            return equation
        if equation.inputs[0].name == "df":  # the readout's cotangent, 1/ε
            return equation
        return replace(equation, function=at_zero(equation.function, names.index("ε")))

    return check(replace(program, equations=tuple(map(limit, program.equations))))


def kernel_descent(program, initial, examples, test):
    """f̃_t by K at initialization; χ = f − y for the squared loss."""
    kernel = ntk(program)
    base = {**draw(kernel, WIDTHS), **initial}
    inputs = [d.variable.name for d in program.data]

    def K(x, y):
        values = {**base, **{n: x[n] for n in inputs}, **{barred(n): y[n] for n in inputs}}
        return float(interpret(kernel, values, WIDTHS)[kernel.outputs[0].name])

    def f0(x):
        return float(interpret(program, {**initial, **x}, WIDTHS)["f"][0])

    chis = []

    def f(x, t):
        return f0(x) - RATE * sum(K(x, examples[s]) * chis[s] for s in range(t))

    for t in range(STEPS):
        chis.append(f(examples[t], t) - examples[t]["y"][0])
    return [f(test, t) for t in range(STEPS + 1)]


def feed(program, unrolled, seed=3):
    """The initial objects, examples of every step, a test example, and all as the program's."""
    initial = draw(program, WIDTHS)
    rng = np.random.default_rng(seed)
    given = [d.variable for d in (*program.data, *program.targets)]
    examples = [{v.name: rng.standard_normal(v.dim.value) for v in given} for _ in range(STEPS + 1)]
    *training, test = examples
    values = {**draw(unrolled, WIDTHS), **initial}
    for t, example in enumerate(training):
        values.update((TimedName(k, t).name, v) for k, v in example.items())
    for key, value in test.items():
        base, _, index = key.partition("[")
        values[accented(base, TEST) + (f"[{index}" if index else "")] = value
    return initial, training, test, values


def outputs(unrolled, values):
    """f̃_0, …, f̃_T."""
    found = interpret(unrolled, values, WIDTHS)
    return [found[accented("f", TEST) + f"_{t}"][0] for t in range(STEPS + 1)]


@pytest.mark.parametrize("name", ["one_hidden", "resnet", "rnn", "gru", "transformer"])
def test_fluctuations_at_epsilon_zero_are_kernel_gradient_descent(name):
    program = gallery(name)
    unrolled = at_epsilon_zero(unroll_sgd(program, STEPS, form="fluctuation", lr=RATE))
    initial, training, test, values = feed(program, unrolled)
    expected = kernel_descent(program, initial, training, test)
    np.testing.assert_allclose(outputs(unrolled, values), expected, rtol=1e-10, atol=1e-10)
    assert abs(expected[-1] - expected[0]) > 1e-2


def decayed_descent(program, initial, examples, test, plan):
    """f̃_t = f(ξ̃; α_t w) − Σ_s β_{t,s} χ_s ⟨∇f(ξ̃; α_t w), ∇f(ξ_s; α_s w)⟩, by torch."""
    trained = [p.variable.name for p in program.parameters]
    weights = [{**initial, **{k: a * initial[k] for k in trained}} for a in plan.alpha]

    def gradient(x, t):
        return gradients(program, weights[t], x, "f", 1.0)

    seen = [gradient(x, t) for t, x in enumerate(examples)]
    chis = []

    def f(x, t):
        value = float(interpret(program, {**weights[t], **x}, WIDTHS)["f"][0])
        here = gradient(x, t)
        for beta, chi, there in zip(plan.beta[t], chis, seen, strict=False):
            value -= beta * chi * sum(float((here[k] * there[k]).sum()) for k in trained)
        return value

    for t in range(STEPS):
        chis.append(f(examples[t], t) - examples[t]["y"][0])
    return [f(test, t) for t in range(STEPS + 1)]


@pytest.mark.parametrize("name", ["one_hidden", "resnet", "rnn", "gru", "transformer"])
def test_with_weight_decay_they_are_linearized_at_the_decayed_weights(name):
    program, decay = gallery(name), {"weight_decay": 0.7, "momentum": 0.3}
    unrolled = unroll_sgd(program, STEPS, form="fluctuation", lr=RATE, **decay)
    unrolled = at_epsilon_zero(unrolled)
    initial, training, test, values = feed(program, unrolled)
    plan = training_plan(STEPS, RATE, **decay)
    expected = decayed_descent(program, initial, training, test, plan)
    np.testing.assert_allclose(outputs(unrolled, values), expected, rtol=1e-10, atol=1e-10)
    assert (
        np.abs(np.subtract(expected, kernel_descent(program, initial, training, test))).max() > 1e-2
    )
