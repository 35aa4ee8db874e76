"""The inputs that a kernel is over: arrays by source name, checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.arrays import as_rows, by_source_name, plain_array
from tpgraph.errors import TPDataError
from tpgraph.program import Program, Variable, canonical_variable, require_room
from tpgraph.program.families import families_apart

__all__ = ["Inputs", "input_arrays", "require_kernel_room", "side_by_side"]

Array: TypeAlias = npt.NDArray[np.float64]


class _Samples(Protocol):
    """A data set: arrays (N, d) by source name."""

    @property
    def arrays(self) -> Mapping[str, Array]: ...


Inputs: TypeAlias = npt.ArrayLike | Mapping[str, Any] | _Samples


def input_arrays(program: Program, X: Inputs) -> dict[str, Array]:
    """Every data input as (N, d), float64.

    X is a data set, a mapping by source name (targets are ignored; ξ may be one array (N, T, d) for
    all of ξ[1..T]), a list of arrays (N, d) in the order of the declarations, the targets behind
    the inputs or left out, or one array (N, d) with the inputs side by side.

    Raises TPDataError for what does not fit.
    """
    variables = [d.variable for d in program.data]
    given = _by_name(program, getattr(X, "arrays", X))
    if isinstance(given, Mapping):
        named = by_source_name("the data", given, canonical_variable)
        declared = [*variables, *(d.variable for d in program.targets)]
        named = families_apart("the data", named, declared, 1)
        known = {v.name for v in declared}
        for name in named:
            if name not in known:
                raise TPDataError(
                    f"{name} is not an input of the program",
                    expected=", ".join(v.name for v in variables),
                )
    else:
        named = _split(variables, given)
    found = {}
    for variable in variables:
        if variable.name not in named:
            raise TPDataError(f"no array was given for {variable}")
        found[variable.name] = _checked(variable, named[variable.name])
    if len({len(array) for array in found.values()}) > 1:
        sizes = ", ".join(f"{name}: {len(array)}" for name, array in found.items())
        raise TPDataError(f"the arrays have different numbers of samples ({sizes})")
    return found


def _by_name(program: Program, given: Any) -> Any:
    """A list of arrays (N, d) by the names of what is declared; anything else as it is."""
    if not isinstance(given, list | tuple) or not given:
        return given
    if any(getattr(array, "ndim", None) != 2 for array in given):  # rows, or none
        return given
    names = [d.variable.name for d in program.data]
    if len(given) != len(names):
        names += [d.variable.name for d in program.targets]
    if len(given) != len(names):
        raise TPDataError(f"{len(given)} arrays were given", expected=", ".join(names))
    return dict(zip(names, given, strict=True))


def require_kernel_room(count: int, rows: int) -> None:
    """Raise TPLimitError where a kernel over N inputs and m rows would be too large.

    It is counted three times: as it is, with its errors, and with what is added to it.
    """
    what = f"a kernel over {count:,} inputs" + (f" and {rows:,} outputs" if rows > 1 else "")
    require_room(3 * (count * rows) ** 2, what, "choose fewer inputs (--rows, --limit)")


def side_by_side(arrays: Mapping[str, Array]) -> Array:
    """The inputs as one array (N, d)."""
    return np.concatenate(list(arrays.values()), axis=1)


def _split(variables: list[Variable], given: Any) -> dict[str, Any]:
    """One array for all inputs, cut into those of each."""
    sizes = [int(v.dim.size({})) for v in variables]
    array = _numbers("the data", given)
    if array.ndim == 1 and sum(sizes) == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] != sum(sizes):
        names = ", ".join(v.name for v in variables)
        raise TPDataError(
            f"the data have shape {array.shape}",
            expected=f"(N, {sum(sizes)}): a row a sample, with {names} side by side",
            mend=as_rows(array, sum(sizes)),
        )
    parts = np.split(array, np.cumsum(sizes)[:-1], axis=1)
    return {v.name: part for v, part in zip(variables, parts, strict=True)}


def _checked(variable: Variable, value: Any) -> Array:
    array = _numbers(variable.name, value)
    size = variable.dim.size({})
    if array.ndim == 1 and size == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] != size or not len(array):
        raise TPDataError(
            f"{variable} has shape {array.shape}",
            expected=f"(N, {size}) with N ≥ 1",
            mend=as_rows(array, size),
        )
    if not np.isfinite(array).all():
        raise TPDataError(f"{variable} has entries that are not finite")
    return array


def _numbers(name: str, value: Any) -> Array:
    try:
        array = plain_array(name, value)
    except ValueError:
        raise TPDataError(f"{name} has rows of different lengths") from None
    if array.dtype.kind not in "fiub":
        is_file = isinstance(value, str | Path)
        raise TPDataError(
            f"{name} has entries of type {array.dtype}",
            expected="real numbers",
            mend=f"read the file: tpgraph.load_data({str(value)!r}, program)" if is_file else None,
        )
    return array.astype(np.float64)
