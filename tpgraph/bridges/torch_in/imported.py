"""An imported module: its program, its text, and where its parameters went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from tpgraph.bridges.torch_in.cells import Stored
from tpgraph.bridges.torch_in.export import stored_tensors
from tpgraph.bridges.torch_in.interpret import ModuleInput
from tpgraph.bridges.torch_in.parameter_parts import ParameterPart
from tpgraph.bridges.torch_in.seams import Seams
from tpgraph.bridges.torch_in.sizes import Cut, size_at, whole
from tpgraph.compiler import compile
from tpgraph.errors import TPDataError
from tpgraph.program import Program
from tpgraph.shown import html_text, one_line, quantity

__all__ = ["Imported", "copy_weights"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Imported:
    """What `from_torch` gives.

    `text` is the program as a person would write it, `notes` what was chosen on the way. `data`
    arranges arguments of the module as the program's data (`tp.copy_weights` does so with its
    parameters). `width` and `n` are the width and size that the module was exported at, beside
    twice that size.
    """

    program: Program
    text: str
    notes: tuple[str, ...]
    width: str
    n: int
    pieces: tuple[ParameterPart, ...] = field(repr=False)
    arguments: tuple[ModuleInput, ...] = field(repr=False)
    seams: Seams = field(repr=False)
    ratios: dict[str, float] = field(repr=False)

    def __repr__(self) -> str:
        at = f"{self.width} = {self.n} and {2 * self.n}"
        equations = quantity(len(self.program.equations), "equation")
        notes = [quantity(len(self.notes), "note")] if self.notes else []
        return one_line("Imported", self.program.name, f"at {at}", equations, *notes)

    def _repr_html_(self) -> str:
        return html_text("\n\n".join((self.text, *(f"note: {note}" for note in self.notes))))

    def data(self, *arguments: Any) -> list[Array]:
        """Arguments of the module as arrays (batch, d), in the program's order, targets last.

        An argument has the shape of the example, or more samples along its first axis where the
        example had one. Raises TPDataError for other shapes.
        """
        if len(arguments) != len(self.arguments):
            raise TPDataError(
                f"{len(arguments)} arguments for a module of {len(self.arguments)}",
                expected=", ".join(a.source.name for a in self.arguments),
            )
        found: dict[str, Array] = {}
        for argument, value in zip(self.arguments, arguments, strict=True):
            found.update(self._arranged(argument, _array(value)))
        declared = [*self.program.data, *self.program.targets]
        return [found[d.variable.name] for d in declared]

    def _arranged(self, argument: ModuleInput, value: Array) -> dict[str, Array]:
        shape = tuple(size[0] for size in argument.tensor.shape)
        samples = bool(shape) and shape[0] == 1 and argument.tensor.axis != 0
        if value.shape[samples:] != shape[samples:]:
            raise TPDataError(
                f"the argument {argument.source.name} has the shape {value.shape}",
                expected=f"{('batch', *shape[1:]) if samples else shape}",
            )
        value = value if samples else value[None]
        if argument.source.one_hot:
            value = np.eye(argument.size[0])[value.astype(int)]
        elif argument.tensor.axis is None:
            value = value[..., None]
        else:
            axis = argument.tensor.axis + (not samples)
            value = np.moveaxis(value, axis, -1)
        return dict(self._members(argument, value, samples))

    def _members(
        self, argument: ModuleInput, value: Array, samples: bool
    ) -> list[tuple[str, Array]]:
        space = argument.tensor.cells.shape
        parts = self.seams.parts(argument.source.name, 0, whole(argument.size))
        found = []
        for index in np.ndindex(*space):
            vector = value[(slice(None), *index[samples:])]
            for k, part in enumerate(parts):
                places = [i + 1 for i, size in zip(index, space, strict=True) if size > 1]
                places += [k + 1] if len(parts) > 1 else []
                name = self._name(argument) + (f"[{','.join(map(str, places))}]" if places else "")
                found.append((name, vector[:, part.slice(self.n, self.n)]))
        return found

    def _name(self, argument: ModuleInput) -> str:
        return self.names[argument.source.name]

    names: dict[str, str] = field(repr=False, default_factory=dict)


def _array(value: Any) -> Array:
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().double().numpy()
    return np.asarray(value, dtype=np.float64)


def copy_weights(
    module: torch.nn.Module, imported: Imported, params: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The module's parameters as `params` of the compiled program; with `params`, the other way.

    The module may have another width than it was imported at. W = M w: of a parametrization with
    multipliers M the trained w = W / M are given. With `params` the module's parameters are
    overwritten by them and `params` is returned; norms that training gave to the slices of
    weight_norm go to their gains. Raises
    TPDataError where the module's shapes are not those that were imported.
    """
    tensors = dict(stored_tensors(module))
    width = _width_of(tensors, imported)
    compiled = compile(imported.program)
    sizes = {w.name: round(width * imported.ratios[w.name]) for w in imported.program.base_widths}
    made = compiled.init(sizes, 0)
    factors = compiled.multipliers(made)
    for piece in imported.pieces:
        own = float(piece.factor.value) * float(width) ** float(piece.factor.power)
        factor = factors.get(piece.name, 1.0) / own
        whole = tensors[piece.param.name]
        if params is None:
            view = _part(_normalized(whole, piece), piece, imported.n, width)
            made[piece.name] = _read(view, piece) / factor
        else:
            view = _part(whole, piece, imported.n, width)
            _write(view, piece, np.asarray(params[piece.name], dtype=np.float64) * factor)
    if params is None:
        return made
    for param, norm in {piece.param: piece.norm for piece in imported.pieces}.items():
        if param.normalized is not None:
            gains, norms = tensors[param.normalized.gain], _norms(tensors[param.name], param)
            with torch.no_grad():
                gains.mul_(norms / norm)
    return params


