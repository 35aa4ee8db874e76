"""Numbers that a module multiplies its parameters by, as multipliers of a parametrization.

A module that computes n^(−1/2) W x, or W x / n at its readout, has a parametrization of its own:
W = M w. Where all uses of a parameter carry one factor it is M, and the products stand without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from tpgraph.bridges.torch_in.cell_algebra import CellAlgebra
from tpgraph.bridges.torch_in.cell_tensors import Tensor, filled
from tpgraph.bridges.torch_in.cells import (
    Cell,
    CellMean,
    CellProduct,
    Held,
    Joined,
    Num,
    Op,
    children,
    reachable,
)
from tpgraph.bridges.torch_in.interpret import Graph
from tpgraph.bridges.torch_in.parameter_parts import Key, key_of

__all__ = ["common_factors", "rebuilt", "without_factors"]

ONE = Num.one()


def common_factors(graph: Graph) -> dict[Key, Num]:
    """The factor of every trained parameter, where some has a power of the width in its.

    Of factors that differ in their constants alone the power is common; a parameter of which no
    power is common has none.
    """
    found: dict[Key, set[tuple[Fraction, Fraction]]] = {}

    def use(cell: Cell, factor: Num) -> None:
        if isinstance(cell, CellProduct | Held) and _is_trained(cell):
            found.setdefault(key_of(cell), set()).add((factor.value, factor.power))

    for root in graph.roots:
        use(root, ONE)
    for cell in reachable(graph.roots):
        match cell:
            case Op("mul", (Num() as factor, inner)):
                use(inner, factor)
            case _:
                for child in children(cell):
                    use(child, ONE)
    factors = {key: _common(uses) for key, uses in found.items()}
    if not any(factor.power for factor in factors.values()):
        return {}
    return {k: f for k, f in factors.items() if not f.is_number(1)}


def _is_trained(cell: CellProduct | Held) -> bool:
    return cell.block.param.trained if isinstance(cell, CellProduct) else cell.param.trained


def _common(uses: set[tuple[Fraction, Fraction]]) -> Num:
    powers = {power for _, power in uses}
    if len(powers) > 1:
        return ONE
    (power,) = powers
    values = {value for value, _ in uses}
    return Num(values.pop() if len(values) == 1 else Fraction(1), power)


def without_factors(graph: Graph, factors: Mapping[Key, Num]) -> None:
    """Take the factors out of the cells of a graph."""
    al = graph.al

    def without(cell: Cell, made: Mapping[int, Cell]) -> Cell | None:
        match cell:
            case Op("mul", (Num(value, power), CellProduct() | Held() as inner)) if (
                key_of(inner) in factors
            ):
                taken = factors[key_of(inner)]
                left = Num(value / taken.value, power - taken.power)
                return al.mul(al.intern(left), made[id(inner)])
        return None

    graph.outputs = list(rebuilt(graph, without))


def rebuilt(
    graph: Graph, change: Callable[[Cell, dict[int, Cell]], Cell | None]
) -> Iterator[Tensor]:
    """The outputs of a graph, and in place its families, with other cells.

    `change` is given a cell and what was made of those below it, by their ids; where it gives None
    the cell stays what it is, over those below.
    """
    made: dict[int, Cell] = {}
    for cell in reachable(graph.roots):
        new = change(cell, made)
        made[id(cell)] = _over(graph.al, cell, made) if new is None else new

    def changed(tensor: Tensor) -> Tensor:
        cells = filled(tensor.cells.shape, lambda i: made.get(id(tensor.cells[i]), tensor.cells[i]))
        return Tensor(cells, tensor.axis, tensor.shape)

    graph.families = [
        replace(f, cells=changed(Tensor(f.cells, None, ())).cells) for f in graph.families
    ]
    return map(changed, graph.outputs)


def _over(al: CellAlgebra, cell: Cell, made: Mapping[int, Cell]) -> Cell:
    """The same cell over those that were made of the cells below."""
    match cell:
        case Op("add", arguments):
            return al.add(*(made[id(a)] for a in arguments))
        case Op("mul", (first, second)):
            return al.mul(made[id(first)], made[id(second)])
        case Op(name, arguments):
            return al.op(name, *(made[id(a)] for a in arguments))
        case CellProduct(block, transpose, operand):
            return al.intern(CellProduct(block, transpose, made[id(operand)], cell.size))
        case CellMean(operand):
            return al.intern(CellMean(made[id(operand)]))
        case Joined(parts, interleaved):
            return al.joined([made[id(p)] for p in parts], interleaved)
        case _:
            return cell
