"""The drift study against PyTorch, against networks whose drift is known, and against itself."""

from __future__ import annotations

import dataclasses
import math
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from damage import damaged
from typer.testing import CliRunner

from tpgraph.arrays import read_arrays
from tpgraph.errors import TPDataError, TPError, TPTypeError, TPWarning
from tpgraph.study.drift.drift_figures import drift_figure
from tpgraph.study.drift.grid import DriftGrid
from tpgraph.study.drift.presets import drift_preset, drift_samples
from tpgraph.study.drift.study import drift_study, drift_task
from tpgraph.study.drift.training import Schedule, State, check_state, descend
from tpgraph.study.figures import figure_bytes
from tpgraph.study.network import constants_of, network, with_function, with_loss
from tpgraph_cli.main import app

NETWORK = """
program fully_connected
width n
dim   d = 3
dim   k = 2
const L = 3
const σ_w2 = 1.5
const σ_b2 = 0.5
parametrization standard
fn φ(z) = tanh(z)
data   ξ : d
target y : k
param  W[1]      : n × d ~ N(0, σ_w2)
param  W[2..L-1] : n × n ~ N(0, σ_w2)
param  V         : k × n ~ N(0, σ_w2)
param  b[1..L-1] : n     ~ N(0, σ_b2)
param  c         : k     ~ N(0, σ_b2)
x[1] = φ(W[1] ξ + b[1])
for l in 2..L-1:
    x[l] = φ(W[l] x[l-1] + b[l])
f = V x[L-1] + c
output f
loss (f - y)^2 / k
"""
LINEAR = """
program readout_of_noise
width n
dim d = 3
parametrization standard
data ξ : d
target y : 1
matrix U : n × d ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
f = V (U ξ)
output f
loss (f - y)^2 / 2
"""
rng = np.random.default_rng(5)
X = rng.standard_normal((6, 3))
Y = rng.standard_normal((6, 2))


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


GRID = DriftGrid(
    NETWORK, (8, 16), (3,), (0.5, 2.0, 3.5), (0.1, 0.9), inits=2, lr=0.01, steps=30,
    snapshots=(10,), dtype="float64",
)  # fmt: skip


def test_a_sweep_is_the_same_in_other_processes_and_goes_on(tmp_path):
    alone = drift_study(GRID, X, Y, tmp_path / "alone", workers=0)
    small = dataclasses.replace(GRID, inits=1)
    first = drift_study(small, X, Y, tmp_path / "two", workers=1)
    assert first.outcome.computed == 12
    both = drift_study(GRID, X, Y, tmp_path / "two", workers=0)
    assert both.outcome.computed == 12
    assert alone.complete
    assert both.drift.tobytes() == alone.drift.tobytes()
    assert both.csv() == alone.csv()
    assert len(alone.csv().splitlines()) == 1 + 24
    assert alone.drift.shape == (2, 1, 2, 3, 2, 2)
    assert len(set(alone.drift[..., -1].ravel().tolist())) == 24
    other = drift_study(GRID, X, 2 * Y, tmp_path / "two", workers=0)
    assert other.outcome.computed == 24
    pictures = [
        figure_bytes(drift_figure(found, "summary", "tanh"), "x.png") for found in (alone, both)
    ]
    assert pictures[0] == pictures[1]
    for rows in ("steps", "widths"):
        assert figure_bytes(drift_figure(alone, rows), "x.png") != pictures[0]


LONG = dataclasses.replace(
    GRID, widths=(24,), sigma_w2=(1.5, 3.0), sigma_b2=(0.5,), inits=1, steps=4000, patience=0
)
KILLED = """
import sys
sys.path.insert(0, {tests!r})
from study.test_drift import LONG, X, Y
from tpgraph.study.drift import study as drift
if __name__ == "__main__":
    drift.CHECKPOINT_SECONDS = 0.05
    drift.drift_study(LONG, X, Y, {out!r}, workers=0)
"""


