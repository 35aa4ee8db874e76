"""Which inputs are targets, and what a module that gives its loss alone computes."""

from __future__ import annotations

import numpy as np

from tpgraph.bridges.torch_in.cell_tensors import Tensor
from tpgraph.bridges.torch_in.cells import (
    Cell,
    CellProduct,
    Given,
    Input,
    Num,
    children,
    reachable,
)
from tpgraph.bridges.torch_in.interpret import Graph
from tpgraph.bridges.torch_in.refusal import refusal

__all__ = ["targets_of"]


def targets_of(graph: Graph) -> set[str]:
    """The names of the inputs that are targets: the loss alone reads them, through no matrix.

    A loss is an output without axes. Where it is the only output, the vectors in it that depend on
    no target become outputs in front of it.
    """
    losses = [out for out in graph.outputs if out.shape == ()]
    others = [out for out in graph.outputs if out.shape != ()]
    if len(losses) > 1:
        raise refusal("the module gives several numbers", "let it give one loss")
    if not losses:
        return set()
    loss: Cell = losses[0].cells.item()
    found = _inputs([loss]) - _multiplied(loss)
    found -= _inputs([cell for out in others for cell in out.cells.flat])
    if not others:
        front = _frontier(loss, found)
        others = [Tensor(_one(cell), 0, ((1, 1),)) for cell in front]
    graph.outputs = [*others, *losses]
    return {source.name for source in found}


def _one(cell: Cell) -> np.ndarray[tuple[int, ...], np.dtype[np.object_]]:
    cells = np.empty((), dtype=object)
    cells[()] = cell
    return cells


def _inputs(roots: list[Cell]) -> set[Input]:
    return {cell.source for cell in reachable(roots) if isinstance(cell, Given)}


def _multiplied(root: Cell) -> set[Input]:
    """The inputs that a product with a matrix takes."""
    operands = [c.operand for c in reachable([root]) if isinstance(c, CellProduct)]
    return _inputs(operands)


def _frontier(loss: Cell, targets: set[Input]) -> list[Cell]:
    """The vectors without a target that are read together with one, in order."""
    tainted: set[int] = set()
    found: list[Cell] = []
    for cell in reachable([loss]):
        below = children(cell)
        own = isinstance(cell, Given) and cell.source in targets
        if own or any(id(c) in tainted for c in below):
            tainted.add(id(cell))
            clean = [c for c in below if id(c) not in tainted]
            found += [c for c in clean if not isinstance(c, Num | Given) and c not in found]
    if not found:
        raise refusal("the module gives its loss alone, and no vector stands beside a target")
    return [cell for cell in found if cell.size is not None] or found
