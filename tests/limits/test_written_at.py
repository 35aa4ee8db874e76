"""Refusals on programs that were made of another one name the line that they come from."""

from __future__ import annotations

import pytest

import tpgraph as tp
from tpgraph.errors import TPTypeError
from tpgraph.limits import written_at
from tpgraph.limits.written_at import written_at as place_of

TIED = """width n
dim d = 5
parametrization mup
scalar c -> 0 = 1/n
data ξ : d
target y : d
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1)
x = relu(W relu(U ξ))
f = c * (U' x)
output f
loss (f - y)^2 / 2
"""


def line(program: tp.Program, name: str) -> str:
    span = place_of(program, program.equation_of[name])
    assert span is not None
    return span.source.text[span.start :].partition("\n")[0]


def test_a_refusal_after_a_step_of_sgd_has_its_line() -> None:
    unrolled = tp.unroll_sgd(tp.parse(TIED), 2)
    data = {d.variable.name: [1.0] * 5 for d in unrolled.data}
    with pytest.raises(TPTypeError, match="in the limit of a part of x̃_1: ") as caught:
        tp.limit(unrolled, data=data)
    assert caught.value.span is not None
    assert caught.value.span.text.startswith("x = relu(W relu(U ξ))")


@pytest.mark.parametrize("form", ["exact", "fluctuation"])
def test_every_instruction_of_training_has_a_line(form: str) -> None:
    unrolled = tp.unroll_sgd(tp.parse(TIED.replace("f = c * (U' x)", "f = U' x")), 2, form=form)
    spans = {e.out.name: place_of(unrolled, e) for e in unrolled.equations}
    assert [name for name, span in spans.items() if span is None] == []


def test_error_signals_belong_to_what_they_are_of() -> None:
    program = tp.backward(tp.parse(TIED))
    assert line(program, "dx~2").startswith("relu(U ξ)")
    assert line(program, "df~1").startswith("(U' x)")


def test_without_statements_there_is_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written_at, "_own", lambda program, equation: equation.span)
    unrolled = tp.unroll_sgd(tp.parse(TIED), 1)
    assert place_of(unrolled, unrolled.equation_of["x̃_1~1"]) is None
