"""The verdict of `check` beside what coordinate checks measure: what is trained, how f reads."""

from __future__ import annotations

import pytest

import tpgraph as tp
from tpgraph.program import analyze, layer_kind
from tpgraph.program.coordinates import predict
from tpgraph.study.coordinates.check import coordinate_check

STABLE = "abc(a=[0, 0, 0], b=[0, 1/2, 1/2], c=1)"


def network(rule: str, trained: str, reads: str, function: str = "tanh") -> tp.Program:
    """Two hidden layers; the matrices U, W and the readout V (v) that are not trained are fixed."""
    kind = {letter: "param" if letter in trained else "matrix" for letter in "UWV"}
    vector = "param" if "V" in trained else "vector"
    readout = f"{kind['V']} V : 1 × n ~ N(0, 1)\n" if "V x" in reads else ""
    weights = f"{vector} v : n ~ N(0, 1)\n" if "v *" in reads else ""
    return tp.parse(
        f"width n\nparametrization {rule}\ndata ξ : 6\ntarget y : 1\n"
        f"{kind['U']} U : n × 6 ~ N(0, 1)\n{kind['W']} W : n × n ~ N(0, 2)\n{readout}{weights}"
        f"z = W {function}(U ξ)\nx = {function}(z)\nf = {reads}\noutput f\nloss (f - y)^2 / 2\n"
    )


MEASURED = [
    ("ntk", "UWV", "V x", "kernel"),
    ("ntk", "V", "V x", "kernel"),
    ("ntk", "U", "V x", "kernel"),
    ("ntk", "UWV", "mean(z)", "trivial"),
    ("ntk", "UWV", "mean(x)", "trivial"),
    ("ntk", "UWV", "mean(v * x)", "trivial"),
    ("ntk", "UWV", "mean(x^2)", "trivial"),
    ("mup", "UWV", "V x", "feature learning"),
    ("mup", "V", "V x", "kernel"),
    ("mup", "W", "V x", "unstable"),
    ("mup", "U", "V x", "unstable"),
    ("mup", "UWV", "mean(v * x)", "feature learning"),
    ("mup", "UWV", "mean(x^2)", "feature learning"),
    ("standard", "UWV", "V x", "unstable"),
    ("standard", "V", "V x", "unstable"),
    ("standard", "U", "V x", "kernel"),
    ("standard", "UWV", "mean(z)", "feature learning"),
    ("standard", "UWV", "mean(v * x)", "feature learning"),
    (STABLE, "UWV", "V x", "kernel"),
    (STABLE, "V", "V x", "kernel"),
    (STABLE, "U", "V x", "trivial"),
    (STABLE, "UWV", "mean(z)", "trivial"),
]
"""Regimes that coordinate checks at widths 64 … 1024 show, two steps, four seeds."""


@pytest.mark.parametrize(("rule", "trained", "reads", "regime"), MEASURED)
def test_regimes_by_what_is_trained_and_read(
    rule: str, trained: str, reads: str, regime: str
) -> None:
    for function in ("tanh", "relu"):
        found = tp.report(network(rule, trained, reads, function))
        assert found.analysis is not None
        assert found.analysis.regime == regime
        document = found.to_json()["parametrization"]
        assert document["regime"] == regime
        assert document["feature_learning"] == (regime == "feature learning")
        assert document["stable"] == (regime != "unstable")


def measured_regime(program: tp.Program, lr: float) -> str:
    """What the changes of f and of the features say, after two steps."""
    found = coordinate_check(
        program, widths=[32, 128, 512], steps=2, lr=lr, seeds=3, synthetic=12, batch=6, seed=1
    )
    changes = {name: found.change(name).measured for name in found.names}
    output = changes.pop("f")
    moved = [e for e in changes.values() if e == e]
    if max(output, *moved, -9.0) > 0.3:
        return "unstable"
    if output < -0.5:
        return "trivial"
    return "feature learning" if max(moved, default=-9.0) > -0.25 else "kernel"


@pytest.mark.parametrize(
    "case", [MEASURED[k] for k in (1, 3, 8, 9, 12, 14, 16, 20)], ids=lambda c: "-".join(c[:3])
)
def test_regimes_as_measured(case: tuple[str, str, str, str]) -> None:
    rule, trained, reads, regime = case
    rate = 0.03 if rule == "standard" else 0.1
    assert measured_regime(network(rule, trained, reads), rate) == regime


