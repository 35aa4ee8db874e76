"""How much work a layout is, estimated before it begins: who waits should know that it ends.

    seconds ≈ MARK · (marks)² + PASS · Σ over lines of the columns that they pass

A line that passes a column needs a place there, and a free way around everything else.
"""

from __future__ import annotations

from collections.abc import Callable

from tpgraph.bounds import SECONDS
from tpgraph.notation.diagram.diagram import Diagram

__all__ = ["estimate", "require_feasible"]

_MARK = 4.0e-7
_PASS = 3.7e-5


def require_feasible(diagram: Diagram, repeats: Callable[[], bool]) -> None:
    """Raise TPLimitError for a diagram whose layout would take longer than ten seconds or so.

    `repeats` tells whether there is something to fold, which the message then proposes.
    """
    seconds = estimate(diagram)
    if seconds > SECONDS.most:
        marks = len(diagram.vertices) + len(diagram.gates)
        fold = "fold what repeats (--fold, fold=True), or " if repeats() else ""
        raise SECONDS.exceeded(
            f"a picture of {marks} marks would take about {seconds:.0f} s to lay out",
            mend=f"{fold}draw the program with fewer layers or steps",
        )


def estimate(diagram: Diagram) -> float:
    """The seconds that a layout takes on a usual machine, give or take a factor of two."""
    column = _columns(diagram)
    ends = [(p.source, p.target) for p in diagram.products]
    ends += [(name, gate.id) for gate in diagram.gates for name in gate.inputs]
    passed = sum(max(column[b] - column[a] - 1, 0) for a, b in ends)
    marks = len(diagram.vertices) + len(diagram.gates)
    return _MARK * marks**2 + _PASS * passed


def _columns(diagram: Diagram) -> dict[str, int]:
    """The column of every mark: behind all that it is made of; initial vectors before their use."""
    source = {product.target: product.source for product in diagram.products}
    gate_of = {name: gate for gate in diagram.gates for name in gate.outputs}
    column: dict[str, int] = {}
    for vertex in diagram.vertices:
        if vertex.id in source:
            column[vertex.id] = column.get(source[vertex.id], 0) + 1
        elif vertex.id in gate_of:
            gate = gate_of[vertex.id]
            column[gate.id] = 1 + max((column.get(name, 0) for name in gate.inputs), default=0)
            column[vertex.id] = column[gate.id] + 1
    for gate in diagram.gates:
        for name in gate.inputs:
            column.setdefault(name, column[gate.id] - 1)
    for product in diagram.products:
        column.setdefault(product.source, column[product.target] - 1)
    return column
