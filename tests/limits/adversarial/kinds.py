"""The kinds of programs, by name."""

from __future__ import annotations

import random
from collections.abc import Callable

from limits.adversarial.cases import DIGITS, Case, of_one_gaussian
from limits.adversarial.planes import several
from limits.adversarial.rare_events import rare
from limits.adversarial.scalars import cancelling_means, undetermined, vanishing
from limits.adversarial.simulated import simulated
from limits.adversarial.transposed import transposed, twice
from mpmath import mp

__all__ = ["KINDS", "case"]

KINDS: dict[str, Callable[[random.Random], Case]] = {
    way: of_one_gaussian(way, way)
    for way in ("steep", "spike", "kink", "jump", "cancelling", "heavy")
} | {
    "transposed": transposed,
    "twice": twice,
    "vanishing": vanishing,
    "cancelling means": cancelling_means,
    "undetermined": undetermined,
    "rare": rare,
    "several": several,
    "simulated": simulated,
}


def case(kind: str, seed: int) -> Case:
    """The program of a kind with this number."""
    with mp.workdps(DIGITS):
        return KINDS[kind](random.Random(f"{kind} {seed}"))
