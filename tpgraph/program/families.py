"""Arrays of a family ξ[1..T], one for all of it, cut into those of its members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tpgraph.arrays import plain_array
from tpgraph.errors import TPDataError
from tpgraph.program.variables import Variable

__all__ = ["families_apart", "names_read"]


def names_read(variables: Iterable[Variable]) -> frozenset[str]:
    """Under which names arrays are of these variables: their own, and those of families."""
    names = frozenset(variables)
    return frozenset(v.name for v in names) | {v.parts.base for v in names}


def families_apart(
    what: str, given: Mapping[str, Any], variables: Iterable[Variable], samples: int
) -> dict[str, Any]:
    """Values by name, those of a family's name cut into its members.

    A value of ξ, where ξ[1] … ξ[T] of d entries are declared, has the shape (N, T, d), without N if
    `samples` is 0; of ξ[1,1] … ξ[S,T] it is (N, S, T, d). Raises TPDataError for another shape.
    """
    declared = {v.name: v for v in variables}
    found: dict[str, Any] = {}
    for name, value in given.items():
        members = [v for v in declared.values() if v.parts.base == name and v.parts.indices]
        if name in declared or not members:
            found[name] = value
            continue
        for member, part in _parts(what, name, value, members, samples).items():
            if member in given:
                raise TPDataError(
                    f"{what}: {member} is given, and {name} too", mend="leave one of them out"
                )
            found[member] = part
    return found


def _parts(
    what: str, name: str, value: Any, members: list[Variable], samples: int
) -> dict[str, Any]:
    try:
        array = plain_array(name, value)
    except ValueError:
        raise TPDataError(f"{what}: {name} has rows of different lengths") from None
    axes = [sorted(set(along)) for along in zip(*(v.parts.indices for v in members), strict=True)]
    counts = tuple(map(len, axes))
    size = members[0].dim.size({})
    if array.shape[samples : samples + len(counts)] != counts:
        shape = ", ".join(map(str, (*["N"] * samples, *counts, size)))
        names = f"{members[0]} … {members[-1]}" if len(members) > 1 else str(members[0])
        raise TPDataError(
            f"{what}: {name} has shape {array.shape}",
            expected=f"({shape}): {names} behind each other",
        )
    behind = (slice(None),) * samples
    found = {}
    for member in members:
        along = zip(axes, member.parts.indices, strict=True)
        place: tuple[Any, ...] = (*behind, *(axis.index(i) for axis, i in along))
        found[member.name] = array[place]
    return found
