"""Pictures of programs in the notation of Tensor Programs IIb: scene, layout, painters."""

from tpgraph.notation.diagram.showing import showing
from tpgraph.notation.diagram.unfolded import UnfoldedWarning
from tpgraph.notation.drawing import (
    FORMATS,
    HIDING,
    LEAST_TEXT,
    Drawing,
    draw,
    folds,
    pages_in_rows,
    source_of,
)
from tpgraph.notation.frames.frames import Frames, draw_frames
from tpgraph.notation.frames.handout import grid_of
from tpgraph.notation.scene.annotation import (
    QUANTITIES,
    Annotation,
    Atom,
    Density,
    Histogram,
    Quantity,
    QuantityKind,
)
from tpgraph.notation.scene.exercise import blanks_of
from tpgraph.notation.scene.scaling import length_of
from tpgraph.notation.scene.scene import Direction

__all__ = [
    "FORMATS",
    "HIDING",
    "LEAST_TEXT",
    "QUANTITIES",
    "Annotation",
    "Atom",
    "Density",
    "Direction",
    "Drawing",
    "Frames",
    "Histogram",
    "Quantity",
    "QuantityKind",
    "UnfoldedWarning",
    "blanks_of",
    "draw",
    "draw_frames",
    "folds",
    "grid_of",
    "length_of",
    "pages_in_rows",
    "showing",
    "source_of",
]
