"""What stays random, or has no limit, at the limits of scalars gets no number."""

from __future__ import annotations

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.errors import TPTypeError
from tpgraph.limits import singular_scalars
from tpgraph.limits.engines import Engine

HEAD = "width n\nvector x, y : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\n"
NETWORK = (
    "width n\nparametrization mup\ndata ξ : 2\nparam U : n × 2 ~ N(0, 1)\n"
    "param V : 1 × n ~ N(0, 1)\nf = V tanh(U ξ)\n"
)
SINGULAR = [
    ("q = mean(tanh(x)) / mean(tanh(x)^3)", "q", "divided by a scalar that .* 0"),
    ("q = step(mean(x))", "q", "step jumps at 0"),
    ("q = log(mean(x)^2)", "q", "log of a scalar that tends to 0"),
    ("q = mean(relu(x) * sign(mean(x * y)))", "q", "sign jumps at 0"),
    ("q = sqrt(mean(x))", "q", "sqrt of a scalar"),
    ("q = mean(x)^(1/2)", "q", "a root of a scalar"),
    ("q = mean(x)^(-2)", "q", "divided by a scalar"),
    ("q = relu'(mean(sin(x)))", "q", "step jumps at 0"),
    ("s = mean(x^2) - 1\nq = mean(x / s)", "q", "divided by a scalar"),
    ("s = mean(x^2) - 1\nz = x * step(s)\nq = mean(z)", "z", "step jumps at 0"),
    ("q = mean((W x) * x) / mean((W y) * y)", "q", "divided by a scalar"),
    ("q = arctan(1 / mean(x))", "q", "divided by a scalar"),
    ("s = mean(max(x, y) * tanh(x * y + 1))\nu = s - s\nq = 1 / u", "q", "divided by a scalar"),
    ("scalar e -> 0 = 1/sqrt(n)\nq = mean(x) / e", "q", "is random"),
    ("s = mean(sin(x) * tanh(y + 1))\nq = mean(x / (s + s^2))", "q", "divided by a scalar"),
    ("q = sqrt(mean(x) - 1)", "q", "sqrt of a scalar that tends to a negative number\n"),
    ("q = log(mean(x^3) - 2)", "q", "log of a scalar that tends to a negative number\n"),
    ("q = (mean(x) - 1)^(1/2)", "q", "a root of a scalar that tends to a negative number\n"),
    ("q = (mean(x) - 1)^mean(y^2)", "q", "exponent comes to its limit as a fraction\n"),
    ("q = mean(x)^(mean(x^2) / 2)", "q", "exponent comes to its limit as a fraction\n"),
    ("q = mean(x^mean(y^2))", "q", "exponent comes to its limit as a fraction\n"),
    ("scalar a -> 2 = 2 + 1/n\nq = mean(x^a)", "q", "exponent comes to its limit as a frac"),
    ("scalar a -> 1 = 1 + 1/n\nq = sqrt(1 - a)", "q", "sqrt of a scalar that tends to 0"),
    ("scalar a -> 1 = 1 + log(n)/n\nq = step(a - 1)", "q", "told by how that tends"),
]
REGULAR = [
    ("q = sqrt(mean(x)^2)", 0.0),
    ("q = relu(mean(x))", 0.0),
    ("q = abs(mean(x * y))", 0.0),
    ("q = mean(x) / mean(x^2)", 0.0),
    ("q = min(mean(x), 1) / (1 + mean(x))", 0.0),
    ("q = mean(step(x - mean(x)))", 0.5),
    ("q = step(mean(relu(x)) - 0.4)", 0.0),
    ("q = step(mean(relu(x)) - 0.39)", 1.0),
    ("q = log(1 + mean(x)^2)", 0.0),
    ("q = mean(x^2)^(-1/2)", 1.0),
    ("q = mean(abs(x)^mean(y^2))", (2 / np.pi) ** 0.5),
    ("scalar a -> 1 = 1 + 1/n\nq = sqrt(a - 1)", 0.0),
    ("scalar a -> 1 = 1 + 1/n\nq = step(a - 1)", 1.0),
    ("scalar a -> 1 = 1 - 1/n\nq = step(a - 1)", 0.0),
    ("scalar e -> 0 = 1/sqrt(n)\nq = mean(sign(e) * x^2)", 1.0),
]


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize(("body", "name", "reason"), SINGULAR)
def test_singular_scalars_are_refused_by_name(
    body: str, name: str, reason: str, engine: Engine
) -> None:
    with pytest.raises(TPTypeError, match=reason) as caught:
        tp.limit(tp.parse(HEAD + body + "\n"), engine=engine, samples=2**12)
    assert f"in the limit of {name}" in str(caught.value)
    assert caught.value.span is not None


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize(("body", "value"), REGULAR)
def test_continuous_functions_are_not(body: str, value: float, engine: Engine) -> None:
    found = tp.limit(tp.parse(HEAD + body + "\n"), engine=engine, samples=2**12)
    assert found.scalar("q") == pytest.approx(value, abs=1e-12 + 4 * found.error("q"))


