"""`limit_over_inputs`: a network and N inputs in, Gram matrices of its limit out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.arrays import plain_array
from tpgraph.errors import TPDataError, TPNameError, TPTypeError
from tpgraph.limits.engines import Engine, check_engine
from tpgraph.limits.exact.over_inputs import ExactInputs, exact_inputs
from tpgraph.limits.many_inputs import MomentSum, Pair
from tpgraph.limits.not_closed import NotClosed, refusal
from tpgraph.limits.sampling.over_inputs import SampledInputs, sampled_inputs
from tpgraph.program import Data, Program, Target
from tpgraph.program.graph import varied
from tpgraph.program.reach import ancestors

__all__ = ["closed_over_inputs", "limit_over_inputs", "restricted", "samples_over_inputs"]

Array: TypeAlias = npt.NDArray[np.float64]


def limit_over_inputs(
    program: Program,
    data: Mapping[str, npt.ArrayLike],
    wanted: Iterable[Pair],
    *,
    engine: Engine = "auto",
    samples: int = 2**16,
    seed: int = 0,
) -> ExactInputs | SampledInputs:
    """The limit of a network on N inputs at once, its params drawn once (Master Theorem).

    `data` has an array (N, d) for every data input that `wanted` depends on. `wanted` are the pairs
    of vectors whose moment or covariance will be asked for, (x, x) included; means and scalars are
    known of all that the pairs depend on. `engine` is "exact", "sampled" (with `samples` and
    `seed`) or "auto", which is exact where every pair has an expression that closes.

    Raises TPDataError for data that do not fit, TPNameError for unknown names, TPTypeError where a
    pair has no common dimension, where there is no limit, or where an exact one does not close.

    Source: Tensor Programs IIb (arXiv 2105.03703), Theorem B.4.
    """
    check_engine(engine)
    pairs = [*wanted]
    exact = closed_over_inputs(program, data, pairs, engine)
    return exact or samples_over_inputs(program, data, pairs, samples=samples, seed=seed)


@np.errstate(all="ignore")  # what is not finite is refused where it matters
def closed_over_inputs(
    program: Program,
    data: Mapping[str, npt.ArrayLike],
    wanted: Iterable[Pair],
    engine: Engine = "auto",
) -> ExactInputs | None:
    """`limit_over_inputs` where this engine is not left to samples, else None.

    Raises TPTypeError where it has to be exact and does not close.
    """
    if engine == "sampled":
        return None
    pairs, needed, arrays = _asked(program, data, wanted)
    try:
        return exact_inputs(program, needed, arrays, pairs, hurry=engine == "auto")
    except NotClosed as error:
        if engine == "exact":
            raise refusal(error) from None
        return None


@np.errstate(all="ignore")
def samples_over_inputs(
    program: Program,
    data: Mapping[str, npt.ArrayLike],
    wanted: Iterable[Pair],
    sums: Iterable[MomentSum] = (),
    *,
    samples: int = 2**16,
    seed: int = 0,
    threads: int = 2,
) -> SampledInputs:
    """`limit_over_inputs` by samples, with what `total` will be asked for, in these threads.

    The same numbers in any number of threads.
    """
    sums = tuple(dict.fromkeys(sums))
    told = [pair for products in sums for one in products for pair in one.pairs]
    pairs, needed, arrays = _asked(program, data, [*wanted, *told])
    return sampled_inputs(program, needed, arrays, pairs, samples, seed, sums, threads)


def _asked(
    program: Program, data: Mapping[str, npt.ArrayLike], wanted: Iterable[Pair]
) -> tuple[tuple[Pair, ...], Program, dict[str, Array]]:
    """The pairs, each once, what they depend on of the program, and of the data."""
    pairs = tuple(dict.fromkeys((x, y) for x, y in wanted))
    for pair in pairs:
        _check_pair(program, pair)
    needed = restricted(program, pairs)
    return pairs, needed, _arrays(needed, data)


def _check_pair(program: Program, pair: Pair) -> None:
    for name in pair:
        variable = program.variables.get(name)
        if variable is None or not (variable.is_vector or variable.is_scalar):
            raise TPNameError(f"program {program.name} has no vector {name}")
    first, second = (program.variables[name] for name in pair)
    if first.type != second.type:
        raise TPTypeError(
            f"{pair[0]} and {pair[1]} have no common coordinates",
            expected="vectors of the same dimension",
        )


def restricted(program: Program, pairs: Iterable[Pair]) -> Program:
    """The program without what the pairs of names do not depend on."""
    needed = ancestors(program, {name for pair in pairs for name in pair})
    return varied(
        program,
        declarations=tuple(
            d
            for d in program.declarations
            if not isinstance(d, Data | Target) or d.variable.name in needed
        ),
        equations=tuple(e for e in program.equations if e.out.name in needed),
        outputs=(),
        loss=None,
    )


def _arrays(program: Program, data: Mapping[str, npt.ArrayLike]) -> dict[str, Array]:
    """The data that the program reads, (N, d) each. Raises TPDataError."""
    arrays: dict[str, Array] = {}
    inputs: tuple[Data | Target, ...] = (*program.data, *program.targets)
    for declaration in inputs:
        name = declaration.variable.name
        if name not in data:
            raise TPDataError(f"no values were given for {name}", declaration.span)
        arrays[name] = plain_array(name, data[name], float)
        size = declaration.variable.dim.size({})
        if arrays[name].ndim != 2 or arrays[name].shape[1] != size:
            raise TPDataError(
                f"the values of {name} have shape {arrays[name].shape}",
                declaration.span,
                f"(N, {size}), one row per input",
            )
        if not np.isfinite(arrays[name]).all():
            raise TPDataError(f"the values of {name} are not finite", declaration.span)
    if len({len(rows) for rows in arrays.values()}) > 1:
        sizes = ", ".join(f"{len(rows)} of {name}" for name, rows in arrays.items())
        raise TPDataError(f"the data have different numbers of inputs: {sizes}")
    return arrays
