"""Kernel gradient descent: what training is at infinite width in the NTK parametrization.

    f_{t+1}(ξ) = f_t(ξ) − η_t (1/B) Σ_{b ∈ batch t} K(ξ, ξ_b) L′(f_t(ξ_b))

K is the NTK at initialization, the same for every component of f, or, for several outputs, a matrix
K_ab of outputs a, b. Kernels are over P points, of which the first N, as many as there are targets,
are trained on; the others are test points.

Source: Yang & Littwin, Tensor Programs IIb (arXiv 2105.03703), Theorem 5.3; Jacot et al. (2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tpgraph.arrays import plain_array
from tpgraph.errors import TPDataError, TPError
from tpgraph.hyperparameters import require_rate, require_schedule
from tpgraph.kernels.losses import KernelLoss, Targets, program_loss, squared_loss
from tpgraph.program import Program
from tpgraph.shown import html_table, one_line, quantity

__all__ = [
    "KernelDynamics",
    "kernel_array",
    "kernel_dynamics",
    "largest_rate",
    "loss_of",
    "require_stable",
]

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, repr=False)
class KernelDynamics:
    """Trajectories of E members, one for each f₀, over T steps at P points, of k components.

    `outputs` is (T+1, E, P, k): f_0, …, f_T. `losses` is (T, E): the mean loss of the batch before
    each step. The first `train_count` points are those trained on.
    """

    outputs: Array
    losses: Array
    train_count: int

    def __repr__(self) -> str:
        count, members, points, components = self.outputs.shape
        facts = [
            quantity(count - 1, "step"), quantity(members, "member"),
            f"{self.train_count} of {points} points trained on", quantity(components, "component"),
        ]  # fmt: skip
        if len(self.losses):
            first, last = self.losses.mean(axis=1)[[0, -1]]
            facts.append(f"mean loss {first:.4g} → {last:.4g}")
        return one_line("KernelDynamics", "", *facts)

    def _repr_html_(self) -> str:
        """What notebooks show: losses at some of the steps."""
        steps = np.unique(np.geomspace(1, max(1, len(self.losses)), 12).astype(int)) - 1
        rows = [
            [step, f"{loss.mean():.4g}", f"{loss.min():.4g}", f"{loss.max():.4g}"]
            for step in (steps if len(self.losses) else ())
            for loss in [self.losses[step]]
        ]
        return html_table(repr(self)[1:-1], ["step", "mean loss", "least", "greatest"], rows)

    @property
    def train(self) -> Array:
        """The outputs at the points trained on, (T+1, E, N, k)."""
        return self.outputs[:, :, : self.train_count]

    @property
    def test(self) -> Array:
        """The outputs at the test points, (T+1, E, P−N, k)."""
        return self.outputs[:, :, self.train_count :]

    @property
    def mean(self) -> Array:
        """The mean over members, (T+1, P, k)."""
        return np.asarray(self.outputs.mean(axis=1))

    @property
    def cov(self) -> Array:
        """The covariance of points over members, averaged over components, (T+1, P, P).

        Raises TPError for a single member.
        """
        members, components = self.outputs.shape[1], self.outputs.shape[3]
        if members < 2:
            raise TPError("a covariance needs two members or more", mend="give more f₀")
        centred = self.outputs - self.outputs.mean(axis=1, keepdims=True)
        products = np.einsum("tepk,teqk->tpq", centred, centred, optimize=True)
        return np.asarray(products / ((members - 1) * components))


def kernel_dynamics(
    ntk: Any,
    targets: Any,
    *,
    lr: float | Sequence[float],
    steps: int | None = None,
    schedule: Any = None,
    start: Any = None,
    loss: KernelLoss | Program = squared_loss,
) -> KernelDynamics:
    """Kernel gradient descent, step by step.

    `ntk` is (P, P), or (P, N) without the columns of test points, or (P, m, P, m) for m outputs
    side by side in f; `targets` are (N, k), or arrays by name for a loss with several. `start` is
    f₀: nothing for 0, (P, k), or (E, P, k) for E members (`gaussian_ensemble` draws them from the
    NNGP). `schedule` holds the indices of every step's samples, (T,) or (T, B); without it, each of
    `steps` steps is on all samples. `lr` is η, or one for every step. `loss` is |f − y|²/2, or that
    of a program.

    Raises TPDataError for arrays that do not fit, TPTypeError for a program without a fitting loss,
    and TPError where full-batch descent on a squared loss diverges: η c λ_max(K)/N > 2, c = L″.
    Source: Tensor Programs IIb (arXiv 2105.03703), Theorem 5.3.
    """
    chosen = loss_of(loss)
    compared = chosen.targets(targets)
    count = _count(compared)
    K, m = kernel_array(ntk, count)
    points = len(K) // m
    batches = _batches(schedule, steps, count)
    rates = _rates(lr, len(batches))
    if schedule is None and chosen.curvature is not None:
        require_stable(K[: count * m], count, chosen.curvature, float(rates.max(initial=0.0)))
    components = chosen.components or next(iter(compared.values())).shape[1]
    f = _start(start, points, components)
    outputs = np.empty((len(batches) + 1, *f.shape))
    losses = np.empty((len(batches), len(f)))
    outputs[0] = f
    with np.errstate(all="ignore"):  # a run that diverges is answered with what is infinite
        for t, batch in enumerate(batches):
            seen = {name: array[batch] for name, array in compared.items()}
            before = outputs[t][:, batch]
            losses[t] = chosen.value(before, seen).mean(axis=1)
            slopes = chosen.derivative(before, seen).reshape(len(f), len(batch) * m, -1)
            columns = (batch[:, None] * m + np.arange(m)).ravel()
            step = (K[:, columns] @ slopes).reshape(f.shape)
            outputs[t + 1] = outputs[t] - rates[t] / len(batch) * step
    return KernelDynamics(outputs, losses, count)


def loss_of(loss: KernelLoss | Program) -> KernelLoss:
    """The loss itself, or that of a program."""
    return program_loss(loss) if isinstance(loss, Program) else loss


def kernel_array(kernel: Any, count: int) -> tuple[Array, int]:
    """A kernel over N = `count` ≤ P points with targets first, as a matrix, and its m outputs.

    (P, P) or (P, N) is the matrix itself, m = 1; of (P, m, P, m) or (P, m, N, m) the outputs stand
    within the points. Raises TPDataError for another shape and for what is not symmetric.
    """
    given = plain_array("the kernel", kernel, np.float64, "(P, P)")
    blocks = given if given.ndim == 4 else given.reshape(*given.shape[:1], 1, *given.shape[1:], 1)
    fits = blocks.ndim == 4 and blocks.shape[1] == blocks.shape[3] > 0
    if not fits or len(blocks) < count or blocks.shape[2] not in (count, len(blocks)):
        raise TPDataError(
            f"the kernel has shape {given.shape}, but there are targets of {count} samples",
            expected=f"(P, P) or (P, {count}) with P ≥ {count}, samples with targets first",
        )
    P, m, Q, _ = blocks.shape
    K = blocks.reshape(P * m, Q * m)
    if not np.isfinite(K).all():
        raise TPDataError("the kernel has entries that are not finite")
    square = K[: K.shape[1]]
    if not np.allclose(square, square.T, rtol=1e-6, atol=1e-9 * float(np.abs(square).max())):
        raise TPDataError("the kernel is not symmetric", expected="K(ξ, ξ̄) = K(ξ̄, ξ)")
    return K, m


def largest_rate(ntk: Any, curvature: float = 1.0) -> float:
    """2 N / (c λ_max(K)), above which full-batch descent on a squared loss diverges.

    K is (N, N), or (N, m, N, m); c = L″ is 1 for |f − y|²/2.
    """
    count = len(np.asarray(ntk))
    return _bound(kernel_array(ntk, count)[0], count, curvature)


def _bound(K: Array, count: int, curvature: float) -> float:
    top = float(np.linalg.eigvalsh((K + K.T) / 2)[-1])
    return 2 * count / (curvature * top) if top > 0 else float("inf")


def require_stable(K: Array, count: int, curvature: float, lr: float) -> None:
    """Raise TPError where full-batch descent diverges; K has the rows of `count` samples."""
    bound = _bound(K[:, : len(K)], count, curvature)
    if lr > bound * (1 + 1e-9):
        raise TPError(
            f"training diverges: the learning rate {lr:g} is above"
            f" 2N / (L″ λ_max(K)) = {bound:.4g}",
            mend=f"choose a learning rate of at most {bound:.4g}",
        )


def _count(targets: Targets) -> int:
    counts = {name: len(array) for name, array in targets.items()}
    if not counts:
        raise TPDataError("the loss has no targets, which say how many samples there are")
    if len(set(counts.values())) > 1:
        sizes = ", ".join(f"{name}: {n}" for name, n in counts.items())
        raise TPDataError(f"the targets have different numbers of samples ({sizes})")
    return next(iter(counts.values()))


def _batches(schedule: Any, steps: int | None, count: int) -> Indices:
    """The samples of every step, (T, B)."""
    if schedule is None:
        if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 0:
            raise TPDataError(f"steps is {steps!r}", expected="a whole number ≥ 0, or a schedule")
        return np.broadcast_to(np.arange(count), (int(steps), count))
    given = plain_array("the schedule", schedule)
    batches = given[:, None] if given.ndim == 1 else given
    if batches.ndim != 2 or batches.shape[1] < 1 or (given.size and given.dtype.kind not in "iu"):
        raise TPDataError(
            f"the schedule has shape {given.shape} and entries of type {given.dtype}",
            expected="indices (T,) or (T, batch)",
        )
    if steps is not None and steps != len(batches):
        raise TPDataError(f"{steps} steps, but a schedule of {len(batches)}")
    if batches.size and not 0 <= batches.min() <= batches.max() < count:
        raise TPDataError(
            f"the schedule names samples {batches.min()} to {batches.max()}",
            expected=f"indices from 0 to {count - 1}",
        )
    return batches.astype(np.intp)


def _rates(lr: float | Sequence[float], steps: int) -> Array:
    rates = plain_array("lr", lr, np.float64)
    if rates.ndim > 1 or (rates.ndim == 1 and len(rates) != steps):
        raise TPDataError(
            f"{rates.size} learning rates for {steps} steps", expected="one, or one for every step"
        )
    if rates.ndim:
        require_schedule(rates.tolist())
    else:
        require_rate(lr)
    return np.broadcast_to(rates, (steps,))


def _start(given: Any, points: int, components: int) -> Array:
    """f₀ of every member, (E, P, k)."""
    if given is None:
        return np.zeros((1, points, components))
    f = plain_array("f₀", given, np.float64)
    f = f[None] if f.ndim == 2 else f
    if f.ndim != 3 or not len(f) or f.shape[1:] != (points, components):
        raise TPDataError(
            f"f₀ has shape {np.shape(given)}",
            expected=f"({points}, {components}), or (members, {points}, {components})",
        )
    if not np.isfinite(f).all():
        raise TPDataError("f₀ has entries that are not finite")
    return f
