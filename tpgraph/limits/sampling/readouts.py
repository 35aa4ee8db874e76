"""Gaussian readouts: random over initializations, drawn once, or conditioned on their values.

In the limit f = V x depends on V by a sum over coordinates: whatever value it has, the rows of V
stay iid Gaussian, so that a program may go on with f as a number. Source: Tensor Programs IIb
(arXiv 2105.03703), Appendix D.1.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from tpgraph.arrays import plain_array
from tpgraph.errors import TPDataError
from tpgraph.limits.sampling.gaussian import MatrixGaussians
from tpgraph.limits.sampling.normals import Array, NormalStock
from tpgraph.limits.sampling.residual import Operand
from tpgraph.program import MatMul, Program
from tpgraph.program.graph import varied
from tpgraph.program.reach import ancestors

__all__ = ["SAMPLED", "Outputs", "Readouts", "known_readouts", "readouts_first"]

SAMPLED = "sampled"
Outputs: TypeAlias = str | Mapping[str, Any] | None
"""None: readouts are random; "sampled": drawn once; values by name: given these."""

_TOLERANCE = 1e-6


def known_readouts(program: Program, outputs: Outputs) -> dict[str, Array]:
    """The values of conditioned readouts, checked. Raises TPDataError."""
    if outputs is None or outputs == SAMPLED:
        return {}
    if isinstance(outputs, str):
        raise TPDataError(f"outputs are {outputs!r}", expected=f'"{SAMPLED}", or values by readout')
    return {name: _value(program, name, value) for name, value in outputs.items()}


def _value(program: Program, name: str, value: Any) -> Array:
    made = program.equation_of.get(name)
    if not (isinstance(made, MatMul) and made.operand.is_wide and not made.out.is_wide):
        raise TPDataError(
            f"{name} is no readout of program {program.name}",
            expected="a product of fixed dimension, V x",
        )
    size = made.out.dim.size({})
    array = plain_array(name, value, float).reshape(-1)
    if array.shape != (size,) or not np.isfinite(array).all():
        raise TPDataError(f"the value of {name} does not fit", expected=f"{size} finite numbers")
    return array


def readouts_first(program: Program, known: Iterable[str]) -> Program:
    """The same program with what conditioned readouts are made of in front of everything else."""
    early = ancestors(program, set(known))
    first = tuple(e for e in program.equations if e.out.name in early)
    rest = tuple(e for e in program.equations if e.out.name not in early)
    return varied(program, equations=first + rest)


class Readouts:
    """How the Gaussian readouts of one evaluation come about."""

    def __init__(self, is_sampled: bool, known: Mapping[str, Array], seed: int) -> None:
        self._is_sampled = is_sampled
        self._known = known
        self._generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0, 1)))

    def draw(self, *shape: int) -> Array:
        """Standard normals of this shape, the same in every replicate."""
        return self._generator.standard_normal(shape)

    @property
    def is_sampled(self) -> bool:
        """Whether what is random over initializations is drawn once."""
        return self._is_sampled

    @property
    def has_known(self) -> bool:
        """Whether readouts have given values."""
        return bool(self._known)

    def extend(
        self,
        name: str,
        entries: int,
        family: MatrixGaussians,
        own: Array,
        covariances: Sequence[Array],
        operand: Operand,
        normals: NormalStock | None,
    ) -> Array | None:
        """Values (B, M, entries, S or 1) of a readout, as in `MatrixGaussians.extend`.

        One draw has the mean covariance of all replicates. Without `normals` random readouts have
        no samples. Raises TPDataError for a value that contradicts the earlier ones.
        """
        if self._is_sampled:
            x, factor = operand
            side_by_side = x.transpose(1, 0, 2).reshape(1, x.shape[1], -1)
            drawn = family.extend(
                name,
                own.mean(axis=0, keepdims=True),
                [c.mean(axis=0, keepdims=True) for c in covariances],
                lambda count: self.draw(1, count, entries, 1),
                Operand(side_by_side, factor / len(x)),
            )
            assert drawn is not None, "normals were given"
            return np.broadcast_to(drawn, (len(own), *drawn.shape[1:]))
        if name in self._known:
            value = np.broadcast_to(self._known[name][:, None], (*own.shape[:2], entries, 1))
            missed = family.condition(name, own, covariances, value, operand)
            self._require_possible(name, missed, own)
            return value

        def take(count: int) -> Array:
            assert normals is not None, "samples are wanted"
            return normals.take(count * entries).reshape(len(own), count, entries, normals.size)

        return family.extend(name, own, covariances, None if normals is None else take, operand)

    def _require_possible(self, name: str, missed: Array, own: Array) -> None:
        size = np.sqrt(np.diagonal(own, axis1=1, axis2=2)).max()
        if np.abs(missed).max() > _TOLERANCE * (size + np.abs(self._known[name]).max()):
            raise TPDataError(
                f"{name} cannot have the value that is given",
                expected="values that agree where readouts depend on each other",
                mend=f"leave out {name}: it follows from readouts before it",
            )
