"""Random programs have the limit that wide ones come near, or a TPError says why there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from limits.finite import inputs, mismatches
from strategies import programs

from tpgraph.errors import TPError
from tpgraph.limits import Limit, limit
from tpgraph.program import Program


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(programs(tame=True, max_equations=15))
def test_random_programs(program: Program) -> None:
    data = inputs(program)
    for engine in ("sampled", "auto"):
        try:
            found = limit(program, data=data, engine=engine, samples=2**14)
        except TPError:
            return
        _check(program, found, data)


def _check(program: Program, found: Limit, data: dict[str, np.ndarray]) -> None:
    assert mismatches(program, found, 720, 6, data, bars=8.0) == []
    document = found.to_json()
    numbers = [entry["value"] for entry in document["scalars"].values()]
    numbers += [entry[k] for entry in document["vectors"].values() for k in ("mean", "var")]
    assert np.isfinite(numbers).all()
    assert found.derivation()
    assert found.derivation(latex=True)
