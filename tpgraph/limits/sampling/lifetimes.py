"""When an evaluation is done with the samples of a vector, so that memory holds few at a time.

A vector's samples are needed by the equations that read it, as operand x or y of its matrix's later
products (their covariances, and Z^y in Ż), and for what is asked about it; how it was made, by
later products with the transpose through whose operand it is differentiated. This is what
`tpgraph.limits.sampling.derivatives` will ask for, read off the program beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tpgraph.program import Equation, MatMul, Program

__all__ = ["Release", "lifetimes"]


@dataclass
class Release:
    """What is not needed behind an equation: samples, ways of making, families of products."""

    samples: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    families: list[tuple[str, bool]] = field(default_factory=list)


def lifetimes(program: Program, asked: Mapping[str, int]) -> dict[int, Release]:
    """By number of an equation, what goes behind it; `asked` has the last question about a name.

    Vectors that no equation makes stay.
    """
    uses = _Uses()
    for number, equation in enumerate(program.equations):
        uses.read(number, equation)
    for name, number in asked.items():
        uses.samples[name] = max(number, uses.samples.get(name, number))
    found: dict[int, Release] = {}
    for number, equation in enumerate(program.equations):
        name = equation.out.name
        if equation.out.is_vector and equation.out.is_wide:
            last = max(number, uses.samples.get(name, number))
            found.setdefault(last, Release()).samples.append(name)
            found.setdefault(max(number, uses.made.get(name, number)), Release()).made.append(name)
    for key, number in uses.families.items():
        found.setdefault(number, Release()).families.append(key)
    return found


class _Uses:
    """The last equation that needs something, by name."""

    def __init__(self) -> None:
        self.samples: dict[str, int] = {}
        self.made: dict[str, int] = {}
        self.families: dict[tuple[str, bool], int] = {}
        self._bits: dict[str, int] = {}
        self._depends: dict[str, int] = {}
        self._from: dict[str, tuple[str, ...]] = {}
        self._members: dict[tuple[str, bool], dict[str, str]] = {}

    def read(self, number: int, equation: Equation) -> None:
        """Note what an equation needs."""
        inputs = [v.name for v in equation.inputs if v.is_vector and v.is_wide]
        for name in inputs:
            self.samples[name] = number
        if isinstance(equation, MatMul):
            inputs = self._product(number, equation)
        if equation.out.is_vector and equation.out.is_wide:
            self._from[equation.out.name] = tuple(inputs)
            mask = self._bits.get(equation.out.name, 0)
            self._depends[equation.out.name] = mask | self._mask(inputs)

    def _mask(self, names: Iterable[str]) -> int:
        mask = 0
        for name in names:
            mask |= self._depends.get(name, 0)
        return mask

    def _product(self, number: int, equation: MatMul) -> list[str]:
        """What a product is made of: the vectors of its Ż, or the same product before."""
        key, x = (equation.matrix.name, equation.transpose), equation.operand.name
        members = self._members.setdefault(key, {})
        self.families[key] = number
        for earlier, operand in members.items():
            if operand == x:
                self.samples[earlier] = number
                return [earlier]
        members[equation.out.name] = x
        self._bits[equation.out.name] = 1 << len(self._bits)
        if not equation.operand.is_wide:
            return []
        opposite = self._members.get((key[0], not key[1]), {})
        beneath = [m for m in opposite if self._mask([x]) & self._bits[m]]
        for name in self._way(x, sum(self._bits[m] for m in beneath)):
            self.made[name] = number
        for m in beneath:
            self.samples[opposite[m]] = number
        return [opposite[m] for m in beneath]

    def _way(self, name: str, wanted: int) -> Iterator[str]:
        """The vectors between a vector and the wanted Ẑ."""
        seen, waiting = {name}, [name]
        while waiting:
            current = waiting.pop()
            yield current
            for other in self._from.get(current, ()):
                if other not in seen and self._mask([other]) & wanted:
                    seen.add(other)
                    waiting.append(other)
