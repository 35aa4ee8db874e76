"""Kernels of random networks of finite width, against PyTorch's Jacobians."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from kernels.support import four, gram, inputs
from strategies import programs

from tpgraph.compiler import compile
from tpgraph.interpreter import sample
from tpgraph.kernels import empirical_kernel, grams
from tpgraph.program import Program
from tpgraph.program.graph import varied
from tpgraph.program.reach import descendants

SETTINGS = settings(max_examples=60, suppress_health_check=list(HealthCheck))


def network(program: Program) -> Program | None:
    """Its last three vectors of fixed dimension and scalars that are trained, as outputs."""
    trained = descendants(program, [p.variable.name for p in program.parameters])
    hidden = descendants(program, [t.variable.name for t in program.targets])
    outs = [
        e.out
        for e in program.equations
        if not e.out.is_wide and e.out.name in trained and e.out.name not in hidden
    ]
    if not outs or not program.data:
        return None
    return varied(program, outputs=tuple(outs[-3:]), loss=None)


def distance(program: Program) -> float:
    """The greatest difference, relative to the greatest entry or 1."""
    base = int(np.lcm.reduce([w.ratio.denominator for w in program.widths], initial=1))
    widths = {w.name: base * max(1, 8 // base) for w in program.base_widths}
    data = inputs(program, 3)
    found = empirical_kernel(program, compile(program).init(widths, 1), data, "ntk").ntk
    want = gram(program, sample(program, widths, 1), data, widths)
    assert found is not None
    return float(np.abs(four(found) - want).max() / max(1.0, np.abs(want).max()))


def distances() -> list[float]:
    """Those of random networks."""
    seen: list[float] = []

    @SETTINGS
    @given(programs(max_equations=40, differentiable=True))
    def compare(program: Program) -> None:
        found = network(program)
        if found is not None:
            seen.append(distance(found))

    compare()
    return seen


def test_ntk_is_the_gram_matrix_of_the_jacobian() -> None:
    found = distances()
    assert len(found) > 20
    assert max(found) < 1e-9


def test_dropping_pairs_of_uses_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grams, "unordered_pairs", lambda terms: [(t, t) for t in terms])
    assert max(distances()) > 1e-3
