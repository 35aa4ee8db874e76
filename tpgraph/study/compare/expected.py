"""What networks of a comparison tend to: kernel gradient descent, or the limit of unrolled SGD.

Kernel regime: f̊ follows kernel gradient descent on the same schedule from the network's own f₀, so
that what is compared is the map of training, as Theorem 5.3 of Tensor Programs IIb (arXiv
2105.03703) says it; the GP ensemble beside it starts from f₀ ~ N(0, NNGP).

Feature learning (μP): SGD is unrolled into a program, of which the Master Theorem gives the limit:
every output is deterministic (Tensor Programs IV, arXiv 2011.14522, section 6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPDataError, TPError, TPTypeError
from tpgraph.kernels.dynamics import kernel_dynamics
from tpgraph.kernels.ensemble import gaussian_ensemble
from tpgraph.kernels.kernel_values import Kernel
from tpgraph.kernels.losses import KernelLoss
from tpgraph.limits import limit
from tpgraph.limits.estimates import VectorLimit
from tpgraph.program import Program, Regime, Variable, analysis_of, require_room
from tpgraph.study.followed import data_of, followed_names
from tpgraph.study.samples import Array, Experience
from tpgraph.transform import unroll_sgd

__all__ = [
    "Ensemble",
    "FeatureLimit",
    "KernelLimit",
    "Kernels",
    "Reference",
    "feature_limit",
    "kernel_limit",
    "regime_of",
]

Kernels = Callable[[Program, Mapping[str, Array]], Kernel]
"""NNGP and NTK of a program on samples, as `tpgraph.kernel`."""

_NUMBERS = 2**23
"""So many numbers of an ensemble's trajectories are held at a time."""


@dataclass(frozen=True)
class Ensemble:
    """Mean and standard deviation over initializations at infinite width, each (T+1, M, k)."""

    mean: Array
    sd: Array


class Reference(Protocol):
    """What networks are compared with; `error` is the largest standard error in it."""

    @property
    def engine(self) -> str:
        """How the limit was taken: "exact" or "sampled"."""

    @property
    def error(self) -> float:
        """Of the NTK relative to its largest entry, or of an output."""

    def beside(self, start: Array) -> Array:
        """The limit's test outputs (T+1, M, k) for a network with f₀ (N+M, k)."""

    def ensemble(self, members: int, components: int, seed: int) -> Ensemble | None:
        """The test outputs over initializations; None where they are deterministic."""


