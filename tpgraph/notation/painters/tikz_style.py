"""The named TikZ styles and colours of a theme, which a reader of the file can change."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tpgraph.errors import TPError
from tpgraph.notation.scene.display import Paint
from tpgraph.notation.scene.scene_json import rounded
from tpgraph.notation.scene.style import Dash, Style

__all__ = [
    "FONT_SIZE",
    "Colors",
    "bp",
    "differences",
    "hex_digits",
    "label_sizes",
    "looks",
    "number",
    "plot_looks",
    "styles",
]

FONT_SIZE = 10.0
"""Labels are set at this size and scaled: the other formats scale it too, so widths agree."""

_HEX = re.compile(r"#(?:[0-9A-Fa-f]{3}){1,2}")


def number(value: float) -> str:
    """To 0.01, without trailing zeros."""
    return f"{rounded(value):.2f}".rstrip("0").rstrip(".")


def bp(value: float) -> str:
    """A length; TeX's bp is the pt of SVG and PDF."""
    return f"{number(value)}bp"


class Colors:
    """Names for colours: those of the theme by their role, others `tpColorA`, `tpColorB`, …"""

    def __init__(self, style: Style) -> None:
        roles = [("Ink", style.ink), ("Paper", style.paper), ("Background", style.background)]
        roles += [("Path", style.path_color), ("Arrow", style.arrow_color)]
        roles += [
            ("Hollow", style.hollow_fill),
            ("Filled", style.filled_fill),
            ("Scalar", style.scalar_fill),
            ("Nonlin", style.nonlin_fill),
            ("Moment", style.moment_fill),
        ]
        roles += [(f"Tint{name.capitalize()}", color) for name, color in style.tints]
        roles += [(f"Matrix{_letters(i)}", color) for i, color in enumerate(style.palette)]
        roles += [("Bars", style.plot_bars), ("Curve", style.plot_curve)]
        self._roles: dict[str, str] = {}
        for name, color in roles:
            if color is not None:
                self._roles.setdefault(hex_digits(color), f"tp{name}")
        self._used: dict[str, None] = {}
        self._others = 0

    def name(self, color: str) -> str:
        """The name under which the colour `#rrggbb` is defined. Raises TPError for another."""
        digits = hex_digits(color)
        if digits not in self._roles:
            self._roles[digits] = f"tpColor{_letters(self._others)}"
            self._others += 1
        self._used[digits] = None
        return self._roles[digits]

    def definitions(self) -> Iterator[str]:
        """A line for each colour that was asked for."""
        for digits, name in self._roles.items():
            if digits in self._used:
                yield rf"\definecolor{{{name}}}{{HTML}}{{{digits}}}"


def _letters(index: int) -> str:
    """A, B, …, Z, BA, BB, …: some packages do not like digits in names of colours."""
    rest, last = divmod(index, 26)
    return (_letters(rest) if rest else "") + chr(ord("A") + last)


def hex_digits(color: str) -> str:
    """The six digits of `#rrggbb` or `#rgb`. Raises TPError for another colour."""
    if not _HEX.fullmatch(color):
        raise TPError(
            f"TikZ cannot be told the colour {color!r}",
            expected="#rrggbb",
            mend="write the colour as red, green and blue, such as #0072b2",
        )
    digits = color[1:].upper()
    return digits if len(digits) == 6 else "".join(2 * digit for digit in digits)


