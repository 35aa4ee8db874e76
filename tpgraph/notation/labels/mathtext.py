"""Labels as outlines: Computer Modern mathematics with exact metrics, cached.

An outline is set once at 100 pt and scaled; it is kept in memory and in the disk cache, its glyphs
each by itself, so that a picture whose labels were set before needs no typesetting.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from tpgraph.errors import TPError
from tpgraph.notation.cache import load_cached, store_cached
from tpgraph.notation.labels.dialect import lines, translate
from tpgraph.program.tex import portable

__all__ = ["BASE_SIZE", "Command", "Glyph", "Outline", "PlacedGlyph", "Rule", "outline"]

BASE_SIZE = 100.0
"""The font size in pt at which glyphs are stored."""

_LINE_PITCH = 1.2 * BASE_SIZE
_FORMAT = "2"  # of the cached files

Command = tuple[str, tuple[float, ...]]
"""An SVG path letter M, L, Q, C or Z with its coordinates."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """The shape of one character at 100 pt, y upwards; `name` identifies font and character."""

    name: str
    commands: tuple[Command, ...] = field(compare=False)


@dataclass(frozen=True, slots=True)
class PlacedGlyph:
    """A glyph, scaled, then moved to (x, y) pt."""

    glyph: Glyph
    x: float
    y: float
    scale: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A filled rectangle, such as a fraction's bar."""

    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class Outline:
    """A label set with its baseline's left end at (0, 0), in pt, y upwards.

    `width`, `height` (above the baseline) and `depth` (below it) are TeX's metrics; `ink` is the
    box of what is black. Of several lines the first one's baseline counts.
    """

    width: float
    height: float
    depth: float
    ink: Rule
    glyphs: tuple[PlacedGlyph, ...]
    rules: tuple[Rule, ...]

    def commands(self) -> Iterator[Command]:
        """The whole label as path commands in pt, to be filled (nonzero rule)."""
        for item in self.glyphs:
            for letter, numbers in item.glyph.commands:
                yield letter, _moved(numbers, item)
        for rule in self.rules:
            yield from _rectangle(rule)


def _moved(numbers: tuple[float, ...], item: PlacedGlyph) -> tuple[float, ...]:
    offsets = (item.x, item.y)
    return tuple(item.scale * n + offsets[index % 2] for index, n in enumerate(numbers))


def _rectangle(rule: Rule) -> Iterator[Command]:
    yield "M", (rule.left, rule.bottom)
    yield "L", (rule.right, rule.bottom)
    yield "L", (rule.right, rule.top)
    yield "L", (rule.left, rule.top)
    yield "Z", ()


_glyphs: dict[str, Glyph] = {}
"""The glyphs of this process by name."""


@functools.lru_cache(maxsize=8192)
def outline(label: str, size: float) -> Outline:
    """The label (LaTeX mathematics without dollar signs) set in Computer Modern at `size` pt.

    Raises TPError, naming the label, if it cannot be set.
    """
    return _scaled(_label(label), size / BASE_SIZE)


@functools.lru_cache(maxsize=4096)
def _label(label: str) -> Outline:
    """At 100 pt: the lines centred under each other."""
    parts = [_line(label, text) for text in lines(label)]
    widest = max(part.width for part in parts)
    moved = [
        _shifted(part, (widest - part.width) / 2, -index * _LINE_PITCH)
        for index, part in enumerate(parts)
    ]
    inked = [part.ink for part in moved if part.glyphs or part.rules] or [moved[0].ink]
    return Outline(
        width=widest,
        height=parts[0].height,
        depth=parts[-1].depth + (len(parts) - 1) * _LINE_PITCH,
        ink=Rule(
            min(box.left for box in inked),
            min(box.bottom for box in inked),
            max(box.right for box in inked),
            max(box.top for box in inked),
        ),
        glyphs=tuple(glyph for part in moved for glyph in part.glyphs),
        rules=tuple(rule for part in moved for rule in part.rules),
    )


