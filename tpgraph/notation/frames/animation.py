"""Frames as one picture that moves: an SVG, whose frames show one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from tpgraph.errors import TPArgumentError
from tpgraph.notation.painters.svg import svg_parts
from tpgraph.notation.scene.scene import Scene
from tpgraph.notation.scene.style import Style

__all__ = ["LAST", "require_seconds", "to_animated_svg"]

_SHORTEST, _LONGEST = 0.05, 60.0  # seconds of a frame
LAST = 2.0
"""How often as long as the others the last frame stays."""


def require_seconds(seconds: float) -> None:
    """Raise TPArgumentError for a time that no frame is shown for."""
    if not _SHORTEST <= seconds <= _LONGEST:
        raise TPArgumentError(
            f"no frame is shown for {seconds:g} seconds",
            expected=f"{_SHORTEST:g} … {_LONGEST:g} seconds",
        )


def to_animated_svg(
    scenes: Sequence[Scene], style: Style, seconds: float, *, source: str | None = None
) -> str:
    """An SVG that shows each scene for so many seconds, the last one for twice as long, and begins
    again; where nothing moves, as on paper, it shows the last.

    The outlines of glyphs, which all share, stand in it once.
    """
    parts = [svg_parts(scene, style) for scene in scenes]
    shared = dict.fromkeys(line for one in parts for line in one.outlines)
    head = svg_parts(scenes[-1], style, source=source)
    total = (len(scenes) - 1 + LAST) * seconds
    lines = [*head.head, *head.metadata, "  <defs>", *shared, "  </defs>"]
    for k, one in enumerate(parts):
        last = k == len(parts) - 1
        lines.append(f'  <g visibility="{"visible" if last else "hidden"}">')
        lines.append(f"    {_shown(k * seconds / total, (k + 1) * seconds / total, last, total)}")
        lines += [f"  {line}" for line in one.marks[:-1]]
        lines.append("  </g>")
    return "\n".join((*lines, "</svg>")) + "\n"


def _shown(start: float, stop: float, last: bool, total: float) -> str:
    """The animation of a frame that is visible between two parts of the time."""
    steps = [(0.0, "hidden"), (start, "visible"), (stop, "hidden")]
    kept = steps[1:] if start == 0.0 else steps[:-1] if last else steps
    values = ";".join(value for _, value in kept)
    times = ";".join(f"{at:.6g}" for at, _ in kept)
    return (
        f'<animate attributeName="visibility" values="{values}" keyTimes="{times}"'
        f' calcMode="discrete" dur="{total:.6g}s" repeatCount="indefinite"/>'
    )
