"""How the picture of a page looks: a theme, and how large its labels are."""

from __future__ import annotations

from dataclasses import replace

from tpgraph.editor.requests import PictureOptions
from tpgraph.notation.scene.style import Style, theme

__all__ = ["look_of"]


def look_of(options: PictureOptions) -> Style:
    """The style that a page asks for; `labels` is a factor of every size of letters."""
    style = theme(options.theme)
    if options.labels == 1:
        return style
    return replace(
        style,
        label_size=style.label_size * options.labels,
        gate_label_size=style.gate_label_size * options.labels,
        caption_size=style.caption_size * options.labels,
    )