@pytest.mark.slow
def test_a_sweep_that_is_killed_inside_of_a_training_goes_on_there(tmp_path):
    """Killed as soon as a state is kept, and again; it ends with what an undisturbed one has."""
    script = tmp_path / "script.py"
    out = tmp_path / "out"
    script.write_text(KILLED.format(tests=str(Path(__file__).parents[1]), out=str(out)))
    steps = [0]
    for _ in range(2):
        run = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and run.poll() is None and kept_step(out) <= steps[-1]:
            time.sleep(0.02)
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        steps.append(kept_step(out))
    assert 0 < steps[1] < steps[2] < 4000
    after = drift_study(LONG, X, Y, out, workers=0)
    whole = drift_study(LONG, X, Y, tmp_path / "whole", workers=0)
    assert after.csv() == whole.csv()
    assert not list((out / "checkpoints").glob("*.npz"))


def kept_step(out):
    """The step of the state that is kept; 0 where there is none."""
    found = [check_state(path) for path in sorted(out.glob("checkpoints/*.npz"))]
    return max((int(read_arrays(state)["step"]) for state in found if state), default=0)


def test_one_training_is_a_task_of_its_own():
    place = next(GRID.places())
    task = GRID.task(place, "digest")
    found = drift_task(task, X, Y)
    assert set(found) == {
        "drift", "losses", "least", "first", "last", "steps", "stopped", "finite"
    }  # fmt: skip
    assert drift_task(task, X, Y)["last"] == found["last"]
    assert drift_task(dataclasses.replace(task, seed=1), X, Y)["last"] != found["last"]


def test_the_order_is_coarse_before_fine():
    grid = dataclasses.replace(GRID, sigma_w2=tuple(range(1, 10)), inits=1, widths=(8,))
    weights = [grid.sigma_w2[place[3]] for place in grid.places()]
    assert set(weights[:4]) == {1, 9}
    assert set(weights[:6]) == {1, 5, 9}
    assert sorted(weights) == sorted([*range(1, 10)] * 2)


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


def test_wrong_grids_and_data():
    with pytest.raises(TPDataError, match="no points"):
        drift_study(dataclasses.replace(GRID, widths=()), X, Y, "unused")
    with pytest.raises(TPDataError, match="3 values of σ_w², which the program has no constant"):
        drift_study(dataclasses.replace(GRID, names=("L", "", "σ_b2")), X, Y, "unused")
    with pytest.raises(TPDataError, match="snapshots after"):
        drift_study(dataclasses.replace(GRID, snapshots=(10, 10)), X, Y, "unused")
    with pytest.raises(TPDataError, match="steps of rate"):
        drift_study(dataclasses.replace(GRID, lr=math.nan), X, Y, "unused")
    with pytest.raises(TPDataError, match="data of shapes"):
        drift_study(GRID, X, Y[:3], "unused")
    with pytest.raises(TPDataError, match="there is no preset fig5"):
        drift_preset("fig5")


def test_samples_are_scaled(tmp_path):
    path = tmp_path / "data.npz"
    np.savez(path, ξ=X, y=Y)
    found, targets = drift_samples(NETWORK, {}, path, samples=4)
    np.testing.assert_allclose((found**2).sum(axis=1), 3.0)
    np.testing.assert_array_equal(targets, Y[:4])
    plain, _ = drift_samples(NETWORK, {}, path, samples=4, normalize=False)
    np.testing.assert_array_equal(plain, X[:4])
    with pytest.raises(TPDataError, match="has 6 samples"):
        drift_samples(NETWORK, {}, path, samples=7)
    np.savez(path, ξ=0 * X, y=Y)
    with pytest.raises(TPDataError, match="cannot be scaled"):
        drift_samples(NETWORK, {}, path, samples=4)


def study(*arguments):
    return CliRunner().invoke(app, ["study", "drift", *map(str, arguments)])


SMALL = ["--widths", 8, "--depths", 3, "--sigma-w2", "1:3:2", "--sigma-b2", "0.5", "--samples", 4]


def test_command(tmp_path):
    options = [*SMALL, "--steps", 15, "--snapshots", "1,5", "--lr", "0.001", "--workers", 0]
    first = study(*options, "--out", tmp_path)
    assert first.exit_code == 0, first.output
    assert "2 of 2 trainings, 2 now" in first.output
    rows = (tmp_path / "drift.csv").read_text().splitlines()
    assert rows[0].endswith("drift_1,drift_5,drift_end,loss_1,loss_5,loss_end")
    assert [row.split(",")[3] for row in rows[1:]] == ["1.0", "3.0"]
    assert (tmp_path / "drift.png").read_bytes().startswith(b"\x89PNG")
    again = study(*options, "--out", tmp_path, "--activation", "tanh")
    assert "2 of 2 trainings, 0 now" in again.output
    relu = study(*options, "--out", tmp_path, "--activation", "relu")
    assert "2 of 2 trainings, 2 now" in relu.output


