"""The times of what unrolled SGD makes, and names in which letters stand for them."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property

from tpgraph.program import MatMul, Program, Variable, split_name

__all__ = ["Letters", "Times", "subscript", "with_subscript"]

_NUMBERED = re.compile(r"(.+)_(\d+)")


@dataclass(frozen=True)
class Letters:
    """The letters of the time and of an earlier step."""

    step: str
    earlier: str


def subscript(name: str) -> int | None:
    """The number behind the base of a name.

    >>> subscript("x_12[1]~3")
    12
    """
    found = _NUMBERED.fullmatch(split_name(name)[0])
    return int(found[2]) if found else None


def with_subscript(name: str, text: str) -> str:
    """The name with another subscript.

    >>> with_subscript("x_12[1]~3", "t")
    'x_t[1]~3'
    """
    base = split_name(name)[0]
    return f"{base.rpartition('_')[0]}_{text}{name[len(base) :]}"


@dataclass(frozen=True)
class Times:
    """The times of the contexts of an unrolled program."""

    program: Program
    contexts: Mapping[str, int]

    @cached_property
    def own(self) -> dict[str, int]:
        """The time of what contexts make, and of the data that they are given."""
        own = {
            d.variable.name: t
            for d in (*self.program.data, *self.program.targets)
            if (t := subscript(d.variable.name)) is not None
        }
        for equation in self.program.equations:
            context = equation.place.context if equation.place is not None else None
            if context is not None and context in self.contexts:
                own[equation.out.name] = self.contexts[context]
        return own

    @cached_property
    def _reads(self) -> dict[str, frozenset[int]]:
        """The times of all that what stands between contexts is made of directly."""
        found: dict[str, frozenset[int]] = {}
        for equation in self.program.equations:
            if equation.out.name not in self.own:
                parts = [self._parts(v, found) for v in equation.inputs if not v.is_matrix]
                found[equation.out.name] = frozenset[int]().union(*parts)
        return found

    def _parts(self, variable: Variable, found: Mapping[str, frozenset[int]]) -> frozenset[int]:
        if variable.name in self.own:
            return frozenset({self.own[variable.name]})
        return found.get(variable.name, frozenset())

    def steps(self, name: str, time: int) -> frozenset[int]:
        """The one other step from which something comes, at this time; none if it is of several."""
        if name in self.own:
            return frozenset({self.own[name]}) - {time}
        steps = self._reads.get(name, frozenset()) - {time}
        return steps if len(steps) == 1 else frozenset()

    def lettered(self, name: str, time: int, step: int, letters: Letters) -> str:
        """The name with the letters of the time and of an earlier step for their numbers."""
        if name not in self.own and name not in self.program.equation_of:
            return name
        number = subscript(name)
        letter = {step: letters.earlier, time: letters.step}.get(-1 if number is None else number)
        return with_subscript(name, letter) if letter else name

    def key(self, name: str, time: int, step: int, letters: Letters) -> Hashable:
        """What something is, if this step goes by a letter: the same for all steps of a family."""
        equation = self.program.equation_of.get(name)
        if name in self.own or equation is None or isinstance(equation, MatMul):
            return self.lettered(name, time, step, letters)
        lettered = self.lettered(name, time, step, letters)
        if lettered != name:
            return lettered
        parts = (str(self.key(v.name, time, step, letters)) for v in equation.inputs)
        return type(equation), equation.function, tuple(sorted(parts))
