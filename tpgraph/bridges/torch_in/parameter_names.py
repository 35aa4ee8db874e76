"""Names of parameters: the module's own, as far as the language takes them.

`fc1` is the weight of fc1, `fc1_b` its bias, and the places in a ModuleList are indices.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tpgraph.bridges.torch_in.reserved import RESERVED
from tpgraph.functions import PRIMITIVES
from tpgraph.language.vocabulary import KEYWORDS, canonical

__all__ = ["free_name", "parameter_names"]

_INDEXED = re.compile(r"(\w+)\[(\d+(?:,\d+)*)\]")
_RECURRENT = re.compile(r"(weight|bias)_(ih|hh|hr)(?:_l(\d+))?(_reverse)?")


def _parts(path: str) -> tuple[list[str], list[int]]:
    """The words of a name without `weight`, and the places in lists of modules."""
    words, places = [], []
    for word in path.split("."):
        match = _RECURRENT.fullmatch(word)
        if match:
            words += [match[2], *(["back"] if match[4] else []), *(["b"] * (match[1] == "bias"))]
            places.append(int(match[3] or 0))
        elif word.isdigit():
            places.append(int(word))
        elif indexed := _INDEXED.fullmatch(word):
            words.append(indexed[1])
            places += map(int, indexed[2].split(","))
        elif word not in ("weight", "parametrizations", "original1"):
            words.append({"bias": "b", "original0": "g", "in_proj_weight": "in",
                          "in_proj_bias": "in_b", "weight_v": "v", "weight_g": "g"}
                         .get(word, word))  # fmt: skip
    return words, places


def parameter_names(paths: Sequence[str]) -> dict[str, tuple[str, tuple[int, ...]]]:
    """A base and indices for every parameter, as short as keeps them apart."""
    split = {path: _parts(path) for path in paths}
    stems = {path: _stem(words) for path, (words, _) in split.items()}
    shortest = _shortened({stems[p]: tuple(split[p][0]) for p in paths})
    members: dict[str, list[str]] = {}
    for path in paths:
        members.setdefault(stems[path], []).append(path)
    found: dict[str, tuple[str, tuple[int, ...]]] = {}
    for stem, group in members.items():
        places = [split[path][1] for path in group]
        columns = list(zip(*places, strict=False)) if len({len(p) for p in places}) == 1 else []
        telling = [k for k, column in enumerate(columns) if len(set(column)) > 1]
        for path in group:
            own = tuple(sorted(set(columns[k])).index(split[path][1][k]) + 1 for k in telling)
            found[path] = shortest[stem], own
    return _kept_apart(found)


def _stem(words: Sequence[str]) -> str:
    return "_".join(words)


def _shortened(stems: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """The last words of every stem that no other ends in."""
    short: dict[str, str] = {}
    for stem, words in stems.items():
        tail = 1 + (len(words) > 1 and words[-1] in ("b", "g", "v"))
        for length in range(tail, len(words) + 1):
            end = words[-length:]
            rivals = [w for s, w in stems.items() if s != stem and w[-length:] == end]
            if not rivals:
                break
        name = _stem(words[-length:]) if words else "W"
        short[stem] = free_name(name if name not in RESERVED else f"{name}_w", set(RESERVED))
    return short


def _kept_apart(
    found: Mapping[str, tuple[str, tuple[int, ...]]],
) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Names that are the same all the same get numbers."""
    seen: dict[tuple[str, tuple[int, ...]], int] = {}
    out: dict[str, tuple[str, tuple[int, ...]]] = {}
    for path, (base, places) in found.items():
        count = seen[base, places] = seen.get((base, places), 0) + 1
        out[path] = (base if count == 1 else f"{base}{count}", places)
    return out


def free_name(wanted: str, taken: set[str]) -> str:
    """The nearest name of the language that is not taken."""
    word = re.sub(r"\W", "_", wanted).strip("_") or "p"
    word = word if word[0].isalpha() else f"p_{word}"
    name = canonical(word) or "p"
    if name in KEYWORDS or name in PRIMITIVES:
        name = f"{name}_1"
    base, count = name, 1
    while name in taken:
        count += 1
        name = f"{base}{count}" if not base[-1].isdigit() else f"{base}_{count}"
    return name
