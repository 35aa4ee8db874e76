"""Samples for the passes of a program: row after row for the steps of SGD, one more for its test.

ξ_t, y_t          row  first + t           ξ_t[i], y_t[i] of a batch of B    row  first + tB + i − 1
ξ̃ of T steps      row  first + TB
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPArgumentError, TPDataError
from tpgraph.program import Data, Pass, Program, Target
from tpgraph.shown import quantity
from tpgraph.training.named_arrays import Dataset

__all__ = ["is_of_samples", "samples_of_passes", "samples_taken"]

Array = npt.NDArray[np.float64]


def _passes(program: Program) -> list[Pass]:
    return [d.place.context for d in program.data if d.place and d.place.context]


def _batch(program: Program) -> int:
    return max((p.element or 1 for p in _passes(program)), default=1)


def _trained(program: Program) -> int:
    """How many samples the steps take."""
    times = [p.time for p in _passes(program) if p.kind == "train"]
    steps = max((1 + time for time in times if isinstance(time, int)), default=0)
    return steps * _batch(program)


def samples_taken(program: Program) -> int:
    """How many rows a program of passes takes: one, or those of its steps and one to test."""
    tests = any(p.kind == "test" for p in _passes(program))
    return max(1, _trained(program) + tests)


def is_of_samples(program: Program, network: Program) -> bool:
    """Whether samples of a network are all that a program of its passes reads."""
    names = {d.variable.name for d in _given(network)}
    return names.issuperset(map(_source, _given(program)))


def _given(program: Program) -> tuple[Data | Target, ...]:
    return (*program.data, *program.targets)


def _source(declaration: Data | Target) -> str:
    """The name in a network of what a program of its passes reads."""
    place = declaration.place if isinstance(declaration, Data) else None
    return place.timed.of if place is not None and place.timed else declaration.variable.name


def samples_of_passes(program: Program, samples: Dataset, first: int = 0) -> dict[str, Array]:
    """The data of a program that was made of a network, by name, from samples of that network.

    Rows are taken in order from number `first` on. Raises TPDataError where there are too few, or
    where the program reads what no sample has.
    """
    taken = samples_taken(program)
    if taken == 1 and first >= len(samples):
        raise TPArgumentError(
            f"{samples.name} has {quantity(len(samples), 'sample')}, and none of number {first}",
            expected=f"a number from 0 to {len(samples) - 1}",
        )
    if first + taken > len(samples):
        raise TPArgumentError(
            f"{samples.name} has {quantity(len(samples), 'sample')},"
            f" and the passes take {taken} of them" + (f" from number {first} on" if first else ""),
            mend="give more samples, or ask for fewer steps or a smaller batch",
        )
    found = {}
    for declaration in _given(program):
        name, row = declaration.variable.name, first
        source = name if name in samples.arrays else _source(declaration)
        if source != name and isinstance(declaration, Data) and declaration.place:
            row += _row(program, declaration.place.context)
        if source not in samples.arrays:
            raise TPDataError(f"{samples.name} has no {declaration.variable}")
        found[name] = samples.arrays[source][row]
    return found


def _row(program: Program, passing: Pass | None) -> int:
    """Which of the rows an example of this pass is."""
    if passing is None or not isinstance(passing.time, int):
        return 0
    if passing.kind == "test":
        return _trained(program)
    return passing.time * _batch(program) + (passing.element or 1) - 1
