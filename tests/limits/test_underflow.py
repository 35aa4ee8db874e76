"""Numbers below 2e-308: no engine takes them for 0 where a later factor makes them large again."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.errors import TPError
from tpgraph.limits.engines import Engine
from tpgraph.limits.exact import terms
from tpgraph.limits.exact.disturbance import Disturbance
from tpgraph.limits.sampling import algebra

HEAD = "width n\nvector x, y : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\n"
TINY = "width n\nvector x : n ~ N(0, 1e-170)\nmatrix W : n × n ~ N(0, 1e-170)\n"
LARGE = "*1e300*1e40"
TRUTHS = {
    f"{HEAD}q = mean((x*1e-170)^2){LARGE}": 1.0,
    f"{HEAD}a = mean((x*1e-170)^2)\nq = a{LARGE}": 1.0,
    f"{HEAD}u = x*1e-170\nv = W u\nq = mean((v*1e170)^2)": 1.0,
    f"{HEAD}u = x*1e-160\nq = mean(u^2)*1e300*1e20": 1.0,
    f"{HEAD}u = x*1e-170\nq = mean(abs(u))*1e170": math.sqrt(2 / math.pi),
    f"{HEAD}u = x*1e-170\nv = W relu(u)\nq = mean((v*1e170)^2)": 0.5,
    f"{HEAD}u = x*1e-110\nq = mean(u*u*u*x)*1e300*1e30": 3.0,
    f"{HEAD}a = mean(x^2)*1e-200\nb = a*1e-200\nq = b*1e300*1e100": 1.0,
    f"{HEAD}a = mean(x^2)*1e-200\nq = a*a*1e300*1e100": 1.0,
    f"{HEAD}q = exp(-800*mean(x^2)){LARGE}": math.exp(-800 + 340 * math.log(10)),
    f"{HEAD}q = mean(exp(-x - 800))*1e300*1e47": math.exp(-799.5 + 347 * math.log(10)),
    f"{HEAD}u = exp(-x - 500)\nv = W u\nq = mean(v^2)*1e300*1e134": math.exp(
        -998 + 434 * math.log(10)
    ),
    f"{HEAD}u = exp(-400*x^2 - 700)\nq = mean(u*u)*1e300*1e155*1e155": math.exp(
        -1400 + 610 * math.log(10)
    )
    / math.sqrt(1601),
    f"{TINY}v = W x\nq = mean(v^2){LARGE}": 1.0,
    f"{TINY}v = W x\nw = W' v\nq = mean(w*x)*1e300*1e40*1e170": 1.0,
}
HARMLESS = {
    "q = mean(exp(-x - 800)) + 1": 1.0,
    "q = exp(-800*mean(x^2)) + mean(x^2)": 1.0,
    "q = mean(exp(-40*x^2) + x^2)": 1.0 + 1.0 / 9.0,
    "q = mean((x + 1e-200)^2)": 1.0,
}


def told(text: str, engine: Engine) -> tuple[float, float] | None:
    """The number with its error; None where it is refused, with a place."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tp.TPWarning)
        try:
            found = tp.limit(tp.parse(text + "\n"), engine=engine, samples=2**12)
        except TPError as refusal:
            if refusal.span is None:
                raise
            return None
    return found.scalar("q"), found.error("q")


def is_wrong(text: str, engine: Engine) -> bool:
    found = told(text, engine)
    return found is not None and not abs(found[0] - TRUTHS[text]) <= 4 * found[1]


@pytest.mark.parametrize("engine", ["auto", "exact", "sampled"])
@pytest.mark.parametrize("text", TRUTHS)
def test_what_is_too_small_is_covered_or_refused(text: str, engine: Engine) -> None:
    assert not is_wrong(text, engine)


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize("body", HARMLESS)
def test_what_is_small_beside_others_is_answered(body: str, engine: Engine) -> None:
    found = told(HEAD + body, engine)
    assert found is not None
    assert abs(found[0] - HARMLESS[body]) <= 4 * found[1]
    assert found[1] < (1e-10 if engine == "auto" else 0.1)


def test_zeros_by_structure_stay_exact() -> None:
    assert told(f"{HEAD}q = mean(x*y)*1e300", "exact") == (0.0, 0.0)


def test_coefficients_that_are_not_looked_at_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "product", lambda a, b: a * b)
    assert is_wrong(next(iter(TRUTHS)), "exact")


def test_products_that_do_not_move_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Disturbance, "product", lambda self, a, b: a * b)
    assert is_wrong(f"{TINY}v = W x\nq = mean(v^2){LARGE}", "exact")


def test_underflow_of_samples_that_is_not_counted_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(algebra, "rounding", lambda *_: np.zeros(1))
    assert is_wrong(f"{HEAD}q = exp(-800*mean(x^2)){LARGE}", "sampled")
