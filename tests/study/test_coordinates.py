"""Coordinate checks: measured exponents against those of Tensor Programs IV."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.errors import TPDataError, TPError
from tpgraph.program import MUP, NTK, STANDARD, Parametrization, analyze
from tpgraph.program.coordinates import UNCHANGED, UNSTABLE, predict
from tpgraph.study.coordinates.check import CoordinateCheck, coordinate_check
from tpgraph.study.samples import experience, fit_exponent
from tpgraph.training import synthetic_data

STABLE = "abc(a=[0, 0, 0], b=[0, 1/2, 1/2], c=1)"
MEAN_FIELD = "abc(a=[0, 1/2, 1], b=[0, 0, 0], c=-1)"


def mlp(parametrization: str, depth: int = 3, function: str = "tanh") -> tp.Program:
    return tp.parse(f"""
program mlp
width n
parametrization {parametrization}
data ξ : 6
target y : 1
param W[1] : n × 6 ~ N(0, 1) scale sqrt(2)
param W[2..{depth}] : n × n ~ N(0, 1) scale sqrt(2)
param b : n ~ N(0, 1) scale 0.5
param V : 1 × n ~ N(0, 1)
h[1] = W[1] ξ + b
x[1] = {function}(h[1])
for l in 2..{depth}:
    h[l] = W[l] x[l-1]
    x[l] = {function}(h[l])
f = V x[{depth}]
output f
loss (f - y)^2 / 2
""")


def measured(parametrization: str, steps: int, lr: float = 0.2, **options: int) -> CoordinateCheck:
    settings = {"seeds": 12, "seed": 1, "synthetic": 32, **options}
    return coordinate_check(
        mlp(parametrization), widths=[64, 128, 256, 512, 1024], steps=steps, lr=lr, **settings
    )


@pytest.mark.parametrize(
    ("parametrization", "steps"), [("ntk", 1), ("ntk", 3), ("mup", 1), ("mup", 3), (STABLE, 3)]
)
def test_measured_exponents_are_the_predicted_ones(parametrization: str, steps: int) -> None:
    found = measured(parametrization, steps)
    hidden = {"ntk": -0.5, "mup": 0.0, STABLE: -0.5}[parametrization]
    for name in ("h[2]", "x[2]", "h[3]", "x[3]"):
        assert found.change(name).predicted == hidden
    for name in found.names:
        for exponent in (found.size(name), found.change(name)):
            slack = max(4 * exponent.error, 0.05)
            assert abs(exponent.measured - exponent.predicted) < slack, (name, exponent)
            assert slack < 0.5, "so loose that nothing could be told apart"
    wrong = predict(mlp("mup" if parametrization == "ntk" else "ntk"), steps)
    change = found.change("x[2]")
    if parametrization != STABLE:
        assert abs(change.measured - wrong.changes["x[2]"]) > 4 * change.error


def test_the_standard_parametrization_blows_up() -> None:
    one = measured("standard", 1, lr=0.02)
    assert one.change("h[1]").predicted == -0.5
    assert one.change("h[1]").measured == pytest.approx(-0.5, abs=0.2)
    assert one.change("h[2]").predicted == 0.5
    assert one.change("h[2]").measured == pytest.approx(0.5, abs=0.2)
    assert one.change("f").measured > 0.7
    assert one.change("f").expected == "unstable"
    three = measured("standard", 3, lr=0.5)
    for name in ("h[1]", "h[2]", "h[3]", "f"):
        assert three.change(name).predicted == UNSTABLE
        assert three.change(name).measured > 1


@pytest.mark.parametrize("parametrization", [NTK, MUP, STANDARD])
def test_predictions_agree_with_r_of_the_whole_network(parametrization: Parametrization) -> None:
    """|Δx^L| = −r where the parametrization is stable, and something grows where it is not."""
    program = mlp(parametrization.name)
    analysis = analyze(parametrization, ("input", "hidden", "readout"))
    found = predict(program, 3)
    if analysis.stable:
        assert found.changes["x[3]"] == -analysis.r
        assert found.changes["f"] == 0
    else:
        assert found.changes["f"] == UNSTABLE


def test_r_on_a_grid_of_parametrizations() -> None:
    """Against the formula of TP IV, where layers of order one at initialization are stable."""
    checked = 0
    halves = [Fraction(i, 2) for i in range(-1, 3)]
    for a_in in halves:
        for a_hid in halves:
            for a_out in halves:
                for b_out in (Fraction(0), Fraction(1, 2)):
                    for c in (Fraction(-1), Fraction(0), Fraction(1)):
                        a, b = (a_in, a_hid, a_out), (-a_in, Fraction(1, 2) - a_hid, b_out)
                        analysis = analyze(Parametrization("abc", a, b, c),
                                           ("input", "hidden", "readout"))  # fmt: skip
                        if not analysis.stable:
                            continue
                        checked += 1
                        lists = (", ".join(map(str, e)) for e in (a, b))
                        text = "abc(a=[{}], b=[{}], c={})".format(*lists, c)
                        found = predict(mlp(text), 3)
                        assert found.changes["x[3]"] == -analysis.r, text
                        assert (found.changes["f"] == 0) == analysis.nontrivial, text
                        assert found.sizes["f"] == Fraction(1, 2) - a_out - b_out, text
    assert checked > 20


@pytest.mark.parametrize("name", ["rnn", "resnet", "gru", "transformer", "batchnorm"])
def test_predictions_hold_beyond_perceptrons(name: str) -> None:
    program = tp.gallery.entry(name).program()
    found = predict(program, 2)
    changes = {found.changes[e.out.name] for e in program.equations if e.out.is_wide}
    assert changes <= {-0.5, UNCHANGED}
    assert -0.5 in changes
    assert {found.changes[o.name] for o in program.outputs} == {0.0}
    check = coordinate_check(
        program, widths=[64, 256], steps=2, lr=0.05, seeds=6, synthetic=16, vectors=["f"]
        if name != "batchnorm" else ["f[1]"]
    )  # fmt: skip
    (output,) = check.names
    exponent = check.change(output)
    assert abs(exponent.measured) < max(4 * exponent.error, 0.1)


def test_readouts_by_moments() -> None:
    """f = mean(v x) is the readout of μP: a = ½ in all, and v moves like an input layer."""
    program = tp.parse("""
