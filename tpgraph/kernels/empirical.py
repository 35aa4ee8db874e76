"""NNGP and NTK of one network of finite width, by Gram products.

    K_ab = Σ_W Σ_{i,j} (M²/S²) (dH_i^a dH̄_j^bᵀ) ⊙ (X_i X̄_jᵀ),   rows of X_i: x_i(ξ) over the inputs

One forward and one backward pass of all inputs and output components, and for each pair of uses
two products of matrices: O(N² n) numbers, never the Jacobian's O(N P).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from tpgraph.arrays import plain_array
from tpgraph.compiler import ForeignModule, Module, Params, compile
from tpgraph.compiler.not_finite import first_not_finite
from tpgraph.errors import TPDataError, TPError, TPTypeError
from tpgraph.interpreter import sample
from tpgraph.kernels.equal_ends import with_equal_ends_once
from tpgraph.kernels.grams import GramGroup, Grams, total
from tpgraph.kernels.inputs import Inputs, input_arrays, require_kernel_room, side_by_side
from tpgraph.kernels.kernel_values import Array, Kernel, row_labels, squeezed
from tpgraph.kernels.linearity import require_linear
from tpgraph.kernels.tangent import Kind, Row, Tangent, check_kind, components, tangent
from tpgraph.program import Data, InitialMatrix, Parameter, Program, Target, scaling
from tpgraph.transform.emit import start_builder
from tpgraph.types import Dimension, Width

__all__ = ["Components", "Finite", "empirical_kernel", "finite", "widths_of"]

Components: TypeAlias = Literal["all", "mean"]

_MOST_KEPT = 16
_KEPT: dict[tuple[int, Kind, str, str], Finite] = {}
"""The latest networks that were made ready, each with its program, so that one has its own id."""


def empirical_kernel(
    model: Module | Program,
    params: Params,
    X: Inputs,
    kind: str = "both",
    components: Components = "all",
    backend: str = "numpy",
) -> Kernel:
    """NNGP and NTK of the network with these parameters, on N inputs.

    ntk   K(ξ, ξ̄)_ab = ⟨∇f_a(ξ), ∇f_b(ξ̄)⟩, gradients by every trained w
    nngp  Cov(f_a(ξ), f_b(ξ̄)) over the readout matrices and trained vectors of fixed dimension,
          everything else given: Var(V_α) x·x̄ for f = V x, with the entries' variance Var(V_α)

    Arrays are (N, m, N, m) over the m components of all outputs, (N, N) for one; with `components`
    "mean" the mean of K_aa over the components of each output, (N, N) for one output. `model` is a
    compiled module, in whose dtype the products are taken, or a program; `params` are those of
    `Module.init`, or tensors of torch or arrays of JAX by the same names. X is an array (N, d),
    arrays by source name or a data set; `kind` is ntk, nngp or both. The passes and products of
    `backend` "torch" or "jax" are taken by that library, on a GPU where it has one.

    Raises TPTypeError for programs without output, data or params and for an NNGP of outputs that
    are not linear in their readouts, TPDataError for arrays that do not fit.
    """
    program = model.program if isinstance(model, Module) else model
    dtype = model.dtype if isinstance(model, Module) else "float64"
    return finite(program, check_kind(kind), dtype, backend).kernel(params, X, components)


def finite(program: Program, kind: Kind, dtype: str = "float64", backend: str = "numpy") -> Finite:
    """A network made ready for kernels of many parameters and inputs; the latest are kept."""
    key = id(program), kind, dtype, backend
    known = _KEPT.get(key)
    if known is not None and known.tangent.network is program:
        return known
    found = with_equal_ends_once(tangent(program, kind))
    if kind != "ntk":
        require_linear(program, found.readouts)
    while len(_KEPT) >= _MOST_KEPT:
        _KEPT.pop(next(iter(_KEPT)), None)
    made = _KEPT[key] = Finite(found, compile(found.program, dtype, backend), kind)
    return made


@dataclass(frozen=True)
class Finite:
    """The compiled passes of a network."""

    tangent: Tangent
    module: Module | ForeignModule
    kind: Kind

    def kernel(self, params: Params, X: Inputs, components: Components = "all") -> Kernel:
        """`empirical_kernel` of these parameters and inputs.

        Raises TPError where it is not finite, with the first instruction that is not.
        """
        found = self.measured(params, X, components)
        blocks = (block for block in (found.ntk, found.nngp) if block is not None)
        if not all(np.isfinite(block).all() for block in blocks):
            raise self._fault(params, input_arrays(self.tangent.network, X))
        return found

    def measured(self, params: Params, X: Inputs, components: Components = "all") -> Kernel:
        """`kernel`, with nan and infinities where a network has grown that far."""
        arrays = input_arrays(self.tangent.network, X)
        size = len(self.tangent.rows) if components == "all" else 1
        require_kernel_room(len(next(iter(arrays.values()))), size)
        if not hasattr(params, "items"):
            kind = type(params).__name__
            raise TPDataError(f"params are of type {kind}", mend="give those that init returns")
        given = self._parameters({k: plain_array(k, v) for k, v in params.items()})
        match components:
            case "all":
                rows = self.tangent.rows
                found = {k: squeezed(v) for k, v in self._blocks(given, arrays, rows).items()}
                labels = row_labels(self.tangent.outputs, rows)
            case "mean":
                found = {k: squeezed(v) for k, v in self._means(given, arrays).items()}
                labels = tuple(v.name for v in self.tangent.outputs)
            case _:
                raise TPTypeError(f"unknown components {components!r}", expected="all or mean")
        x = side_by_side(arrays)
        return Kernel(x, labels, "finite", ntk=found.get("ntk"), nngp=found.get("nngp"))

    def _fault(self, params: Params, arrays: Mapping[str, Array]) -> TPError:
        """Why a kernel is not finite: the first instruction that is not, and the input."""
        too_large = TPError("the kernel is not finite: its numbers are too large for a float")
        module = self.module
        if not isinstance(module, Module):
            return too_large
        given = self._parameters({k: plain_array(k, v) for k, v in params.items()})
        for name, array in given.items():
            if not np.isfinite(array).all():
                return TPDataError(
                    f"the kernel is not finite: its parameter {name} holds nan or infinity",
                    mend="take parameters from before training diverged, or a smaller rate",
                )
        for row in self.tangent.rows:
            seeds = {name: seed[0] for name, seed in self.tangent.seeds([row]).items()}
            for place in range(len(next(iter(arrays.values())))):
                one = {**{name: a[place] for name, a in arrays.items()}, **seeds}
                sample = [np.asarray(one[d.variable.name]) for d in module.program.data]
                found = first_not_finite(module, given, sample)
                if found is not None:
                    return found.error(f"on input {place + 1}")
        return too_large

    def _means(self, params: Params, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """The mean over a of K_aa, for each pair of outputs; one component at a time."""
        sizes = [components(v) for v in self.tangent.outputs]
        totals: dict[str, Array] = {}
        counts = np.minimum.outer(sizes, sizes)[:, None, :, None]
        for component in range(max(sizes)):
            rows = [(o, component) for o, size in enumerate(sizes) if component < size]
            places = [o for o, _ in rows]
            for name, block in self._blocks(params, arrays, rows).items():
                full = np.zeros((len(sizes), block.shape[1], len(sizes), block.shape[3]))
                full[np.ix_(places, range(block.shape[1]), places, range(block.shape[3]))] = block
                totals[name] = totals[name] + full if name in totals else full
        return {name: total / counts for name, total in totals.items()}

    def _blocks(
        self, params: Params, arrays: Mapping[str, Array], rows: Sequence[Row]
    ) -> dict[str, Array]:
        """Each kernel over these components, (m, N, m, N)."""
        seeds = {name: seed[:, None, :] for name, seed in self.tangent.seeds(rows).items()}
        with np.errstate(all="ignore"):  # what is not finite is refused
            values = self.module.outputs(params, {**arrays, **seeds})
        widths = widths_of(self.tangent.network, params)
        count = len(next(iter(arrays.values())))
        shape = (len(rows), count, len(rows), count)
        groups: dict[str, list[GramGroup]] = {}
        if self.kind != "nngp":
            groups["ntk"] = [GramGroup(1.0, g.terms) for g in self.tangent.gradients]
        if self.kind != "ntk":
            groups["nngp"] = [
                GramGroup(_variance(self.tangent.network, r.declaration, widths), r.terms)
                for r in self.tangent.readouts
            ]
        grams = Grams(values, [g for found in groups.values() for g in found])
        with np.errstate(all="ignore"):
            return {
                name: np.array(np.broadcast_to(total(found, grams, widths), shape))
                for name, found in groups.items()
            }

    def _parameters(self, params: Params) -> Params:
        """The network's parameters, and the constants that the backward pass has beside them."""
        widths = self._checked_widths(params)
        constants = sample(self._constants, widths, 0)
        dtype = self.module.dtype
        return {**params, **{k: np.atleast_1d(v).astype(dtype) for k, v in constants.items()}}

    def _checked_widths(self, params: Params) -> dict[str, int]:
        """The sizes of the base widths. Raises TPDataError for missing or unfit arrays."""
        network, program = self.tangent.network, self.tangent.program
        drawn = [d for d in network.declarations if not isinstance(d, Data | Target)]
        needed = [v.name for d in drawn if d in program.declarations for v in d.variables]
        missing = [name for name in needed if name not in params]
        if missing:
            raise TPDataError(
                f"no array was given for {', '.join(missing)}",
                mend="give the params that init returns",
            )
        widths = widths_of(network, params)
        for variable in (network.variables[name] for name in needed):
            shape = tuple(d.size(widths) for d in variable.type.dimensions)
            if shape and np.shape(params[variable.name]) != shape:
                raise TPDataError(
                    f"{variable} has shape {np.shape(params[variable.name])}",
                    expected=f"{shape}, by the widths of the other arrays",
                )
        return widths

    @cached_property
    def _constants(self) -> Program:
        """What the backward pass declares: ε = 1/√n and vectors of ones."""
        program, network = self.tangent.program, self.tangent.network
        added = [
            d
            for d in program.declarations
            if d not in network.declarations and not isinstance(d, Data)
        ]
        return start_builder(program, "constants", added).build()


