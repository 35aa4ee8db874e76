"""Matrices times cells: W x and Wᵀ x of blocks of parameters, cut where seams or parts say."""

from __future__ import annotations

from fractions import Fraction

from tpgraph.bridges.torch_in.cell_algebra import CellAlgebra
from tpgraph.bridges.torch_in.cells import Block, Cell, CellProduct, Joined, Num, Op
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.sizes import Cut

__all__ = ["product"]


def product(cells: CellAlgebra, block: Block, transpose: bool, operand: Cell) -> Cell:
    """W x or Wᵀ x; joined x meet their own columns, and seams cut rows and columns."""
    outer_axis, inner_axis = block.axes if not transpose else block.axes[::-1]
    outer, inner = (block.rows, block.columns)[:: -1 if transpose else 1]
    if isinstance(operand, Num) and operand.value == 0:
        return operand
    if operand.size is None:
        raise refusal(
            f"the matrix {block.param.name} multiplies a vector of equal numbers",
            "make that vector a parameter",
        )
    if operand.size != inner.size:
        raise refusal(
            f"{block.param.name} takes a vector of {inner.size[0]}, not of {operand.size[0]}"
        )
    match operand:
        case Op("mul", (Num() as factor, rest)) if not _is_average(factor, rest):
            return cells.mul(factor, product(cells, block, transpose, rest))
    rows = cells.seams.parts(block.param.name, outer_axis, outer)
    if len(rows) > 1:
        return cells.joined([product(cells, _outer(block, transpose, r), transpose, operand)
                            for r in rows])  # fmt: skip
    columns = cells.seams.parts(block.param.name, inner_axis, inner)
    if len(columns) > 1 and not isinstance(operand, Joined):
        at = [c.relative_to(inner) for c in columns]
        operand = cells.joined([cells.cut(operand, c) for c in at])
    if isinstance(operand, Joined):
        return cells.add(
            *(
                product(cells, _inner(block, transpose, inner.sub(c)), transpose, part)
                for part, c in zip(operand.parts, cells.cuts_of(operand), strict=True)
            )
        )
    return cells.intern(CellProduct(block, transpose, operand, outer.size))


def _is_average(factor: Num, rest: Cell) -> bool:
    """Whether a vector is a sum of k vectors over k: its number belongs to it, not to the matrix.

    Other numbers are drawn in front of the product, where they may be a parameter's multiplier.
    """
    if not (isinstance(rest, Op) and rest.name == "add"):
        return False
    return not factor.power and factor.value == Fraction(1, len(rest.arguments))


def _outer(block: Block, transpose: bool, cut: Cut) -> Block:
    rows, columns = (block.rows, cut) if transpose else (cut, block.columns)
    return Block(block.param, block.index, block.axes, rows, columns)


def _inner(block: Block, transpose: bool, cut: Cut) -> Block:
    return _outer(block, not transpose, cut)
