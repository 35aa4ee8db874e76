"""The generic step of folded SGD: its equations have the values of every unrolled step."""

import re
from itertools import product

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
    ("mlp", {"lr": [0.1, 0.3, 0.2, 0.1]}, {"share": lambda s, t: [0.1, 0.3, 0.2, 0.1][s]}),
    ("mlp", {"momentum": 0.9, "weight_decay": 0.5}, {
        "share": lambda s, t: -moved_by(range(s, t), 0.0, s, [0.1] * 4, 0.9, 0.5) / 0.1,
        "kept": lambda t: moved_by(range(t), 1.0, None, [0.1] * 4, 0.9, 0.5),
    }),
]  # fmt: skip
COSINE = [0.1, 0.1 * (2 + 2**0.5) / 4, 0.05, 0.1 * (2 - 2**0.5) / 4]
SCHEDULES = [COSINE, [0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.3], [0.3, 0.2, 0.1, 0.0],
             [0.0, 0.1, 0.2, 0.3], [0.3, 0.0, 0.1, 0.2], [0.5, 0.01, 0.2, 0.4]]  # fmt: skip
HYPERPARAMETERS = [{"momentum": 0.9}, {"weight_decay": 0.5},
                   {"momentum": 0.9, "weight_decay": 0.5}, {}]  # fmt: skip


def scheduled():
    """SGD with every schedule, momentum and decay, and the law that its coefficients have."""
    for rates, said in product(SCHEDULES, HYPERPARAMETERS):
        mu, decay = said.get("momentum", 0.0), said.get("weight_decay", 0.0)

        def share(s, t, rates=rates, mu=mu, decay=decay):
            return -moved_by(range(s, t), 0.0, s, rates, mu, decay)

        def kept(t, rates=rates, mu=mu, decay=decay):
            return moved_by(range(t), 1.0, None, rates, mu, decay)

        yield "mlp", {"lr": rates, **said}, {"share": share, "kept": kept}
    yield (
        "gru",
        {"lr": rates, "momentum": 0.5, "weight_decay": 0.2},
        {
            "share": lambda s, t: -moved_by(range(s, t), 0.0, s, rates, 0.5, 0.2),
            "kept": lambda t: moved_by(range(t), 1.0, None, rates, 0.5, 0.2),
        },
    )


def moved_by(steps, weight, pushed, rates, momentum, decay):
    """A weight after steps of torch.optim.SGD, of which the pushed one has the gradient 1 and the
    others none.
    """
    velocity = 0.0
    for step in steps:
        velocity = momentum * velocity + (step == pushed) + decay * weight
        weight -= rates[step] * velocity
    return weight


@pytest.mark.parametrize(("name", "options", "law"), [*LAWS, *scheduled()])
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
    rates = options.get("lr", 0.1)
    moved = [t for t in (1, 2, 3, 4) if np.any(np.broadcast_to(rates, 4)[:t])]
    short = []
    for equation in sums:
        for t in moved:
            made = lettered(equation.out.name, {letter: t})
            if made not in values:
                assert t == 4, "there is no training pass behind the last step"
                continue
            actual = values[made]
            found = summed(equation, program, values, letter, t, range(t), law)
            np.testing.assert_allclose(found, actual, rtol=1e-9, atol=1e-12)
            less = summed(equation, program, values, letter, t, range(t - 1), law)
            short.append(np.allclose(less, actual, rtol=1e-9, atol=1e-12))
    assert not all(short)
