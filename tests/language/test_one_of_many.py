"""Edits of one variable of a loop or family alone."""

from __future__ import annotations

from importlib import resources

import pytest

from tpgraph.language import editing, parse, read


@pytest.mark.parametrize("name", ["W[1]", "W[2]", "W[3]", "b[2]", "x[1]", "x[2]", "x[3]"])
def test_one_of_many_alone_gets_a_name_wherever_it_is_read(name: str) -> None:
    """As W[l] in a loop, which is written out, or as x[L]."""
    text = resources.files("tpgraph_diagrams").joinpath("mlp.tp").read_text(encoding="utf-8")
    reading = read(text, "mlp.tp")
    edit = editing.only_here(reading, name, lambda one: editing.rename(one, name, "q", only=True))
    before, after = reading.program, parse(edit.apply(text))
    assert before is not None
    assert edit.select == "q"
    names = {v: v.replace(name, "q") for v in before.variables}
    assert [names[v] for v in before.variables] == [*after.variables]
    wanted = [[names[v.name] for v in e.inputs] for e in before.equations]
    assert [[v.name for v in e.inputs] for e in after.equations] == wanted