width n
parametrization mup
data ξ : 4
target y : 1
param U : n × 4 ~ N(0, 1)
param v : n ~ N(0, 1)
matrix A : n × n ~ N(0, 1)
x = tanh(A tanh(U ξ))
f = mean(v * x)
output f
loss (f - y)^2 / 2
""")
    found = predict(program, 2)
    assert (found.sizes["f"], found.changes["f"]) == (-0.5, 0)
    assert (found.changes["x"], found.changes["v"]) == (0, 0)
    check = coordinate_check(program, widths=[64, 256, 1024], lr=0.3, seeds=6, synthetic=16)
    for name in ("x", "f"):
        exponent = check.change(name)
        assert abs(exponent.measured) < max(4 * exponent.error, 0.05)
    size = check.size("f")
    assert abs(size.measured + 0.5) < 4 * size.error < 0.6


def test_the_results_as_text_table_and_figure() -> None:
    found = coordinate_check(mlp("ntk"), widths=[16, 32], steps=2, seeds=2, synthetic=20)
    assert found.names == ("h[1]", "x[1]", "h[2]", "x[2]", "h[3]", "x[3]", "f")
    assert found.outputs == ("f",)
    assert not found.changes[:, :, 0].any()
    assert (found.changes[:, :, 1:] > 0).all()
    rows = found.csv().splitlines()
    assert rows[0] == "width,seed,step,vector,size,change"
    assert len(rows) == 1 + 2 * 2 * 3 * 7
    w, s, t, name, size, change = rows[-1].split(",")
    assert (w, s, t, name) == ("32", "1", "2", "f")
    assert (float(size), float(change)) == (
        found.sizes[-1, -1, -1, -1],
        found.changes[-1, -1, -1, -1],
    )
    document = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert document["vectors"]["x[2]"]["change"]["predicted"] == -0.5
    assert "x[2]" in str(found)
    assert len(tp.coordinate_figure(found).axes) == 2
    assert tp.figure_bytes(tp.coordinate_figure(found), "a.png")[:4] == b"\x89PNG"
    again = coordinate_check(mlp("ntk"), widths=[16, 32], steps=2, seeds=2, synthetic=20)
    np.testing.assert_array_equal(again.sizes, found.sizes)


def test_exponents_are_fitted_with_their_error() -> None:
    widths = np.repeat([10, 100, 1000], 50)
    rng = np.random.default_rng(0)
    slope, error = fit_exponent(widths, 3 * widths**-0.5 * np.exp(rng.normal(0, 0.3, 150)))
    assert abs(slope + 0.5) < 4 * error < 0.15
    slope, error = fit_exponent([10, 100], [1.0, 10.0])
    assert slope == pytest.approx(1)
    assert math.isnan(error)
    assert math.isnan(fit_exponent([10, 10], [1.0, 2.0])[0])
    slopes = [
        fit_exponent(widths, widths**0.25 * np.exp(rng.normal(0, 0.3, 150))) for _ in range(400)
    ]
    scores = [(e - 0.25) / s for e, s in slopes]
    assert np.std(scores) == pytest.approx(1, abs=0.15)


def test_experiences() -> None:
    program = mlp("ntk")
    samples = synthetic_data(program, 30, seed=2)
    seen = experience(program, samples, 5, steps=4, batch=3, seed=7)
    assert seen.test["ξ"].shape == (5, 6)
    assert seen.schedule.shape == (4, 3)
    assert len(seen.train["ξ"]) == len(np.unique(seen.schedule)) == 12
    tests = {tuple(row) for row in seen.test["ξ"]}
    assert not tests & {tuple(row) for row in seen.train["ξ"]}
    assert len(experience(program, samples, 0.1, 1, 1, 0).test["ξ"]) == 3
    own = experience(program, samples, {"ξ": np.ones((2, 6))}, 1, 30, 0)
    assert sorted(own.schedule[0]) == list(range(30))
    scaled = experience(program, samples, 5, 4, 3, 7, standardize="data")
    trained = [k for k, row in enumerate(samples.arrays["ξ"]) if tuple(row) not in tests]
    X = samples.arrays["ξ"][trained]
    for name, kept in (("test", seen.test["ξ"]), ("train", seen.train["ξ"])):
        wanted = (kept - X.mean(0)) / X.std(0)
        np.testing.assert_allclose(getattr(scaled, name)["ξ"], wanted, atol=1e-12)
    np.testing.assert_array_equal(scaled.train["y"], seen.train["y"])
    for bad in (0, 30, 1.5, 0.001):
        with pytest.raises(TPDataError, match="cannot be kept for tests"):
            experience(program, samples, bad, 1, 1, 0)
    with pytest.raises(TPDataError, match="a batch of 26"):
        experience(program, samples, 5, 1, 26, 0)


def test_what_cannot_be_checked_is_said() -> None:
    good = {"widths": [8, 16], "synthetic": 20}
    with pytest.raises(TPError, match="no loss to train on"):
        coordinate_check(tp.gallery.entry("wigner").program(), **good)
    for changes, message in (
        ({"widths": [8]}, "widths are 8"),
        ({"synthetic": None}, "either data or"),
        ({"seeds": 0}, "0 seeds"),
        ({"vectors": ["q"]}, "computes no q"),
        ({"synthetic": None, "data": 3}, "data of type int"),
    ):
        with pytest.raises(TPDataError, match=message):
            coordinate_check(mlp("ntk"), **{**good, **changes})
    for changes, message in (({"lr": math.nan}, "lr is nan"), ({"steps": 1.5}, "steps is 1.5")):
        with pytest.raises(TPError, match=message):
            coordinate_check(mlp("ntk"), **{**good, **changes})


def test_what_depends_on_a_target_is_not_followed() -> None:
    text = (
        "width n\ndim d = 2\nparametrization ntk\ndata ξ : d\ntarget y : 1\n"
        "param U : n × d ~ N(0, 1)\nparam V : 1 × n ~ N(0, 1)\n"
        "x = tanh(U ξ)\nf = V x\noutput f\nloss (f - y)^2\nz = x * mean(x)\nq = V' y\nr = q * z\n"
    )
    program = tp.parse(text)
    settings = {"synthetic": 4, "widths": [4, 8], "steps": 1, "seeds": 1, "batch": 2}
    found = tp.study.coordinate_check(program, **settings)
    assert found.names == ("x", "z", "f")
    with pytest.raises(tp.TPError, match="r depends on a target"):
        tp.study.coordinate_check(program, vectors=["r"], **settings)


STARTS_AT_ZERO = """width n
parametrization mup
data ξ : 4
target y : 1
param U : n × 4 ~ N(0, 1)
param A : n × n ~ N(0, 0)
param V : 1 × n ~ N(0, 0)
x = U ξ
r = A tanh(x)
z = tanh(x) + r
f = V z
output f
loss (f - y)^2 / 2
"""


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_beneath_what_starts_at_zero_nothing_changes_at_first(steps):
    """Measured at two widths: what is predicted to change does, and nothing else."""
    program = tp.parse(STARTS_AT_ZERO)
    predicted = predict(program, steps).changes
    found = coordinate_check(program, widths=[64, 128], seeds=1, steps=steps, synthetic=4)
    for name, changes in zip(found.names, found.changes[0, 0, steps], strict=True):
        assert (predicted[name] == UNCHANGED) == (changes == 0.0), name
    assert (predicted["r"] == UNCHANGED) == (steps == 1)
