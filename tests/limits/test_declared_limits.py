"""A declared limit of a scalar is that of its expression, or is refused with its place."""

import pytest

import tpgraph as tp

TEXT = "program p\nwidth n\nvector x : n ~ N(0, 1)\nscalar s -> {}\nm = mean(s * x^2)\n"


@pytest.mark.parametrize(
    "declared", ["3 = 2 + 1/n", "0 = n", "0 = 1", "1 = 1/sqrt(n)", "0 = 1e-9", "2 = log(n)"]
)
@pytest.mark.parametrize("engine", ["exact", "sampled"])
def test_contradictions_are_refused(declared: str, engine: str) -> None:
    with pytest.raises(tp.TPError, match="s is declared to tend to") as found:
        tp.limit(tp.parse(TEXT.format(declared)), engine=engine)
    assert found.value.span is not None
    assert found.value.span.line == 4


@pytest.mark.parametrize(
    ("declared", "truth"),
    [
        ("2 = 2 + 1/n", 2.0),
        ("0 = 1/sqrt(n)", 0.0),
        ("0 = 1/log(n)", 0.0),
        ("0 = exp(-n)", 0.0),
        ("1 = n/(n + 1)", 1.0),
        ("0.33333 = 1/3", 0.33333),
    ],
)
def test_limits_that_are_true_are_taken(declared: str, truth: float) -> None:
    assert tp.limit(tp.parse(TEXT.format(declared))).scalar("m") == pytest.approx(truth)


@pytest.mark.parametrize(
    ("epsilon", "delta", "moment", "truth"),
    [
        ("2/sqrt(n)", "1/sqrt(n)", "x^2*ε/δ", 2.0),
        ("1/sqrt(n)", "2/n", "x^2*ε^2/δ", 0.5),
        ("3/n", "1/sqrt(n)", "x^2*ε/δ", 0.0),
        ("2/sqrt(n)", "1/sqrt(n)", "(tanh(x + ε) - tanh(x))/δ * cosh(x)^2", 2.0),
    ],
)
def test_scalars_that_vanish_together(epsilon: str, delta: str, moment: str, truth: float) -> None:
    text = (
        f"program p\nwidth n\nvector x : n ~ N(0, 1)\nscalar ε -> 0 = {epsilon}\n"
        f"scalar δ -> 0 = {delta}\nm = mean({moment})\n"
    )
    found = tp.limit(tp.parse(text))
    assert abs(found.scalar("m") - truth) <= 4 * found.error("m")


def test_what_is_no_sum_of_powers_beside_another_is_refused() -> None:
    text = (
        "program p\nwidth n\nvector x : n ~ N(0, 1)\nscalar ε -> 0 = log(n)/n\n"
        "scalar δ -> 0 = 1/n\nm = mean(x^2 * δ/ε)\n"
    )
    with pytest.raises(tp.TPError, match="no sum of powers"):
        tp.limit(tp.parse(text))
