"""How a drawing looks: every colour, stroke width, font size and proportion in one place."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PAPER", "Dash", "Style"]

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
        # Okabe and Ito's colours, in an order whose neighbours differ in lightness too.
        "#0072b2",
        "#d55e00",
        "#009e73",
        "#cc79a7",
        "#56b4e9",
        "#e69f00",
    )
    margin: float = 6.0

    vector_diameter: float = 7.5
    scalar_side: float = 6.8
    data_diagonal: float = 9.5
    node_stroke: float = 0.85

    gate_stroke: float = 0.9
    gate_depth: float = 16.0  # from the wide side to the narrow side
    gate_length: float = 38.0  # of the wide side, where no other is given
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

    def tint(self, name: str) -> str:
        """The background colour of a context; an unknown name is taken as the colour itself."""
        return dict(self.tints).get(name, name)


PAPER = Style()