@pytest.mark.parametrize("body", [SINGULAR[k][0] for k in (0, 1, 3, 8)])
def test_they_are_random_at_finite_width(body: str) -> None:
    """The reason to refuse: over seeds the value does not settle as width grows."""
    program = tp.parse(HEAD + body + "\n")
    values = []
    for seed in range(40):
        run = tp.compile(program)
        params = run.init({"n": 4096}, seed=seed)
        values.append(float(np.asarray(dict(run.variables(params))["q"]).reshape(-1)[0]))
    assert np.std(np.arctan(values)) > 0.1 or np.median(np.abs(values)) > 10


DOUBTFUL = [
    ("q = 1/mean(relu(x) * y)", r"not told from 0: mean\(relu\(x\) \* y\) is between -\S+ and 0"),
    ("q = 1/(mean(x^2 * y^2) - 1)", r"mean\(x\^2 \* y\^2\) is between 0\.9\d+ and 1\.0"),
    ("q = step(mean(x^3 * y^3))", r"step jumps at 0, from which its scalar is not told"),
    ("q = sqrt(mean(x^3 * y^3))", r"sqrt of a scalar that is not told from 0"),
    ("s = mean(x^3 * y^3) - 0.02\nq = step(s * mean(x^2))", r"told: s is between -"),
]


@pytest.mark.parametrize(("body", "reason"), DOUBTFUL)
def test_what_errors_hide_is_not_said_to_tend_to_zero(body: str, reason: str) -> None:
    """Of samples alone it is not known; the exact engine knows, or has the number."""
    program = tp.parse(HEAD + body + "\n")
    with pytest.raises(TPTypeError, match=reason) as caught:
        tp.limit(program, engine="sampled", samples=2**12)
    assert "not known whether" in str(caught.value)
    assert "tends to" not in str(caught.value)
    assert "more samples" in str(caught.value)
    assert caught.value.span is not None


def test_more_samples_settle_what_is_not_zero() -> None:
    program = tp.parse(HEAD + "q = 1/(mean(relu(x) * relu(y) * tanh(x + y)) - 0.1515)\n")
    with pytest.raises(TPTypeError, match="take more samples"):
        tp.limit(program, engine="sampled", samples=2**12)
    found = tp.limit(program, engine="sampled", samples=2**18)
    assert found.scalar("q") == pytest.approx(tp.limit(program).scalar("q"), rel=0.5)


NOT_NEGATIVE = [
    ("q = sqrt(mean((x * y)^12) + 0.001)", 10395.0),
    ("q = log(1 + mean(abs(x)^9 * abs(y)^9))", 11.45),
]


@pytest.mark.parametrize(("body", "value"), NOT_NEGATIVE)
def test_means_of_what_is_not_negative_are_not(body: str, value: float) -> None:
    """However far their error bars reach."""
    found = tp.limit(tp.parse(HEAD + body + "\n"), engine="sampled", samples=2**12)
    assert abs(found.scalar("q") - value) <= 4 * found.error("q")


def test_readouts_that_vanish_are_random_in_sign() -> None:
    data = {"ξ": [0.0, 1.0]}
    for body in ("q = step(f)", "q = log(f^2)", "q = 1 / f"):
        with pytest.raises(TPTypeError, match="in the limit of q"):
            tp.limit(tp.parse(NETWORK + body + "\n"), data=data)
    for body, value in (("q = step(ξ)", [0, 1]), ("q = step(f - 1)", [0]), ("q = relu(f)", [0])):
        assert tp.limit(tp.parse(NETWORK + body + "\n"), data=data).values("q") == pytest.approx(
            value
        )


def test_without_that_question_numbers_are_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(singular_scalars, "singular_at", lambda psi, reaches: None)
    found = tp.limit(tp.parse(HEAD + "q = step(mean(x))\n"))
    assert found.scalar("q") == 0.0
