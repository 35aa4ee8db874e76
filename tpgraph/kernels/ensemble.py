"""Networks over their initializations, at infinite width: f₀ ~ GP(0, NNGP), and after training.

For a squared loss, L′(f) = c (f − y), full-batch kernel gradient descent is solved by

    f_t = f₀ + K(·, X) G_t (y − f₀(X)),   G_t = Σ_i u_i g_t(λ_i) u_iᵀ,   K(X, X) = Σ_i λ_i u_i u_iᵀ

    discrete steps    g_t(λ) = (1 − (1 − η c λ/N)^t) / λ
    continuous time   g_t(λ) = (1 − exp(−c λ t/N)) / λ        t = η × steps
    t → ∞             g_∞(λ) = 1/(λ + r), so that f_∞ = f₀ + K(·, X) (K(X, X) + r)⁻¹ (y − f₀(X))

which is affine in f₀: with f₀ ~ N(0, Σ), the NNGP, f_t is Gaussian with mean K(·, X) G_t y and
covariance A Σ Aᵀ, A = 1 − K(·, X) G_t δ_X. r is a ridge, 0 by default. Directions whose λ + r is
not above the cut, what the error of K may make of 0, are not learned: g_∞ = 0.

Source: Lee et al., Wide neural networks of any depth evolve as linear models (arXiv 1902.06720).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPDataError, TPTypeError, TPWarning, warn
from tpgraph.hyperparameters import require_rate
from tpgraph.kernels.dynamics import kernel_array, loss_of, require_stable
from tpgraph.kernels.losses import KernelLoss, samples_array, squared_loss
from tpgraph.program import Program, require_room
from tpgraph.shown import html_table, one_line, quantity

__all__ = ["KernelSolution", "gaussian_ensemble", "kernel_solution"]

Array = npt.NDArray[np.float64]

_NULL = 1e-12
"""Eigenvalues below this part of the largest are zero, where the kernel's error is not known."""
_LEFT = 1e-6
"""What may be left of the targets, relative, without a word."""

_INDEFINITE = 1e-2
"""A covariance with a negative eigenvalue of this part of the largest is none; a sampled one has
such that are smaller."""


