"""Directions of a kernel that its error hides: cut, counted and told; or learned by a ridge."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.errors import TPDataError, TPWarning

rng = np.random.default_rng(3)
DIRECTIONS = np.linalg.qr(rng.standard_normal((6, 6)))[0]
VALUES = np.array([3.0, 1.0, 0.3, 1e-5, 1e-9, 0.0])
KERNEL = (DIRECTIONS * VALUES) @ DIRECTIONS.T
TARGETS = rng.standard_normal((6, 2))


def learned(cut: float, ridge: float = 0.0) -> np.ndarray:
    """Σ u λ/(λ + r) uᵀ y over eigenvalues above the cut."""
    shares = np.divide(VALUES, VALUES + ridge, out=np.zeros(6), where=cut < VALUES)
    return np.asarray((DIRECTIONS * shares) @ DIRECTIONS.T @ TARGETS)


@pytest.mark.parametrize(("error", "dropped"), [(1e-11, 1), (1e-7, 2), (1e-3, 3), (0.01, 3)])
def test_the_cut_is_the_error_of_the_kernel(error: float, dropped: int) -> None:
    with pytest.warns(TPWarning, match=f"{dropped} directions .* the kernel's error"):
        found = tp.kernel_solution(KERNEL, TARGETS, error=error)
    assert found.dropped == dropped
    assert found.cut == pytest.approx(6 * error)
    np.testing.assert_allclose(found.mean, learned(6 * error), atol=1e-5)
    assert found.residual == pytest.approx(np.abs(learned(6 * error) - TARGETS).max(), abs=1e-5)
    with pytest.warns(TPWarning):
        same = tp.kernel_solution(KERNEL, TARGETS, error=np.full((6, 6), error))
    np.testing.assert_array_equal(same.mean, found.mean)


def test_without_an_error_it_is_guessed_and_said() -> None:
    with pytest.warns(TPWarning, match=r"1 directions .* misses the targets by up to .*error="):
        found = tp.kernel_solution(KERNEL, TARGETS)
    assert found.dropped == 1
    assert found.residual > 0.01


def test_nothing_is_said_where_the_targets_are_met() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole = tp.kernel_solution(KERNEL + 0.1 * np.eye(6), TARGETS)
        reachable = tp.kernel_solution(KERNEL, DIRECTIONS[:, :2] @ TARGETS[:2])
        tp.kernel_solution(KERNEL, TARGETS, time=3.0)
    assert (whole.dropped, reachable.dropped) == (0, 1)
    assert max(whole.residual, reachable.residual) < 1e-6


def test_a_ridge_learns_in_part() -> None:
    found = tp.kernel_solution(KERNEL, TARGETS, ridge=1e-4)
    np.testing.assert_allclose(found.mean, learned(-1.0, 1e-4), atol=1e-9)
    assert found.dropped == 0
    direct = KERNEL @ np.linalg.solve(KERNEL + 1e-4 * np.eye(6), TARGETS)
    np.testing.assert_allclose(found.mean, direct, atol=1e-9)


def test_options_that_do_not_fit() -> None:
    for options, message in (
        ({"ridge": -1.0}, "the ridge is -1"),
        ({"ridge": 1.0, "time": 2.0}, "a ridge is for the limit"),
        ({"error": np.ones((3, 3))}, "the error of the kernel has shape"),
        ({"error": -1.0}, "below 0"),
    ):
        with pytest.raises(TPDataError, match=message):
            tp.kernel_solution(KERNEL, TARGETS, **options)
