"""Random programs: where the exact engine closes it says what samples say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from limits.finite import inputs
from strategies import programs

from tpgraph.errors import TPError
from tpgraph.limits import Limit, limit, limit_over_inputs
from tpgraph.limits.exact.gaussians import ProductGaussians
from tpgraph.program import MatMul, Program

BARS = 8.0
QUIET = {
    "deadline": None,
    "database": None,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


def differences(found: Limit, sampled: Limit) -> list[str]:
    """Names of what is further off than eight error bars."""
    bad = []
    for name, estimate in sampled.scalar_values.items():
        if abs(found.scalar(name) - estimate.value) > BARS * estimate.error:
            bad.append(name)
    for name, vector in sampled.vectors.items():
        own = found.vector(name)
        for a, b in ((own.mean, vector.mean), (own.var, vector.var)):
            if abs(a.value - b.value) > BARS * (a.error + b.error):
                bad.append(name)
    return bad


def jumps_at_zero(program: Program, found: Limit) -> bool:
    """Whether a scalar vanishes and a function may jump there, for which there is no limit."""
    values = [v.value for v in found.scalar_values.values()]
    texts = [repr(e.function) for e in program.equations if not isinstance(e, MatMul)]
    jumping = any("'step'" in text or "'sign'" in text for text in texts)
    return jumping and any(abs(value) < 1e-12 for value in values)


@settings(max_examples=50, **QUIET)
@given(programs(tame=True, max_equations=15))
@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
def test_random_programs(program: Program) -> None:
    data = inputs(program)
    try:
        found = limit(program, data=data, engine="exact")
        sampled = limit(program, data=data, engine="sampled", samples=2**14)
    except TPError:
        return
    if not jumps_at_zero(program, found):
        assert differences(found, sampled) == []


@settings(max_examples=12, **QUIET)
@given(programs(tame=True, max_equations=12, network=True))
@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
def test_random_networks_on_several_inputs(program: Program) -> None:
    rng = np.random.default_rng(5)
    data = {
        d.variable.name: rng.standard_normal((3, d.variable.dim.size({}))) for d in program.data
    }
    wide = [e.out for e in program.equations if e.out.is_wide]
    pairs = [(a.name, b.name) for a in wide for b in wide[-2:] if a.type == b.type]
    try:
        sampled = limit_over_inputs(program, data, pairs, engine="sampled", samples=2**13)
    except TPError:
        return
    for pair in pairs:
        found = limit_over_inputs(program, data, [pair])
        if found.engine == "exact":
            own, other = found.moment(*pair), sampled.moment(*pair)
            bars = BARS * other.error + own.error + 1e-9
            assert (abs(own.value - other.value) <= bars).all(), pair


def test_a_wrong_covariance_would_be_seen(monkeypatch):
    seen = []
    same = ProductGaussians.same

    @settings(max_examples=15, **QUIET)
    @given(programs(tame=True, min_equations=8, max_equations=12, network=True))
    def corrupted(program: Program) -> None:
        data = inputs(program)
        try:
            sampled = limit(program, data=data, engine="sampled", samples=2**12)
            with monkeypatch.context() as patched:
                patched.setattr(ProductGaussians, "same", lambda *g: 1.3 * same(*g))
                found = limit(program, data=data, engine="exact")
        except TPError:
            return
        seen.append(bool(differences(found, sampled)))

    with pytest.warns():
        corrupted()
    assert sum(seen) >= 3