@dataclass(frozen=True, repr=False)
class KernelSolution:
    """The trained outputs at P points: `mean` (P, k), `cov` (P, P), the same for every component.

    For m outputs side by side `cov` is (P, m, P, m). The first `train_count` points are those
    trained on. `dropped` directions were not learned, their eigenvalues not above `cut`, and
    `residual` is the largest |mean − y| at the points trained on.
    """

    mean: Array
    cov: Array
    train_count: int
    dropped: int = 0
    cut: float = 0.0
    residual: float = 0.0

    def __repr__(self) -> str:
        of = f"{self.train_count} of {quantity(len(self.mean), 'point')} trained on"
        missed = f"targets missed by {self.residual:.2g} at most"
        dropped = [f"{quantity(self.dropped, 'direction')} not learned"] if self.dropped else []
        return one_line("KernelSolution", "", of, *dropped, missed)

    def _repr_html_(self) -> str:
        """What notebooks show: mean and standard deviation at each of the points."""
        values, sd = self.mean.reshape(len(self.mean), -1), self.sd.reshape(len(self.mean), -1)
        rows = [
            [point, *(f"{value:.4g} ± {around:.2g}" for value, around in zip(*row, strict=False))]
            for point, row in enumerate(zip(values, np.broadcast_to(sd, values.shape), strict=True))
        ]
        head = ["point", *(f"component {k}" for k in range(values.shape[1]))]
        return html_table(repr(self)[1:-1], head, rows)

    @property
    def sd(self) -> Array:
        """The standard deviation at every point, (P,), or (P, m)."""
        shape = self.cov.shape[: self.cov.ndim // 2]
        size = math.prod(shape)
        return np.sqrt(np.maximum(np.diagonal(self.cov.reshape(size, size)), 0.0)).reshape(shape)


def kernel_solution(
    ntk: Any,
    targets: Any,
    *,
    lr: float | None = None,
    steps: int | None = None,
    time: float | None = None,
    start: Any = None,
    nngp: Any = None,
    error: Any = None,
    ridge: float = 0.0,
    loss: KernelLoss | Program = squared_loss,
) -> KernelSolution:
    """Full-batch kernel gradient descent on a squared loss, in closed form.

    After `steps` steps of rate `lr`, at continuous `time` = η × steps, or, without either, in the
    limit t → ∞. `ntk` is (P, P) or (P, N), the samples with targets (N, k) first, or (P, m, P, m)
    for m outputs side by side; `start` is the mean of f₀, (P, k), 0 by default; `nngp` its
    covariance, of the shape of `ntk`, 0 by default: f₀ fixed.

    `error` is that of the kernel (`Kernels.ntk_error`), a number or an array that broadcasts: of
    eigenvalues no larger than its Frobenius norm nothing is known, and they count as 0; without it
    those below 10⁻¹² of the largest. For t → ∞ a TPWarning says how many were dropped where the
    targets are missed for it. `ridge` r is added to every eigenvalue, for t → ∞ alone; then
    none is cut.

    Raises TPDataError for arrays that do not fit, TPTypeError for another loss, and TPError where
    the learning rate makes training diverge.
    Source: see `tpgraph.kernels.ensemble`.
    """
    chosen = loss_of(loss)
    c = chosen.curvature
    if c is None:
        raise TPTypeError("the closed form is for a squared loss", mend="use kernel_dynamics")
    y = next(iter(chosen.targets(targets).values()))
    N, components = y.shape
    K, m = kernel_array(ntk, N)
    points = len(K) // m
    _check_time(lr, steps, time)
    _check_ridge(ridge, steps, time)
    if lr is not None and steps is not None:
        require_stable(K[: N * m], N, c, lr)
    f0 = _mean_start(start, points, components, m)
    trained = slice(N * m)
    square = K[trained, trained]
    values, vectors = _spectrum(square, "kernel")
    cut = 0.0 if ridge else _cut(values, error, K.shape)
    G = vectors * _learned(values + ridge, cut, c / N, lr, steps, time) @ vectors.T
    to_train = K[:, trained] @ G
    A = np.eye(len(K))
    A[:, trained] -= to_train
    covariance = np.zeros((len(K), len(K))) if nngp is None else _full(nngp, points, m)
    wrong = y.reshape(N * m, -1) - f0.reshape(points * m, -1)[trained]
    mean = f0 + (to_train @ wrong).reshape(f0.shape)
    cov = A @ covariance @ A.T
    found = KernelSolution(
        mean,
        cov if m == 1 else cov.reshape(points, m, points, m),
        N,
        int((values + ridge <= cut).sum()),
        cut,
        float(np.max(np.abs(mean[:N] - y), initial=0.0)),
    )
    if steps is None and time is None:
        _tell(found, float(np.max(np.abs(wrong), initial=0.0)), error is None)
    return found


def _cut(values: Array, error: Any, shape: tuple[int, ...]) -> float:
    """The eigenvalue up to which nothing is known of one."""
    size = len(values)
    rounding = size * float(np.finfo(float).eps) * max(float(values[-1]), 0.0)
    if error is None:
        return max(_NULL * max(float(values[-1]), 0.0), rounding)
    array = np.asarray(error, dtype=float)
    if array.ndim == 4:
        array = array.reshape(array.shape[0] * array.shape[1], -1)
    if not np.isfinite(array).all() or (array < 0).any():
        raise TPDataError("an error of the kernel is below 0 or not finite")
    try:
        whole = np.broadcast_to(array, shape)
    except ValueError:
        raise TPDataError(
            f"the error of the kernel has shape {array.shape}", expected=f"{shape}, or a number"
        ) from None
    return max(float(np.linalg.norm(whole[:size, :size])), rounding)


def _check_ridge(ridge: float, steps: int | None, time: float | None) -> None:
    """Raise TPDataError for a ridge that is no number ≥ 0, or beside a time."""
    if not (math.isfinite(ridge) and ridge >= 0):
        raise TPDataError(f"the ridge is {ridge}", expected="a finite number ≥ 0")
    if ridge and (steps is not None or time is not None):
        raise TPDataError("a ridge is for the limit t → ∞", mend="leave steps and time out")


def _tell(found: KernelSolution, size: float, is_guessed: bool) -> None:
    """A TPWarning where directions that were dropped leave targets unlearned."""
    if found.dropped and found.residual > _LEFT * size:
        why = "10⁻¹² of the largest" if is_guessed else "the kernel's error"
        mend = "error= chooses the cut by the kernel's own error, " if is_guessed else ""
        warn(
            TPWarning(
                f"{found.dropped} directions have eigenvalues not above {found.cut:.2g}, {why}, and"
                f" are not learned: the mean misses the targets by up to {found.residual:.3g};"
                f" {mend}ridge= learns them in part"
            )
        )


def _check_time(lr: float | None, steps: int | None, time: float | None) -> None:
    """Raise TPDataError for steps beside a time, either below 0, and for no rate."""
    if steps is not None and time is not None:
        raise TPDataError("steps and time were both given", expected="one of them")
    if steps is not None:
        require_rate(lr)
        if steps < 0:
            raise TPDataError(f"steps is {steps!r}", expected="a whole number ≥ 0")
    elif lr is not None:
        raise TPDataError(f"lr is {lr!r}, and no steps are taken", mend="give steps, or no lr")
    if time is not None and not (math.isfinite(time) and time >= 0):
        raise TPDataError(f"time is {time}", expected="a finite number ≥ 0")


def _mean_start(start: Any, points: int, components: int, outputs: int) -> Array:
    """The mean of f₀, (P, k), for a kernel of m outputs."""
    f0 = np.zeros((points, components)) if start is None else samples_array("f₀", start)
    if f0.shape != (points, components) or components % outputs:
        raise TPDataError(
            f"f₀ has shape {f0.shape}, and the kernel is of {outputs} outputs",
            expected=f"({points}, {components}), as the targets",
        )
    return f0


def _learned(
    values: Array, cut: float, scale: float, lr: float | None, steps: int | None, time: float | None
) -> Array:
    """g_t(λ) of every eigenvalue; `scale` is c/N."""
    null = values <= cut
    safe = np.where(null, 1.0, values)
    if steps is not None:
        assert lr is not None
        x = lr * scale * safe
        with np.errstate(divide="ignore", invalid="ignore"):
            decayed = np.where(x < 1, -np.expm1(steps * np.log1p(-x)), 1 - (1 - x) ** steps)
        return np.where(null, lr * scale * steps, decayed / safe)
    if time is not None:
        return np.where(null, scale * time, -np.expm1(-scale * time * safe) / safe)
    return np.where(null, 0.0, 1 / safe)


def _full(nngp: Any, points: int, outputs: int) -> Array:
    """A covariance (P, P) or (P, m, P, m) as a symmetric matrix."""
    covariance, m = kernel_array(nngp, points)
    if m != outputs:
        raise TPDataError(f"the NNGP is of {m} outputs and the NTK of {outputs}")
    _spectrum(covariance, "NNGP")
    return (covariance + covariance.T) / 2


def _spectrum(matrix: Array, what: str) -> tuple[Array, Array]:
    """Eigenvalues, increasing, and eigenvectors of a positive semidefinite matrix.

    Raises TPDataError where it is clearly indefinite: on such a kernel gradient descent diverges.
    """
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    if values[0] < -_INDEFINITE * max(float(values[-1]), 0.0):
        raise TPDataError(f"the {what} has the eigenvalue {values[0]:.3g}", expected="none below 0")
    return values, vectors


def gaussian_ensemble(nngp: Any, members: int, components: int = 1, seed: int = 0) -> Array:
    """f₀ ~ N(0, NNGP) of so many networks, (members, P, components), components independent.

    Of an NNGP (P, m, P, m) of m outputs the result is (members, P, m · components), outputs side by
    side. The covariance may be singular: negative eigenvalues by rounding count as 0.
    Raises TPDataError where it is clearly indefinite.
    """
    points = len(np.asarray(nngp))
    covariance, m = kernel_array(nngp, points)
    values, vectors = _spectrum(covariance, "covariance")
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    numbers = 2 * members * points * m * components
    require_room(numbers, f"an ensemble of {members:,} members", "choose fewer members")
    draws = np.random.default_rng(seed).standard_normal((members, points * m, components))
    found = np.einsum("pq,eqk->epk", root, draws, optimize=True)
    return np.asarray(found.reshape(members, points, m * components))
