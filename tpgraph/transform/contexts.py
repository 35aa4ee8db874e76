"""Contexts of an unrolled program: which example at which weights, and what its variables are.

Time is a subscript, a test example has a tilde, an element of a batch is one index more
(`tpgraph.program.TimedName`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from tpgraph.program import (
    Caption,
    Pass,
    Program,
    Step,
    Symbol,
    TimedName,
    Variable,
    accented,
    split_name,
)

__all__ = [
    "BAR",
    "SINGLE",
    "TEST",
    "Context",
    "input_name",
    "input_pass",
    "reference_context",
    "test_context",
    "train_context",
]

TEST = "\u0303"
"""The tilde of test examples."""

BAR = "\u0304"
"""The bar of a kernel's second input."""

SINGLE = Pass("train")
"""The pass of a program that has no other; nothing has to be said to tell it apart."""


@dataclass(eq=False)
class Context:
    """One example passing through the network at one time.

    `time` tells the weights, w_t = α_t w_0 − Σ_s β_{t,s} g_s, or where they are `bare` α_t w_0;
    `passing` is the pass, whose time stands in the names, and `example` what captions call the
    example. `given` holds its data and `values` its variables, by the names of the template;
    `changes` the δ variables, relative to `reference`, another context of the same example with
    the same α_t.
    """

    time: int
    passing: Pass
    example: Caption = ()
    accent: str = ""
    mark: str = ""
    bare: bool = False
    reference: Context | None = None
    values: dict[str, Variable] = field(default_factory=dict)
    changes: dict[str, Variable] = field(default_factory=dict)
    given: dict[str, Variable] = field(default_factory=dict)

    def timed(self, original: str, labels: Mapping[str, str], prefix: str = "") -> TimedName:
        """What a variable of the template is here; `labels` are those of the template."""
        of = self.passing
        latex = labels.get(original)
        return TimedName(original, of.time, prefix, self.accent, self.mark, of.element, latex)

    def timed_data(self, original: str, labels: Mapping[str, str]) -> TimedName:
        """What data of the template are here: of a test example, the same at every time."""
        found = self.timed(original, labels)
        return replace(found, time=None) if self.accent else found


def input_name(program: Program) -> str:
    """The name of a program's first input, without its index."""
    first = next((d.variable.name for d in program.data), "example")
    return split_name(first)[0]


def input_pass(name: str, number: int, accent: str = "") -> Pass:
    """The pass of one of a kernel's inputs, called by this name and an accent."""
    return Pass("train", element=number, caption=("input ", Symbol(accented(name, accent))))


def train_context(name: str, t: int, element: int | None) -> Context:
    """The training example of step t, an element of its batch, whose input has this name."""
    of = () if element is None else (f", element {element}",)
    example = ("train ", Symbol(name, timed=True), *of)
    caption = ("step ", Step(1), ", ", *example)
    return Context(t, Pass("train", t, element, caption), example)


def test_context(name: str, t: int, before: Context | None) -> Context:
    """The test example after t steps, given as it was `before`."""
    example = ("test ", Symbol(accented(name, TEST)))
    after = () if t == 0 else (" after ", Step(), " step" if t == 1 else " steps")
    given = before.given if before is not None else {}
    return Context(
        t,
        Pass("test", t, caption=(*example, *after)),
        example,
        TEST,
        reference=before,
        values=dict(given),
        given=given,
    )


def reference_context(of: Context, decays: bool) -> Context:
    """An example at the initial weights, which `decays` says to be decayed as those of its time."""
    decayed = (", decayed as after step ", Step()) if decays and of.time else ()
    caption = (*of.example, " at initialization", *decayed)
    example: Literal["train", "test"] = "train" if of.passing.trains else "test"
    passing = replace(of.passing, kind="reference", caption=caption, of=example)
    return Context(
        of.time if decays else 0,
        passing,
        of.example,
        of.accent,
        mark="0",
        bare=True,
        values=dict(of.given),
    )
