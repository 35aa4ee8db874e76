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
