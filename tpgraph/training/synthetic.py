"""Made-up samples that fit a program."""

from __future__ import annotations

import numpy as np

from tpgraph.errors import TPArgumentError, TPDataError
from tpgraph.program import Program, require_room
from tpgraph.program.any_program import reads_program
from tpgraph.seeds import seed_sequence
from tpgraph.training.data import dataset
from tpgraph.training.named_arrays import Dataset

__all__ = ["synthetic_data"]


@reads_program
def synthetic_data(program: Program, count: int, seed: int = 0) -> Dataset:
    """Standard Gaussian data ξ, and targets y_j = sin(2 u_j·ξ/√d) for fixed random u_j ~ N(0, 1).

    ξ has all data inputs side by side, d entries in all. Raises TPLimitError for what exceeds
    `bounds.MEMORY`.
    """
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise TPDataError(f"{count!r} synthetic samples", expected="a whole number ≥ 1")
    inputs = sum(d.variable.dim.size({}) for d in program.data)
    outputs = sum(d.variable.dim.size({}) for d in program.targets)
    directions = inputs * max((d.variable.dim.size({}) for d in program.targets), default=0)
    needed = count * (inputs + outputs) + directions
    what = f"{count:,} synthetic samples of {inputs:,} inputs and {outputs:,} targets"
    require_room(needed, what, "ask for fewer samples, or choose smaller dimensions")
    rng = np.random.default_rng(seed_sequence(seed, "synthetic data"))
    arrays = {
        d.variable.name: rng.standard_normal((count, d.variable.dim.size({}))) for d in program.data
    }
    if not arrays:
        raise TPArgumentError(
            f"program {program.name} has no data, so there are no samples to make up",
            mend="leave the samples out, or declare what it reads: data ξ : d",
        )
    ξ = np.concatenate(list(arrays.values()), axis=1)
    for target in program.targets:
        u = rng.standard_normal((ξ.shape[1], target.variable.dim.size({})))
        arrays[target.variable.name] = np.sin(2 * ξ @ u / ξ.shape[1] ** 0.5)
    return dataset(program, arrays)
