"""Steps of optimizers in generated code: those of torch.optim, with the rates of every layer."""

from __future__ import annotations

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.compiler.optimizers import OPTIMIZERS

torch = pytest.importorskip("torch")

NETWORK = """
width n
parametrization {}
data ξ : 4
target y : 2
param U : n × 4 ~ N(0, 1)
param b : n ~ N(0, 1) scale 0.1
param W : n × n ~ N(0, 2)
param V : 2 × n ~ N(0, 1)
param c : 2 ~ N(0, 0)
x = tanh(U ξ + b)
h = W x
f = V relu(h) + c
output f
loss (f - y)^2
"""
TORCH = {
    "sgd": lambda groups, lr, decay: torch.optim.SGD(groups, lr=lr, weight_decay=decay),
    "momentum": lambda groups, lr, decay: torch.optim.SGD(
        groups, lr=lr, momentum=0.9, weight_decay=decay
    ),
    "nesterov": lambda groups, lr, decay: torch.optim.SGD(
        groups, lr=lr, momentum=0.9, nesterov=True, weight_decay=decay
    ),
    "adam": lambda groups, lr, decay: torch.optim.Adam(groups, lr=lr, weight_decay=decay),
    "adamw": lambda groups, lr, decay: torch.optim.AdamW(groups, lr=lr, weight_decay=decay),
}
RNG = np.random.default_rng(5)
BATCHES = [(RNG.standard_normal((6, 4)), RNG.standard_normal((6, 2))) for _ in range(7)]


def test_every_optimizer_is_compared():
    assert set(TORCH) == set(OPTIMIZERS)


def of_torch(program, name, decay, lr, n=12):
    """The parameters after torch's steps, with the rates of the torch module's groups."""
    model = tp.compile(program, backend="torch").module({"n": n}, 3)
    kind = "adam" if OPTIMIZERS[name].adaptive else "sgd"
    groups = model.parameter_groups(lr, kind)
    if name == "adamw":  # the decay is by η at every width
        for group in groups:
            group["weight_decay"] = decay * lr / group["lr"]
    steps = TORCH[name](groups, lr, decay)
    losses = []
    for ξ, y in BATCHES:
        steps.zero_grad()
        loss = model.loss(torch.from_numpy(ξ), torch.from_numpy(y))
        losses.append(float(loss.detach()))
        loss.backward()
        steps.step()
    return losses, {k: v.detach().numpy() for k, v in model.params.items()}


def of_numpy(program, name, decay, lr, n=12, **numbers):
    module = tp.compile(program, optimizer=name)
    params = module.init({"n": n}, 3)
    state = module.init_state(params)
    losses = [
        float(module.optimizer_step(params, state, ξ, y, lr=lr, weight_decay=decay, **numbers))
        for ξ, y in BATCHES
    ]
    assert int(state["steps"]) == len(BATCHES)
    return losses, params


@pytest.mark.parametrize("parametrization", ["ntk", "mup", "standard"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_are_those_of_torch(name, parametrization):
    program = tp.parse(NETWORK.format(parametrization))
    for decay in (0.0, 0.1):
        losses, expected = of_torch(program, name, decay, 0.02)
        found, params = of_numpy(program, name, decay, 0.02)
        np.testing.assert_allclose(found, losses, rtol=1e-12)
        for key, value in expected.items():
            np.testing.assert_allclose(params[key], value, rtol=1e-12, atol=1e-12)


def test_another_momentum_would_be_seen():
    program = tp.parse(NETWORK.format("ntk"))
    losses, _ = of_torch(program, "momentum", 0.0, 0.02)
    found, _ = of_numpy(program, "momentum", 0.0, 0.02, momentum=0.899)
    assert abs(found[-1] / losses[-1] - 1) > 1e-6


def test_plain_sgd_is_sgd_step():
    program = tp.parse(NETWORK.format("standard"))
    losses, params = of_numpy(program, "sgd", 0.0, 0.02)
    module = tp.compile(program)
    other = module.init({"n": 12}, 3)
    expected = [float(module.sgd_step(other, ξ, y, 0.02)) for ξ, y in BATCHES]
    np.testing.assert_allclose(losses, expected, rtol=1e-13)
    for key, value in other.items():
        np.testing.assert_allclose(params[key], value, rtol=1e-13)


def test_weight_decay_and_momentum_are_those_of_the_unrolled_program():
    """One example a step: the outputs after every step are those of `unroll_sgd`."""
    program = tp.parse(NETWORK.format("ntk"))
    rows = [(ξ[:1], y[:1]) for ξ, y in BATCHES[:3]]
    test = BATCHES[3][0][:1]
    unrolled = tp.unroll_sgd(program, 3, lr=0.02, weight_decay=0.1, momentum=0.9)
    fed = {f"ξ_{t}": ξ for t, (ξ, _) in enumerate(rows)} | {"ξ̃": test}
    fed |= {f"y_{t}": y for t, (_, y) in enumerate(rows)}
    whole = tp.compile(unrolled)
    start = whole.init({"n": 12}, 3)
    names = {d.variable.name for d in unrolled.data} | {d.variable.name for d in unrolled.targets}
    values = dict(whole.variables(start, *[fed[k] for k in whole.arguments]))
    assert names == set(fed)
    module = tp.compile(program, optimizer="momentum")
    params = module.init({"n": 12}, 3)
    state = module.init_state(params)
    for ξ, y in rows:
        module.optimizer_step(params, state, ξ, y, lr=0.02, weight_decay=0.1)
    np.testing.assert_allclose(values["f̃_3"], module.forward(params, test), rtol=1e-10)


def test_float32_stays_float32():
    module = tp.compile(tp.parse(NETWORK.format("mup")), "float32", optimizer="adamw")
    params = module.init({"n": 8}, 0)
    state = module.init_state(params)
    module.optimizer_step(params, state, *BATCHES[0], lr=0.1, weight_decay=0.1)
    kept = {v.dtype.name for k, v in {**params, **state}.items() if k != "steps"}
    assert kept == {"float32"}


def test_data_may_be_called_as_what_the_step_uses():
    text = NETWORK.format("ntk").replace("ξ", "state").replace("y", "lr")
    module = tp.compile(tp.parse(text), optimizer="adam")
    params = module.init({"n": 8}, 0)
    state = module.init_state(params)
    first = module.optimizer_step(params, state, *BATCHES[0], lr=0.01)
    assert module.loss(params, *BATCHES[0]) < first


def test_what_there_is_no_code_for():
    program = tp.parse(NETWORK.format("ntk"))
    with pytest.raises(tp.TPError, match="there is no optimizer 'lion'"):
        tp.compile(program, optimizer="lion")
    with pytest.raises(tp.TPError, match="torch has optimizers of its own"):
        tp.compile(program, backend="torch", optimizer="adam")
    with pytest.raises(tp.TPError, match="that of sgd_step"):
        tp.compile(program, optimize=True, optimizer="adam")
    with pytest.raises(tp.TPError, match="compiled without an optimizer"):
        tp.compile(program).init_state({})
