"""Names that were typed anew: what was called otherwise in the text before."""

from __future__ import annotations

from tpgraph.language.readings import Reading
from tpgraph.program import split_name

__all__ = ["typed_renames"]


def typed_renames(before: Reading, after: Reading) -> dict[str, str]:
    """Variables by their new names with those of before, matched by their statements.

    A statement whose number, loop values and kind stay, and whose name alone is new, has been
    renamed; what else was renamed along does not matter. Empty where statements came or went.
    """
    if len(before.statements) != len(after.statements):
        return {}
    old, new = _by_origin(before), _by_origin(after)
    kept = set(old.values()) & set(new.values())
    return {
        name: old[place]
        for place, name in new.items()
        if name not in kept and old.get(place, name) not in kept and place in old
    }


def _by_origin(reading: Reading) -> dict[tuple[object, ...], str]:
    """Every bound name by its statement, loop values and index."""
    found: dict[tuple[object, ...], str] = {}
    for name, origin in reading.origin.items():
        _, _, temporary = split_name(name)
        place = origin.statement, tuple(origin.values.items()), origin.family, temporary
        found[place] = name
    return found
