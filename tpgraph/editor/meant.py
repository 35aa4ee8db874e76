"""What an edit means on a picture in which a mark may stand for many."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tpgraph.editor.gestures import MAKING, edit_of, is_about_many
from tpgraph.editor.pictures import Shown
from tpgraph.editor.represented import Represented
from tpgraph.errors import TPError
from tpgraph.language import editing
from tpgraph.language.editing import Edit
from tpgraph.language.readings import Reading
from tpgraph.program import split_name
from tpgraph.sentences import sentence

__all__ = ["going_along", "last_words", "meant"]

Data = dict[str, Any]


def meant(do: Data, reading: Reading, shown: Shown | None) -> Data:
    """An edit as it is meant on the picture, where a mark may stand for many: what is made of it,
    or said of it, is so of all of them; where one is wanted, that is the last.
    """
    if shown is None or shown.many is None:
        return do
    many, edit = shown.many, do["edit"]
    if edit in MAKING:
        return _of_all(do, do.get("vectors") or [do.get("vector", "")], reading, many)
    what = f"{edit} {do['field']}" if "field" in do else edit
    match what, do:
        case "set label", {"name": name}:
            return _of_all(do, [name], reading, many)
        case "set output", {"name": name}:
            return _of_last(do, "name", reading, many) | {"members": many.members(name)}
        case "loss", {"name": _}:
            return _of_last(do, "name", reading, many)
        case "connect" | "replace", {"vector": _, "gate": gate}:
            return _of_last(do, "vector", reading, many, gate)
    return do


def _of_all(do: Data, names: Sequence[str], reading: Reading, many: Represented) -> Data:
    """An edit of all that names stand for; of the last where no loops run over just that."""
    host = many.host(names)
    if host in reading.origin:
        return do | {"beside": host}
    last = {name: many.members(name)[-1] for name in names}
    changed: Data = {key: last[do[key]] for key in ("vector", "name") if do.get(key) in last}
    return do | changed | ({"vectors": [*last.values()]} if "vectors" in do else {})


def _of_last(
    do: Data, key: str, reading: Reading, many: Represented, gate: str | None = None
) -> Data:
    """An edit of the last of what a mark stands for, said by the end of its loop; at a gate that is
    one of as many, of the one there.
    """
    name = do[key]
    last = many.members(name, gate)[-1]
    host = many.host([name])
    if last == name or host is None or host not in reading.origin:
        return do | {key: last}
    at_end = editing.last_of_many(reading, name, host)
    return do | ({key: last, "said": at_end.said} if at_end.name == last else {key: last})


def going_along(reading: Reading, do: Data, shown: Shown | None) -> dict[str, list[str]]:
    """What a deletion takes along, its `dependants`; with `here`, what goes along where it is meant
    for these alone, of marks that stand for themselves and are made with others.
    """
    names = do.get("names", ())
    found = {"dependants": _gone_with(edit_of(reading, do, False), names)}
    drawn_once = shown is not None and any(len(shown.all_of(one)) > 1 for one in names)
    if is_about_many(reading, do) and not drawn_once:
        with suppress(TPError):
            alone = _gone_with(edit_of(reading, do, True), names)
            found |= {"here": alone} if alone != found["dependants"] else {}
    return found


def _gone_with(edit: Edit, names: Sequence[str]) -> list[str]:
    own = {split_name(name)[:2] for name in names}  # the unnamed values of an equation are its own
    return [one for one in edit.removed if split_name(one)[:2] not in own]


def last_words(do: Data, reading: Reading, shown: Shown) -> str:
    """What is said of a mark that stands for many, of which an edit takes the last."""
    vector = meant(do, reading, shown).get("vector")
    is_other = vector is not None and vector != do["vector"]
    return sentence(": {} is the last", vector) if is_other else ""
