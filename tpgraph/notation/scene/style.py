"""How a drawing looks: every colour, stroke width, font size and proportion in one place."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tpgraph.errors import TPNameError
from tpgraph.program.near_names import did_you_mean

__all__ = ["DARK", "PAPER", "TEACHING", "THEMES", "Dash", "Style", "theme"]

Dash = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Style:
    """A theme. Lengths are in pt, colours are `#rrggbb`, dashes are on, off, ... in pt.

    The defaults are the look of the paper's figures: thin black lines on white, heavier outlines
    for vectors and gates than for wires.
    """

    background: str | None = "#ffffff"
    ink: str = "#000000"
    paper: str = "#ffffff"  # the inside of hollow marks
    palette: tuple[str, ...] = (
        # Nine that are read on every background, in an order whose neighbours differ to every eye;
        # the first are Okabe and Ito's, darkened where paper asks for it.
        "#0072b2",
        "#cf5a00",
        "#00805c",
        "#b2558a",
        "#5b3b00",
        "#1b2a8b",
        "#8e1328",
        "#6f7a00",
        "#6b6b6b",
    )
    color_matrices: bool = False  # each matrix, even where no other asks for a colour
    margin: float = 6.0

    vector_diameter: float = 7.5
    scalar_side: float = 6.8
    data_diagonal: float = 9.5
    node_stroke: float = 0.85
    hollow_fill: str | None = None  # inside of hollow vectors; of the paper unless it is given
    filled_fill: str | None = None  # inside of filled vectors; of the ink unless it is given
    scalar_fill: str | None = None
    nonlin_fill: str | None = None
    moment_fill: str | None = None

    gate_stroke: float = 0.9
    gate_depth: float = 16.0  # from the wide side to the narrow side
    gate_length: float = 26.0  # of the wide side, where no other is given
    gate_min_length: float = 22.0
    gate_narrowing: float = 0.62  # narrow side / wide side
    gate_max_inset: float = 13.0  # bounds the slant of long gates
    gate_padding: float = 4.0  # free space around the text inside
    gate_port_gap: float = 14.0  # between neighbouring inputs
    bar_stroke: float = 1.0
    bar_overhang: float = 2.0  # beyond the wide side's length, at both ends

    wire_stroke: float = 0.5
    matmul_stroke: float = 0.6
    matmul_dash: Dash = (1.8, 1.4)
    matmul_dashes: tuple[Dash, ...] = (
        # One a matrix where colours tell matrices apart, so that they differ in grey as well.
        (1.8, 1.4),
        (4.0, 1.6),
        (0.7, 1.3),
        (4.0, 1.4, 0.8, 1.4),
        (2.6, 2.6),
        (6.5, 1.6),
        (0.7, 2.8),
        (4.0, 1.2, 0.8, 1.2, 0.8, 1.2),
        (6.5, 1.4, 2.0, 1.4),
    )

    label_size: float = 9.0
    gate_label_size: float = 8.0
    caption_size: float = 8.0
    label_gap: float = 2.2  # between a mark and its label

    tints: tuple[tuple[str, str], ...] = (
        ("grey", "#e7e6e6"),
        ("blue", "#dae3f3"),
        ("green", "#e2f0d9"),
        ("orange", "#fbe5d6"),
    )
    context_radius: float = 0.0
    plate_stroke: float = 0.7
    plate_radius: float = 5.0

    path_color: str = "#4472c4"
    path_stroke: float = 2.2
    path_dot: float = 4.0  # diameter of the dot on a vector of a path
    arrow_color: str = "#548235"
    arrow_stroke: float = 1.2
    arrow_length: float = 8.0
    arrow_width: float = 4.6
    legend_stroke: float = 0.9
    ghost_color: str = "#bfbfbf"  # of what frames have not computed yet

    plot_width: float = 26.0
    plot_height: float = 14.0
    plot_bars: str = "#a9c4e4"  # finite width
    plot_curve: str = "#d55e00"  # the limit
    plot_stroke: float = 0.8
    plot_axis: float = 0.4
    note_size: float = 7.0
    note_gap: float = 2.0  # between a label, the plot, and the numbers

    @property
    def text_size(self) -> float:
        """The size in pt of the smallest usual text, labels or what stands in gates."""
        return min(self.label_size, self.gate_label_size)

    def tint(self, name: str) -> str:
        """The background colour of a context; an unknown name is taken as the colour itself."""
        return dict(self.tints).get(name, name)

    def inside(self, kind: str, fill: str = "hollow", color: str | None = None) -> str:
        """The inside of a node: what is filled has its own colour, else its kind's; ghosts have
        none.
        """
        if fill == "filled":
            return color or self.filled_fill or self.ink
        if color == self.ghost_color:
            return self.paper
        fills = {
            "G": self.hollow_fill,
            "X": self.hollow_fill,
            "scalar": self.scalar_fill,
            "gate": self.nonlin_fill,
            "bar-gate": self.moment_fill,
        }
        return fills.get(kind) or self.paper


PAPER = Style()
"""The paper's figures: black on white."""

