"""The letters of the loops in whose bodies equations are written."""

from __future__ import annotations

import re

from tpgraph.program import Equation, Program

__all__ = ["loop_letter", "loop_letters"]

_LOOP_ANYWHERE = re.compile(r"\bfor\s+([^\W\d_])\s+in\b")

_LOOP = re.compile(r"(\s*)for\s+([^\W\d_])\s+in\b")


def loop_letter(equation: Equation) -> str:
    """The letter of the loop in whose body the equation is written, else l."""
    span = equation.span
    if span is None:
        return "l"
    before = span.source.text[: span.end].split("\n")
    indent = len(before[-1]) - len(before[-1].lstrip())
    for line in reversed(before[:-1]):
        loop = _LOOP.match(line)
        if loop and len(loop[1]) < indent:
            return loop[2]
    return "l"


def loop_letters(program: Program) -> frozenset[str]:
    """The letters of all loops in the text of a program, if it has one."""
    spans = (part.span for part in program.in_order())
    source = next((span.source for span in spans if span is not None), None)
    return frozenset(_LOOP_ANYWHERE.findall(source.text)) if source is not None else frozenset()
