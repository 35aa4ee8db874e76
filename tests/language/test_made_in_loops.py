"""What is made beside a statement of a loop stands in the loop, for all its values."""

from __future__ import annotations

import pytest

from tpgraph.errors import TPError
from tpgraph.language import editing, read

LOOPED = """width n
const L = 3
vector u : n ~ N(0, 1)
vector b[1..L] : n ~ N(0, 1)
matrix W[1..L] : n × n ~ N(0, 1)
x[1] = tanh(W[1] u)
for l in 2..L:
    x[l] = tanh(W[l] x[l-1])  # the layer
"""


def test_a_statement_stands_beside_another_for_all_values_of_its_loop() -> None:
    """Behind those of its block that it reads, with the names as the loop says them."""
    r = read(LOOPED)
    made = editing.gate(r, ["x[2]", "b[2]", "u"], beside="x[2]")
    assert made.apply(LOOPED) == LOOPED + "    x_1[l] = tanh(x[l] + b[l] + u)\n"
    assert (made.select, made.title) == ("x_1[2]", "gate of x[2], b[2], u")
    product = editing.multiply(r, "x[1]", "W[2]", transpose=True, beside="x[2]")
    assert product.apply(LOOPED) == LOOPED + "    h[l] = W[l]' x[l-1]\n"
    assert editing.bargate(r, ["b[2]"], beside="x[2]").select == "s[2]"
    with pytest.raises(TPError, match="stands in no loop"):
        editing.gate(r, ["u"], beside="x[1]")
    short = LOOPED.replace("L:\n    ", "L: ")
    with pytest.raises(TPError, match="on one line"):
        editing.gate(read(short), ["x[2]"], beside="x[2]")