_LARGE = replace(
    PAPER,
    margin=8.0,
    vector_diameter=10.0,
    scalar_side=9.0,
    data_diagonal=12.5,
    node_stroke=1.1,
    gate_stroke=1.1,
    gate_depth=20.0,
    gate_length=34.0,
    gate_min_length=28.0,
    gate_max_inset=16.0,
    gate_padding=5.0,
    gate_port_gap=18.0,
    bar_stroke=1.4,
    bar_overhang=2.6,
    wire_stroke=0.7,
    matmul_stroke=1.1,
    label_size=12.0,
    gate_label_size=10.0,
    caption_size=10.0,
    label_gap=3.0,
    plate_stroke=1.0,
    plate_radius=6.0,
    path_stroke=3.2,
    path_dot=5.5,
    arrow_stroke=1.8,
    arrow_length=11.0,
    arrow_width=6.5,
    legend_stroke=1.1,
    plot_width=36.0,
    plot_height=20.0,
    plot_stroke=1.2,
    plot_axis=0.6,
    note_size=9.0,
    note_gap=2.6,
)
"""Sizes for what is read from afar."""

TEACHING = replace(
    _LARGE,
    palette=(
        "#00755a",
        "#a8488b",
        "#8a5a00",
        "#1a6fa3",
        "#000000",
        "#b3261e",
        "#5a3fb0",
        "#1b2a5b",
        "#5f6670",
    ),
    color_matrices=True,
    hollow_fill="#f0e442",
    filled_fill="#0072b2",
    scalar_fill="#ffffff",
    nonlin_fill="#f2f2f2",
    moment_fill="#cfe8f7",
    path_color="#d55e00",
)
"""For the blackboard and handouts: larger, every matrix in a colour, G-vars yellow, X-vars blue.

The colours are Okabe and Ito's, those of thin lines and labels darkened until they can be read;
in grey, yellow is light and blue is dark.
"""

DARK = replace(
    _LARGE,
    background="#14181f",
    paper="#14181f",
    ink="#f2f2f2",
    palette=(
        "#e69f00",
        "#1fbf92",
        "#cc79a7",
        "#f0e442",
        "#f07d3c",
        "#7fb2ff",
        "#ff5c7a",
        "#d9f2ff",
        "#b08cff",
    ),
    color_matrices=True,
    nonlin_fill="#232a35",
    moment_fill="#1d3a52",
    tints=(
        ("grey", "#2a303a"),
        ("blue", "#1b3149"),
        ("green", "#1c3a2e"),
        ("orange", "#45311d"),
    ),
    path_color="#56b4e9",
    arrow_color="#1fbf92",
    ghost_color="#505a68",
    plot_bars="#41658f",
    plot_curve="#ffa14a",
)
"""For slides: light lines on dark."""

THEMES: dict[str, Style] = {"paper": PAPER, "teaching": TEACHING, "dark": DARK}
"""Every theme by its name."""


def theme(name: str) -> Style:
    """The style of this name. Raises TPNameError, with the nearest name, if there is none.

    >>> theme("paper") is PAPER
    True
    """
    if name not in THEMES:
        raise TPNameError(
            f"there is no theme {name!r}",
            expected=", ".join(THEMES),
            mend=did_you_mean(name, THEMES),
        )
    return THEMES[name]
