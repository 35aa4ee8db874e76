"""Whether the uses of every parameter share all of their entries, or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tpgraph.bridges.torch_in.cell_tensors import require_a_width
from tpgraph.bridges.torch_in.cells import Block, Cell, CellProduct, Held, Stored, reachable
from tpgraph.bridges.torch_in.export import Site
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.seams import SeamNeeded
from tpgraph.bridges.torch_in.sizes import Cut
from tpgraph.errors import TPError

__all__ = ["require_apart"]


def require_apart(roots: list[Cell], places: Mapping[str, Site]) -> None:
    """Raise SeamNeeded where two uses of a parameter share entries but not all of them."""
    used: dict[tuple[object, ...], list[tuple[Mapping[int, Cut], str]]] = {}
    for cell in reachable(roots):
        for cuts, param, index in _use(cell):
            others = used.setdefault((param.name, index), [])
            if any(o == cuts for o, _ in others):
                continue
            for other, _ in others:
                _compare(param.name, cuts, other)
            others.append((cuts, param.name))
    _require_one_form(list(used), places)
    _require_widths(roots, places)


def _use(cell: Cell) -> Iterator[tuple[Mapping[int, Cut], Stored, tuple[int | None, ...]]]:
    match cell:
        case CellProduct(block=Block(param, index, axes, rows, columns)):
            yield {axes[0]: rows, axes[1]: columns}, param, index
        case Held(param, index, cut):
            own = index.index(None) if index else 0
            yield {own: cut}, param, index


def _compare(name: str, first: Mapping[int, Cut], second: Mapping[int, Cut]) -> None:
    if first.keys() != second.keys() or not all(first[a].meets(second[a]) for a in first):
        return
    for axis in first:
        if first[axis] != second[axis]:
            for cut in (first[axis], second[axis]):
                if cut.step != 1:
                    raise refusal(f"{name} is used interleaved and in blocks")
            small = min((first[axis], second[axis]), key=lambda c: c.size)
            raise SeamNeeded(name, axis, small)


def _require_widths(roots: list[Cell], places: Mapping[str, Site]) -> None:
    """A block of a parameter between parts of vectors has a width, as whole ones do."""
    for cell in reachable(roots):
        if isinstance(cell, CellProduct):
            try:
                require_a_width(cell.block)
            except TPError as error:
                raise places[cell.block.param.name].refused(error) from None


def _require_one_form(keys: list[tuple[object, ...]], places: Mapping[str, Site]) -> None:
    """Parameters are read as matrices of one pair of axes, or as vectors along one axis."""
    forms: dict[str, set[tuple[bool, ...]]] = {}
    for name, index in keys:
        assert isinstance(name, str)
        assert isinstance(index, tuple)
        forms.setdefault(name, set()).add(tuple(i is None for i in index))
    for name, found in forms.items():
        if len(found) > 1:
            mixed = refusal(
                f"{name} is read as a matrix and as vectors, or along two axes",
                "use two parameters, or one of the two ways",
            )
            raise places[name].refused(mixed)
