"""Random programs that are hard to take to their limit: no number is off by four stated errors.

Some of every kind; `tests/benchmarks/adversarial.py` runs as many as one likes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

import numpy as np
import pytest
from limits.adversarial import judge
from limits.adversarial.cases import Case, Truth
from limits.adversarial.kinds import KINDS, case

from tpgraph.limits import master, rules
from tpgraph.limits.exact import expectations
from tpgraph.limits.sampling import collected, spikes

PROGRAMS = 8
BAD = ("WRONG", "crash")
Known = Callable[[str, int], tuple[Case, Truth | None]]


@pytest.fixture(scope="module")
def known() -> Known:
    """A program with its truth, which is worked out once."""
    found: dict[tuple[str, int], tuple[Case, Truth | None]] = {}

    def ask(kind: str, seed: int) -> tuple[Case, Truth | None]:
        if (kind, seed) not in found:
            made = case(kind, seed)
            found[kind, seed] = made, judge.truth_of(made)
        return found[kind, seed]

    return ask


def bad(
    kind: str, known: Known, engines=judge.ENGINES, seeds: Iterable[int] = range(PROGRAMS)
) -> list[tuple[str, judge.Outcome]]:
    """Programs of a kind of which an engine says what is wrong."""
    found = []
    for seed in seeds:
        made, truth = known(kind, seed)
        for outcome in judge.outcomes(made, truth, engines).values():
            if outcome.verdict in BAD:
                found.append((made.text, outcome))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_no_number_is_wrong(kind: str, known: Known) -> None:
    assert bad(kind, known) == []


def test_spikes_beside_large_smooth_parts(known: Known) -> None:
    assert bad("spike", known, ("sampled",), (8, 10, 13)) == []


@pytest.mark.parametrize(("kind", "seed"), [("cancelling", 1171), ("transposed", 1123)])
def test_kinks_beside_ends_of_intervals(kind: str, seed: int, known: Known) -> None:
    assert bad(kind, known, ("auto",), (seed,)) == []


@pytest.mark.parametrize("kind", ["undetermined", "vanishing"])
def test_what_is_refused_names_its_instruction(kind: str, known: Known) -> None:
    said = [judge.said(known(kind, seed)[0], "auto") for seed in range(PROGRAMS)]
    refused = [outcome.why for outcome in said if outcome.verdict == "refused"]
    assert refused
    assert all("in the limit of q" in why and "no place" not in why for why in refused)


@pytest.mark.parametrize("kind", ["kink", "jump", "transposed", "cancelling means", "several"])
def test_most_is_answered(kind: str, known: Known) -> None:
    said = [judge.said(known(kind, seed)[0], "auto") for seed in range(PROGRAMS)]
    assert sum(outcome.value is not None for outcome in said) >= PROGRAMS - 1


def test_an_error_of_zero_is_seen(known: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = collected.sampled_limit

    def boastful(*arguments):
        found = honest(*arguments)
        without = {n: dataclasses.replace(e, error=0.0) for n, e in found.scalar_values.items()}
        return dataclasses.replace(found, scalar_values=without)

    monkeypatch.setattr(master, "sampled_limit", boastful)
    assert bad("kink", known, ("sampled",))


def test_a_wrong_sign_is_seen(known: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = expectations.Expectations._expected
    monkeypatch.setattr(expectations.Expectations, "_expected", lambda self, *a: -honest(self, *a))
    assert bad("kink", known, ("auto",))


def test_a_dropped_zdot_is_seen(known: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "z_dot", lambda *_: {})
    assert bad("transposed", known, ("auto",))


def test_spikes_that_are_not_looked_for_are_seen(
    known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spikes.Spikes, "height", lambda *_: np.zeros(1))
    assert bad("spike", known, ("sampled",), (8, 10, 13))
