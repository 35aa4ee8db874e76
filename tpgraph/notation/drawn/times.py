"""The times of what unrolled SGD makes, and names in which letters stand for them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from tpgraph.program import MatMul, Pass, Program, TimedName, Variable
from tpgraph.program.labels import default_latex

__all__ = ["Letters", "Times"]


@dataclass(frozen=True)
class Letters:
    """The letters of the time and of an earlier step."""

    step: str
    earlier: str


@dataclass(frozen=True)
class Times:
    """The times of an unrolled program's passes; some variables are `called` by another one."""

    program: Program
    passes: frozenset[Pass]
    called: Mapping[str, TimedName] = field(default_factory=dict)

    @cached_property
    def own(self) -> dict[str, int]:
        """The time of what passes make, and of the data that they are given."""
        own = {}
        for declaration in self.program.data:
            name = declaration.variable.name
            timed = self.program.timed.get(name)
            if timed is not None and isinstance(timed.time, int):
                own[name] = timed.time
        for equation in self.program.equations:
            context = equation.place.context if equation.place is not None else None
            if context is not None and context in self.passes:
                own[equation.out.name] = context.time
        return own

    @cached_property
    def named(self) -> dict[TimedName, str]:
        """The names of variables of the network at their times."""
        return {timed: name for name, timed in self.program.timed.items()}

    @cached_property
    def _apart(self) -> dict[TimedName, TimedName]:
        """What tells every variable of the network from all others, whatever letter is its time."""
        used: dict[str, TimedName] = {}
        found: dict[TimedName, TimedName] = {}
        for timed in self.program.timed.values():
            anytime = apart = timed.at("")
            while used.setdefault(apart.name, anytime) != anytime:
                apart = replace(apart, mark=f"{apart.mark}'")
            found[anytime] = apart
        return found

    def label(self, name: str, letter: str) -> str | None:
        """The label of what has one, with a letter for its time; None if that is not known."""
        timed = self.program.timed.get(name)
        other = self.called.get(name)
        if (timed is None or timed.latex is None) and other is not None:
            return other.at(letter).label or default_latex(other.at(letter).name)
        return None if timed is None else timed.at(letter).label

    def written(self, name: str, time: int | str) -> str:
        """The name at another time, or with a letter for it; as it is, if it has no time."""
        timed = self.program.timed.get(name)
        if timed is None or timed.time is None:
            return name
        if isinstance(time, int):
            return self.named.get(timed.at(time), timed.at(time).name)
        return self._apart[timed.at("")].at(time).name

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

    def letter(self, name: str, time: int, step: int, letters: Letters) -> str | None:
        """The letter that stands for the number in a name: that of the time or an earlier step."""
        timed = self.program.timed.get(name)
        if timed is None or timed.time not in (time, step):
            return None
        return letters.step if timed.time == time else letters.earlier

    def lettered(self, name: str, time: int, step: int, letters: Letters) -> str:
        """The name with the letters of the time and of an earlier step for their numbers."""
        letter = self.letter(name, time, step, letters)
        return name if letter is None else self.written(name, letter)

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
