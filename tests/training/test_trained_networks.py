"""Training as engineers expect it: classes, validation, schedules, early stops, new data."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_network import CLASSIFIER
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph.training.learning_rates import SCHEDULES, rate_factor
from tpgraph_cli.main import app

CLASSES = ("ape", "cat", "dog")
RNG = np.random.default_rng(8)
X = RNG.standard_normal((90, 3))
LABELS = [CLASSES[i] for i in X.argmax(axis=1)]
FILES = ("losses.csv", "metrics.csv", "params.npz", "loss.svg", "metrics.svg", "predictions.svg")


def table(place: Path, labels: list[str], header: str = "ξ_0,ξ_1,ξ_2,y") -> Path:
    rows = [
        f"{a!r},{b!r},{c!r},{label}" for (a, b, c), label in zip(X.tolist(), labels, strict=True)
    ]
    place.write_text("\n".join([header, *rows, ""]), "utf-8")
    return place


def fit(out: Path | None, steps: int, **changes: Any) -> tp.training.Training:
    settings: dict[str, Any] = {
        "widths": {"n": 12}, "lr": 0.05, "batch": 8, "seed": 2, "optimizer": "adam",
        "data": {"ξ": X, "y": LABELS}, **changes,
    }  # fmt: skip
    return tp.train(CLASSIFIER, settings.pop("data"), steps=steps, out=out, **settings)


def test_classes_are_learnt_and_held_out_samples_are_judged(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", 200, validation=0.2, standardize="data")
    assert run.metrics["validation"]["accuracy"] > 0.8
    assert run.metrics["training"]["accuracy"] > 0.9
    assert [step for step, _ in run.validations] == [*range(9, 200, 9), 200]
    best = min(run.validations, key=lambda row: row[1]["loss"])
    assert run.best_step == best[0]
    assert run.metrics["validation"] == best[1]
    kept = json.loads((tmp_path / "run" / "manifest.json").read_text("utf-8"))
    assert kept["classes"] == {"y": list(CLASSES)}
    order_free = np.sort(np.concatenate([kept["mean"]["ξ"], kept["sd"]["ξ"]]))
    assert order_free.shape == (6,)
    assert kept["metrics"]["validation"] == run.metrics["validation"]


@pytest.mark.parametrize("form", ["words", "integers", "one-hot", "arrays", "other integers"])
def test_every_form_of_labels_trains_alike(tmp_path: Path, form: str) -> None:
    numbers = [CLASSES.index(label) for label in LABELS]
    expected = fit(None, 5, data={"ξ": X, "y": np.eye(3)[numbers]})
    data: Any = {"ξ": X, "y": np.array(numbers)}
    if form == "words":
        data = table(tmp_path / "d.csv", LABELS)
    elif form == "integers":
        data = table(tmp_path / "d.csv", [str(i) for i in numbers])
    elif form == "other integers":
        data = table(tmp_path / "d.csv", [f"{10 * i + 5}.0" for i in numbers])
    elif form == "one-hot":
        hot = [",".join(str(int(i == j)) for j in range(3)) for i in numbers]
        data = table(tmp_path / "d.csv", hot, "ξ_0,ξ_1,ξ_2,y_0,y_1,y_2")
    found = fit(None, 5, data=data)
    assert found.losses == expected.losses
    assert "accuracy" in found.metrics["training"]


def test_two_classes_are_signs(tmp_path: Path) -> None:
    program = CLASSIFIER.replace("dim k = 3", "dim k = 1")
    labels = ["no" if x < 0 else "yes" for x in X[:, 0]]
    data = table(tmp_path / "d.csv", labels)
    run = tp.train(program, data, widths={"n": 12}, lr=0.3, steps=150, out=tmp_path / "run")
    assert run.metrics["training"]["accuracy"] > 0.9
    said = tp.predict(tmp_path / "run", data).classes["y"]
    assert np.mean([a == b for a, b in zip(said, labels, strict=True)]) == pytest.approx(
        run.metrics["training"]["accuracy"]
    )


def test_columns_are_chosen(tmp_path: Path) -> None:
    plain = fit(None, 4, data=table(tmp_path / "a.csv", LABELS))
    rows = [
        f"s{i},{a!r},{b!r},{label},{c!r}"
        for i, ((a, b, c), label) in enumerate(zip(X.tolist(), LABELS, strict=True))
    ]
    other = tmp_path / "b.csv"
    other.write_text("\n".join(["name,p,q,kind,r", *rows, ""]), "utf-8")
    columns = {"xi": ["p..q", "r"], "y": ["kind"]}
    found = fit(tmp_path / "run", 4, data=other, columns=columns)
    assert found.losses == plain.losses
    assert tp.evaluate(tmp_path / "run", other)["loss"] == found.metrics["training"]["loss"]
    with pytest.raises(tp.TPDataError, match="there is no column 'z'"):
        fit(None, 4, data=other, columns={"ξ": ["p", "q", "z"], "y": ["kind"]})
    with pytest.raises(tp.TPDataError, match=r"2 columns are chosen for ξ(.*\n)+.*--set d=2"):
        fit(None, 4, data=other, columns={"ξ": ["p", "q"], "y": ["kind"]})
    with pytest.raises(tp.TPDataError, match="chosen for z, which is not fed"):
        fit(None, 4, data=other, columns={"z": ["p"]})


def test_more_classes_than_entries(tmp_path: Path) -> None:
    labels = ["eel", *LABELS[1:]]
    with pytest.raises(tp.TPDataError, match=r"4 classes \(ape, cat, dog, eel\).*(\n.*)*--set k=4"):
        fit(None, 2, data=table(tmp_path / "d.csv", labels))
    fit(tmp_path / "run", 2)
    for strange, says in (("eel", "column y has the class 'eel'"), ("", "column y has an empty")):
        data = table(tmp_path / "d.csv", [*LABELS[:2], strange, *LABELS[3:]])
        column = 1 + data.read_text("utf-8").splitlines()[3].rindex(",") + 1
        with pytest.raises(tp.TPDataError, match=rf"d\.csv:4:{column}: error: {says}"):
            tp.evaluate(tmp_path / "run", data)


def test_new_data_are_standardized_as_the_run_was(tmp_path: Path) -> None:
    y = 100 + 30 * X @ np.array([[1.0, -1.0, 0.5], [0.5, 1, 1], [0.0, 2, 1]])
    data = {"ξ": 50 + 7 * X, "y": y}
    run = fit(tmp_path / "run", 400, data=data, standardize="all", schedule="cosine")
    assert run.metrics["training"]["r2"] > 0.9
    found = tp.predict(tmp_path / "run", {"ξ": data["ξ"]}).outputs["f"]
    error = 1 - ((found - y) ** 2).sum(axis=0) / ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    assert error.mean() == pytest.approx(run.metrics["training"]["r2"], rel=1e-9)
    assert tp.evaluate(tmp_path / "run", data) == run.metrics["training"]


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "adam", "schedule": "cosine"},
        {"optimizer": "adamw", "weight_decay": 0.1, "schedule": "linear", "warm_up": 4},
        {"optimizer": "nesterov", "schedule": "warm-up"},
        {"optimizer": "sgd", "weight_decay": 0.1, "dtype": "float32"},
    ],
    ids=lambda changes: str(changes["optimizer"]),
)
def test_resuming_is_exact(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Bit for bit, with what the optimizer keeps, the schedule and the best parameters."""

    def interrupt(step: int, steps: int, loss: float) -> None:
        if step in (7, 20):
            os.kill(os.getpid(), signal.SIGINT)

    whole, parts = tmp_path / "whole", tmp_path / "parts"
    settings = {"validation": 0.3, "every": 3, "standardize": "data", **changes}
    fit(whole, 30, **settings)
    for again in (False, True):
        with pytest.raises(KeyboardInterrupt):
            fit(parts, 30, resume=again, progress=interrupt, **settings)
    done = json.loads((parts / "manifest.json").read_text("utf-8"))["steps"]
    assert done in (20, 21)
    fit(parts, 30, resume=True, **settings)
    for name in FILES:
        assert (whole / name).read_bytes() == (parts / name).read_bytes(), name
    with pytest.raises(tp.TPError, match=r"validation was 0\.3 and is 0\.2"):
        fit(parts, 40, resume=True, **{**settings, "validation": 0.2})


