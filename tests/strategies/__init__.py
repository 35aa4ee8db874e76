"""Random well-typed programs.

    from strategies import programs

`programs()` draws programs of all constructs; `programs(tame=True)` those whose values stay finite
and moderate; `programs(differentiable=True)` networks with a loss over smooth bounded functions,
for checks of gradients. Sizes go up to hundreds of equations. `seeded_program` is one of them
without hypothesis.
"""

from __future__ import annotations

from hypothesis import strategies as st

from strategies.choices import Drawn, Seeded
from strategies.draft import Draft
from strategies.equations import complete
from tpgraph.program import Program

__all__ = ["programs", "seeded_program"]


@st.composite
def programs(
    draw: st.DrawFn,
    min_equations: int = 1,
    max_equations: int = 30,
    tame: bool = False,
    differentiable: bool = False,
    network: bool | None = None,
) -> Program:
    """A well-typed program with about the given number of equations (statements may need more)."""
    size = draw(st.integers(min_equations, max_equations))
    if differentiable:
        network = True
    elif network is None:
        network = draw(st.booleans())
    # A large program would exhaust hypothesis's entropy; its choices come from a drawn seed.
    choose = Drawn(draw) if size <= 8 else Seeded(draw(st.integers(0, 2**32 - 1)))
    return complete(Draft(choose, network, tame or differentiable, differentiable), size)


def seeded_program(seed: int, size: int, network: bool) -> Program:
    """A program of all constructs with about `size` equations."""
    return complete(Draft(Seeded(seed), network, False, False), size)
