"""The table of rules, and what a rule is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from tpgraph.bridges.torch_in.cell_algebra import CellAlgebra
from tpgraph.bridges.torch_in.cell_tensors import Cells, Shape, Tensor, as_tensor
from tpgraph.bridges.torch_in.cells import Cell
from tpgraph.bridges.torch_in.export import Site
from tpgraph.bridges.torch_in.sizes import Size

__all__ = ["RULES", "Family", "NodeCall", "Rule", "rule"]


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Cells that one node made, by their positions; `hint` is a letter that suits them.

    `computed` says that they are what the node gives and were not there before, `kept` that the
    source keeps them under a name.
    """

    cells: Cells
    hint: str
    site: Site
    computed: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True)
class NodeCall:
    """What a rule is given beside its arguments: the algebra, and the node that it carries out."""

    al: CellAlgebra
    site: Site
    families: list[Family] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def shape(self) -> Shape:
        """The shape of the result."""
        return self.site.sizes

    def keep(self, tensor: Tensor, hint: str) -> Tensor:
        """The same tensor, whose cells may get names of their own."""
        self.families.append(Family(tensor.cells, hint, self.site))
        return tensor

    def note(self, text: str) -> None:
        """Say something of the program that its reader has to know."""
        if text not in self.notes:
            self.notes.append(text)

    def tensor(self, value: object, axis: int | None = None) -> Tensor:
        """A tensor of cells."""
        return as_tensor(self.al, value, axis)

    def sum(self, cells: Cells) -> Cell:
        """Σ of cells."""
        return self.al.add(*np.ravel(cells)) if np.size(cells) else self.al.number(0)

    def size(self, size: Size) -> Cell:
        """A size as a number."""
        return self.al.size(size)


Rule: TypeAlias = Callable[..., Any]
RULES: dict[str, Rule] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Enter a function under the names of ATEN operations."""

    def enter(function: Rule) -> Rule:
        for name in names:
            assert name not in RULES, name
            RULES[name] = function
        return function

    return enter
