"""Regimes and sizes of programs in which parts cancel for every draw, or change sign together."""

from __future__ import annotations

import pytest

import tpgraph as tp
from tpgraph.program import coordinates, initial_sizes
from tpgraph.program.coordinates import UNCHANGED, predict
from tpgraph.program.vanishing_terms import Cancelled, cancelled
from tpgraph.study.coordinates.check import coordinate_check

NOT_TRAINED = {
    "the same product": "y = V x\nz = V x - y + x\nf = mean(z^2)",
    "a sum's product": "y = V (x + w)\nz = y - V x - V w + x\nf = mean(z^2)",
    "its transpose": "y = V' x\nf = mean(V' (2*x) - 2*y + x^2)",
    "a mean of equal parts": "y = V x\nf = mean(y*w) - mean(w * (V x)) + mean(x^2)",
    "squares": "y = V x\nf = mean((y + w)^2 - (y - w)^2 - 4*y*w + x^2)",
}
TRAINED = {
    "another product": "y = V x\nz = V w - y + x\nf = mean(z^2)",
    "a small part": "y = V x\nz = 1e-6 * (V w) + x\nf = mean(z^2)",
    "a part that is off": "y = V x\nz = relu(y - 1) + x\nf = mean(z^2)",
    "another path": "y = V x\nz = V x - y + x\nf = mean(tanh(y)^2 + z)",
}


def network(body: str, rule: str = "mup", fixed: str = "") -> tp.Program:
    """Only V is trained."""
    return tp.parse(
        f"width n\nparametrization {rule}\ndata ξ : 6\ntarget y₀ : 1\n"
        "matrix U : n × 6 ~ N(0, 1)\nmatrix R : n × 6 ~ N(0, 1)\nparam V : n × n ~ N(0, 1)\n"
        f"{fixed}x = tanh(U ξ)\nw = tanh(R ξ)\n{body}\noutput f\nloss (f - y₀)^2 / 2\n"
    )


@pytest.mark.parametrize("rule", ["mup", "ntk", "standard"])
@pytest.mark.parametrize("case", NOT_TRAINED)
def test_nothing_is_trained_where_the_trained_matrix_cancels(case: str, rule: str) -> None:
    program = network(NOT_TRAINED[case], rule)
    assert cancelled(program).untrained == {"V"}
    analysis = tp.report(program).analysis
    assert analysis is not None
    assert (analysis.regime, analysis.r) == ("trivial", None)
    found = predict(program, 3).changes
    assert set(found.values()) == {UNCHANGED}


@pytest.mark.parametrize("case", TRAINED)
def test_what_does_not_cancel_is_trained(case: str) -> None:
    program = network(TRAINED[case])
    assert not cancelled(program).untrained
    analysis = tp.report(program).analysis
    assert analysis is not None
    assert analysis.regime == "feature learning"


def test_what_cancels_does_not_move_when_it_is_trained() -> None:
    program = network(NOT_TRAINED["a sum's product"])
    found = coordinate_check(
        program, widths=[16, 64], steps=2, lr=0.3, seeds=2, synthetic=8, batch=4, vectors=["f"]
    )
    assert found.changes.max() < 1e-12


def test_term_by_term_it_would_be_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coordinates, "cancelled", lambda _: Cancelled())
    for body in NOT_TRAINED.values():
        analysis = tp.report(network(body)).analysis
        assert analysis is not None
        assert analysis.regime != "trivial"


ODD = {
    "mean(tanh(W x + V' (V x)))": -0.5,
    "mean(W' tanh(W x) + sin(V x))": -0.5,
    "mean(tanh(W x + V' (V x)) * x)": 0.0,
    "mean(relu(W x + V' (V x)))": 0.0,
    "mean(u) * mean(x^2)": -0.5,
    "mean(mean(u) * x^2)": -0.5,
}
"""Sizes of means, of which the last are proportional to one that vanishes."""


@pytest.mark.parametrize("mean", ODD)
def test_means_that_are_odd_under_a_flip_of_a_matrix_vanish(mean: str) -> None:
    fixed = "matrix W : n × n ~ N(0, 1)\nvector u : n ~ N(0, 1)\n"
    program = network(f"f = {mean}", fixed=fixed)
    found = coordinate_check(
        program, widths=[64, 256, 1024], steps=0, seeds=24, synthetic=8, batch=4, vectors=["f"]
    ).size("f")
    assert found.predicted == ODD[mean]
    assert abs(found.measured - found.predicted) < max(4 * found.error, 0.05)


def test_local_signs_alone_do_not_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initial_sizes.GlobalSigns, "is_centred", lambda *_: False)
    fixed = "matrix W : n × n ~ N(0, 1)\n"
    program = network("f = mean(tanh(W x + V' (V x)))", fixed=fixed)
    assert predict(program, 1).sizes["f"] == 0.0
