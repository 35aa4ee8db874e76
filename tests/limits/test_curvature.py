"""Functions of sampled scalars that bend where these lie: replicates spread, their mean not."""

from __future__ import annotations

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.limits import master
from tpgraph.limits.sampling import algebra, products

HEAD = "width n\nvector x, y, z : n ~ N(0, 1)\n"
ZERO = ["abs(m)", "max(m, -m)*1000", "sqrt(m^2)", "m^2", "relu(m) + relu(-m)"]
SEEDS = range(6)


def bars(body: str, seed: int, truth: float = 0.0) -> float:
    """By how many stated errors q is off."""
    text = f"{HEAD}m = mean(x*y*z)\nq = {body}\n"
    found = tp.limit(tp.parse(text), engine="sampled", samples=2**12, seed=seed)
    return abs(found.scalar("q") - truth) / found.error("q")


THROUGH_VECTORS = [
    "u = x*abs(m)\nq = mean(u*x)",
    "u = max(1000*m, 0 - 1000*m)*x*x\nq = mean(u)",
    "u = relu(x*x + abs(m)) - x*x\nq = mean(u)",
]


@pytest.mark.parametrize("lines", THROUGH_VECTORS)
def test_what_bends_within_a_vector_is_covered(lines: str) -> None:
    for seed in SEEDS:
        program = tp.parse(f"{HEAD}m = mean(x*y*z)\n{lines}\n")
        found = tp.limit(program, engine="sampled", samples=2**12, seed=seed)
        assert abs(found.scalar("q")) <= 4 * found.error("q")


@pytest.mark.parametrize("body", ZERO)
def test_what_bends_at_the_limit_is_covered(body: str) -> None:
    assert max(bars(body, seed) for seed in SEEDS) <= 4


def test_replicates_of_equal_size_do_not_hide_it() -> None:
    """What was not seen is entered with signs: its square is the same in all replicates."""
    text = f"{HEAD}a = mean((tanh(x + 1e-6) - tanh(x) - 1e-6*(1 - tanh(x)^2))*1e6)\nq = a^2\n"
    with pytest.warns(tp.TPWarning, match="is not known"):
        found = tp.limit(tp.parse(text), engine="sampled", samples=2**12)
    assert found.scalar("q") <= 4 * found.error("q")


def test_what_does_not_bend_has_no_further_error(monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{HEAD}m = mean(exp(x))\nq = m^2 + log(m)\n"
    found = tp.limit(tp.parse(text), engine="sampled", samples=2**12)
    monkeypatch.setattr(algebra, "curvature", lambda *_: None)
    assert tp.limit(tp.parse(text), engine="sampled", samples=2**12).error("q") == found.error("q")


BEHIND_PRODUCTS = [
    "h = W (m*x)\nq = mean(abs(h))",
    "h = W relu(m*x)\nq = mean(abs(h) + h^2)",
    "u = abs(m*x)\nw = abs(u - m*x)\nq = mean(w)",
    "h = W (m*x + y)\nk = W y\nq = mean(abs(h - k))",
    "h = W (m*x)\nu = W' abs(h)\nq = mean(abs(u))",
]


def bars_behind(lines: str, seed: int) -> float:
    """By how many stated errors q, which is 0, is off."""
    text = f"{HEAD}matrix W : n × n ~ N(0, 1)\nm = mean(sin(x)*y^2)\n{lines}\n"
    found = tp.limit(tp.parse(text), engine="sampled", samples=2**12, seed=seed)
    return abs(found.scalar("q")) / found.error("q")


@pytest.mark.parametrize("lines", BEHIND_PRODUCTS)
def test_what_bends_behind_products_and_twice_is_covered(lines: str) -> None:
    assert max(bars_behind(lines, seed) for seed in SEEDS) <= 4


def test_without_a_look_at_central_scalars_it_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(master, "may_bend", lambda _: False)
    monkeypatch.setattr(products, "is_unsteady", lambda *_: False)
    assert all(max(bars_behind(x, seed) for seed in SEEDS) > 4 for x in BEHIND_PRODUCTS)


ROOTS_BEHIND = [
    "h = W (m*x)\nq = mean(sqrt(abs(h)))",
    "h = W (m*x)\nq = mean(abs(h)^0.25)",
    "u = sqrt(abs(m*x))\nh = W u\nq = mean(sqrt(abs(h)))",
    "h = W (m*x)\nq = mean(tanh(sqrt(abs(h))))",
]


@pytest.mark.parametrize("lines", ROOTS_BEHIND)
def test_roots_behind_products_are_covered(lines: str) -> None:
    assert max(bars_behind(lines, seed) for seed in range(12)) <= 4


def test_without_a_look_beside_central_scalars_roots_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(master, "has_roots", lambda _: False)
    monkeypatch.setattr(products, "is_unsteady", lambda *_: False)
    assert max(bars_behind(ROOTS_BEHIND[1], seed) for seed in range(12)) > 4


def test_uncounted_it_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(algebra, "curvature", lambda *_: None)
    monkeypatch.setattr(master, "may_bend", lambda _: False)
    assert np.max([bars("abs(m)", seed) for seed in SEEDS]) > 4
