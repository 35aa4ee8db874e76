"""Random edits of a text: every gesture of the editor, on names and values that it has."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType

from tpgraph.language import editing
from tpgraph.language.editing import Edit
from tpgraph.language.readings import Reading

__all__ = ["GESTURES", "SAYING_THE_SAME", "Gesture", "noisy"]

Gesture = Callable[[Reading, random.Random], Edit]
"""Makes an edit, or raises a TPError that refuses it."""


def _name(r: Reading, chance: random.Random) -> str:
    assert r.program is not None
    return chance.choice(list(r.program.variables))


def _some(r: Reading, chance: random.Random, most: int = 4) -> list[str]:
    names = [name for name in r.origin if "~" not in name]
    start = chance.randrange(len(names))
    return names[start : start + chance.randint(1, most)]


def _read(r: Reading, chance: random.Random) -> tuple[str, str]:
    assert r.program is not None
    pairs = [(v.name, e.out.name) for e in r.program.equations for v in e.inputs]
    return chance.choice(pairs) if pairs else (_name(r, chance), _name(r, chance))


def _field(r: Reading, chance: random.Random) -> Edit:
    values: dict[str, list[object]] = {
        "kind": ["data", "target", "param", "matrix", "vector"],
        "shape": ["n", "n × n", "3"],
        "mean": [0, "1/2", "[0, 1]"],
        "variance": [2, "0.5", "[[1, 0], [0, 2]]"],
        "scale": [None, "sqrt(2)", 0.3],
        "as": [True, False],
        "label": [r"\tilde x", 'a "b"', None],
        "output": [True, False],
        "loss": [True],
        "const": [1, 2, 3],
        "ratio": [None, "2 n"],
        "parametrization": ["mup", "ntk", None],
    }
    field = chance.choice(sorted(values))
    defined = [base for one in r.statements for base in one.binds]
    name = chance.choice(defined) if chance.random() < 0.3 else _name(r, chance)
    return editing.set_field(r, name, field, chance.choice(values[field]))


def _only_here(r: Reading, chance: random.Random) -> Edit:
    name = _name(r, chance)
    label = chance.choice(["a", "b"])
    return editing.only_here(r, name, lambda there: editing.set_label(there, name, label))


def _repeat(r: Reading, chance: random.Random) -> Edit:
    """Members of one family, which may be alike."""
    bases = sorted({name.partition("[")[0] for name in r.origin if "[" in name and "~" not in name})
    if not bases:
        return editing.repeat(r, _some(r, chance))
    base = chance.choice(bases)
    names = [name for name in r.origin if name.startswith(f"{base}[") and "~" not in name]
    start = chance.randrange(len(names))
    return editing.repeat(r, names[start : start + chance.randint(2, 4)])


def _replace(r: Reading, chance: random.Random) -> Edit:
    old, gate = _read(r, chance)
    return editing.replace(r, old, _name(r, chance), gate)


def _move(r: Reading, chance: random.Random) -> Edit:
    return editing.move(r, _some(r, chance), chance.choice([None, _name(r, chance)]))


SAYING_THE_SAME: Mapping[str, Gesture] = MappingProxyType(
    {
        "repeat": _repeat,
        "write_out": lambda r, chance: editing.write_out(r, _name(r, chance)),
        "move": _move,
    }
)
"""Edits after which the text says what it said."""
GESTURES: Mapping[str, Gesture] = MappingProxyType(
    {
        **SAYING_THE_SAME,
        "declare": lambda r, chance: editing.declare(
            r, chance.choice(["vector", "matrix", "scalar", "dim", "width", "const"])
        ),
        "multiply": lambda r, chance: editing.multiply(
            r, _name(r, chance), chance.choice([None, _name(r, chance)])
        ),
        "gate": lambda r, chance: editing.gate(r, [_name(r, chance), _name(r, chance)]),
        "connect": lambda r, chance: editing.connect(r, _name(r, chance), _name(r, chance)),
        "replace": _replace,
        "disconnect": lambda r, chance: editing.disconnect(r, *_read(r, chance)),
        "set_formula": lambda r, chance: editing.set_formula(r, _name(r, chance), _name(r, chance)),
        "rename": lambda r, chance: editing.rename(r, _name(r, chance), "renamed"),
        "name": lambda r, chance: editing.name(r, _name(r, chance)),
        "unname": lambda r, chance: editing.unname(r, _name(r, chance)),
        "delete": lambda r, chance: editing.delete(r, *_some(r, chance, 2)),
        "set_field": _field,
        "only_here": _only_here,
        "duplicate": lambda r, chance: editing.duplicate(r, _some(r, chance, 2)),
        "paste": lambda r, chance: editing.paste(r, _foreign(r, chance)),
    }
)
"""Every edit by its name."""


def _foreign(r: Reading, chance: random.Random) -> str:
    """A clip whose names are those of the text, with another meaning."""
    name = _name(r, chance).partition("[")[0].partition("~")[0]
    return (
        "width n\nconst L = 2\nfn φ(z) = erf(z)\nmatrix W : n × n ~ N(0, 3)\n"
        f"vector {name}[0] : n ~ N(0, 7)  # foreign\n"
        f"for l in 1..L:\n    {name}[l] = φ(W {name}[l-1])\noutput {name}[2]\n"
    )


def noisy(text: str, chance: random.Random) -> str:
    """A text that says the same, with comments, empty lines and uneven spaces."""
    lines = []
    for row in text.split("\n"):
        if row.strip() and chance.random() < 0.3:
            lines.append(row[: len(row) - len(row.lstrip())] + f"# about {len(lines)}")
        if row.strip() and "#" not in row and chance.random() < 0.3:
            row = row.replace(" = ", "  = ").replace(", ", " ,  ") + f" # row {len(lines)}"
        lines.append(row)
        if chance.random() < 0.05:
            lines.append("")
    return "\n".join(lines)
