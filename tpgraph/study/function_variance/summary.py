"""What trainings of one network say of its variance, and what infinite width says."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.kernels import kernel
from tpgraph.kernels.ensemble import kernel_solution
from tpgraph.program import Program
from tpgraph.study.function_variance.theory import trained_variance

__all__ = ["Summary", "Theory", "summary", "theory", "variance_and_error"]

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Theory:
    """At infinite width, means over test points: variances before training, after as many steps
    of the mean learning rate, at t → ∞, by Theorem 3; and the mean output at t → ∞, (T, k).
    """

    start: float
    steps: float
    limit: float
    theorem_3: float
    mean: Array


@dataclass(frozen=True)
class Summary:
    """Variances over initializations, means over test points and components, with their errors.

    `start` before and `trained` after training; `frozen` and `limit` if Θ_0 did not move, after as
    many steps and at t → ∞. `nngp`, `wide_steps`, `wide_limit` are theirs at infinite width, and
    `theorem_3` the paper's estimate of the last. `bias` is the root mean square of mean trained
    output minus that of infinite width at t → ∞. `loss` is the mean last loss over the first,
    `drift` the mean ‖Θ_t − Θ_0‖/‖Θ_0‖.
    """

    width: int
    depth: int
    sigma_w2: float
    sigma_b2: float
    inits: int
    start: float
    start_error: float
    trained: float
    trained_error: float
    frozen: float
    frozen_error: float
    limit: float
    limit_error: float
    nngp: float
    wide_steps: float
    wide_limit: float
    theorem_3: float
    bias: float
    loss: float
    drift: float
    steps: float

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """The names of the columns of its row."""
        return tuple(field.name for field in fields(cls))

    def cells(self) -> tuple[str, ...]:
        """Its row, as text."""
        return tuple(repr(getattr(self, name)) for name in self.columns())


def summary(
    width: int,
    depth: int,
    phase: tuple[float, float],
    found: Sequence[Mapping[str, Array]],
    samples: int,
    expected: Theory,
) -> Summary:
    """Sum up the trainings `found`, whose outputs have `samples` points trained on first."""
    values: dict[str, float] = {}
    for name in ("start", "trained", "frozen", "limit"):
        outputs = np.stack([one[name] for one in found])[:, samples:]
        values[name], values[f"{name}_error"] = variance_and_error(outputs)
    trained = np.stack([one["trained"] for one in found])[:, samples:]
    bias = np.sqrt(((trained.mean(axis=0) - expected.mean) ** 2).mean())
    means = {name: _mean(found, name) for name in ("loss", "drift", "steps")}
    return Summary(
        width=width,
        depth=depth,
        sigma_w2=phase[0],
        sigma_b2=phase[1],
        inits=len(found),
        nngp=expected.start,
        wide_steps=expected.steps,
        wide_limit=expected.limit,
        theorem_3=expected.theorem_3,
        bias=float(bias),
        **values,
        **means,
    )


def variance_and_error(outputs: Array) -> tuple[float, float]:
    """The variance over the first axis, averaged over the others, and its standard error.

    The error is that of the mean over initializations of their squared distances to the mean.
    """
    count = len(outputs)
    squares = ((outputs - outputs.mean(axis=0)) ** 2).reshape(count, -1).mean(axis=1)
    size = squares.sum() / (count - 1)
    return float(size), float(squares.std(ddof=1) * np.sqrt(count) / (count - 1))


def theory(
    program: Program,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    X_test: npt.ArrayLike,
    width: int,
    curvature: float,
    found: Sequence[Mapping[str, Array]],
) -> Theory:
    """What infinite width says of the test points; rates and steps are the means of `found`."""
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    points = np.concatenate([X, np.asarray(X_test, dtype=float)])
    wide = kernel(program, points)
    assert wide.ntk is not None
    assert wide.nngp is not None
    ntk = np.asarray(wide.ntk * float(width) ** float(wide.exponent), dtype=float)
    nngp = np.asarray(wide.nngp, dtype=float)
    count = len(X)
    forever = kernel_solution(ntk, y, nngp=nngp)
    time = curvature * float(np.mean([one["lr"] * one["steps"] for one in found]))
    after = kernel_solution(ntk, y, nngp=nngp, time=time)
    q, q_sr = _diagonal_and_rest(nngp)
    one, two = _diagonal_and_rest(ntk)
    return Theory(
        start=float(np.diagonal(nngp)[count:].mean()),
        steps=float(np.diagonal(after.cov)[count:].mean()),
        limit=float(np.diagonal(forever.cov)[count:].mean()),
        theorem_3=trained_variance(q, q_sr, one / two if two else math.inf, count),
        mean=forever.mean[count:],
    )


def _diagonal_and_rest(matrix: Array) -> tuple[float, float]:
    """The mean of the diagonal, and of what is beside it."""
    size = len(matrix)
    trace = float(np.trace(matrix))
    return trace / size, (float(matrix.sum()) - trace) / (size * (size - 1))


def _mean(found: Sequence[Mapping[str, Any]], name: str) -> float:
    return float(np.mean([one[name] for one in found]))
