"""Trainings of the drift study against PyTorch and networks whose drift is known."""

from __future__ import annotations

import dataclasses
import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from damage import damaged
from study.drift_networks import LINEAR, NETWORK, TASK, X, Y

from tpgraph.errors import TPDataError, TPError, TPTypeError, TPWarning
from tpgraph.study.drift.study import drift_task
from tpgraph.study.drift.training import Schedule, State, check_state, descend
from tpgraph.study.network import constants_of, network, with_function, with_loss


def seeds(number=0):
    return np.random.SeedSequence(number)


def trained(width=32, steps=200, lr=2e-3, text=NETWORK, targets=Y, **options):
    found = network(text, options.pop("constants", ()), "float64")
    schedule = Schedule(lr, steps, **{"patience": 0, **options})
    return descend(found, found.init(width, seeds()), X, targets, schedule)


def torch_descent(params, lr, steps, look):
    """Full-batch GD of the same weights by autograd: losses, and Θ by the Jacobian at `look`."""
    names = ["W[1]", "W[2]", "V", "b[1]", "b[2]", "c"]
    w = {n: torch.tensor(params[n], requires_grad=True) for n in names}
    x, y = torch.tensor(X), torch.tensor(Y)

    def forward(w):
        h = torch.tanh(x @ w["W[1]"].T + w["b[1]"])
        return torch.tanh(h @ w["W[2]"].T + w["b[2]"]) @ w["V"].T + w["c"]

    def theta():
        rows = []
        for f in forward(w).reshape(-1):
            gradients = torch.autograd.grad(f, [w[n] for n in names], retain_graph=True)
            rows.append(torch.cat([g.reshape(-1) for g in gradients]))
        J = torch.stack(rows)
        return (J @ J.T).numpy()

    losses, kernels = [], []
    for step in range(steps + 1):
        if step in look:
            kernels.append(theta())
        loss = ((forward(w) - y) ** 2).sum(1).mean() / 2
        losses.append(loss.item())
        gradients = torch.autograd.grad(loss, [w[n] for n in names])
        with torch.no_grad():
            for n, g in zip(names, gradients, strict=True):
                w[n] -= lr * g
    return np.array(losses), kernels


def test_training_is_that_of_pytorch():
    found = network(NETWORK, (), "float64")
    params = found.init(16, seeds(3))
    before = {n: a.copy() for n, a in params.items()}
    schedule = Schedule(0.01, 60, patience=0, snapshots=(1, 10))
    ended = descend(found, params, X, Y, schedule)
    losses, kernels = torch_descent(before, 0.01, 60, (0, 1, 10, 60))
    assert ended.first == pytest.approx(losses[0], rel=1e-12)
    assert ended.last == pytest.approx(losses[59], rel=1e-9)
    np.testing.assert_allclose(ended.losses, losses[[0, 9, 59]], rtol=1e-9)
    assert ended.least == pytest.approx(losses[:60].min(), rel=1e-9)
    size = np.linalg.norm(kernels[0])
    drift = [np.linalg.norm(K - kernels[0]) / size for K in kernels[1:]]
    np.testing.assert_allclose(ended.drift, drift, rtol=1e-6)
    np.testing.assert_allclose(found.ntk(before, X), kernels[0], rtol=1e-9)
    assert not np.allclose(ended.drift, [d / 2 for d in drift], rtol=1e-3)
    other, _ = torch_descent(before, 0.02, 60, ())
    assert ended.last != pytest.approx(other[59], rel=1e-3)


def test_a_network_linear_in_what_is_trained_does_not_drift():
    ended = trained(text=LINEAR, targets=Y[:, :1], snapshots=(10,))
    assert ended.drift.tolist() == [0.0, 0.0]
    assert ended.last < 0.5 * ended.first
    moved = LINEAR.replace("matrix U", "param U").replace("N(0, 1)\nparam V", "N(0, 1)\nparam V")
    assert trained(text=moved, targets=Y[:, :1], snapshots=(10,)).drift[0] > 0


def test_drift_vanishes_with_width():
    """At rate η/M the same function is learned, and the kernel moves as 1/√M or less."""
    drift = [trained(width, 200, lr=0.2 / width).drift[-1] for width in (16, 64, 256, 1024)]
    assert all(b < 0.7 * a for a, b in pairwise(drift)), drift
    chaotic = constants_of({"σ_w2": 4.0, "L": 8})
    assert trained(64, 200, lr=0.2 / 64, constants=chaotic).drift[-1] > drift[1]


def test_early_stop_is_where_the_losses_say():
    """Stop at the first step that ends 5 without a fall by the tolerance."""
    free = network(NETWORK, (), "float64")
    losses, _ = torch_descent(free.init(16, seeds()), 0.02, 400, ())
    tolerance, patience = 1e-3, 5
    level, waited, step = math.inf, 0, 0
    while waited < patience:
        loss, step = losses[step], step + 1
        level, waited = (loss, 0) if loss < level - tolerance else (level, waited + 1)
    schedule = Schedule(0.02, 400, tolerance, patience, (10, 399))
    ended = descend(free, free.init(16, seeds()), X, Y, schedule)
    assert step < 390
    assert (ended.steps, ended.stopped) == (step, True)
    assert ended.drift[1] == ended.drift[2] > ended.drift[0]
    longer = dataclasses.replace(schedule, patience=20)
    assert descend(free, free.init(16, seeds()), X, Y, longer).steps > step


