"""What programs take in memory at finite width, estimated and refused before it is taken."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from tpgraph.bounds import MEMORY
from tpgraph.program.graph import Program
from tpgraph.program.variables import Variable

__all__ = ["initial_entries", "require_memory", "require_room"]

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")
_MOST = 999_999
"""Of the last unit, as more is a number nobody means."""


def require_room(numbers: int, what: str, mend: str, itemsize: int = 8) -> None:
    """Raise TPLimitError where so many numbers are more than `bounds.MEMORY`."""
    needed = numbers * itemsize
    MEMORY.require(needed, f"{what} would take about {_amount(needed)} of memory", mend=mend)


def require_memory(
    program: Program, widths: Mapping[str, int], rows: int = 1, itemsize: int = 8
) -> None:
    """Raise TPLimitError where one network, and its values on so many inputs, would be too large.

    Counted are the initial objects, and `rows` times the vectors, without what passes need beside.
    """
    initial = initial_entries(program, widths)
    vectors = (v for v in program.variables.values() if v.is_vector)
    values = rows * sum(_entries(v, widths) for v in vectors)
    sizes = ", ".join(f"{name} = {size:,}" for name, size in widths.items())
    batch = f" on {rows:,} inputs" if rows > 1 else ""
    what = f"program {program.name}{f' at {sizes}' if sizes else ''}{batch}"
    require_room(initial + values, what, "choose smaller widths or fewer inputs", itemsize)


def initial_entries(program: Program, widths: Mapping[str, int]) -> int:
    """How many numbers the initial objects of a program have, its data among them."""
    return sum(_entries(v, widths) for d in program.declarations for v in d.variables)


def _entries(variable: Variable, widths: Mapping[str, int]) -> int:
    return prod(dimension.size(widths) for dimension in variable.type.dimensions)


def _amount(count: int) -> str:
    """`12 GB`, for a number of bytes.

    >>> _amount(12_345_678_901), _amount(10**300)
    ('12 GB', '999,999 EB or more')
    """
    unit = 0
    while count >= 1000 and unit < len(_UNITS) - 1:
        count, unit = count // 1000, unit + 1
    more = " or more" if count > _MOST else ""
    return f"{min(count, _MOST):,} {_UNITS[unit]}{more}"
