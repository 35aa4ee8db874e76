"""What `tpgraph run` shows: every scalar, and mean and variance of every vector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from tpgraph.arrays import by_source_name, plain_array
from tpgraph.compiler.not_finite import first_not_finite
from tpgraph.compiler.plan import inputs_of
from tpgraph.compiler.runtime import compile
from tpgraph.errors import TPArgumentError, TPDataError, TPWarning, warn
from tpgraph.program import Program, Variable, canonical_variable
from tpgraph.program.any_program import reads_program
from tpgraph.program.families import families_apart
from tpgraph.progress import counted_of

__all__ = ["finite_values", "run"]

T = TypeVar("T")


@reads_program
def run(
    program: Program,
    widths: Mapping[str, int],
    seed: int = 0,
    sample: Mapping[str, Any] | None = None,
    dtype: str = "float64",
) -> dict[str, dict[str, Any]]:
    """Finite-width values: `{"scalars": {x: value}, "vectors": {x: {"mean": m, "var": v}}}`.

    Mean and variance are over the coordinates of one draw at `seed`; a trained vector comes as
    W = M w. A network needs one `sample`: an array (d,) or (1, d) for each data input by source
    name, and for what depends on targets, for those too. Raises TPDataError for widths and
    samples that do not fit.
    """
    scalars: dict[str, float] = {}
    vectors: dict[str, dict[str, float]] = {}
    for name, value in finite_values(program, widths, seed, sample, dtype):
        if program.variables[name].is_scalar:
            scalars[name] = float(value[0])
        else:
            with np.errstate(all="ignore"):  # of what is not finite they are not either
                vectors[name] = {"mean": float(value.mean()), "var": float(value.var())}
    return {"scalars": scalars, "vectors": vectors}


def finite_values(
    program: Program,
    widths: Mapping[str, int],
    seed: int = 0,
    sample: Mapping[str, Any] | None = None,
    dtype: str = "float64",
) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    """(name, coordinates) of every vector and scalar in program order; otherwise as `run`.

    Where one is not finite, a TPWarning at the end names the instruction and what it was given.
    """
    module = compile(program, dtype)
    params = module.init(widths, seed)
    given = _sample(program, sample or {})
    named = {module.arguments[name]: array for name, array in given.items()}
    factors = module.multipliers(params)
    values = _without_warnings(module.variables(params, **named))
    is_finite = True
    for name, value in counted_of("instructions", values, len(program.variables)):
        if not program.variables[name].is_matrix:
            coordinates = np.asarray(value, np.float64).reshape(-1) * factors.get(name, 1.0)
            is_finite = is_finite and bool(np.isfinite(coordinates).all())
            yield name, coordinates
    rows = [array[0] for array in given.values()]
    found = None if is_finite else first_not_finite(module, params, rows)
    if found is not None:
        error = found.error("in this network")
        warn(TPWarning(error.message, error.span))


def _without_warnings(values: Iterator[T]) -> Iterator[T]:
    """The same values, whose computation warns of no overflow and no invalid argument."""
    while True:
        with np.errstate(all="ignore"):
            try:
                value = next(values)
            except StopIteration:
                return
        yield value


def _sample(program: Program, sample: Mapping[str, Any]) -> dict[str, Any]:
    """One row for every data input, and for the targets if all are given."""
    inputs = {d.variable.name: d.variable for d in inputs_of(program)}
    sample = by_source_name("the sample", sample, canonical_variable)
    sample = families_apart("the sample", sample, inputs.values(), 0)
    for name in sample:
        if name not in inputs:
            raise TPDataError(
                f"{name} is not an input of the program",
                expected=f"{', '.join(inputs)}" if inputs else "no sample",
            )
    missing = [d.variable.name for d in program.data if d.variable.name not in sample]
    if missing:
        raise TPArgumentError(
            f"no sample was given for {', '.join(missing)}",
            mend="give a data file (--data FILE), or take a made-up sample (--synthetic)",
        )
    targets = [d.variable for d in program.targets]
    complete = all(v.name in sample for v in targets)
    wanted: Iterable[Variable] = (*(d.variable for d in program.data), *(targets * complete))
    rows = {v.name: plain_array(v.name, sample[v.name]) for v in wanted}
    return {name: row[None] if row.ndim == 1 else row[:1] for name, row in rows.items()}
