"""Kernels of exponentials of squares beside a bias, which have no plan, against closed forms."""

from __future__ import annotations

import operator

import numpy as np
import numpy.typing as npt
import pytest

from tpgraph.kernels import kernel
from tpgraph.kernels.plan.planning import open_plan, plan_kernel
from tpgraph.language import parse
from tpgraph.limits.planned.tape import NotPlanned, PairTape
from tpgraph.limits.planned.unknowns import as_array

INPUTS = np.array([[2.0], [-1.0], [0.5]])
DEEP = "param W : n × n ~ N(0,1)\ng = W x\ny = {outer}\nf = v y\n"
FUNCTIONS = [
    "gaussian({0})",
    "exp(-(({0}) - 1)^2)",
    "({0})*exp(-({0})^2)",
    "exp(-({0})^2/2 + ({0}))",
    "exp(-(({0}) - 1)^2) + ({0})",
    "exp(-40*(({0}) - 1)^2)",
    "exp(({0})^2/40)",
    "exp(({0})^2/40)*tanh({0})",
]


def network(function: str, depth: int) -> str:
    """A network with a bias in its first layer."""
    last = DEEP.format(outer=function.format("g")) if depth == 2 else "f = v x\n"
    return (
        "width n\ndim d = 1\nparametrization ntk\ndata ξ : d\nparam U : n × d ~ N(0,1)\n"
        "param b : n ~ N(0,1) scale 0.2\nparam v : 1 × n ~ N(0,1)\n"
        f"x = {function.format('U ξ + b')}\n{last}output f\n"
    )


def through_bells(covariance: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], ...]:
    """E[f(u) f(v)] = D^(−1/2) and E[f′(u) f′(v)] = 4 c D^(−3/2) of f(z) = exp(−z²),
    D = (1 + 2p)(1 + 2q) − 4c²."""
    p = 1 + 2 * np.diag(covariance)
    determinant = np.outer(p, p) - 4 * covariance**2
    return determinant**-0.5, 4 * covariance * determinant**-1.5


@pytest.mark.parametrize("kind", ["both", "nngp", "ntk"])
@pytest.mark.parametrize("depth", [1, 2])
def test_bells_beside_a_bias_have_their_closed_form(depth: int, kind: str) -> None:
    found = kernel(parse(network("gaussian({0})", depth)), INPUTS, kind=kind)
    nngp = ntk = INPUTS @ INPUTS.T + 0.04
    for _ in range(depth):
        nngp, slope = through_bells(nngp)
        ntk = nngp + slope * ntk
    assert found.engine == "exact"
    if kind != "ntk":
        np.testing.assert_allclose(found.nngp, nngp, rtol=1e-11)
    if kind != "nngp":
        np.testing.assert_allclose(found.ntk, ntk, rtol=1e-11)


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_exponentials_of_squares_beside_a_bias_are_said_to_have_no_plan(
    function: str, depth: int
) -> None:
    program = parse(network(function, depth))
    for plan in (plan_kernel, open_plan):
        with pytest.raises(NotPlanned, match="exponentials of squares"):
            plan(program, "both")


@pytest.mark.parametrize(
    "asks",
    [
        lambda x: x.shape,
        lambda x: x.reshape(-1),
        lambda x: x.max(initial=0.0),
        lambda x: x > 0,
        lambda x: x <= 0,
        lambda x: x[0],
        lambda x: list(x),
        lambda x: int(x),
        lambda x: abs(x),
        lambda x: np.einsum("i->", x),
        lambda x: np.exp(x),
    ],
)
def test_what_asks_a_number_that_is_not_known_yet_has_no_plan(asks) -> None:
    tape = PairTape()
    unknown = as_array(tape, tape.emit("data", (), "ξ"))
    with pytest.raises(NotPlanned):
        asks(unknown)
    with pytest.raises(AttributeError):
        operator.attrgetter("no_name_of_arrays")(unknown)