def test_a_loss_that_explodes_ends_the_training():
    ended = trained(width=64, steps=500, lr=5.0, snapshots=(400,))
    assert not ended.finite
    assert np.isnan(ended.drift).all()
    assert ended.steps < 400
    assert math.isfinite(ended.least)


def test_a_kernel_that_explodes_before_its_loss_is_known_is_no_crash():
    ended = trained(width=64, steps=500, lr=1e308, snapshots=(1,))
    assert (ended.steps, ended.finite, math.isfinite(ended.first)) == (2, False, True)
    assert np.isnan(ended.drift).all()


def test_a_training_goes_on_with_the_same_bits(tmp_path):
    found = network(NETWORK, (), "float32")
    data = X.astype("f4"), Y.astype("f4")
    whole = descend(found, found.init(24, seeds()), *data, Schedule(0.01, 90, snapshots=(10, 50)))
    part = tmp_path / "part.npz"
    params = found.init(24, seeds())
    state = State(params)
    descend(
        found, params, *data, Schedule(0.01, 40, snapshots=(10, 50)), checkpoint=part, seconds=0
    )
    kept = State(found.init(24, seeds(1)))
    content = check_state(part)
    assert content is not None
    kept.restore(content)
    assert (kept.step, len(kept.drift)) == (40, 1)
    again = descend(
        found,
        found.init(24, seeds()),
        *data,
        Schedule(0.01, 90, snapshots=(10, 50)),
        checkpoint=part,
    )
    for name in ("drift", "losses"):
        assert getattr(again, name).tobytes() == getattr(whole, name).tobytes(), name
    assert (again.least, again.first, again.last) == (whole.least, whole.first, whole.last)
    for name in found.module.trainable:
        assert again.params[name].tobytes() == whole.params[name].tobytes(), name
    state.restore(kept.encode(()))
    sealed = part.read_bytes()
    for bad in (*damaged(sealed, 20), b"no archive", sealed.replace(b"state/2", b"state/1", 1)):
        part.write_bytes(bad)
        with pytest.warns(TPWarning, match=r"part\.npz is damaged .* set aside .* begins anew"):
            assert check_state(part) is None
    part.write_bytes(bad)
    with pytest.warns(TPWarning, match="begins anew"):
        anew = descend(
            found,
            found.init(24, seeds()),
            *data,
            Schedule(0.01, 90, snapshots=(10, 50)),
            checkpoint=part,
        )
    assert anew.drift.tobytes() == whole.drift.tobytes()


def test_texts_with_another_function_and_loss():
    text = with_loss(with_function(NETWORK, "relu"), "(f - y)^2 / 2")
    assert "fn φ(z) = relu(z)\n" in text
    assert "loss (f - y)^2 / 2\n" in text
    broken = NETWORK.replace("loss ", "loss (  # over two lines\n") + ")\n"
    assert "loss (f - y)^4\n" in with_loss(broken, "(f - y)^4")
    with pytest.raises(TPError, match="q is not bound"):
        with_loss(NETWORK, "(f - q)^2")
    with pytest.raises(TPDataError, match="there is no function relo"):
        with_function(NETWORK, "relo")
    with pytest.raises(TPDataError, match="defines no φ"):
        with_function(LINEAR, "relu")
    with pytest.raises(TPDataError, match="has no loss"):
        with_loss("program a\n", "f^2")
    with pytest.raises(TPTypeError, match="cannot be trained here"):
        network("program a\nwidth n\nvector v : n ~ N(0, 1)\n", (), "float64")


def test_faster_training_is_the_same_flow():
    """Ten times the rate for a tenth of the steps: the same to a few parts in a hundred."""
    slow = drift_task(dataclasses.replace(TASK, lr=1e-3, steps=1000, snapshots=(100,)), X, Y)
    fast = drift_task(dataclasses.replace(TASK, lr=1e-2, steps=100, snapshots=(10,)), X, Y)
    np.testing.assert_allclose(fast["drift"], slow["drift"], rtol=0.05)
    other = drift_task(dataclasses.replace(TASK, lr=1e-2, steps=200, snapshots=(20,)), X, Y)
    assert not np.allclose(other["drift"], slow["drift"], rtol=0.05)


def test_float32_drifts_as_float64_does():
    single = drift_task(dataclasses.replace(TASK, dtype="float32"), X.astype("f4"), Y.astype("f4"))
    double = drift_task(TASK, X, Y)
    np.testing.assert_allclose(single["drift"], double["drift"], rtol=1e-3)
    assert single["drift"].tolist() != double["drift"].tolist()
