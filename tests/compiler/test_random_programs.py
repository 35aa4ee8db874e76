"""Generated code on random well-typed programs."""

from __future__ import annotations

import numpy as np
from compiler.checks import check_gradients, check_values, inputs
from hypothesis import HealthCheck, given, settings
from strategies import programs

from tpgraph.compiler import compile
from tpgraph.program import Program

SETTINGS = settings(max_examples=60, suppress_health_check=list(HealthCheck))


def widths(program: Program) -> dict[str, int]:
    """Sizes that every ratio makes whole."""
    base = int(np.lcm.reduce([w.ratio.denominator for w in program.widths], initial=1))
    return {w.name: base * max(1, 8 // base) for w in program.base_widths}


@SETTINGS
@given(programs(max_equations=60, tame=True))
def test_values_are_the_interpreters(program: Program) -> None:
    assert check_values(compile(program), widths(program), batch=2) < 1e-12


@SETTINGS
@given(programs(max_equations=60, differentiable=True))
def test_gradients_are_pytorchs(program: Program) -> None:
    assert check_gradients(compile(program), widths(program), batch=2) < 1e-9


@SETTINGS
@given(programs(max_equations=60, tame=True))
def test_float32_stays_float32(program: Program) -> None:
    module = compile(program, "float32")
    params = module.init(widths(program), 0)
    for name, value in module.variables(params, *inputs(program, 2).values()):
        assert value.dtype == np.float32, name


@SETTINGS
@given(programs(max_equations=300))
def test_every_program_compiles_and_draws(program: Program) -> None:
    module = compile(program)
    namespace: dict[str, object] = {}
    exec(module.source, namespace)
    assert "init" in namespace
    namespace["init"](widths(program), 0)  # type: ignore[operator]