@pytest.mark.parametrize(
    ("schedule", "says"),
    [
        ("cosine", "its schedule was over 6 steps and is over 9"),
        ("warm-up", "warm_up was 1 and is 2"),
    ],
)
def test_a_schedule_over_other_steps_is_another_run(
    tmp_path: Path, schedule: str, says: str
) -> None:
    fit(tmp_path, 6, schedule=schedule)
    steps = "a schedule has its number of steps from the start"
    with pytest.raises(tp.TPError, match=rf"{says}\n.*{steps}"):
        fit(tmp_path, 12 if schedule == "warm-up" else 9, schedule=schedule, resume=True)


def test_patience_stops_and_the_best_is_kept(tmp_path: Path) -> None:
    noise = np.random.default_rng(3).standard_normal((90, 3))
    settings: dict[str, Any] = {
        "data": {"ξ": X, "y": noise}, "validation": 0.4, "every": 5, "patience": 3,
    }  # fmt: skip
    run = fit(tmp_path / "run", 4000, **settings)
    losses = [found["loss"] for _, found in run.validations]
    assert len(run.losses) < 4000
    assert losses.index(min(losses)) == len(losses) - 4
    assert run.best_step == 5 * (len(losses) - 3)
    assert run.metrics["validation"]["loss"] == min(losses)
    loaded = tp.load_run(tmp_path / "run")
    assert run.best is not None
    for name, value in run.best.items():
        np.testing.assert_array_equal(loaded.params[name], value)
    assert any((loaded.last[name] != run.best[name]).any() for name in run.best)
    with pytest.raises(tp.TPError, match="holds a finished run"):
        fit(tmp_path / "run", 5, **settings)
    again = fit(tmp_path / "run", 4000, resume=True, **settings)
    assert again.losses == run.losses


