"""The edges of a diagram, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tpgraph.notation.diagram.diagram import Diagram

__all__ = ["Link", "links"]


@dataclass(frozen=True, slots=True)
class Link:
    """One edge of the picture: `source` and `target` are marks, `port` an input of a gate,
    `outlet` an output of a gate; `product` is the index of a MatMul.
    """

    source: str
    target: str
    port: str | None = None
    outlet: str | None = None
    product: int | None = None


def links(diagram: Diagram) -> Iterator[Link]:
    """The edges of a diagram: products, then the gates' inputs and outputs."""
    for index, product in enumerate(diagram.products):
        yield Link(product.source, product.target, product=index)
    for gate in diagram.gates:
        for name in gate.inputs:
            yield Link(name, gate.id, port=name)
        for name in gate.outputs:
            yield Link(gate.id, name, outlet=name)
