"""Labels of a page as letters, drawn by matplotlib's renderers in fonts of their letters alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from matplotlib.backend_bases import RendererBase
from matplotlib.colors import to_rgba
from matplotlib.font_manager import FontProperties
from matplotlib.transforms import Affine2D

from tpgraph.notation.labels.letters import font_of_letters, letters_of
from tpgraph.notation.scene.display import DisplayMark, Lettering, letterings, turned

__all__ = ["draw_letters", "font_folder", "without_letters"]


def without_letters(text: Lettering) -> Lettering:
    """A label without what has letters: radicals, tall brackets, the bars of fractions."""
    return replace(text, outline=replace(text.outline, glyphs=letters_of(text.outline).drawn))


@contextmanager
def font_folder(pages: Iterable[Iterable[DisplayMark]]) -> Iterator[Mapping[str, Path]]:
    """The fonts of pages as files, by name, as long as they are needed."""
    used: dict[str, set[str]] = {}
    for marks in pages:
        for text in letterings(marks):
            for run in letters_of(text.outline).runs:
                used.setdefault(run.font, set()).update(run.text)
    with tempfile.TemporaryDirectory(prefix="tpgraph-") as folder:
        files = {font: Path(folder) / f"{font}.ttf" for font in sorted(used)}
        for font, file in files.items():
            file.write_bytes(font_of_letters(font, used[font]))
        yield files


def draw_letters(
    renderer: RendererBase,
    marks: Iterable[DisplayMark],
    fonts: Mapping[str, Path],
    to_pixels: Affine2D,
) -> None:
    """The letters of every label, above all else."""
    for text in letterings(marks):
        context = renderer.new_gc()
        context.set_foreground(to_rgba(text.color), isRGBA=True)
        for run in letters_of(text.outline).runs:
            dx, dy = turned((run.x, run.y), text.rotation)
            x, y = to_pixels.transform((text.x + dx, text.y + dy))
            font = FontProperties(fname=str(fonts[run.font]), size=run.size)
            renderer.draw_text(context, float(x), float(y), run.text, font, text.rotation)
        context.restore()