def test_schedules_are_those_of_torch() -> None:
    torch = pytest.importorskip("torch")
    steps, lr = 12, 0.3
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    made = {
        "constant": lambda o: torch.optim.lr_scheduler.ConstantLR(o, factor=1.0),
        "linear": lambda o: torch.optim.lr_scheduler.LinearLR(o, 1.0, 0.0, steps),
        "cosine": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, steps),
        "warm-up": lambda o: torch.optim.lr_scheduler.LinearLR(o, 0.5, 1.0, 1),
    }
    assert set(made) == set(SCHEDULES)
    for name, schedule in made.items():
        optimizer = torch.optim.SGD([weight], lr=lr)
        theirs = schedule(optimizer)
        warm = 2 if name == "warm-up" else 0
        for t in range(steps):
            assert lr * rate_factor(name, t, steps, warm) == pytest.approx(
                optimizer.param_groups[0]["lr"], rel=1e-12, abs=1e-15
            )
            optimizer.step()
            theirs.step()


def test_a_training_with_adam_is_that_of_torch() -> None:
    """Batches, schedule and rates of the layers together, in float64."""
    torch = pytest.importorskip("torch")
    hot = np.eye(3)[X.argmax(axis=1)]
    run = fit(None, 25, data={"ξ": X, "y": hot}, schedule="cosine")
    model = tp.compile(CLASSIFIER, backend="torch").module({"n": 12}, 2)
    optimizer = torch.optim.Adam(model.parameter_groups(0.05, "adam"))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 25)
    losses = []
    for rows in tp.training.minibatches(90, 8, 25, 2):
        optimizer.zero_grad()
        loss = model.loss(torch.from_numpy(X[rows]), torch.from_numpy(hot[rows]))
        losses.append(float(loss.detach()))
        loss.backward()
        optimizer.step()
        schedule.step()
    np.testing.assert_allclose(run.losses, losses, rtol=1e-11)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"optimizer": "lion"}, "no optimizer 'lion'"),
        ({"schedule": "steps"}, "no schedule 'steps'"),
        ({"momentum": 0.5}, "adam has no momentum"),
        ({"optimizer": "momentum", "momentum": 1.0}, "momentum is 1.0"),
        ({"weight_decay": -1.0}, "weight_decay is -1.0"),
        ({"patience": 3}, "patience is of validation"),
        ({"every": 3}, "every is of validation"),
        ({"validation": 0.0}, "a fraction of 0 of 90 samples"),
        ({"validation": 1.5}, "a fraction of 1.5 of 90 samples"),
        ({"validation": 0.2, "patience": 0}, "patience is 0"),
        ({"warm_up": -1}, "warm_up is -1"),
        ({"standardize": "targets"}, "standardize is 'targets'"),
    ],
)
def test_settings_that_do_not_fit(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(tp.TPError, match=says):
        fit(None, 2, **changes)


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.tp").write_text(CLASSIFIER, "utf-8")
    table(Path("d.csv"), LABELS)

    def command(line: str) -> str:
        done = CliRunner().invoke(app, line.split())
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    said = command(
        "train net.tp --data d.csv --width n=12 --steps 120 --lr 0.05 --optimizer adam --batch 8"
        " --validation 0.2 --patience 50 --out run"
    )
    assert "validation at step" in said
    assert "accuracy" in said
    assert "wrote p.svg" in command("evaluate run --data d.csv --plot p.svg")
    values = json.loads(command("evaluate run --data d.csv --json"))
    assert values == {**tp.evaluate("run", "d.csv"), "samples": 90}
    header, *rows = command("predict run --data d.csv").splitlines()
    assert header == "f_0,f_1,f_2,y"
    named = [row.split(",")[-1] for row in rows]
    right = np.mean([a == b for a, b in zip(named, LABELS, strict=True)])
    assert values["accuracy"] == pytest.approx(right)
    assert "wrote q.csv" in command("predict run --data d.csv -o q.csv")
    useless = "train net.tp --data d.csv --width n=4 --out r2 --steps 1"
    for option in ("--momentum 0.5", "--patience 3", "--every 2"):
        assert CliRunner().invoke(app, f"{useless} {option}".split()).exit_code == 2
    with pytest.raises(tp.TPError, match="holds no training run"):
        CliRunner().invoke(app, ["predict", "none", "--data", "d.csv"], catch_exceptions=False)
