"""The statements of cells that get names, in order: families over positions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from tpgraph.bridges.torch_in.cell_tensors import Cells
from tpgraph.bridges.torch_in.cell_text import CellWriter, Scalars
from tpgraph.bridges.torch_in.cells import Cell, CellProduct, Given, Op, children, reachable
from tpgraph.bridges.torch_in.chosen_cells import Base, CellPlaces, chosen, may_have_a_name
from tpgraph.bridges.torch_in.export import Site
from tpgraph.bridges.torch_in.interpret import Graph, ModuleInput
from tpgraph.bridges.torch_in.parameter_parts import Key, ParameterPart
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.sizes import whole
from tpgraph.errors import TPError
from tpgraph.language.repetition import Assignment, Linear, Use

__all__ = ["Flat", "common_path", "flattened"]


@dataclass(slots=True)
class Flat:
    """The statements one by one, with names that are still numbers."""

    bases: list[Base]
    rows: list[tuple[int, list[Assignment]]]
    outputs: list[Use]
    loss: Use | None
    expressions: CellWriter
    inputs: dict[str, ModuleInput]


def flattened(
    graph: Graph, declared: dict[Key, ParameterPart], inputs: dict[str, str], base: int | None
) -> Flat:
    """The statements of a graph, given its parameters and the names of its inputs."""
    return _Namer(graph, declared, inputs, base).flat()


@dataclass(slots=True)
class _Namer:
    graph: Graph
    declared: dict[Key, ParameterPart]
    inputs: dict[str, str]
    base: int | None
    bases: list[Base] = field(default_factory=list)
    homes: dict[int, Use] = field(default_factory=dict)
    live: dict[int, Cell] = field(default_factory=dict)
    cells: dict[int, Cell] = field(default_factory=dict)
    sites: dict[int, Site] = field(default_factory=dict)
    named: set[int] = field(default_factory=set)
    made: set[int] = field(default_factory=set)
    rows: list[tuple[int, list[Assignment]]] = field(default_factory=list)
    writer: CellWriter = field(init=False)

    def flat(self) -> Flat:
        self.writer = CellWriter(self._name, self.declared, Scalars(self.base))
        self.live = {id(c): c for c in reachable(self.graph.roots)}
        self.cells = dict(self.live)
        outputs, loss = self._give_homes(self.live)
        places = CellPlaces(self.bases, self.live, self.cells, self.homes, self.sites)
        self.named = chosen(self.graph, places)
        for families in self._in_order():
            self._emit_family(families)
        return Flat(self.bases, self.rows, outputs, loss, self.writer, self.graph.arguments)

    # ---- homes: a family and an index for every cell that may get a name

    def _give_homes(self, live: dict[int, Cell]) -> tuple[list[Use], Use | None]:
        outputs, loss = [], None
        for family in self.graph.families:
            for cell in family.cells.flat:
                self.sites.setdefault(id(cell), family.site)
        for tensor in self.graph.outputs:
            is_loss = tensor.shape == () and loss is None
            role = "loss" if is_loss else "output"
            uses = self._home(tensor.cells, role, None, role)
            if is_loss:
                loss = uses[0]
            else:
                outputs += uses
        for family in self.graph.families:
            kept = [c for c in family.cells.flat if id(c) in live and may_have_a_name(c)]
            if kept and any(id(c) not in self.homes for c in kept):
                self._home(family.cells, family.hint or _hint(kept[0]), family.site, "inner")
        return outputs, loss

    def _home(self, cells: Cells, hint: str, site: Site | None, role: str) -> list[Use]:
        """Give the cells of a family homes; what has one already keeps it, but for outputs."""
        number, shape = len(self.bases), cells.shape
        axes = [k for k, size in enumerate(shape) if size > 1]
        path = site.module if site is not None else ""
        self.bases.append(Base(hint, site, len(axes), role, path))
        found = []
        for index in np.ndindex(*shape):
            cell: Cell = cells.item(index)
            use = Use(number, tuple(Linear(index[k] + 1) for k in axes))
            found.append(use)
            if role != "inner" and id(cell) in self.homes:
                raise refusal("one vector is given out twice", "give it out once")
            if role != "inner" or (may_have_a_name(cell) and id(cell) in self.live):
                self.homes.setdefault(id(cell), use)
                self.cells[id(cell)] = cell
        return found

    def _name(self, cell: Cell) -> Use | None:
        if isinstance(cell, Given):
            return self._input(cell)
        return self.homes.get(id(cell)) if id(cell) in self.named else None

    def _input(self, cell: Given) -> Use:
        argument = self.graph.arguments[cell.source.name]
        space = argument.tensor.cells.shape
        index = [i + 1 for i, size in zip(cell.index, space, strict=True) if size > 1]
        parts = self.graph.al.seams.parts(cell.source.name, 0, whole(cell.whole))
        if len(parts) > 1:
            index.append([p.start for p in parts].index(cell.cut.start) + 1)
        return Use(self.inputs[cell.source.name], tuple(Linear(i) for i in index))

    # ---- the statements

    def _in_order(self) -> Iterator[list[Cell]]:
        """The cells of every family that have names, families in the order of the graph."""
        order: dict[str | int, list[Cell]] = {}
        inner = [k for k, b in enumerate(self.bases) if b.role == "inner"]
        last = [k for k, b in enumerate(self.bases) if b.role != "inner"]
        for number in (*inner, *last):
            order[number] = []
        for key, use in self.homes.items():
            if key in self.named:
                order[use.base].append(self.cells[key])
        yield from order.values()

    def _emit_family(self, cells: Sequence[Cell]) -> None:
        for cell in sorted(cells, key=lambda c: [i.constant for i in self.homes[id(c)].index]):
            self._emit(cell)

    def _emit(self, root: Cell) -> None:
        """The statement of a cell behind those of the cells that it reads."""
        stack = [(root, False)]
        while stack:
            cell, ready = stack.pop()
            if id(cell) in self.made:
                continue
            if not ready:
                stack.append((cell, True))
                stack.extend((c, False) for c in children(cell))
                continue
            self.made.add(id(cell))
            if id(cell) in self.named:
                self._state(cell)

    def _state(self, cell: Cell) -> None:
        use = self.homes.get(id(cell))
        if use is None:
            use = Use(len(self.bases))
            self.bases.append(Base(_hint(cell), None, 0))
            self.homes[id(cell)] = use
        base = use.base
        assert isinstance(base, int)
        site = self.bases[base].site or self.sites.get(id(cell))
        try:
            row = Assignment(use, self.writer.value(cell))
        except TPError as error:
            raise (site.refused(error) if site is not None else error) from None
        if self.rows and self.rows[-1][0] == base:
            self.rows[-1][1].append(row)
        else:
            self.rows.append((base, [row]))


def common_path(paths: Sequence[str]) -> str:
    """The path of modules that differ in their places in lists.

    >>> common_path(["blocks[0].attn", "blocks[1].attn"])
    'blocks[*].attn'
    """
    split = [re.split(r"(\[\d+\])", path) for path in paths]
    if len({len(words) for words in split}) > 1:
        return ""
    columns = list(zip(*split, strict=True))
    if any(len(set(column)) > 1 and not column[0].startswith("[") for column in columns):
        return ""
    return "".join(c[0] if len(set(c)) == 1 else "[*]" for c in columns)


def _hint(cell: Cell) -> str:
    if cell.size is None:
        return "a"
    inner = cell.arguments[0] if isinstance(cell, Op) and cell.name == "add" else cell
    return "h" if isinstance(inner, CellProduct) else "x"
