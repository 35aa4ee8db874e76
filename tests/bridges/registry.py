"""All modules under test, and their imports."""

from __future__ import annotations

from functools import cache

from bridges import models, unusual

import tpgraph as tp

CASES = {**models.CASES, **unusual.CASES}


@cache
def imported(name: str, roll: bool = True):
    """The import of a case, once."""
    case = CASES[name]
    return tp.from_torch(case.make, case.example(), n=16, roll=roll, **case.options)
