r"""Means between passes by what reads them: θ[16], the sixteenth of all, is θ̃_02[2] in layer 2.

Numbers that count the means of a program do not move with its layers; in a plate they would be the
numbers of one block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from unicodedata import normalize

from tpgraph.functions import MUL, Apply, Argument
from tpgraph.program import Equation, MatMul, Moment, Program, Variable, join_name
from tpgraph.program.graph import varied
from tpgraph.program.labels import default_latex

__all__ = ["is_mean", "means_named"]

_PRODUCT = Apply(MUL, (Argument(0), Argument(1)))
_LETTERS = {"forward": "θ", "backward": "ϑ"}


def is_mean(equation: Equation) -> bool:
    """Whether it is a mean of a product between passes."""
    between = equation.place is not None and equation.place.row == "between"
    return between and isinstance(equation, Moment) and equation.function == _PRODUCT


def means_named(program: Program) -> Program:
    """The program with names for its means that have the index of what reads them first."""
    names = dict(_names(program))
    if not names:
        return program
    labels = {name: label for name, label in program.labels.items() if name not in names}
    return varied(
        program,
        equations=tuple(_renamed(e, names) for e in program.equations),
        labels=labels | {name: _latex(name) for name in names.values()},
    )


def _names(program: Program) -> Iterator[tuple[str, str]]:
    reader: dict[str, Equation] = {}
    for equation in program.equations:
        for variable in equation.inputs:
            reader.setdefault(variable.name, equation)
    taken = set(program.variables)
    for equation in program.equations:
        by = reader.get(equation.out.name)
        times = [program.timed.get(v.name) for v in equation.inputs]
        if not is_mean(equation) or by is None or by.place is None or None in times:
            continue
        first, last = times[0], times[-1]
        assert first is not None, "all have their times"
        assert last is not None, "all have their times"
        if not isinstance(first.time, int) or by.place.row == "between":
            continue
        letter = normalize("NFC", _LETTERS[by.place.row] + last.accent)
        step = f"{first.time}{'' if last.time is None else last.time}"
        stem, number = f"{letter}_{step}", 2
        index = by.out.parts.indices
        while (name := join_name(stem, index, None)) in taken:
            stem, number = f"{letter}{number}_{step}", number + 1
        taken.add(name)
        yield equation.out.name, name


def _latex(name: str) -> str:
    return default_latex(name).replace(_LETTERS["backward"], r"\vartheta")


def _renamed(equation: Equation, names: Mapping[str, str]) -> Equation:
    def new(variable: Variable) -> Variable:
        return replace(variable, name=names.get(variable.name, variable.name))

    if isinstance(equation, MatMul):
        return replace(equation, operand=new(equation.operand))
    return replace(equation, out=new(equation.out), arguments=tuple(map(new, equation.arguments)))