def test_command_on_a_program_of_ones_own(tmp_path):
    program = tmp_path / "own.tp"
    program.write_text(
        LINEAR.replace("d = 3", "d = 64").replace(": 1\n", ": 10\n").replace("1 × n", "10 × n")
    )
    run = study(
        "--program", program, "--names", "-,-,-", "--widths", "8,16", "--samples", 4, "--steps", 5,
        "--workers", 0, "--rows", "widths", "--out", tmp_path,
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    rows = (tmp_path / "drift.csv").read_text().splitlines()
    drift_end = rows[0].split(",").index("drift_end")
    assert [float(row.split(",")[drift_end]) for row in rows[1:]] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--preset", "fig5"], "there is no preset fig5"),
        (["--depths", "3.5"], "--depths 3.5 is not understood"),
        (["--names", "L"], "--names L is not understood"),
        (["--activation", "nothing"], "there is no function nothing"),
        (["--samples", 5000], "has 1797 samples"),
    ],
)
def test_wrong_options_of_the_command(tmp_path, options, message):
    run = study(*options, "--out", tmp_path)
    assert isinstance(run.exception, TPError)
    assert message in str(run.exception)


def test_presets_are_the_papers_grids():
    grids = {name: drift_preset(name).grid() for name in ("fig3", "fig4", "fig10")}
    assert grids["fig3"].shape == (1, 3, 10, 35, 1)
    assert grids["fig4"].shape == (1, 3, 10, 25, 1)
    assert (grids["fig3"].sigma_w2[-1], grids["fig4"].sigma_w2[-1]) == (3.5, 2.5)
    assert drift_preset("fig9").grid().sigma_w2[-1] == 3.0
    assert grids["fig10"].widths == (128, 256, 512)
    assert (grids["fig3"].lr, grids["fig3"].steps, grids["fig3"].patience) == (1e-5, 100_000, 100)
    hurried = drift_preset("fig8").grid(faster=10)
    assert (hurried.lr, hurried.steps, hurried.patience) == (1e-4, 10_000, 10)
    assert hurried.snapshots == (1, 10, 100, 1000)
    with pytest.raises(TPDataError, match="no training is 0 times faster"):
        drift_preset("fig8").grid(faster=0)
    quick = drift_preset("fig3").grid(quick=True)
    assert quick.lr * quick.steps == grids["fig3"].lr * grids["fig3"].steps


def test_an_interrupted_sweep_leaves_a_usable_figure(tmp_path):
    """Ctrl-C after three trainings or more: the rest is nan and grey, and it goes on."""

    def interrupt(done, total):
        if done >= 3:
            raise KeyboardInterrupt

    part = drift_study(GRID, X, Y, tmp_path, workers=0, progress=interrupt)
    assert part.outcome.interrupted
    assert not part.complete
    known = (~np.isnan(part.steps)).sum()
    assert 3 <= known < 24
    assert len(part.csv().splitlines()) == 1 + known
    assert figure_bytes(drift_figure(part), "x.png").startswith(b"\x89PNG")
    whole = drift_study(GRID, X, Y, tmp_path, workers=0)
    assert whole.complete
    assert whole.outcome.computed == 24 - known
    kept = ~np.isnan(part.steps)
    assert whole.drift[kept].tobytes() == part.drift[kept].tobytes()


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


TASK = GRID.task(next(GRID.places()), "digest")


def test_a_depth_that_the_program_cannot_have_is_named(tmp_path):
    arguments = ["study", "drift", "--out", str(tmp_path / "d"), "--quick", "--depths", "1"]
    result = CliRunner().invoke(app, [*arguments, "--workers", "0"])
    assert isinstance(result.exception, TPDataError)
    assert "the program cannot have L = 1" in str(result.exception)
    assert result.exception.span is None
