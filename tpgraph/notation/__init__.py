"""Pictures of programs in the notation of Tensor Programs IIb: scene, layout, painters."""

from tpgraph.notation.drawing import FORMATS, Drawing, draw, source_of
from tpgraph.notation.frames.frames import Frames, draw_frames

__all__ = ["FORMATS", "Drawing", "Frames", "draw", "draw_frames", "source_of"]