def _variance(
    program: Program, declaration: Parameter | InitialMatrix, widths: Mapping[str, int]
) -> float:
    """The variance of the entries of W."""
    if isinstance(declaration, InitialMatrix):
        return declaration.variance / declaration.variable.matrix.columns.size(widths)
    assert program.parametrization is not None, "checked by the builder"
    base = program.widths[0] if program.widths else None
    return scaling(declaration, program.parametrization, base, widths).entry_variance


def widths_of(program: Program, params: Params) -> dict[str, int]:
    """The sizes of the base widths, from the shapes of what was drawn."""
    found: dict[str, int] = {}
    sizes: dict[Width, int] = {}
    for variable in (v for d in program.declarations for v in d.variables):
        dims: tuple[Dimension, ...] = variable.type.dimensions
        for dim, size in zip(dims, np.shape(params.get(variable.name, ())), strict=False):
            if isinstance(dim, Width):
                sizes.setdefault(dim, size)
    for dim, size in sorted(sizes.items(), key=lambda item: item[0].is_rounded):
        found.setdefault(dim.base or dim.name, round(size / dim.ratio))
    for width in program.base_widths:
        stored = params.get(f"width {width.name}")
        if width.name not in found and stored is not None:
            found[width.name] = int(stored[0])
    return found
