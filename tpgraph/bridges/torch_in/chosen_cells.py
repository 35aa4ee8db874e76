"""Which cells get names: what is read often, long, or kept under a name by the source."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

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
from tpgraph.bridges.torch_in.interpret import Graph
from tpgraph.bridges.torch_in.statements import source_statement
from tpgraph.language.repetition import Use

__all__ = ["Base", "CellPlaces", "chosen", "may_have_a_name"]

_ARITHMETIC = ("add", "mul", "div", "pow", "sqrt", "exp", "sigmoid")
_LONGEST = 12
"""Functions and operators in one statement; a longer one is cut at its parts."""
_LONGEST_WRITTEN = 36
"""The same where the module's own code writes them as one statement."""


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


@dataclass(frozen=True, slots=True)
class CellPlaces:
    """What is known of every cell that may get a name, by its id.

    `live` are all that outputs read, `cells` those and others of their families, `homes` say which
    member of which of `bases` a cell is, `sites` which node made it.
    """

    bases: list[Base]
    live: dict[int, Cell]
    cells: dict[int, Cell]
    homes: dict[int, Use]
    sites: dict[int, Site]


def chosen(graph: Graph, places: CellPlaces) -> set[int]:
    """The ids of the cells that get names."""
    return _Choice(graph, places).choose()


@dataclass(slots=True)
class _Choice:
    graph: Graph
    places: CellPlaces
    named: set[int] = field(default_factory=set)

    def choose(self) -> set[int]:
        kept = {id(c) for f in self.graph.families if f.kept for c in f.cells.flat}
        self.named = {id(c) for c in self.graph.roots} | self._wanted(kept)
        self._whole_families()
        self._cut_long(self._written(kept))
        self._whole_families()
        return self.named

    def _wanted(self, kept: set[int]) -> set[int]:
        """What is kept, read often, read by a product, or a layer."""
        live, uses = self.places.live, self._uses()
        wanted = {key for key, count in uses.items() if count > 1 and may_have_a_name(live[key])}
        wanted |= {key for key in kept & set(live) if isinstance(live[key], Op | CellMean)}
        wanted -= {key for key in self._repeated(uses) - kept if _is_short(live[key], wanted)}
        for cell in live.values():
            if isinstance(cell, CellProduct) and isinstance(cell.operand, Op):
                wanted.add(id(cell.operand))
            if self._is_layer(cell):
                wanted.add(id(cell))
            wanted |= _added_layers(cell)
        return {key for key in wanted if not _is_light(live[key])}

    def _uses(self) -> dict[int, int]:
        """How many cells read each."""
        uses: dict[int, int] = {}
        for cell in self.places.live.values():
            for child in children(cell):
                uses[id(child)] = uses.get(id(child), 0) + 1
        return uses

    def _cut_long(self, written: set[int]) -> None:
        """Names for the parts of what is too long for one statement."""
        lengths: dict[int, int] = {}
        for cell in reachable(self.graph.roots):
            inner = [0 if id(c) in self.named else lengths[id(c)] for c in children(cell)]
            many = isinstance(cell, Op) and cell.name == "add" and len(inner) > 2
            own = max(inner) + 2 if many else 1 + sum(inner)
            most = _LONGEST_WRITTEN if id(cell) in written else _LONGEST
            if own > most and may_have_a_name(cell):
                self.named.add(id(cell))
            lengths[id(cell)] = own

    def _written(self, kept: set[int]) -> set[int]:
        """Cells that stand in one statement of the source with a value that it keeps, or a loss."""
        losses = {id(c) for out in self.graph.outputs if out.shape == () for c in out.cells.flat}
        found: set[int] = set()
        for key in (kept | losses) & set(self.places.live):
            stack, place = [self.places.live[key]], self._place(key, directly=True)
            while stack and place is not None:
                cell = stack.pop()
                if self._place(id(cell), directly=True) == place and id(cell) not in found:
                    found.add(id(cell))
                    stack += children(cell)
        return found

    def _place(self, key: int, directly: bool = False) -> tuple[str, int] | None:
        """The statement of the source that made a cell."""
        site = self.places.sites.get(key)
        return source_statement(site.trace, directly) if site is not None else None

    def _repeated(self, uses: dict[int, int]) -> set[int]:
        """Cells that the module computes anew for each use."""
        made: dict[int, int] = {}
        for family in self.graph.families:
            if family.computed:
                for key in {id(c) for c in family.cells.flat}:
                    made[key] = made.get(key, 0) + 1
        return {key for key, count in made.items() if 1 < uses.get(key, 0) <= count}

    def _is_layer(self, cell: Cell) -> bool:
        """Whether a cell is an activation of products, at one of several positions."""
        if not isinstance(cell, Op) or id(cell) not in self.places.homes:
            return False
        base = self.places.homes[id(cell)].base
        many = isinstance(base, int) and self.places.bases[base].rank > 0
        return many and _activates_products(cell)

    def _whole_families(self) -> None:
        """Where one cell of a family has a name, all have, and all of families made alike."""
        families = {self.places.homes[key].base for key in self.named if key in self.places.homes}
        inner = [key for key in self.named if key in self.places.homes and self._is_inner(key)]
        forms = {self._made(key, self.named) for key in inner}
        before = set(self.named)
        for key, use in self.places.homes.items():
            cell = self.places.cells[key]
            if not may_have_a_name(cell) or _is_light(cell):
                continue
            if use.base in families or self._made(key, before) in forms:
                self.named.add(key)

    def _made(self, key: int, named: set[int]) -> tuple[object, ...]:
        """How a cell is made, and by which line: one for the repetitions of a block."""
        return self._place(key), *_form_of(self.places.cells[key], named)

    def _is_inner(self, key: int) -> bool:
        base = self.places.homes[key].base
        return isinstance(base, int) and self.places.bases[base].role == "inner"


def _form_of(cell: Cell, named: set[int], depth: int = 4) -> tuple[object, ...]:
    """How a cell is made, without the places of its modules: alike in repetitions of a block."""

    def inner(child: Cell) -> tuple[object, ...]:
        return ("·",) if id(child) in named or depth < 2 else _form_of(child, named, depth - 1)

    match cell:
        case CellProduct(block, transpose):
            cuts = block.rows, block.columns
            return re.sub(r"\d+", "*", block.param.name), block.index, cuts, transpose
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


def _is_short(cell: Cell, named: set[int]) -> bool:
    """Whether a cell is up to two functions of what has a name."""
    inner = [c for c in children(cell) if isinstance(c, Op | CellProduct | CellMean | Joined)]
    rest = [c for c in inner if id(c) not in named]
    if not isinstance(cell, Op) or not all(isinstance(c, Op) for c in rest):
        return False
    below = [c for r in rest for c in children(r) if not isinstance(c, Num | Given | Held)]
    return len(rest) < 2 and all(id(c) in named for c in below)


def may_have_a_name(cell: Cell) -> bool:
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