def _shifted(part: Outline, dx: float, dy: float) -> Outline:
    return Outline(
        part.width,
        part.height,
        part.depth,
        _shifted_rule(part.ink, dx, dy),
        tuple(PlacedGlyph(g.glyph, g.x + dx, g.y + dy, g.scale) for g in part.glyphs),
        tuple(_shifted_rule(rule, dx, dy) for rule in part.rules),
    )


def _shifted_rule(rule: Rule, dx: float, dy: float) -> Rule:
    return Rule(rule.left + dx, rule.bottom + dy, rule.right + dx, rule.top + dy)


def _scaled(base: Outline, factor: float) -> Outline:
    return Outline(
        base.width * factor,
        base.height * factor,
        base.depth * factor,
        _scaled_rule(base.ink, factor),
        tuple(
            PlacedGlyph(g.glyph, g.x * factor, g.y * factor, g.scale * factor) for g in base.glyphs
        ),
        tuple(_scaled_rule(rule, factor) for rule in base.rules),
    )


def _scaled_rule(rule: Rule, factor: float) -> Rule:
    return Rule(rule.left * factor, rule.bottom * factor, rule.right * factor, rule.top * factor)


def _line(label: str, text: str) -> Outline:
    """One line at 100 pt, from the disk cache or newly set."""
    name = _cache_name("labels", text)
    if (stored := load_cached(name)) is not None and (known := _decoded(stored)) is not None:
        return known
    data = _typeset(label, text)
    for glyph, commands in data.pop("glyphs").items():
        if glyph not in _glyphs:
            _glyphs[glyph] = _glyph_of(glyph, commands)
            store_cached(_cache_name("glyphs", glyph), json.dumps(commands).encode())
    store_cached(name, json.dumps(data).encode())
    return _from_data(data)


def _cache_name(folder: str, text: str) -> str:
    key = f"{_FORMAT}\n{_matplotlib_version()}\n{text}"
    return f"{folder}/{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"


@functools.cache
def _matplotlib_version() -> str:
    return version("matplotlib")


def _decoded(stored: bytes) -> Outline | None:
    try:
        return _from_data(json.loads(stored))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _from_data(data: dict[str, Any]) -> Outline:
    width, height, depth = data["size"]
    return Outline(
        width,
        height,
        depth,
        Rule(*data["ink"]),
        tuple(PlacedGlyph(_glyph(name), x, y, scale) for name, x, y, scale in data["placed"]),
        tuple(Rule(*corners) for corners in data["rules"]),
    )


def _glyph(name: str) -> Glyph:
    """A glyph that labels share. Raises KeyError where it is not known, ValueError or TypeError
    where what is stored of it is none.
    """
    if name not in _glyphs:
        stored = load_cached(_cache_name("glyphs", name))
        if stored is None:
            raise KeyError(name)
        _glyphs[name] = _glyph_of(name, json.loads(stored))
    return _glyphs[name]


def _glyph_of(name: str, commands: list[list[Any]]) -> Glyph:
    return Glyph(name, tuple((letter, tuple(numbers)) for letter, *numbers in commands))


def _typeset(label: str, text: str) -> dict[str, Any]:
    # Imported on the first label that is not in the cache: matplotlib takes longer to import
    # than a picture takes to draw.
    typeset = importlib.import_module("tpgraph.notation.labels.typeset")
    failed: Exception | None = None
    for spell in (str, _spelled):
        try:
            data: dict[str, Any] = typeset.typeset(spell(text))
        except typeset.TypesetError as error:
            failed = failed or error
        else:
            return data
    raise TPError(
        f"the label {label!r} cannot be typeset: {failed}",
        expected="LaTeX mathematics, without dollar signs",
        mend=r"use commands such as \tilde{x}, \frac{a}{b}, \mathrm{abc}, \text{two words}",
    ) from failed


def _spelled(text: str) -> str:
    """A line as LaTeX gets it: signs such as # escaped, letters that it has not spelled out."""
    try:
        written = " ".join(portable(text).lines)
    except TPError:  # LaTeX would be given nothing either
        return text
    return translate(written).replace('"', r"\mathrm{{''}}")
