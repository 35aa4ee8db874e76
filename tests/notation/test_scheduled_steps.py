"""The generic step under a schedule of rates: its coefficients are those of the training plan."""

import re
from dataclasses import replace
from typing import Any

import pytest

import tpgraph as tp
from tpgraph.errors import TPError

SCHEDULED = [
    {"lr": [1.0, 0.5, 0.25, 0.125], "momentum": 0.9},
    {"lr": [1.0, 0.4, 0.3, 0.125], "weight_decay": 0.1},
    {"lr": [1.0, 0.4, 0.3, 0.2], "momentum": 0.9, "weight_decay": 0.1},
    {"lr": [0.2, 0.4, 0.6, 0.0], "momentum": 0.9, "weight_decay": 0.1},
]


@pytest.mark.parametrize("options", SCHEDULED)
def test_steps_that_do_not_follow_their_plan_are_refused(options):
    program = tp.unroll_sgd(tp.gallery.entry("mlp").program(), steps=4, **options)
    plan = program.training_plan
    assert len(tp.draw(program, fold=True).scene.plates) == 1
    others = [
        None,
        replace(plan, rates=(*plan.rates[:1], 0.45, *plan.rates[2:])),
        replace(plan, rates=plan.rates[:1] * 4),
        replace(plan, momentum=0.8),
        replace(plan, weight_decay=0.3),
    ]
    for other in others:
        with pytest.raises(TPError, match="differ by more than terms") as refused:
            tp.draw(replace(program, training_plan=other), fold=True)
        assert "fewer steps" in refused.value.mend


def test_too_few_rates_above_zero_are_refused():
    program = tp.unroll_sgd(tp.gallery.entry("mlp").program(), steps=4, lr=[1.0, 0.0, 0.0, 0.0])
    with pytest.raises(TPError, match="too few of these SGD steps have a rate above 0"):
        tp.draw(program, fold=True)


def test_a_step_that_forgets_the_weights_is_refused():
    program = tp.unroll_sgd(tp.gallery.entry("mlp").program(), steps=4, lr=0.1, weight_decay=10.0)
    with pytest.raises(TPError, match="weight decay 10 leaves nothing of the weights"):
        tp.draw(program, fold=True)


def test_a_document_of_training_folds_as_the_program_does():
    program = tp.unroll_sgd(tp.gallery.entry("mlp").program(), steps=4, **SCHEDULED[2])
    again = tp.from_json(tp.to_json(program))
    assert again.training_plan == program.training_plan
    there, here = (tp.draw(p, fold=True).scene for p in (again, program))
    assert there.definitions == here.definitions
    assert [node.label for node in there.nodes] == [node.label for node in here.nodes]
    assert tp.simplify(program).training_plan == program.training_plan


INDEXED = re.compile(r"\\(alpha|gamma|kappa|eta)_\{((?:[^{}]|\{[+-]\})*)\}")


def as_python(latex):
    """A formula of definitions as one of Python, in functions of s and t."""
    text = latex.replace(r"\textstyle\sum_{s<t} \, \alpha_{s,t}", "total(t)")
    text = INDEXED.sub(r"\1(\2)", text).replace(r"\,", "*").replace("^", "**")
    return text.replace("{", "(").replace("}", ")").replace("(+)", "+").replace("(-)", "-")


def recursion(definitions):
    """The values of α and κ by what is written of them alone."""
    said = {INDEXED.match(d.symbol).group(1): d.formula.split(r", \; ") for d in definitions}
    rates = [float(rate) for rate in said["eta"][0].split(", ")]
    starts = [text for name in ("alpha", "gamma") if name in said for text in said[name][1:]]
    first = dict(map(as_python, text.split(" = ")) for text in starts)
    names: dict[str, Any] = {"eta": lambda t: rates[t]}

    def written(text, s, t):
        return eval(text, {**names, "s": s, "t": t})

    def value(name, s, t):
        for key, ahead in ((f"{name}(s,s)", 0), (f"{name}(s,s+1)", 1)):
            if key in first and t == s + ahead:
                return written(first[key], s, t)
        return written(as_python(said[name][0]), s, t - 1)

    names["alpha"] = lambda s, t: value("alpha", s, t)
    names["gamma"] = lambda s, t: value("gamma", s, t)
    names["total"] = lambda t: sum(names["alpha"](s, t) for s in range(t))
    kappa = as_python(said["kappa"][0]) if "kappa" in said else "1.0"
    return names["alpha"], lambda t: written(kappa, None, t)


@pytest.mark.parametrize("options", SCHEDULED)
def test_what_is_written_of_coefficients_gives_their_values(options):
    program = tp.unroll_sgd(tp.gallery.entry("mlp").program(), steps=4, **options)
    alpha, kappa = recursion(tp.draw(program, fold=True).scene.definitions)
    plan = program.training_plan
    for t in range(1, 5):
        shares = [alpha(s, t) for s in range(t)]
        assert shares == pytest.approx(plan.beta[t], abs=1e-12)
        assert kappa(t) == pytest.approx(plan.alpha[t])
    assert [alpha(s, 2) for s in range(2)] != pytest.approx(plan.beta[3][:2])


def test_many_rates_are_listed_with_dots():
    rates = [0.5 - 0.02 * t for t in range(20)]
    program = tp.unroll_sgd(tp.gallery.entry("one_hidden").program(), steps=20, lr=rates)
    (said,) = tp.draw(program, fold=True).scene.definitions
    assert said.formula.startswith("0.5, 0.48, 0.46, 0.44, 0.42, 0.4, \\ldots, 0.22, ")
    assert said.formula.endswith("0.12, \\; t = 0, \\ldots, 19")
