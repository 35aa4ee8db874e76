"""Pictures of programs in the notation of Tensor Programs IIb: scene, layout, painters."""

from tpgraph.notation.drawing import FORMATS, Drawing, draw

__all__ = ["FORMATS", "Drawing", "draw"]
