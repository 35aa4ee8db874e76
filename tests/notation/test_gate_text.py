"""Texts of gates: what one mark for many stands behind, and what formulas take of labels."""

import pytest

import tpgraph as tp
from tpgraph.notation.diagram.marks import diagram_of
from tpgraph.notation.draw_options import Options
from tpgraph.notation.pipeline import compose
from tpgraph.program.labels import defining

POOLED = """width n
matrix W[2..7] : n x n ~ N(0, 1)
vector x[1] : n ~ N(0, 1)
for l in 2..7:
    x[l] = tanh(W[l] x[l-1])
y = tanh({sum})
"""

SUBSCRIPT = """width n
vector v : n ~ N(0, 1)
vector w : n ~ N(0, 1)
label v = "v_{t=0}"
y = v / (w * w * v + tanh(v))
"""


def of_gate(text: str, name: str) -> str:
    gates = diagram_of(tp.parse(text)).gates
    return next(gate.text.pooled for gate in gates if name in gate.outputs)


@pytest.mark.parametrize(
    ("written", "pooled"),
    [
        ("x[1] + x[2] + x[3] + x[4]", r"\tanh(\textstyle\sum{\cdot})"),
        ("x[1] + x[2] + x[3] + x[4] + 3", r"\tanh(\textstyle\sum{\cdot}{+}3)"),
        ("x[1] + x[2] + x[3]", ""),
    ],
)
def test_a_sum_of_many_has_a_text_for_one_mark(written: str, pooled: str) -> None:
    found = of_gate(POOLED.format(sum=written), "y")
    assert pooled in found if pooled else found == ""


def test_an_equals_sign_in_a_subscript_stays_in_its_label() -> None:
    assert defining("x_{t=0}") == "x_{t=0}"
    assert defining("d x_{t=0} = v") == "v"
    assert defining("x =") == "x ="
    gate = diagram_of(tp.parse(SUBSCRIPT)).gates[0]
    assert "v_{t=0}" in gate.text.text
    assert compose(tp.parse(SUBSCRIPT), Options()).nodes
