"""What a text leaves unnamed is said by its formula where it has no limit, never as `q~1`."""

from __future__ import annotations

import warnings

import pytest

import tpgraph as tp
from tpgraph.errors import TPError, TPWarning
from tpgraph.limits.engines import Engine

HEAD = (
    "width n\nparametrization ntk\nscalar ε -> 0 = 1/sqrt(n)\nvector x, y : n ~ N(0, 1)\n"
    "matrix W : n × n ~ N(0, 1)\nparam U : n × 1 ~ N(0, 1)\nparam V : 1 × n ~ N(0, 1)\n"
)
REFUSED = [
    ("q = mean(tanh(U (V x)))", "in the limit of U (V x): V x depends on a readout"),
    ("q = mean(tanh(x * (V x)))", "in the limit of q: V x depends on a readout"),
    ("f = V x\nq = mean(tanh(x * f))", "in the limit of q: f depends on a readout"),
    ("q = mean(ε * x / (W (ε * x)))", "in the limit of q: W (ε * x) tends to 0"),
    ("q = mean((W ((step(x + ε * y) - step(x)) / ε))^2)", "enters otherwise than linearly"),
    ("q = mean(x) + V (V' (V x))", "in the limit of V' (V x): V x depends"),
    ("q = mean(W tanh(y) * (1/mean(x * y)))", "divided by a scalar"),
    ("q = mean(W log(y))", "in the limit of log(y): its value is nan"),
]


@pytest.mark.parametrize("engine", ["auto", "sampled", "exact"])
@pytest.mark.parametrize(("line", "said"), REFUSED)
def test_refusals_say_formulas(line: str, said: str, engine: Engine) -> None:
    with pytest.raises(TPError) as caught:
        tp.limit(tp.parse(HEAD + line + "\n"), engine=engine, samples=2**12)
    assert "~" not in caught.value.message
    assert caught.value.span is not None
    if engine != "exact":  # which may give up before
        assert said in str(caught.value)


def test_warnings_say_formulas() -> None:
    program = tp.parse(HEAD + "q = mean(W exp(y))\n")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TPWarning)
        tp.limit(program)
    assert any("the limit of exp(y)" in str(w.message) for w in caught)


def test_functions_that_are_not_finite_are_named_with_their_numbers() -> None:
    text = HEAD + "a = 300 * x\nq = mean(exp(a) / (y^2 + exp(a)))\n"
    with pytest.raises(TPError, match=r"nan for \S+ of the samples: exp\(\d+"):
        tp.limit(tp.parse(text), engine="sampled", samples=2**12)
