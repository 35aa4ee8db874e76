"""Labels as letters: runs of characters in fonts, for pictures whose text stays text.

An outline is made of glyphs of the fonts that come with matplotlib (Computer Modern, STIX). Here
each glyph gets its Unicode character again, and a font is cut down to the letters that a picture
uses, reachable by those characters, so that text can be searched, copied and edited. Signs that
grow with what they enclose (radicals, tall brackets) have no character of their own size: they stay
outlines.
"""

from __future__ import annotations

import functools
import io
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from matplotlib import get_data_path
from matplotlib._mathtext_data import latex_to_bakoma, tex2uni
from matplotlib.ft2font import FT2Font
from matplotlib.textpath import TextToPath

from tpgraph.notation.labels.mathtext import BASE_SIZE, Outline, PlacedGlyph

__all__ = ["LetterRun", "LetteredLabel", "font_of_letters", "is_slanted", "letters_of"]

_NEAR = 0.02
"""How far, in parts of the size, a letter may be from where the font would put it."""
_GROWING = "Cmex10", "STIXSize"
_SPACING = {0x300: "`", 0x301: "´", 0x302: "ˆ", 0x303: "˜", 0x304: "¯", 0x305: "¯", 0x306: "˘"}
_SPACING |= {0x307: "˙", 0x308: "¨", 0x30C: "ˇ", 0x20D7: "→"}
"""Accents by themselves, as each stands in a place of its own."""
_LETTER_OF_TEX = {0x3D5: "φ", 0x3C6: "ϕ"}
r"""As the language and everybody's keyboard has the letter that LaTeX calls `\phi`."""


@dataclass(frozen=True, slots=True)
class LetterRun:
    """Letters of one font and size in pt, whose baseline begins at (x, y) of the label."""

    font: str
    text: str
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class LetteredLabel:
    """A label: its runs, and the glyphs that stay outlines."""

    runs: tuple[LetterRun, ...]
    drawn: tuple[PlacedGlyph, ...]


def letters_of(shape: Outline) -> LetteredLabel:
    """The runs of an outline, from the left to the right as they were set."""
    runs: list[LetterRun] = []
    drawn: list[PlacedGlyph] = []
    end = 0.0
    for placed in shape.glyphs:
        font, _, number = placed.glyph.name.rpartition("-")
        letter = _characters(font).get(int(number, 16))
        if letter is None:
            drawn.append(placed)
            continue
        size = placed.scale * BASE_SIZE
        last = runs[-1] if runs else None
        goes_on = last and (last.font, last.size, last.y) == (font, size, placed.y)
        if last and goes_on and abs(placed.x - end) < _NEAR * size:
            runs[-1] = LetterRun(font, last.text + letter, last.x, last.y, size)
            end += _advance(font, letter) * size
            continue
        runs.append(LetterRun(font, letter, placed.x, placed.y, size))
        end = placed.x + _advance(font, letter) * size
    return LetteredLabel(tuple(runs), tuple(drawn))


def is_slanted(font: str) -> bool:
    """Whether the letters of a font are italic."""
    return font in ("Cmmi10", "Cmti10") or font.endswith(("Italic", "Oblique"))


def font_of_letters(font: str, letters: Iterable[str]) -> bytes:
    """A TrueType font with these letters alone, called `tpgraph-` and the name of the font."""
    wanted = set(letters)
    glyphs = {c: g for g, c in reversed(list(_characters(font).items())) if c in wanted}
    with _silent():
        return _cut_down(_files()[font], font, glyphs)


def _cut_down(file: Path, font: str, glyphs: Mapping[str, int]) -> bytes:
    made = TTFont(file, recalcTimestamp=False)
    names = made.getGlyphOrder()
    table = CmapSubtable.newSubtable(4)
    table.platformID, table.platEncID, table.language = 3, 1, 0
    table.cmap = {ord(c): names[g] for c, g in sorted(glyphs.items())}
    made["cmap"] = newTable("cmap")
    made["cmap"].tableVersion, made["cmap"].tables = 0, [table]
    _renamed(made, font)
    options = subset.Options(hinting=False, notdef_outline=True, recalc_timestamp=False)
    options.name_IDs = [1, 2, 4, 6]
    options.layout_features = []
    options.glyph_names = True  # which PostScript calls letters by
    cut = subset.Subsetter(options)
    cut.populate(unicodes=list(table.cmap))
    cut.subset(made)
    content = io.BytesIO()
    made.save(content, reorderTables=True)
    return content.getvalue()


@contextmanager
def _silent() -> Iterator[None]:
    """Fonts of a time before 1970, which fontTools remarks on, are what matplotlib comes with."""
    logger = logging.getLogger("fontTools")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _renamed(made: TTFont, font: str) -> None:
    said = f"tpgraph-{font}"
    for entry in made["name"].names:
        if entry.nameID in (1, 4, 6):
            entry.string = said


@functools.cache
def _files() -> Mapping[str, Path]:
    """The fonts of matplotlib by their PostScript names."""
    folder = Path(get_data_path()) / "fonts" / "ttf"
    wanted = [
        p for p in sorted(folder.glob("*.ttf")) if p.name.startswith(("cm", "STIX", "DejaVu"))
    ]
    return {FT2Font(str(path)).postscript_name: path for path in wanted}


@functools.cache
def _characters(font: str) -> Mapping[int, str]:
    """The character of each number that a glyph of this font has in its name."""
    path = _files().get(font)
    if path is None or font.startswith(_GROWING):
        return {}
    codes = dict(FT2Font(str(path)).get_charmap())
    known = _computer_modern().get(path.stem) if font.startswith("Cm") else None
    by_index = hasattr(TextToPath, "_get_glyph_repr")  # before matplotlib 3.11 by its code
    found: dict[int, str] = {}
    for code, index in codes.items():
        letter = chr(code) if known is None else known.get(code)
        if letter is not None and not 0xD800 <= ord(letter) < 0xF900 and ord(letter) < 0x10000:
            found.setdefault(index if by_index else code, _SPACING.get(ord(letter), letter))
    return found


@functools.cache
def _computer_modern() -> Mapping[str, Mapping[int, str]]:
    """The characters of Computer Modern's fonts by code, which are in an order of their own."""
    found: dict[str, dict[int, str]] = {}
    for latex, (font, code) in latex_to_bakoma.items():
        letter = latex if len(latex) == 1 else _of_command(latex[1:])
        if letter is not None:
            found.setdefault(font, {}).setdefault(code, letter)
    for font in ("cmr10", "cmmi10", "cmti10", "cmb10", "cmtt10", "cmss10"):
        own = found.setdefault(font, {})
        for code in (*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B)):
            own.setdefault(code, chr(code))
        if font != "cmmi10":
            for code in b" !%&'()*+,-./:;=?@[]":
                own.setdefault(code, chr(code))
    return found


def _of_command(name: str) -> str | None:
    code = tex2uni.get(name)
    return None if code is None else _LETTER_OF_TEX.get(code, chr(code))


@functools.lru_cache(maxsize=4096)
def _advance(font: str, letter: str) -> float:
    """How far a letter reaches, in parts of the size."""
    metrics, scale, names = _metrics(font)
    number = next(g for g, c in _characters(font).items() if c == letter)
    return float(metrics[names[number]][0]) / scale


@functools.cache
def _metrics(font: str) -> tuple[Mapping[str, tuple[int, int]], int, list[str]]:
    with _silent():
        loaded = TTFont(_files()[font], recalcTimestamp=False)
        loaded["head"]
    return dict(loaded["hmtx"].metrics), loaded["head"].unitsPerEm, loaded.getGlyphOrder()
