"""A layout made from the one before, which it keeps as far as it can."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.engines.engine import LayoutEngine
from tpgraph.notation.layout.kept import kept_places
from tpgraph.notation.layout.kept_lines import KeptLines
from tpgraph.notation.layout.kept_sizes import marks_before
from tpgraph.notation.layout.layout import Layout, laid_out, with_room
from tpgraph.notation.layout.linework import find_linework
from tpgraph.notation.scene.annotation import Annotation

__all__ = ["annotated_layout", "is_better_anew", "kept_layout"]

_MANY = 24  # new marks, between which those of before are hardly found again


def kept_layout(
    diagram: Diagram, previous: Layout, names: Mapping[str, str] | None = None
) -> Layout:
    """The layout that keeps the one before as far as the diagram is the same.

    `names` has renamed variables, new → old. Direction and style are those of before. Errors as of
    `laid_out`.
    """
    names = names or {}
    places = kept_places(diagram, previous.places, names)
    before = marks_before(diagram, previous.places.diagram, names)
    products = previous.places.diagram.products
    labels = {
        index: label
        for index, label in previous.drawn.product_labels.items()
        if products[index].target not in previous.drawn.squeezed
    }
    lines = KeptLines(places, before, previous.places, previous.drawn.lines, labels)
    return Layout(places, find_linework(places, lines))


def is_better_anew(
    diagram: Diagram, previous: Layout, names: Mapping[str, str] | None = None
) -> bool:
    """Whether a diagram is better laid out from scratch than with the layout before kept.

    It is where marks are to stand above others of which that was not said before, which kept places
    do not obey; and where most marks are new, and many: each is tried at places between those that
    stay, which takes longer than all anew.
    """
    names = names or {}
    before = set(previous.places.diagram.standing)
    if any((names.get(a, a), names.get(b, b)) not in before for a, b in diagram.standing):
        return True
    kept = len(marks_before(diagram, previous.places.diagram, names))
    new = len(diagram.vertices) + len(diagram.gates) - kept
    return new > max(_MANY, kept)


def annotated_layout(
    previous: Layout,
    annotations: Mapping[str, Annotation],
    engine: LayoutEngine | None = None,
) -> Layout:
    """The layout before with annotations by variable, for which marks give way and gaps open.

    Where a line would cross an annotation all the same, it is made from scratch. Errors as of
    `laid_out`.
    """
    diagram, places = previous.places.diagram, previous.places
    vertices = (replace(v, annotation=annotations.get(v.variable)) for v in diagram.vertices)
    diagram = replace(diagram, vertices=tuple(vertices))
    found = with_room(kept_places(diagram, places))
    if not found.drawn.crossed:
        return found
    return laid_out(diagram, places.frame.direction, style=places.style, engine=engine)
