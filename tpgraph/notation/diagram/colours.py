"""Colours and fills in a diagram: one colour for each matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.scene.scene import Fill
from tpgraph.notation.scene.style import Dash, Style

__all__ = ["coloured", "filled", "matrix_looks"]


def coloured(diagram: Diagram, style: Style) -> Diagram:
    """The diagram with colours for the matrices that are left in it."""
    looks = matrix_looks((p.matrix for p in diagram.products if p.matrix), style)
    plain: tuple[None, Dash] = (None, ())
    products = []
    for product in diagram.products:
        color, dash = looks.get(product.matrix, plain)
        products.append(replace(product, color=color, dash=dash))
    return replace(diagram, products=tuple(products))


def filled(diagram: Diagram, fills: Mapping[str, Fill]) -> Diagram:
    """The diagram with other fills for some of its vertices."""
    vertices = (replace(v, fill=fills.get(v.id, v.fill)) for v in diagram.vertices)
    return replace(diagram, vertices=tuple(vertices))


def matrix_looks(uses: Iterable[str], style: Style) -> dict[str, tuple[str, Dash]]:
    """A colour and a dash pattern for each matrix, if one is used twice or the style asks."""
    count = Counter(uses)
    if not style.color_matrices and not any(number > 1 for number in count.values()):
        return {}
    colors, dashes = style.palette, style.matmul_dashes
    return {
        name: (colors[i % len(colors)], dashes[(i + i // len(colors)) % len(dashes)])
        for i, name in enumerate(count)
    }