@dataclass(frozen=True)
class KernelLimit:
    """Kernel gradient descent on an experience.

    `ntk` is over the N training samples and M test points, (N+M, N+M), or (N+M, m, N+M, m) for m
    outputs, times the width factor of the learning rate, which leaves it of order one; `nngp`
    likewise.
    """

    seen: Experience
    loss: KernelLoss
    lr: float
    ntk: Array
    nngp: Array
    error: float
    engine: str

    def beside(self, start: Array) -> Array:
        """Kernel gradient descent from this f₀."""
        return self._outputs(start[None])[:, 0]

    def ensemble(self, members: int, components: int, seed: int) -> Ensemble:
        """Mean and standard deviation over f₀ ~ N(0, NNGP), by so many members."""
        kept = 2 * members * (self.seen.steps + 1) * components
        kept *= len(next(iter(self.seen.test.values())))
        require_room(kept, f"an ensemble of {members:,} members", "choose fewer members or steps")
        start = gaussian_ensemble(self.nngp, members, components, seed)
        per_member = (self.seen.steps + 1) * start[0].size
        part = max(1, _NUMBERS // per_member)
        outputs = [self._outputs(start[i : i + part]) for i in range(0, members, part)]
        every = np.concatenate(outputs, axis=1)
        with np.errstate(all="ignore"):  # members that diverge have no mean
            return Ensemble(every.mean(axis=1), every.std(axis=1, ddof=1))

    def _outputs(self, start: Array) -> Array:
        """The test outputs (T+1, E, M, k) of members that start at f₀ (E, N+M, k)."""
        found = kernel_dynamics(
            self.ntk,
            dict(self.seen.train),
            lr=self.lr,
            schedule=self.seen.schedule,
            start=start,
            loss=self.loss,
        )
        return found.test


@dataclass(frozen=True)
class FeatureLimit:
    """The deterministic test outputs (T+1, M, k) of every network."""

    values: Array
    error: float
    engine: str

    def beside(self, start: Array) -> Array:
        """The same for every network."""
        return self.values

    def ensemble(self, members: int, components: int, seed: int) -> None:
        """Nothing is random."""


def regime_of(program: Program) -> Regime:
    """The regime of the parametrization. Raises TPError where it has no limit to compare with."""
    analysis = analysis_of(program)
    if analysis is None:
        raise TPError(f"program {program.name} has no param to train")
    if analysis.regime in ("unstable", "trivial"):
        raise TPError(
            f"the parametrization of {program.name} is {analysis.regime} (r = {analysis.r})",
            expected="one with a limit: ntk, mup, or standard with c = 1",
            mend="see tpgraph check",
        )
    return analysis.regime


def kernel_limit(
    program: Program, seen: Experience, loss: KernelLoss, lr: float, kernels: Kernels
) -> KernelLimit:
    """The limit in the kernel regime.

    Raises TPTypeError where the components of the output have no common kernel.
    """
    data = [d.variable.name for d in program.data]
    points = {name: np.concatenate([seen.train[name], seen.test[name]]) for name in data}
    found = kernels(program, points)
    assert found.ntk is not None
    assert found.nngp is not None
    if found.ntk.ndim == 4 and found.ntk.shape[1] != len(program.outputs):
        raise TPTypeError(
            f"the components of {', '.join(o.name for o in program.outputs)} have kernels of their"
            " own",
            expected="outputs f = V x, of independent components",
        )
    assert program.parametrization is not None
    excess = found.exponent - program.parametrization.c
    if excess > 0:
        raise TPError(f"the NTK times the learning rate grows with width, like n^{excess}")
    scale = 1.0 if excess == 0 else 0.0
    errors = np.zeros(1) if found.ntk_error is None else found.ntk_error
    error = float(np.abs(errors).max() / np.abs(found.ntk).max())
    ntk, nngp = _symmetric(found.ntk) * scale, _symmetric(found.nngp)
    return KernelLimit(seen, loss, lr, ntk, nngp, error, found.engine)


def _symmetric(kernel: npt.NDArray[np.floating]) -> Array:
    """The kernel, (P, P) or (P, m, P, m), without the asymmetry of sampling."""
    half = kernel.ndim // 2
    turned = kernel.transpose(*range(half, 2 * half), *range(half))
    return np.asarray((kernel + turned) / 2, dtype=np.float64)


def feature_limit(
    program: Program,
    outputs: Sequence[Variable],
    seen: Experience,
    lr: float,
    samples: int,
) -> FeatureLimit:
    """The limit of SGD with feature learning.

    Raises TPError where an output stays random, as where f₀ does not vanish.
    """
    steps, batch = seen.schedule.shape
    unrolled = unroll_sgd(program, steps, batch, lr=lr)
    names = followed_names(unrolled, [o.name for o in unrolled.outputs])
    count = len(next(iter(seen.test.values())))
    values = np.empty((steps + 1, count, len(outputs) * outputs[0].dim.size({})))
    error, engines = 0.0, set()
    for m in range(count):
        found = limit(unrolled, data=data_of(unrolled, seen, m), samples=samples)
        engines.add(found.engine)
        for t in range(steps + 1):
            vectors = [found.vector(names.get((t, f.name), f.name)) for f in outputs]
            values[t, m] = np.concatenate([_deterministic(v, t) for v in vectors])
            error = max(error, *(v.mean.error for v in vectors))
    return FeatureLimit(values, error, "exact" if engines == {"exact"} else "sampled")


def _deterministic(vector: VectorLimit, t: int) -> Array:
    """The entries of an output that is a number in the limit."""
    if vector.var.value > 5 * vector.var.error:
        raise TPDataError(f"outputs stay random at infinite width after {t} steps")
    return vector.values
