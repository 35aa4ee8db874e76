"""Samples go after their last use, and never before it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from limits.finite import gallery
from strategies import programs

from tpgraph.errors import TPError
from tpgraph.limits import limit_over_inputs
from tpgraph.limits.sampling import over_inputs
from tpgraph.limits.sampling.algebra import SampledAlgebra
from tpgraph.limits.sampling.lifetimes import Release, lifetimes
from tpgraph.program import Program
from tpgraph.transform import backward


def rows(program: Program) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    declared = (*program.data, *program.targets)
    return {d.variable.name: rng.standard_normal((2, d.variable.dim.size({}))) for d in declared}


def everything(program: Program) -> list[np.ndarray]:
    """The second moment of every wide vector."""
    pairs = [(e.out.name, e.out.name) for e in program.equations if e.out.is_vector]
    pairs = [pair for pair in pairs if program.variables[pair[0]].is_wide]
    found = limit_over_inputs(program, rows(program), pairs, engine="sampled", samples=2**12)
    return [found.moment(*pair).value for pair in pairs]


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(programs(tame=True, max_equations=25))
def test_nothing_is_missed_in_random_programs(program: Program) -> None:
    with pytest.MonkeyPatch.context() as kept:
        kept.setattr(over_inputs, "lifetimes", lambda program, asked: {})
        try:
            whole = everything(program)
        except TPError:
            return
    for kept_all, released in zip(whole, everything(program), strict=True):
        assert (kept_all == released).all()


def test_few_samples_are_held_at_a_time(monkeypatch):
    """Of a deep backward pass: those of the forward pass that error signals will meet again."""
    program = backward(gallery("rnn"))
    held = []
    own = SampledAlgebra.release

    def release(self, release):
        own(self, release)
        held.append(len(self.trace.samples) + len(self.trace.made))

    monkeypatch.setattr(SampledAlgebra, "release", release)
    everything(program)
    assert max(held) <= len([e for e in program.equations if e.out.is_wide])
    assert min(held[-3:]) <= 4


def test_a_release_that_comes_too_early_is_seen(monkeypatch):
    program = backward(gallery("rnn"))

    def early(program, asked):
        found = lifetimes(program, asked)
        moved = {number - 3: release for number, release in found.items()}
        return {number: release for number, release in moved.items() if release != Release()}

    monkeypatch.setattr(over_inputs, "lifetimes", early)
    with pytest.raises(KeyError):
        everything(program)
