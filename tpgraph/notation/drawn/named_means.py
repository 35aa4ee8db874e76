r"""Means between passes by what reads them: θ[16], the sixteenth of all, is θ̃_02[2] in layer 2.

Numbers that count the means of a program do not move with its layers; in a plate they would be the
numbers of one block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from unicodedata import normalize

from tpgraph.functions import MUL, Apply, Argument
from tpgraph.program import Equation, MatMul, Moment, Program, Variable, join_name
from tpgraph.program.graph import varied
from tpgraph.program.labels import default_latex

__all__ = ["MEAN_LETTERS", "MeanName", "is_mean", "means_named"]

_PRODUCT = Apply(MUL, (Argument(0), Argument(1)))
MEAN_LETTERS = {"forward": "θ", "backward": "ϑ"}
"""The letters of means that forward and backward passes read."""


@dataclass(frozen=True)
class MeanName:
    """What a mean between passes is made of, and called by: a letter, the times of the passes,
    indices, and the base of what it is a mean of if others go by the same letter.
    """

    operands: tuple[Variable, ...]
    letter: str
    times: str
    index: tuple[int, ...]
    base: str = ""

    def name(self, more: tuple[int, ...] = (), number: int = 1) -> str:
        """The name, with `more` indices; a `number` from 2 on tells it from others."""
        stem = f"{self.letter}{self.base}{number if number > 1 else ''}_{self.times}"
        return join_name(stem, (*self.index, *more), None)

    def latex(self, more: Sequence[str] = (), number: int = 1) -> str:
        """The label of this name; more indices may be letters."""
        primes = [r"\prime" * (number - 1)] if number > 1 else []
        base = [default_latex(self.base)] if self.base else []
        above = ",".join([*primes, *base, *map(str, self.index), *more])
        power = f"^{{{above}}}" if above else ""
        return rf"{_latex(self.letter)}{power}_{{{self.times}}}"


def is_mean(equation: Equation) -> bool:
    """Whether it is a mean of a product between passes."""
    between = equation.place is not None and equation.place.row == "between"
    return between and isinstance(equation, Moment) and equation.function == _PRODUCT


def means_named(program: Program) -> tuple[Program, Mapping[str, MeanName]]:
    """The program with names for its means that have the index of what reads them first, and what
    these are made of.
    """
    found = {old: (name, mean) for old, name, mean in _names(program)}
    if not found:
        return program, {}
    names = {old: name for old, (name, _) in found.items()}
    labels = {name: label for name, label in program.labels.items() if name not in names}
    renamed = varied(
        program,
        equations=tuple(_renamed(e, names) for e in program.equations),
        labels=labels | {name: _latex(name) for name in names.values()},
    )
    return renamed, dict(found.values())


def _names(program: Program) -> Iterator[tuple[str, str, MeanName]]:
    reader: dict[str, Equation] = {}
    for equation in program.equations:
        for variable in equation.inputs:
            reader.setdefault(variable.name, equation)
    taken = set(program.variables)
    for equation in program.equations:
        by = reader.get(equation.out.name)
        timed = [t for v in equation.inputs if (t := program.timed.get(v.name)) is not None]
        times = [t.time for t in timed if t.time is not None]
        if not is_mean(equation) or by is None or by.place is None or not times:
            continue
        if not isinstance(times[0], int):
            continue
        letter = MEAN_LETTERS.get(by.place.row, MEAN_LETTERS["forward"])
        letter = normalize("NFC", letter + timed[-1].accent)
        step = "".join(map(str, times))
        mean = MeanName(equation.inputs, letter, step, by.out.parts.indices)
        number = 1
        while (name := mean.name(number=number)) in taken:
            number += 1
        taken.add(name)
        yield equation.out.name, name, mean


def _latex(name: str) -> str:
    return default_latex(name).replace(MEAN_LETTERS["backward"], r"\vartheta")


def _renamed(equation: Equation, names: Mapping[str, str]) -> Equation:
    def new(variable: Variable) -> Variable:
        return replace(variable, name=names.get(variable.name, variable.name))

    if isinstance(equation, MatMul):
        return replace(equation, operand=new(equation.operand))
    return replace(equation, out=new(equation.out), arguments=tuple(map(new, equation.arguments)))
