"""Places read off the names of a program that writes an SGD step out, as Algorithm 1 does.

    dx   the error signal of x: under x in the backward row
    x̃    x on the test example
    δx   a change, and every Moment: between the passes

So a program in the paper's own letters is drawn as the paper draws it (Figure 7).
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from tpgraph.errors import TPTypeError
from tpgraph.program import Equation, Moment, Pass, Place, Program, Symbol, split_name
from tpgraph.program.any_program import reads_program
from tpgraph.program.graph import varied
from tpgraph.transform.contexts import TEST

__all__ = ["TEST_PASS", "TRAIN_PASS", "staged"]

TRAIN_PASS = Pass("train", caption=("First forward/backward pass on train example ", Symbol("ξ")))
TEST_PASS = Pass("test", caption=("First forward pass on test example ", Symbol(f"ξ{TEST}")))


@reads_program
def staged(program: Program) -> Program:
    """The program with the places that its names tell; nothing else is changed.

    Equations that have places keep them. Raises TPTypeError if no name is that of an error signal.
    Source: Tensor Programs IIb (arXiv 2105.03703), Algorithm 1, Figure 7.
    """
    places = {e.out.name: e.place or _place(program, e) for e in program.equations}
    if not any(place.row == "backward" for place in places.values()):
        raise TPTypeError(
            f"program {program.name} has no loss to train on, and no backward pass of its own",
            expected="a loss, or error signals such as dx of x",
            mend="declare what is trained, and a loss: loss (f - y)^2 / 2",
        )
    equations = tuple(replace(e, place=places[e.out.name]) for e in program.equations)
    return varied(program, equations=equations)


def _place(program: Program, equation: Equation) -> Place:
    name = equation.out.name
    partner = name[1:]
    if name.startswith("d") and partner in program.variables:
        return Place("backward", TRAIN_PASS, partner)
    if isinstance(equation, Moment) or name[0] in "δΔ":
        return Place("between")
    letters = unicodedata.normalize("NFD", split_name(name)[0])
    return Place("forward", TEST_PASS if TEST in letters else TRAIN_PASS)
