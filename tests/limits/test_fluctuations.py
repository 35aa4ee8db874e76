"""Quotients of means that are 0 in the limit by scalars that vanish, beside finite networks."""

from __future__ import annotations

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.errors import TPTypeError
from tpgraph.limits import scalars_in_limit
from tpgraph.limits.engines import Engine

HEAD = (
    "width n\nvector x, y : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\n"
    "scalar ε -> 0 = 1/sqrt(n)\nscalar δ -> 0 = 1/n\nscalar η -> 0 = n^(-1/4)\n"
)
SETTLED = {
    "q = mean(x)*mean(y)/ε": 0.0,
    "q = mean(x)^2/ε": 0.0,
    "q = mean(x)/η": 0.0,
    "a = mean(x)\nb = a/η\nq = b + 1": 1.0,
    "q = mean(x)*mean(y)*mean(tanh(x))/δ": 0.0,
    "q = mean(x)*mean(y^2)/η": 0.0,
    "q = (mean(x^2) - 1)*mean(x)/ε": 0.0,
    "q = mean(relu(x + mean(y)/η)^2)": 0.5,
    "v = W x\nq = mean(v)*mean(x)/ε": 0.0,
    "q = exp(mean(x)/η)": 1.0,
}
RANDOM = {
    "q = mean(x)*mean(y)/δ": "as fast as what it is divided by",
    "q = mean(x)^2/ε^2": "as fast as what it is divided by",
    "q = mean(x)/ε": "as fast as what it is divided by",
    "q = mean(x^2)/ε": "grows without bound",
    "q = mean(x)/δ": "grows without bound",
    "a = mean(x)\nb = a/η\nq = b/η": "random, or grows",
    "q = mean(exp(x^2/5)*x)/η": "random, or grows",
    "q = mean(relu(x))*mean(x)/δ": "random, or grows",
}


def finite(body: str, n: int, seeds: int = 10) -> np.ndarray:
    """Values of q at a width."""
    run = tp.compile(tp.parse(HEAD.replace("matrix W : n × n ~ N(0, 1)\n", "") + body + "\n"))
    params = (run.init({"n": n}, seed=seed) for seed in range(seeds))
    return np.array([float(np.ravel(dict(run.variables(p))["q"])[0]) for p in params])


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize("body", SETTLED)
def test_means_that_vanish_faster_have_a_limit(body: str, engine: Engine) -> None:
    found = tp.limit(tp.parse(HEAD + body + "\n"), engine=engine, samples=2**12)
    assert abs(found.scalar("q") - SETTLED[body]) <= 4 * found.error("q")


@pytest.mark.parametrize("body", [b for b in SETTLED if "W" not in b])
def test_networks_come_to_it(body: str) -> None:
    near, far = (np.abs(finite(body, n) - SETTLED[body]).mean() for n in (500, 50_000))
    assert far < near / 2


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize("body", RANDOM)
def test_the_others_are_refused_for_their_reason(body: str, engine: Engine) -> None:
    with pytest.raises(TPTypeError, match=RANDOM[body]) as caught:
        tp.limit(tp.parse(HEAD + body + "\n"), engine=engine, samples=2**12)
    assert caught.value.span is not None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("q = mean(x*y)/ε", r"mean\(x \* y\)"),
        ("q = mean((W x)*y)/ε", r"mean\(W x \* y\)"),
        ("a = mean(x)\nq = a/ε", "a"),
    ],
)
def test_what_has_no_name_is_said_by_its_formula(body: str, said: str) -> None:
    with pytest.raises(TPTypeError, match=f"in the limit of q: {said} comes to its limit as fast"):
        tp.limit(tp.parse(HEAD + body + "\n"))


@pytest.mark.parametrize("body", list(RANDOM)[:3])
def test_networks_do_not_settle(body: str) -> None:
    assert finite(body, 20_000).std() > 0.3


def test_a_factor_that_is_left_out_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scalars_in_limit, "require_settled", lambda *_: None)
    with pytest.raises(IndexError):
        tp.limit(tp.parse(f"{HEAD}q = mean(x)/ε\n"))
