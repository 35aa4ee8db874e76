"""What an engine says of a case: right, covered by its error, refused, or wrong."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from limits.adversarial.cases import DIGITS, Case, Truth
from limits.adversarial.quadrature import Unresolved
from mpmath import mp

from tpgraph.errors import TPError, TPWarning
from tpgraph.language import parse
from tpgraph.limits import limit
from tpgraph.limits.engines import Engine

__all__ = ["ENGINES", "Outcome", "Verdict", "judged", "outcomes", "said", "truth_of"]

Verdict: TypeAlias = Literal["right", "covered", "refused", "astray", "WRONG", "crash", "unknown"]
ENGINES: tuple[Engine, ...] = ("auto", "sampled")

_BARS = 4
"""Stated errors that a number may be from the truth."""

_CLOSE = 0.02
"""A number is right, not only covered, where its error is at most this share of it."""


@dataclass(frozen=True)
class Outcome:
    """What was said of a case, and what is so; `why` is the refusal's text."""

    verdict: Verdict
    engine: str
    value: float | None = None
    error: float | None = None
    truth: float | None = None
    why: str = ""


def truth_of(case: Case) -> Truth | None:
    """The truth, or None where it could not be found."""
    with mp.workdps(DIGITS):
        try:
            return case.truth()
        except (Unresolved, ZeroDivisionError, OverflowError):
            return None


def said(case: Case, engine: Engine, samples: int = 2**14, seed: int = 0) -> Outcome:
    """What the engine says, before it is judged."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TPWarning)
        try:
            program = parse(case.text)
            found = limit(program, data=case.data, engine=engine, samples=samples, seed=seed)
            return Outcome("unknown", found.engine, found.scalar("q"), found.error("q"))
        except TPError as refusal:
            why = str(refusal) if refusal.span is not None else f"no place: {refusal}"
            return Outcome("refused", engine, why=why)
        except Exception as fault:
            return Outcome("crash", engine, why=f"{type(fault).__name__}: {fault}")


def outcomes(
    case: Case, truth: Truth | None, engines: Sequence[Engine] = ENGINES
) -> dict[Engine, Outcome]:
    """By engine, what it says, judged; astray is a sampled number that is off by one seed alone."""
    found: dict[Engine, Outcome] = {}
    for engine in engines:
        outcome = judged(said(case, engine), truth)
        if outcome.verdict == "WRONG" and outcome.engine == "sampled":
            again = [judged(said(case, engine, seed=seed), truth).verdict for seed in _SEEDS]
            if "WRONG" not in again:
                outcome = replace(outcome, verdict="astray")
        found[engine] = outcome
    return found


_SEEDS = (1, 2, 3, 4, 5)


def judged(outcome: Outcome, truth: Truth | None) -> Outcome:
    """The outcome with its verdict."""
    if outcome.value is None or outcome.error is None or truth is None:
        return outcome
    verdict = _verdict(outcome.value, outcome.error, truth)
    return replace(outcome, verdict=verdict, truth=truth.value)


def _verdict(value: float, error: float, truth: Truth) -> Verdict:
    if truth.value is None:
        return "WRONG"
    distance = abs(value - truth.value)
    if not math.isfinite(value) or not distance <= _BARS * error + truth.error:
        return "WRONG"
    return "right" if error <= _CLOSE * abs(value) or error < 1e-6 else "covered"
