"""Losses as functions of outputs and targets: what kernel gradient descent needs of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tpgraph.arrays import plain_array
from tpgraph.compiler import Module, Params, compile
from tpgraph.errors import TPDataError, TPTypeError
from tpgraph.program import Data, InitialScalar, Program, Target, Variable, check
from tpgraph.program.reach import ancestors
from tpgraph.transform.backward import differentiate_program

__all__ = [
    "KernelLoss",
    "Targets",
    "fixed_outputs",
    "program_loss",
    "samples_array",
    "squared_loss",
]

Array = npt.NDArray[np.float64]
Targets = Mapping[str, Array]
"""What a loss compares outputs with: arrays (N, d) by name."""

TARGET = "y"


class KernelLoss(Protocol):
    """L(f, y), summed over components, and L′ = ∂L/∂f; f is (…, N, k), targets are (N, d).

    `curvature` is c where L′(f) = c (f − y) with one target y, and None for other losses.
    """

    @property
    def curvature(self) -> float | None:
        """The constant second derivative of a squared loss."""

    @property
    def components(self) -> int | None:
        """The k of its outputs; None where it is that of the target."""

    def targets(self, given: Any) -> Targets:
        """The targets by name, checked. Raises TPDataError."""

    def value(self, f: Array, targets: Targets) -> Array:
        """L of every sample, (…, N)."""

    def derivative(self, f: Array, targets: Targets) -> Array:
        """L′ of every sample, (…, N, k)."""


@dataclass(frozen=True)
class _Squared:
    """L(f, y) = |f − y|² / 2."""

    curvature: float | None = 1.0
    components: int | None = None

    def targets(self, given: Any) -> Targets:
        if isinstance(given, Mapping):
            if len(given) != 1:
                raise TPDataError(f"the squared loss has one target, not {len(given)}")
            given = next(iter(given.values()))
        return {TARGET: samples_array("targets", given)}

    def value(self, f: Array, targets: Targets) -> Array:
        return np.asarray(((f - targets[TARGET]) ** 2).sum(axis=-1) / 2)

    def derivative(self, f: Array, targets: Targets) -> Array:
        return np.asarray(f - targets[TARGET])


squared_loss: KernelLoss = _Squared()
"""L(f, y) = |f − y|² / 2."""


@dataclass(frozen=True)
class _ProgramLoss:
    """The loss of a program: what follows its outputs, with its backward pass, compiled.

    `errors` names ∂L/∂f of every output, None where the loss does not read it.
    """

    module: Module
    params: Params
    outputs: tuple[Variable, ...]
    loss: str
    errors: tuple[str | None, ...]
    curvature: float | None = None

    @property
    def components(self) -> int | None:
        """The dimension of all outputs together."""
        return len(self.outputs) * self.outputs[0].dim.size({})

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """What the loss compares the outputs with."""
        program = self.module.program
        declared = [d.variable for d in (*program.data, *program.targets)]
        return tuple(v for v in declared if v not in self.outputs)

    def targets(self, given: Any) -> Targets:
        names = ", ".join(v.name for v in self.inputs) or "no target"
        if not isinstance(given, Mapping):
            if len(self.inputs) != 1:
                raise TPDataError(f"the loss reads {names}", expected="arrays by name")
            given = {self.inputs[0].name: given}
        missing = [v.name for v in self.inputs if v.name not in given]
        if missing:
            raise TPDataError(f"the loss reads {names}, but {', '.join(missing)} was not given")
        sizes = {v.name: v.dim.size({}) for v in self.inputs}
        return {name: samples_array(name, given[name], size) for name, size in sizes.items()}

    def value(self, f: Array, targets: Targets) -> Array:
        value = self._evaluate(f, targets)[self.loss].sum(axis=-1)
        return np.broadcast_to(value, f[..., 0].size).reshape(f.shape[:-1])

    def derivative(self, f: Array, targets: Targets) -> Array:
        found = self._evaluate(f, targets)
        shape = (f[..., 0].size, f.shape[-1] // len(self.outputs))
        zero = np.zeros(shape)
        parts = [zero if e is None else np.broadcast_to(found[e], shape) for e in self.errors]
        return np.concatenate(parts, axis=1).reshape(f.shape)

    def _evaluate(self, f: Array, targets: Targets) -> dict[str, Any]:
        """The compiled pass by variable, (E N, d), where E N are the samples of all members."""
        rows = f.reshape(-1, f.shape[-1])
        copies = len(rows) // f.shape[-2]
        parts = np.split(rows, len(self.outputs), axis=1)
        arrays = [*parts, *(np.tile(targets[v.name], (copies, 1)) for v in self.inputs)]
        with np.errstate(all="ignore"):  # a run that diverges is answered with what is infinite
            return dict(self.module.variables(self.params, *arrays))


def program_loss(program: Program) -> KernelLoss:
    """The loss of a program as a function of its outputs, of its targets, and of its data if read.

    Several outputs stand side by side in f. Raises TPTypeError for a program without a loss, with
    outputs that are not vectors of one fixed dimension, and with a loss that reads the network
    elsewhere than at its outputs.
    """
    outputs = fixed_outputs(program)
    if program.loss is None:
        raise TPTypeError(
            f"program {program.name} has no loss", mend="declare one: loss (f - y)^2 / 2"
        )
    names = [o.name for o in outputs]
    found = differentiate_program(_after(program, outputs, program.loss), program.loss.name, names)
    module = compile(found.program)
    errors = tuple(found.errors[n].name if n in found.errors else None for n in names)
    loss = _ProgramLoss(module, module.init({}), outputs, program.loss.name, errors)
    return replace(loss, curvature=_curvature(loss))


def fixed_outputs(program: Program) -> tuple[Variable, ...]:
    """The outputs, vectors of one fixed dimension. Raises TPTypeError for other programs."""
    wanted = "readouts such as f = V x, all of one dimension"
    if not program.outputs:
        raise TPTypeError(f"program {program.name} has no output", expected=wanted)
    for output in program.outputs:
        if not output.is_fixed:
            raise TPTypeError(f"output {output} is a {output.type}", expected=wanted)
        first = program.outputs[0]
        if output.dim.size({}) != first.dim.size({}):
            raise TPTypeError(
                f"outputs {first} of {first.dim} and {output} of {output.dim} differ",
                expected=wanted,
            )
    return program.outputs


def _after(program: Program, outputs: tuple[Variable, ...], loss: Variable) -> Program:
    """The part of the program from the outputs, given as data, to the loss."""
    names = {o.name for o in outputs}
    needed = ancestors(program, [loss.name], without=names)
    given = [d for d in program.declarations if any(v.name in needed for v in d.variables)]
    for declaration in given:
        constant = isinstance(declaration, InitialScalar) and not declaration.widths
        if not constant and not isinstance(declaration, Data | Target):
            raise TPTypeError(
                f"the loss reads {declaration.variables[0]} otherwise than through the outputs",
                expected="a loss of outputs, targets and data alone",
            )
    part = Program(
        name=f"{program.name}-loss",
        widths=(),
        declarations=(*(Data(o) for o in outputs), *given),
        equations=tuple(e for e in program.equations if e.out.name in needed - names),
        loss=loss,
        functions=program.functions,
    )
    return check(part)


def _curvature(loss: _ProgramLoss) -> float | None:
    """The c of L′(f) = c (f − y), probed at points off every symmetry; None otherwise."""
    if len(loss.inputs) != 1 or [v.dim for v in loss.outputs] != [loss.inputs[0].dim]:
        return None
    k = loss.outputs[0].dim.size({})
    f, y = np.random.default_rng(0).normal(scale=2.0, size=(2, 8, k))
    slopes = loss.derivative(f, {loss.inputs[0].name: y}) / (f - y)
    c = float(slopes[0, 0])
    return c if c > 0 and np.allclose(slopes, c, rtol=1e-9, atol=0.0) else None


def samples_array(what: str, given: Any, size: int | None = None) -> Array:
    """An array (N, size) of finite numbers; (N,) counts as (N, 1). Raises TPDataError."""
    array = plain_array(what, given, np.float64, "(N, k)")
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or not array.size or size not in (None, array.shape[1]):
        raise TPDataError(
            f"{what} has shape {np.shape(given)}", expected=f"(N, {size or 'k'}): a row a sample"
        )
    if not np.isfinite(array).all():
        raise TPDataError(f"{what} has entries that are not finite")
    return array
