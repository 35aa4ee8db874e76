"""Pictures of programs in the notation of Tensor Programs IIb: scene, layout, painters."""

from tpgraph.notation.drawing import FORMATS, Drawing, draw, source_of
from tpgraph.notation.frames.frames import Frames, draw_frames
from tpgraph.notation.scene.annotation import (
    QUANTITIES,
    Annotation,
    Atom,
    Density,
    Histogram,
    Quantity,
    QuantityKind,
)

__all__ = [
    "FORMATS",
    "QUANTITIES",
    "Annotation",
    "Atom",
    "Density",
    "Drawing",
    "Frames",
    "Histogram",
    "Quantity",
    "QuantityKind",
    "draw",
    "draw_frames",
    "source_of",
]