def test_exponents_alone_are_not_enough() -> None:
    """The formula of TP IV, which knows only the kinds of trained layers, is wrong of these."""
    wrong = 0
    for rule, trained, reads, regime in MEASURED:
        program = network(rule, trained, reads)
        assert program.parametrization is not None
        kinds = {layer_kind(p.variable) for p in program.parameters}
        wrong += analyze(program.parametrization, kinds).regime != regime
    assert wrong >= 8


BODIES = {
    "low rank": (
        "mup",
        "matrix W : n × n ~ N(0, 1)\nparam A : 2 × n ~ N(0, 1)\nparam B : n × 2 ~ N(0, 0)\n"
        "param V : 1 × n ~ N(0, 1)\nx = relu(U ξ)\nf = V relu(W x + B (A x))\n",
        ("feature learning", -0.5, 0.0),
    ),
    "bottleneck": (
        "ntk",
        "param E : 2 × n ~ N(0, 1)\nparam D : n × 2 ~ N(0, 1)\nparam V : 1 × n ~ N(0, 1)\n"
        "x = tanh(U ξ)\nf = V tanh(D (E x))\n",
        ("feature learning", 0.0, 0.0),
    ),
    "experts": (
        "mup",
        "param g[1..2] : n ~ N(0, 1)\nparam W[1..2] : n × n ~ N(0, 1)\n"
        "param V : 1 × n ~ N(0, 1)\nx = relu(U ξ)\nfor e in 1..2:\n    a[e] = mean(g[e] * x)\n"
        "s = exp(a[1]) / (exp(a[1]) + exp(a[2]))\n"
        "f = V (s * relu(W[1] x) + (1 - s) * relu(W[2] x))\n",
        ("feature learning", -0.5, 0.0),
    ),
    "tied, scaled": (
        "mup",
        "scalar c -> 0 = 1/n\nparam W : n × n ~ N(0, 1)\nx = relu(W relu(U ξ))\nf = c * (U' x)\n",
        ("feature learning", -0.5, 0.0),
    ),
    "inner products": (
        "mup",
        "param R : n × 6 ~ N(0, 1)\nx = U ξ\nf = mean(x * (R ξ))\n",
        ("feature learning", -0.5, 0.0),
    ),
    "even inner products": (
        "mup",
        "x = U ξ\nf = mean(x * x)\n",
        ("feature learning", 0.0, 0.0),
    ),
    "scaled by hand": (
        "abc(a=[0, 1/2, 0], b=[0, 0, 0], c=0)",
        "scalar c -> 0 = 1/n\nparam W : n × n ~ N(0, 1)\nparam V : 1 × n ~ N(0, 1)\n"
        "x = relu(W relu(U ξ))\nf = c * (V x)\n",
        ("trivial", -0.5, -1.0),
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_networks_beyond_perceptrons(name: str) -> None:
    """Low rank beside a frozen matrix, tied weights, gates: measured as predicted."""
    rule, body, (regime, size, change) = BODIES[name]
    outputs = "6" if "tied" in name else "1"
    program = tp.parse(
        f"width n\nparametrization {rule}\ndata ξ : 6\ntarget y : {outputs}\n"
        f"param U : n × 6 ~ N(0, 1)\n{body}output f\nloss (f - y)^2 / 2\n"
    )
    analysis = tp.report(program).analysis
    assert analysis is not None
    assert analysis.regime == regime
    found = coordinate_check(
        program, widths=[64, 256, 1024], steps=2, lr=0.05, seeds=4, synthetic=12, batch=6, seed=2
    )
    for exponent, predicted in ((found.size("f"), size), (found.change("f"), change)):
        assert exponent.predicted == predicted
        assert abs(exponent.measured - predicted) < max(4 * exponent.error, 0.15)


def test_a_mean_is_centred_by_symmetry_alone() -> None:
    """mean(x (R ξ)) has limit 0; with the same matrix on both sides it has not."""
    sizes = {}
    for second in ("R", "U"):
        program = tp.parse(
            "width n\nparametrization mup\ndata ξ, ζ : 6\nparam U : n × 6 ~ N(0, 1)\n"
            f"param R : n × 6 ~ N(0, 1)\nx = tanh(U ξ)\ny = tanh({second} ζ)\nf = mean(x * y)\n"
            "output f\n"
        )
        sizes[second] = predict(program, 1).sizes["f"]
    assert sizes == {"R": -0.5, "U": 0.0}
