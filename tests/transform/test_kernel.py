"""The kernel as a program: the Gram matrix of torch's gradients at finite width."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch_oracle import evaluate
from transform.support import NETWORKS, WIDTHS, draw, gallery

from tpgraph.errors import TPTypeError
from tpgraph.interpreter import interpret
from tpgraph.program import Moment, accented, check
from tpgraph.transform import ntk
from tpgraph.transform.contexts import BAR
from tpgraph.transform.kernel import _Kernel
from tpgraph.transform.powers import WidthPower


def gradients(program, initial, inputs, of, cotangent):
    """∇(cotangent · f) by every param, by torch."""
    trained = {
        p.variable.name: torch.tensor(initial[p.variable.name], requires_grad=True)
        for p in program.parameters
    }
    value = evaluate(program, {**initial, **inputs, **trained}, WIDTHS)[of]
    found = torch.autograd.grad(
        (value * torch.as_tensor(cotangent)).sum(), list(trained.values()), allow_unused=True
    )
    return {
        k: np.zeros(w.shape) if g is None else g.numpy()
        for (k, w), g in zip(trained.items(), found, strict=True)
    }


def barred(name):
    base, _, index = name.partition("[")
    return accented(base, BAR) + (f"[{index}" if index else "")


def compare(program, of=None):
    """The greatest relative difference of a param's kernel, and of their sum."""
    kernel = check(ntk(program, of))
    output = of or program.outputs[0].name
    initial, inputs = draw(program, WIDTHS), []
    for seed in (5, 6):
        drawn = draw(program, WIDTHS, seed)
        given = [d.variable.name for d in (*program.data, *program.targets)]
        inputs.append({name: drawn[name] for name in given})
    values = {**draw(kernel, WIDTHS), **initial, **inputs[0]}
    values.update((barred(name), value) for name, value in inputs[1].items())
    first, second = values.get("χ", 1.0), values.get(barred("χ"), 1.0)
    g = gradients(program, initial, inputs[0], output, first)
    g_bar = gradients(program, initial, inputs[1], output, second)
    found = interpret(kernel, values, WIDTHS)
    parts = {name: float((g[name] * g_bar[name]).sum()) for name in g}
    size = sum(map(abs, parts.values()))
    worst = abs(found[kernel.outputs[0].name] - sum(parts.values())) / size
    for name, want in parts.items():
        base, _, index = name.partition("[")
        got = found.get(f"K_{base}" + (f"[{index}" if index else ""), 0.0)
        worst = max(worst, abs(got - want) / size)
    return worst


@pytest.mark.parametrize("parametrization", ["ntk", "mup", "standard"])
@pytest.mark.parametrize("name", [n for n in NETWORKS if n != "batchnorm"])
def test_kernel_is_the_gram_matrix_of_gradients(name, parametrization):
    assert compare(gallery(name, parametrization)) < 1e-12


def test_a_chosen_output():
    assert compare(gallery("batchnorm"), "f[2]") < 1e-12


def test_kernel_in_ntp_is_moments_of_order_one():
    kernel = ntk(gallery("rnn"))
    parts = [e for e in kernel.equations if e.out.name.startswith("K")]
    assert all(isinstance(e, Moment) for e in parts)
    assert [e.out.name for e in kernel.uses["ε"]] == ["ds[3]~3"]
    assert [v.name for v in kernel.outputs] == ["K"]


def test_shared_weights_meet_in_pairs():
    kernel = ntk(gallery("rnn"))
    assert len(kernel.equation_of["K_U"].inputs) == 3 * 3 * 2


def test_a_program_without_params_has_no_kernel():
    with pytest.raises(TPTypeError, match="no param"):
        ntk(gallery("attention"))


@pytest.mark.parametrize("rule", ["cross terms", "factor"])
def test_a_broken_rule_is_noticed(rule, monkeypatch):
    pair = _Kernel._pair

    def broken(self, formula, a, b):
        factor, found = pair(self, formula, a, b)
        if rule == "factor":
            return factor * WidthPower(2.0), found
        return (factor if a is b else replace(factor, constant=0.0)), found

    monkeypatch.setattr(_Kernel, "_pair", broken)
    assert compare(gallery("rnn")) > 1e-3


@pytest.mark.parametrize("name", NETWORKS)
def test_every_equation_knows_its_input_and_what_it_is_there(name):
    kernel = ntk(gallery(name))
    inputs = {e.place.context for e in kernel.equations} - {None}
    assert {(p.kind, p.time, p.element) for p in inputs} == {("train", 0, 1), ("train", 0, 2)}
    second = next(p for p in inputs if p.element == 2)
    assert str(second).startswith("input ")
    for bound in (*kernel.data, *kernel.equations):
        place = bound.place
        if place.row == "between":
            assert place.context is place.timed is None
            continue
        (out,) = bound.variables if bound in kernel.declarations else (bound.out,)
        other = kernel.variables[place.timed.of]
        assert other.type == out.type
        assert (out.name != other.name) == (place.context == second)
        partner = kernel.equation_of.get(place.partner or "")
        if partner is not None and kernel.timed[partner.out.name].of != partner.out.name:
            assert place.context == second
