"""Scenes of one size as a GIF that shows one after the other."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from tpgraph.notation.painters.canvas import to_png
from tpgraph.notation.scene.scene import Scene
from tpgraph.notation.scene.style import Style

__all__ = ["to_gif"]

_COLORS = 64


def to_gif(scenes: Sequence[Scene], style: Style, times: Sequence[float], dpi: float) -> bytes:
    """A GIF that shows each scene for so many seconds, again and again.

    Raises TPError as `to_png`.
    """
    images = [Image.open(io.BytesIO(to_png(scene, style, dpi))) for scene in scenes]
    flat = [_on_paper(image, style).quantize(_COLORS, dither=Image.Dither.NONE) for image in images]
    buffer = io.BytesIO()
    flat[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=flat[1:],
        duration=[round(1000 * seconds) for seconds in times],
        loop=0,
        disposal=1,
        optimize=False,
    )
    return buffer.getvalue()


def _on_paper(image: Image.Image, style: Style) -> Image.Image:
    """The image without transparency, which GIF has only all or nothing of."""
    sheet = Image.new("RGBA", image.size, style.background or style.paper)
    return Image.alpha_composite(sheet, image.convert("RGBA")).convert("RGB")
