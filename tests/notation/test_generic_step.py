"""The generic step of folded SGD: its equations have the values of every unrolled step."""

import re

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.functions import evaluate
from tpgraph.notation.drawn.signals import signals_once
from tpgraph.notation.drawn.steps import generic_step
from tpgraph.program import Moment


def lettered(name, letters):
    for letter, number in letters.items():
        name = re.sub(rf"_{letter}(?=$|[\[~])", f"_{number}", name)
    return name


EARLIER = {"t": "s", "k": "j"}
PLAIN = {"share": lambda s, t: 1.0, "kept": lambda t: 1.0}


def summed(equation, program, values, letter, t, steps, law=PLAIN):
    """The value of a generic equation at time t: Σ over these steps s, by the names alone."""

    def value(name, s):
        if name in law:
            return law[name](t) if name == "kept" else law[name](s, t)
        made = program.equation_of.get(name)
        if isinstance(made, Moment):
            return np.mean(evaluate(made.function, [value(v.name, s) for v in made.arguments]))
        return values[lettered(name, {letter: t, EARLIER[letter]: s})]

    def at(s, sign):
        names = [v.name for v in equation.arguments]
        return evaluate(equation.function, [sign if n == "Σ" else value(n, s) for n in names])

    return at(0, 0.0) + sum(at(s, 1.0) - at(s, 0.0) for s in steps)


LAWS = [
    ("mlp", {}, PLAIN),
    ("resnet", {}, PLAIN),
    ("one_hidden", {}, PLAIN),
    ("rnn", {}, PLAIN),
    ("gru", {}, PLAIN),
    (
        "mlp",
        {"weight_decay": 0.5},
        {"share": lambda s, t: 0.95 ** (t - 1 - s), "kept": lambda t: 0.95**t},
    ),
    ("resnet", {"momentum": 0.9}, {"share": lambda s, t: 1 - 0.9 ** (t - s)}),
    ("mlp", {"lr": [0.1, 0.3, 0.2, 0.1]}, {"share": lambda s, t: [1, 3, 2, 1][s]}),
    ("mlp", {"momentum": 0.9, "weight_decay": 0.5}, {
        "share": lambda s, t: -moved_by(t - s, 0.0, 1.0) / 0.1,
        "kept": lambda t: moved_by(t, 1.0, 0.0),
    }),
]  # fmt: skip


def moved_by(steps, weight, gradient):
    """A weight after steps of SGD with momentum 0.9, decay 0.5 and rate 0.1, the first of which has
    this gradient and the others none.
    """
    velocity = 0.0
    for step in range(steps):
        velocity = 0.9 * velocity + gradient * (step == 0) + 0.5 * weight
        weight -= 0.1 * velocity
    return weight


@pytest.mark.parametrize(("name", "options", "law"), LAWS)
def test_the_generic_step_has_the_values_of_every_step(name, options, law):
    network = tp.gallery.entry(name).program()
    unrolled = signals_once(tp.unroll_sgd(network, steps=4, **{"lr": 0.1, **options}))
    step = generic_step(unrolled, unrolled.body)
    program, letter = step.passes.program, step.letter
    initial = tp.sample(unrolled, {"n": 7}, 0)
    rng = np.random.default_rng(0)
    for declaration in (*unrolled.data, *unrolled.targets):
        variable = declaration.variable
        initial[variable.name] = rng.standard_normal(variable.dim.value)
    values = tp.interpret(unrolled, initial, {"n": 7})
    known = set(program.equation_of) | {
        n for n in program.variables if "θ" not in n and "ϑ" not in n
    }
    sums = [
        e
        for e in program.equations
        if e.inputs and any(v.name == "Σ" for v in e.inputs) and known >= {v.name for v in e.inputs}
    ]
    assert len(sums) >= 1
    short = []
    for equation in sums:
        for t in (1, 2, 3):
            actual = values[lettered(equation.out.name, {letter: t})]
            found = summed(equation, program, values, letter, t, range(t), law)
            np.testing.assert_allclose(found, actual, rtol=1e-9, atol=1e-12)
            less = summed(equation, program, values, letter, t, range(t - 1), law)
            short.append(np.allclose(less, actual, rtol=1e-9, atol=1e-12))
    assert not all(short)
