"""Which cells get names, and their statements in order: families over positions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from tpgraph.bridges.torch_in.cell_tensors import Cells
from tpgraph.bridges.torch_in.cell_text import CellWriter, Scalars
from tpgraph.bridges.torch_in.cells import (
    Cell,
    CellMean,
    CellProduct,
    Given,
    Held,
    Joined,
    Num,
    Op,
    children,
    reachable,
)
from tpgraph.bridges.torch_in.export import Site
from tpgraph.bridges.torch_in.interpret import Graph, ModuleInput
from tpgraph.bridges.torch_in.parameter_parts import Key, ParameterPart
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.sizes import whole
from tpgraph.errors import TPError
from tpgraph.language.repetition import Assignment, Linear, Use

__all__ = ["Base", "Flat", "common_path", "flattened"]

_ARITHMETIC = ("add", "mul", "div", "pow", "sqrt", "exp", "sigmoid")
_LONGEST = 12
"""Functions and operators in one statement; a longer one is cut at its parts."""


@dataclass(frozen=True, slots=True)
class Base:
    """A family of variables: a letter that suits it, how many indices it has, what it is.

    It was made at `site`, in the module `path`; `*` stands for what differs among its members.
    """

    hint: str
    site: Site | None
    rank: int
    role: str = "inner"
    path: str = ""


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
        self._choose(self.live)
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
            kept = [c for c in family.cells.flat if id(c) in live and _may_have(c)]
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
            if role != "inner" or (_may_have(cell) and id(cell) in self.live):
                self.homes.setdefault(id(cell), use)
                self.cells[id(cell)] = cell
        return found

    # ---- which cells get names

    def _choose(self, live: dict[int, Cell]) -> None:
        uses: dict[int, int] = {}
        for cell in live.values():
            for child in children(cell):
                uses[id(child)] = uses.get(id(child), 0) + 1
        wanted = {key for key, cell in live.items() if _may_have(cell) and uses.get(key, 0) > 1}
        for cell in live.values():
            if isinstance(cell, CellProduct) and isinstance(cell.operand, Op):
                wanted.add(id(cell.operand))
            if self._is_layer(cell):
                wanted.add(id(cell))
            wanted |= _added_layers(cell)
        wanted -= {key for key in wanted if _is_light(live[key])}
        self.named = {id(c) for c in self.graph.roots} | wanted
        self._whole_families()
        lengths: dict[int, int] = {}
        for cell in reachable(self.graph.roots):
            inner = [0 if id(c) in self.named else lengths[id(c)] for c in children(cell)]
            many = isinstance(cell, Op) and cell.name == "add" and len(inner) > 2
            own = max(inner) + 2 if many else 1 + sum(inner)
            if own > _LONGEST and _may_have(cell) and id(cell) not in self.named:
                self.named.add(id(cell))
            lengths[id(cell)] = own
        self._whole_families()

    def _is_layer(self, cell: Cell) -> bool:
        """Whether a cell is an activation of products, at one of several positions."""
        if not isinstance(cell, Op) or id(cell) not in self.homes:
            return False
        base = self.homes[id(cell)].base
        many = isinstance(base, int) and self.bases[base].rank > 0
        return many and _activates_products(cell)

    def _whole_families(self) -> None:
        """Where one cell of a family has a name, all have, and all of families made alike."""
        families = {self.homes[key].base for key in self.named if key in self.homes}
        inner = [key for key in self.named if key in self.homes and self._is_inner(key)]
        forms = {form_of(self.cells[key], self.named) for key in inner}
        before = set(self.named)
        for key, use in self.homes.items():
            cell = self.cells[key]
            if not _may_have(cell) or _is_light(cell):
                continue
            if use.base in families or form_of(cell, before) in forms:
                self.named.add(key)

    def _is_inner(self, key: int) -> bool:
        base = self.homes[key].base
        return isinstance(base, int) and self.bases[base].role == "inner"

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


def form_of(cell: Cell, named: set[int], depth: int = 4) -> tuple[object, ...]:
    """How a cell is made, without the places of its modules: alike in repetitions of a block."""

    def inner(child: Cell) -> tuple[object, ...]:
        return ("·",) if id(child) in named or depth < 2 else form_of(child, named, depth - 1)

    match cell:
        case CellProduct(block, transpose):
            cuts = tuple(cut for cut in (block.rows, block.columns))
            return (re.sub(r"\d+", "*", block.param.name), block.index, cuts, transpose)
        case Op(name, arguments):
            return name, *map(inner, arguments)
        case CellMean(operand):
            return "mean", inner(operand)
        case Held(param, index, cut):
            return re.sub(r"\d+", "*", param.name), index, cut
        case Num(value, power):
            return value, power
        case _:
            return (type(cell).__name__,)


def _added_layers(cell: Cell) -> set[int]:
    """Activations of products of which several are added, as a mean over places adds them."""
    if not isinstance(cell, Op) or cell.name != "add":
        return set()
    layers = [c for c in cell.arguments if isinstance(c, Op) and _activates_products(c)]
    return {id(c) for c in layers} if len(layers) > 1 else set()


def _activates_products(cell: Op) -> bool:
    """Whether a cell is a function other than arithmetic of what has a product in it."""
    return cell.name not in _ARITHMETIC and any(
        isinstance(c, CellProduct) for c in reachable([cell])
    )


def _may_have(cell: Cell) -> bool:
    """Whether a cell can be a variable of its own."""
    return isinstance(cell, Op | CellProduct | CellMean)


def _is_light(cell: Cell) -> bool:
    """Whether a cell is as short as a name: a number times something, a mean of an input."""
    match cell:
        case Op("mul", (Num(value, power), rest)):
            if value == -1 and not power:
                return True
            return not isinstance(rest, Op | CellProduct)
        case CellMean(operand=Given() | Held()):
            return True
        case Joined() | Num():
            return True
    return False


def _hint(cell: Cell) -> str:
    if cell.size is None:
        return "a"
    inner = cell.arguments[0] if isinstance(cell, Op) and cell.name == "add" else cell
    return "h" if isinstance(inner, CellProduct) else "x"
