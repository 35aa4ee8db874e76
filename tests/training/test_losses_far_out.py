"""The plot of a training that diverges: it is drawn whatever its losses are."""

import warnings

import pytest

from tpgraph.training.loss_curve import loss_plot


@pytest.mark.parametrize(
    "losses",
    [[1, 1e278, 1e306, 1e300], [1e-300, 1e306, 1.0], [1e308] * 3000, [5e-324, 1.0], [1, -1e300]],
)
def test_losses_at_the_ends_of_floats_are_drawn(losses: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for held in ((), ((1, 1e308),)):
            assert loss_plot(losses, "far", held).startswith(b"<?xml")
