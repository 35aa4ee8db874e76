"""The graph read on tensors of cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from tpgraph.bridges.torch_in.cell_algebra import CellAlgebra
from tpgraph.bridges.torch_in.cell_tensors import (
    Operator,
    Pending,
    Tensor,
    as_tensor,
    filled,
    pending,
)
from tpgraph.bridges.torch_in.cells import (
    Cell,
    Given,
    Input,
    Joined,
    Stored,
)
from tpgraph.bridges.torch_in.export import Exported, Site, own_path
from tpgraph.bridges.torch_in.parts_apart import require_apart
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.rules import (  # noqa: F401 (each enters its rules)
    arithmetic,
    convolutions,
    loss_rules,
    matrix_rules,
    moving,
    normalizations,
    reductions,
)
from tpgraph.bridges.torch_in.rules.rule_table import RULES, Family, NodeCall
from tpgraph.bridges.torch_in.rules.without_rule import reason_without_rule
from tpgraph.bridges.torch_in.seams import SeamNeeded, Seams
from tpgraph.bridges.torch_in.sizes import Size, is_wide, whole
from tpgraph.bridges.torch_in.statements import kept_values
from tpgraph.bridges.torch_in.vector_axes import vector_axis, vocabulary
from tpgraph.errors import TPError

__all__ = ["Graph", "ModuleInput", "interpreted"]


@dataclass(frozen=True, slots=True, eq=False)
class ModuleInput:
    """An input of the module: its positions, and which axis is that of the vectors."""

    source: Input
    tensor: Tensor
    size: Size


@dataclass(slots=True)
class Graph:
    """What the module computes: its inputs, parameters and outputs as cells."""

    al: CellAlgebra
    arguments: dict[str, ModuleInput] = field(default_factory=dict)
    params: dict[str, Stored] = field(default_factory=dict)
    families: list[Family] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)

    @property
    def roots(self) -> list[Cell]:
        """The cells of the outputs, in order."""
        return [cell for out in self.outputs for cell in out.cells.flat]


_ATTEMPTS = 200


def interpreted(exported: Exported, n: int) -> Graph:
    """The graph as cells, its inputs and parameters cut where parts are used apart.

    Raises TPError with module, operation and line of the source where something is no program.
    """
    seams, kept = Seams(), kept_values(exported.sites)
    for _attempt in range(_ATTEMPTS):
        reader = _Reader(exported, Graph(CellAlgebra(n, seams)), kept)
        try:
            graph = reader.read()
            require_apart(graph.roots, reader.places)
            return graph
        except SeamNeeded as needed:
            try:
                seams = seams.with_cut(needed.source, needed.axis, needed.cut)
            except TPError as error:
                raise reader.site.refused(error) from None
    raise refusal("the parts of the parameters that are used overlap in too many ways")


_UNSET = ("empty", "empty_like", "empty_permuted", "empty_strided", "new_empty")
"""Operations whose results are whatever memory holds."""


@dataclass(slots=True)
class _Reader:
    exported: Exported
    graph: Graph
    kept: frozenset[str]
    env: dict[str, Any] = field(default_factory=dict)
    tied: dict[int, str] = field(default_factory=dict)
    places: dict[str, Site] = field(default_factory=dict)
    site: Site = field(init=False)

    def read(self) -> Graph:
        for site in self.exported.sites:
            self.site = site
            try:
                self._node(site)
            except TPError as error:
                raise site.refused(error) from None
        return self.graph

    def _node(self, site: Site) -> None:
        node = site.first
        if node.op == "placeholder":
            self.env[node.name] = self._placeholder(site)
        elif node.op == "call_function":
            self.env[node.name] = self._called(site)
        elif node.op == "output":
            self._output(site)
        else:
            raise refusal(f"a node of the kind {node.op}")

    # ---- what comes in

    def _placeholder(self, site: Site) -> Any:
        name, signature = site.first.name, self.exported.signature
        if name in signature.inputs_to_parameters:
            return self._parameter(signature.inputs_to_parameters[name])
        if name in signature.inputs_to_buffers:
            return self._buffer(signature.inputs_to_buffers[name])
        lifted = getattr(signature, "inputs_to_lifted_tensor_constants", {})
        if name in lifted:
            return self.exported.constants[lifted[name]]
        return self._input(site)

    def _parameter(self, path: str) -> Any:
        tensors = [_of_path(m, path) for m in self.exported.modules]
        return self._stored(path, tensors, bool(tensors[0].requires_grad))

    def _stored(self, path: str, tensors: Sequence[Any], trained: bool) -> Any:
        """A parameter, or a buffer that is drawn at random as one that is not trained."""
        path = self.tied.setdefault(tensors[0].data_ptr() or id(tensors[0]), path)
        name = own_path(path)
        if name not in self.graph.params:
            shape = tuple((int(a), int(b)) for a, b in zip(*(t.shape for t in tensors),
                                                          strict=True))  # fmt: skip
            self.graph.params[name] = Stored(name, shape, trained)
            self.places[name] = self.site
        return pending(self.graph.params[name])

    def _buffer(self, path: str) -> Any:
        first, second = (_of_path(m, path) for m in self.exported.modules)
        wide = [k for k, (a, b) in enumerate(zip(first.shape, second.shape, strict=True)) if a != b]
        if not wide:
            if not torch.equal(first, second):
                raise refusal(
                    f"the buffer {path} holds other numbers at another width",
                    "make what is drawn or estimated, as for a spectral norm, a parameter, or"
                    " leave it out of the module",
                )
            return first
        if first.is_floating_point() and not torch.equal(
            first, _of_path(self.exported.again, path)
        ):
            return self._stored(path, (first, second), trained=False)
        for axis in wide:
            same = [bool((t == t.narrow(axis, 0, 1)).all()) for t in (first, second)]
            if not all(same):
                raise refusal(
                    f"the buffer {path} holds unequal numbers along an axis that grows with width",
                    "make it a parameter, or an input",
                )
            first, second = (t.narrow(axis, 0, 1) for t in (first, second))
        tensor = as_tensor(self.graph.al, first.detach())
        shape = self.site.sizes
        cells = filled(
            [s[0] for k, s in enumerate(shape) if k != wide[0]],
            lambda i: tensor.cells[(*i[: wide[0]], 0, *i[wide[0] :])],
        )
        return Tensor(cells, wide[0], shape)

    def _input(self, site: Site) -> Tensor:
        al, name, shape = self.graph.al, site.first.name, site.sizes
        if any(is_wide(size) for size in shape):
            raise refusal(
                f"the input {name} has a size that grows with the width",
                "inputs have fixed sizes; a layer leads to a width",
            )
        classes = vocabulary(site.first)
        source = Input(name, one_hot=classes is not None)
        if classes is not None:
            axis, size = None, (classes, classes)
        elif not site.first.meta["val"].dtype.is_floating_point:
            raise refusal(
                f"the input {name} holds whole numbers that no embedding and no loss reads",
                "read it by nn.Embedding, or give one-hot vectors or numbers: --input in place of "
                "--tokens",
            )
        else:
            axis = vector_axis(site.first) if shape else None
            size = (1, 1) if axis is None else shape[axis]
        space = [s[0] for k, s in enumerate(shape) if k != axis]

        def vector(index: tuple[int, ...]) -> Cell:
            parts = al.seams.parts(name, 0, whole(size))
            return al.joined([al.intern(Given(source, index, part, size)) for part in parts])

        cells = filled(space, vector)
        self.graph.arguments[name] = ModuleInput(source, Tensor(cells, axis, shape), size)
        if axis is None and classes is None:
            return Tensor(filled(space, lambda i: al.mean(cells[i])), None, shape)
        return Tensor(cells, axis, shape)

    # ---- what is done

    def _called(self, site: Site) -> Any:
        arguments = [self._value(a, b) for a, b in zip(site.first.args, site.second.args,
                                                      strict=True)]  # fmt: skip
        keywords = {
            key: self._value(value, site.second.kwargs[key])
            for key, value in site.first.kwargs.items()
        }
        if not self._has_cells([arguments, keywords]) and not self._is_wide(site):
            target: Any = site.first.target
            found = target(*arguments, **keywords)
            # Whatever memory held is no part of a module, and is written over where it is read.
            return torch.zeros_like(found) if site.name in _UNSET else found
        rule = RULES.get(site.name)
        if rule is None:
            known = reason_without_rule(site.name)
            if known is not None:
                raise refusal(f"aten.{site.name} {known.reason}", known.mend)
            raise refusal(f"there is no rule for the operation aten.{site.name}")
        call = NodeCall(self.graph.al, site, self.graph.families, self.graph.notes)
        try:
            found = rule(call, *arguments, **keywords)
        except (TypeError, IndexError, ValueError) as error:
            raise refusal(
                f"this use of the operation aten.{site.name} has no rule ({error})"
            ) from error
        for result in found if isinstance(found, list) else [found]:
            if isinstance(result, Tensor):
                self.graph.families.append(self._family(site, result, [arguments, keywords]))
        return found

    def _family(self, site: Site, result: Tensor, arguments: Any) -> Family:
        """What a node gives, which may get names of its own."""
        given = {id(cell) for t in _tensors(arguments) for cell in t.cells.flat}
        computed = any(id(cell) not in given for cell in result.cells.flat)
        return Family(result.cells, "", site, computed, site.first.name in self.kept)

    def _value(self, first: Any, second: Any) -> Any:
        """An argument of both graphs side by side: a pair where numbers differ."""
        if isinstance(first, torch.fx.Node):
            return self.env[first.name]
        if isinstance(first, tuple | list):
            return [self._value(a, b) for a, b in zip(first, second, strict=True)]
        if isinstance(first, int | float) and not isinstance(first, bool):
            return first if first == second else (first, second)
        return first

    def _has_cells(self, value: Any) -> bool:
        if isinstance(value, list | tuple):
            numbers = isinstance(value, tuple) and len(value) == 2
            return numbers or any(self._has_cells(v) for v in value)
        if isinstance(value, dict):
            return any(self._has_cells(v) for v in value.values())
        return isinstance(value, Tensor | Pending | Operator)

    def _is_wide(self, site: Site) -> bool:
        value = site.first.meta.get("val")
        return isinstance(value, torch.Tensor) and any(is_wide(s) for s in site.sizes)

    def _output(self, site: Site) -> None:
        specs, own = self.exported.signature.output_specs, self.exported.signature.parameters
        values = self._value(site.first.args[0], site.second.args[0])
        for value, spec in zip(values, specs, strict=True):
            if spec.kind.name.endswith("MUTATION") and spec.target in own:
                place = self.places[own_path(spec.target)]
                raise place.refused(refusal(
                    f"the forward pass writes over the parameter {own_path(spec.target)}",
                    "compute with a changed copy: w = 0.9 * self.weight",
                ))  # fmt: skip
            if spec.kind.name == "USER_OUTPUT" and value is not None:
                self.graph.outputs.append(_apart(as_tensor(self.graph.al, _given_out(value), -1)))


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _tensors(inner)


def _given_out(value: object) -> object:
    if isinstance(value, Tensor | Pending | Operator | torch.Tensor | int | float):
        return value
    raise refusal(f"the module gives out a {type(value).__name__}", "give out tensors")


def _apart(tensor: Tensor) -> Tensor:
    """An output whose vectors are joined: their parts side by side, along a last axis."""
    rows = filled(tensor.cells.shape, lambda i: tuple(_parts(tensor.cells[i])))
    counts = {len(row) for row in rows.flat}
    if counts == {1} or len(counts) > 1:
        return tensor
    cells = filled((*rows.shape, *counts), lambda i: rows[i[:-1]][i[-1]])
    return Tensor(cells, tensor.axis, tensor.shape)


def _parts(cell: Cell) -> Iterator[Cell]:
    if isinstance(cell, Joined):
        for part in cell.parts:
            yield from _parts(part)
    else:
        yield cell


def _of_path(module: torch.nn.Module, path: str) -> torch.Tensor:
    found: Any = module
    for part in path.split("."):
        found = getattr(found, part)
    assert isinstance(found, torch.Tensor)
    return found