def looks(style: Style) -> dict[str, Paint]:
    """The strokes and fills of the named styles."""
    ink, node, gate = style.ink, style.node_stroke, style.gate_stroke
    return {
        "tp G": Paint(style.inside("G"), ink, node),
        "tp X": Paint(style.inside("X", "filled"), ink, node),
        "tp scalar": Paint(style.inside("scalar"), ink, node),
        "tp data": Paint(style.inside("data"), ink, node),
        "tp gate": Paint(style.inside("gate"), ink, gate),
        "tp moment": Paint(style.inside("bar-gate"), ink, gate),
        "tp bar": Paint(None, ink, style.bar_stroke),
        "tp wire": Paint(None, ink, style.wire_stroke),
        "tp matmul": Paint(None, ink, style.matmul_stroke, style.matmul_dash),
        "tp context": Paint(style.tint("grey")),
        "tp plate": Paint(None, ink, style.plate_stroke),
        "tp path": Paint(None, style.path_color, style.path_stroke),
        "tp path dot": Paint(style.path_color),
        "tp arrow": Paint(None, style.arrow_color, style.arrow_stroke),
        "tp arrow head": Paint(style.arrow_color),
        "tp legend": Paint(style.paper, ink, style.legend_stroke),
    }


def plot_looks(style: Style) -> dict[str, Paint]:
    """The strokes and fills of annotations' plots, which few pictures have."""
    return {
        "tp bars": Paint(style.plot_bars),
        "tp curve": Paint(None, style.plot_curve, style.plot_stroke),
        "tp spike": Paint(style.plot_curve),
    }


def label_sizes(style: Style) -> dict[str, float]:
    """The font sizes of the styles of labels."""
    return {
        "tp label": style.label_size,
        "tp matrix": style.label_size,
        "tp gate label": style.gate_label_size,
        "tp caption": style.caption_size,
    }


def differences(paint: Paint, default: Paint, colors: Colors) -> list[str]:
    """The options that turn the default look into another."""
    options = []
    if paint.fill != default.fill:
        options.append(f"fill={_color(paint.fill, colors)}")
    if paint.stroke != default.stroke:
        options.append(f"draw={_color(paint.stroke, colors)}")
    if paint.stroke and number(paint.width) != number(default.width):
        options.append(f"line width={bp(paint.width)}")
    if paint.dash != default.dash:
        options.append(_dash(paint.dash) if paint.dash else "solid")
    return options


def _color(color: str | None, colors: Colors) -> str:
    return "none" if color is None else colors.name(color)


def _dash(dash: Dash) -> str:
    words = ("on" if index % 2 == 0 else "off" for index in range(len(dash)))
    return "dash pattern=" + " ".join(f"{w} {bp(d)}" for w, d in zip(words, dash, strict=True))


def styles(style: Style, colors: Colors, *, plots: bool = False) -> Iterator[str]:
    r"""The keys for `\tikzset`, one a line; with `plots` those of annotations as well."""
    shapes = _shapes(style)
    for name, paint in (looks(style) | (plot_looks(style) if plots else {})).items():
        options = [*shapes.get(name, ()), *differences(paint, Paint(), colors)]
        yield f"{name}/.style={{{', '.join(options)}}},"
    if style.background is not None:
        yield f"tp background/.style={{fill={colors.name(style.background)}}},"
    font = rf"font=\fontsize{{{FONT_SIZE:g}}}{{{1.2 * FONT_SIZE:g}}}\selectfont"
    ink = f"text={colors.name(style.ink)}"
    yield f"tp text/.style={{inner sep=0bp, outer sep=0bp, align=center, {ink}, {font}}},"
    for name, size in label_sizes(style).items():
        yield f"{name}/.style={{tp text, scale={size / FONT_SIZE:.4g}}},"


def _shapes(style: Style) -> dict[str, tuple[str, ...]]:
    """What a style says besides its colours. Strokes lie inside the size of a vector's mark."""

    def sized(shape: str, size: float) -> tuple[str, ...]:
        inner = bp(size - style.node_stroke)
        return shape, f"minimum size={inner}", "inner sep=0bp", "outer sep=0bp"

    vector = sized("circle", style.vector_diameter)
    scalar = sized("rectangle", style.scalar_side)
    shapes = {"tp G": vector, "tp X": vector, "tp scalar": scalar}
    if style.plate_radius:
        shapes["tp plate"] = (f"rounded corners={bp(style.plate_radius)}",)
    if style.context_radius:
        shapes["tp context"] = (f"rounded corners={bp(style.context_radius)}",)
    return shapes