def _norms(tensor: torch.Tensor, param: Stored) -> torch.Tensor:
    """The norms of the slices that weight_norm divides by."""
    assert param.normalized is not None
    others = [k for k in range(tensor.dim()) if k != param.normalized.axis]
    norms: torch.Tensor = torch.linalg.vector_norm(
        tensor.detach().double(), dim=others, keepdim=True
    )
    return norms


def _normalized(tensor: torch.Tensor, piece: ParameterPart) -> torch.Tensor:
    """The weight with slices of the norm that the program takes them to have."""
    if piece.param.normalized is None:
        return tensor
    return tensor.detach() / _norms(tensor, piece.param) * piece.norm


def _part(tensor: torch.Tensor, piece: ParameterPart, n: int, width: int) -> torch.Tensor:
    """The part of the module's tensor that a piece is, as a view."""
    cuts = dict(piece.cuts)
    take: list[Any] = []
    for axis, place in enumerate(piece.index):
        cut: Cut | None = cuts.get(axis)
        take.append(place if cut is None else cut.slice(n, width))
    view = tensor.detach()
    view = view[tuple(take)] if take else view.reshape(1)
    return view[None] if len(piece.cuts) > view.dim() else view  # the one row of a readout


def _read(view: torch.Tensor, piece: ParameterPart) -> Array:
    array: Array = view.double().cpu().numpy().copy()
    array -= float(piece.law.constant)
    return array.T if piece.flipped else array


def _write(view: torch.Tensor, piece: ParameterPart, array: Array) -> None:
    array = (array.T if piece.flipped else array) + float(piece.law.constant)
    with torch.no_grad():
        view.copy_(torch.from_numpy(np.ascontiguousarray(array)))


def _width_of(tensors: Mapping[str, torch.Tensor], imported: Imported) -> int:
    """The width of a module, by the sizes of its parameters."""
    found: dict[int, str] = {}
    for piece in imported.pieces:
        tensor = tensors.get(piece.param.name)
        if tensor is None or tensor.dim() != len(piece.param.shape):
            raise TPDataError(f"the module has no parameter {piece.param.name} as imported")
        for size, own in zip(piece.param.shape, tensor.shape, strict=True):
            if size[0] == size[1]:
                if own != size[0]:
                    raise TPDataError(f"{piece.param.name} has a size {own}, not {size[0]}")
                continue
            grown = (own - size[0]) * imported.n / (size[1] - size[0]) + imported.n
            found[round(grown)] = piece.param.name
    if len(found) != 1:
        raise TPDataError(f"the module's sizes are those of the widths {sorted(found)}")
    (width,) = found
    for piece in imported.pieces:
        for size, own in zip(piece.param.shape, tensors[piece.param.name].shape, strict=True):
            if size_at(size, imported.n, width) != own:
                raise TPDataError(f"{piece.param.name} has a size {own} at the width {width}")
    return width
