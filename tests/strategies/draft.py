"""A random program while it is written: what it has so far, and the names and numbers it takes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from strategies.choices import Choices
from tpgraph.functions import COORDINATEWISE, PRIMITIVES, Function
from tpgraph.program import Builder, Term, Variable
from tpgraph.types import Dimension, Width

__all__ = ["Draft"]

SMOOTH = ("tanh", "sin", "cos", "sigmoid", "erf", "arctan")
BOUNDED = (*SMOOTH, "sign", "step")
MODERATE = (*BOUNDED, "relu", "abs", "silu", "gelu", "softplus")
ANY = tuple(n for n, p in COORDINATEWISE.items() if p.arity == 1 and n != "neg")
NAMES = ("x", "h", "z", "ξ", "x̃", "u_1", "σ_w", "δh̃", "Ω", "long_name", "ẋ", "a", "T", "N", "e1")
VALUES = tuple(Fraction(text) for text in ("1/2", "2", "-1", "1/3", "-3/7", "1"))


class Draft:
    """Two widths n and m, and the variables and functions that the next equation can use."""

    def __init__(self, choose: Choices, network: bool, tame: bool, smooth: bool) -> None:
        self.choose = choose
        self.network = network
        self.tame = tame
        self.smooth = smooth
        self.builder = Builder(choose.pick(("net", "a-1.b", "two words", "ξ")))
        self.n = self.builder.width(Width("n"))
        ratio = choose.pick((Fraction(2), Fraction(1, 2)))
        m = self.builder.width(Width("m", ratio, "n"))
        self.dims: tuple[Dimension, ...] = (self.n, m)
        self.vectors: dict[Dimension, list[Variable]] = {self.n: [], m: []}
        self.scalars: list[Variable] = []
        self.matrices: list[Variable] = []
        self.functions: list[Function] = [PRIMITIVES[f] for f in self._table()]
        self.count = 9

    def _table(self) -> Sequence[str]:
        if self.smooth:
            return SMOOTH
        return MODERATE if self.tame else ANY

    def chance(self, percent: int) -> bool:
        return self.choose.integer(1, 100) <= percent

    def name(self) -> str:
        self.count += 1
        base = self.choose.pick(NAMES)
        index = self.choose.integer(0, 2)
        if index == 0:
            return f"{base}[{self.count}]"
        if index == 1:
            return f"{base}[{self.count},{self.choose.integer(-2, 2)}]"
        return f"{base}{self.count}" if "̃" not in base else f"y{self.count}"

    def value(self) -> Fraction:
        return self.choose.pick(VALUES)

    def bounded(self) -> Function:
        """A bounded function, now and then the program's own if that is smooth."""
        function: Function = PRIMITIVES[self.choose.pick(SMOOTH if self.smooth else BOUNDED)]
        if self.smooth and self.chance(30):
            return next(f for f in self.functions if f.name == "φ")
        return function

    def bind(self, term: Term) -> None:
        """An equation more, whose variable later ones can use."""
        variable = self.builder.bind(self.name(), term)
        if variable.is_scalar:
            self.scalars.append(variable)
        elif variable.dim in self.vectors:
            self.vectors[variable.dim].append(variable)
