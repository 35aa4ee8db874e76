"""Roots of means that are nowhere negative come to their limit, at 0 too."""

import warnings

import pytest

import tpgraph as tp
from tpgraph.errors import TPError
from tpgraph.limits.engines import Engine

HEAD = """program p
width n
vector x, y : n ~ N(0, 1)
scalar s -> 0 = 1/sqrt(n)
scalar r -> 0 = -1/sqrt(n)
"""


def limits(body: str, engine: Engine) -> dict[str, tuple[float, float]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = tp.limit(tp.parse(HEAD + body + "\n"), engine=engine)
    return {name: (one.value, one.error) for name, one in found.scalar_values.items()}


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize(
    ("body", "truth"),
    [
        ("m = sqrt(mean(s^2 + 0 * x))", 0.0),
        ("m = sqrt(mean((s * x)^2)) + 1", 1.0),
        ("z = s * x\nm = sqrt(mean(z^2))", 0.0),
        ("m = mean(abs(s * x) + s)^(1/2)", 0.0),
        ("m = sqrt(abs(mean(x)))", 0.0),
        ("m = sqrt(-mean(r * abs(x)))", 0.0),
        ("b = sqrt(mean(s^2 * x^2))\nm = mean(abs(b * y + x))", 0.7978845608028654),
        ("b = mean(abs(s * x))^(0.3)\nm = mean(relu(b * y + x^2))", 1.0),
    ],
)
def test_roots_of_what_vanishes_from_above(body, truth, engine):
    found, error = limits(body, engine)["m"]
    assert abs(found - truth) <= 4 * error + 1e-14
    assert error < 1e-2


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize(
    "body",
    [
        "m = sqrt(mean(x))",
        "m = sqrt(mean((x + s * y)^2) - mean(x^2))",
        "m = sqrt(mean(s * x + s^2))",
        "m = sqrt(s * mean(x))",
        "a = mean(s * x)\nb = mean(x^2)\nc = a * b\nm = sqrt(c)",
        "m = log(mean(s^2 * x^2))",
        "m = 1 / sqrt(mean(s^2 * x^2))",
        "b = sqrt(mean(s^2 * x^2))\nm = mean(step(b * x + relu(y)))",
    ],
)
def test_what_changes_its_sign_or_jumps_there_is_refused(body, engine):
    with pytest.raises(TPError):
        limits(body, engine)


def test_a_root_that_vanishes_from_above_is_above_0():
    """b > 0 at every width: step(b) is 1, step(b x) is step(x)."""
    head = "b = sqrt(mean(s^2 * x^2))\n"
    for body, truth in [("m = mean(step(b) * x)", 0.0), ("m = mean(step(b * x))", 0.5),
                        ("z = b * x\nm = mean(step(z))", 0.5)]:  # fmt: skip
        found, error = limits(head + body, "auto")["m"]
        assert abs(found - truth) <= 4 * error
        assert error < 1e-9
