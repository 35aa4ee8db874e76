"""What is known while a text is elaborated: names, numbers, sizes, and what failed before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import NoReturn

from tpgraph.bounds import TERMS
from tpgraph.errors import Source, Span, TPError, TPNameError, TPSyntaxError, TPTypeError
from tpgraph.functions import LIBRARY, OF_SEVERAL, PRIMITIVES, Function, of_several
from tpgraph.language import syntax as s
from tpgraph.language.changes import Change, PlacedError, perhaps
from tpgraph.language.constants import value_of, whole
from tpgraph.language.unbound import KnownNames, unbound
from tpgraph.language.vocabulary import NAME
from tpgraph.program import Builder, Ref, Variable
from tpgraph.program.near_names import meant, nearest
from tpgraph.types import Dimension, Fixed, Width

__all__ = ["Scope", "Silent", "fail"]


class Silent(Exception):
    """Something that depends on what failed before: it is not reported again."""


def fail(node: s.Entry | s.Mark, error: TPError, *changes: Change, wanted: str = "") -> NoReturn:
    """Raise the error at the place of a node; `changes` of its line mend it.

    `wanted` is the name that nothing binds, where that is the error.
    """
    raise PlacedError(error, node.start, node.end, *changes, wanted=wanted) from None


class Scope:
    """The names of a text while it is elaborated, over the builder of its program."""

    def __init__(self, source: Source, builder: Builder) -> None:
        self.source = source
        self.builder = builder
        self.bound: Mapping[str, Variable] = builder.scope
        self.numbers: dict[str, Fraction | int] = {}
        self.dims: dict[str, Fixed] = {}
        self.widths: dict[str, Width] = {}
        self.functions: dict[str, Function] = dict(PRIMITIVES)
        self.failed: set[str] = set()
        self.parameters: dict[str, Ref] | None = None
        self.origin = 0
        self.top = 0
        self.terms = 0
        self.loops: list[tuple[str, int]] = []
        self.of_several: dict[tuple[str, int], Function] = {}
        self.unfolded: dict[str, tuple[int, int]] = {}

    def span(self, node: s.Entry | s.Statement | s.Mark) -> Span:
        """The place of a node of the statement at hand."""
        return Span(self.source, self.origin + node.start, self.origin + node.end)

    def between(self, first: s.Mark, last: s.Expr) -> Span:
        """The place from the start of one node to the end of another."""
        return Span(self.source, self.origin + first.start, self.origin + last.end)

    def spend(self, count: int, node: s.Entry | s.Statement) -> None:
        """Count what is about to be unrolled. Raises TPLimitError where it becomes too much."""
        self.terms += count
        if self.terms > (most := TERMS.most):
            raise TERMS.exceeded(
                f"the program unrolls to more than {most:,} statements and terms",
                self.span(node),
                "make the ranges shorter",
            )

    def full_name(self, name: s.Name) -> str:
        """The name with its indices as numbers."""
        if name.full:
            return name.full
        index = ",".join([str(self.index(i)) for i in name.indices])
        return f"{name.base}[{index}]" + (f"~{name.intermediate}" if name.intermediate else "")

    def whole(self, node: s.Expr | s.Range, numbers: Mapping[str, Fraction | int]) -> int:
        """The whole number that an index is."""
        if isinstance(node, s.Range):
            fail(
                node,
                TPTypeError(
                    "a range stands where one index is expected",
                    expected="a whole number",
                    mend="ranges belong to declarations; elsewhere write a for loop",
                ),
            )
        try:
            return whole(node, numbers)
        except PlacedError as placed:
            self.silence(node)
            self._no_constant(placed)
            raise

    def index(self, node: s.Expr | s.Range) -> int:
        """The index of a name. Raises TPTypeError for `x[1-3]`, a difference below 0."""
        found = self.whole(node, self.numbers)
        if found >= 0 or type(node) is not s.Chain or "-" not in (m.text for m in node.signs):
            return found
        loops = [name for name, _ in self.loops]
        if any(name in loops for name in names_in(node)):
            return found
        low, high = self.text(node.items[0]), self.text(node.items[-1])
        is_range = len(node.items) == 2 and found < 0
        mend = f"a range is written {low}..{high}" if is_range else None
        change = (Change(node.items[0].end, node.items[-1].start, ".."),) if is_range else ()
        error = TPTypeError(
            f"the index {self.text(node)} is {found}",
            expected="an index of the family, from 0 or 1 on",
            mend=mend,
        )
        fail(node, error, *change)

    def value(self, node: s.Entry) -> Fraction:
        """The value of a constant expression."""
        try:
            return value_of(node, self.numbers)
        except PlacedError as placed:
            self.silence(node)
            self._no_constant(placed)
            raise

    def _no_constant(self, placed: PlacedError) -> None:
        """Raise what is said of a width, or a variable, in the place of a constant."""
        name = placed.wanted
        if name in self.widths:
            message = f"{name} is a width, whose size is not known here"
        elif name in self.bound:
            message = f"{name} is not a const: it is a {self.bound[name].type}"
        else:
            return
        error = TPNameError(message, expected="a number or a const")
        raise PlacedError(error, placed.start, placed.end) from None

    def bounds(self, interval: s.Range) -> range:
        """The values of `low..high`."""
        high = interval.high
        if type(high) is s.Exact and self.text(high).startswith("."):
            fail(
                interval,
                TPSyntaxError(
                    "`...` is not a range", expected="`..` between its ends", mend="write `..`"
                ),
                Change(high.start, high.start + 1, ""),
            )
        low = self.whole(interval.low, self.numbers)
        return range(low, self.whole(interval.high, self.numbers) + 1)

    def silence(self, node: s.Entry) -> None:
        """Raise Silent where the expression reads a name that failed before."""
        if self.failed and any(name in self.failed for name in names_in(node)):
            raise Silent

    def full_names(self, name: s.Name) -> list[str]:
        """The names of a family, in order, the last index fastest."""
        if name.full:
            return [name.full]
        names = [""]
        for item in name.indices:
            if isinstance(item, s.Range):
                values: Sequence[int] = self.bounds(item)
                if not self.loops:  # those in a loop were counted before it
                    self.spend(len(values) * len(names), name)
            else:
                values = [self.index(item)]
            names = [f"{n},{k}" if n else str(k) for n in names for k in values]
        tail = f"~{name.intermediate}" if name.intermediate else ""
        return [f"{name.base}[{index}]{tail}" for index in names]

    def variable(self, name: s.Name) -> Variable:
        """The variable that a name is bound to. Raises TPNameError, or Silent."""
        full = self.full_name(name)
        found = self.bound.get(full)
        if found is not None:
            return found
        if full in self.failed or name.base in self.failed:
            raise Silent
        error, changes = unbound(self.known, full, name, self.word(name))
        fail(name, error, *changes, wanted=full)

    @property
    def known(self) -> KnownNames:
        """The names that are known so far."""
        return KnownNames(self.bound, self.numbers, self.widths, self.functions)

    def function(self, name: str, count: int = 1) -> Function | None:
        """The function that a call of `count` arguments names.

        One of the library is defined by being called.
        """
        if count > 1 and name in OF_SEVERAL and name not in self.functions:
            return self._of_several(name, count) if name not in self.bound else None
        if name in LIBRARY and name not in self.functions and name not in self.bound:
            self.functions[name] = self.builder.define(LIBRARY[name])
        return self.functions.get(name)

    def _of_several(self, name: str, count: int) -> Function:
        key = name, count
        if key not in self.of_several:
            is_first = not any(known == name for known, _ in self.of_several)
            function = of_several(name, count, is_first)
            self.of_several[key] = self.builder.define(function)
        return self.of_several[key]

    def knows(self, name: str) -> bool:
        """Whether a name is bound or defined by now."""
        spaces = self.bound, self.numbers, self.dims, self.widths, self.functions
        return any(name in space for space in spaces)

    def word(self, name: s.Name) -> str:
        """The base of a name as the text spells it."""
        found = NAME.match(self.source.text, self.origin + name.start)
        return found[0] if found else name.base

    def text(self, node: s.Entry) -> str:
        """The text of a node of the statement at hand."""
        return self.source.text[self.origin + node.start : self.origin + node.end]

    def dimension(self, node: s.Name | s.Exact, fixed: bool = False) -> Dimension:
        """The dimension that a shape names; `fixed` where it can be no width."""
        if isinstance(node, s.Exact):
            return Fixed(self.size(node.value, node))
        found = self.widths.get(node.full) or self.dims.get(node.full)
        if found is not None:
            return found
        if node.base in self.failed:
            raise Silent
        if node.full in self.numbers:
            return Fixed(self.size(Fraction(self.numbers[node.full]), node))
        near = nearest(node.full, [*self.widths, *self.dims])
        error = TPNameError(
            f"{node.full} is not a dimension",
            expected="a width, a dim or a whole number",
            mend=meant(near) or f"declare it: width {node.full}, or dim {node.full} = 64",
        )
        line = f"dim {node.full} = 64" if fixed else f"width {node.full}"
        fail(node, error, *(perhaps(node, near) or self.above(line)), wanted=node.full)

    def above(self, line: str) -> tuple[Change, ...]:
        """The change that adds a line above the statement at hand, outside of any loop."""
        place = self.top - self.origin
        return (Change(place, place, f"{line}\n", guess=True),)

    def size(self, value: Fraction, node: s.Entry) -> int:
        """A value that is the size of a fixed dimension."""
        if value.denominator != 1 or not 1 <= value <= 10**9:
            fail(node, TPTypeError(f"a dimension of {value}", expected="a whole number ≥ 1"))
        return int(value)

    @contextmanager
    def loop_variable(
        self, name: str, node: s.Entry | s.Name
    ) -> Iterator[dict[str, Fraction | int]]:
        """The numbers, with a name free for a loop."""
        if name in self.numbers or name in self.bound:
            fail(
                node,
                TPNameError(
                    f"{name} is bound already and cannot be a loop variable",
                    mend="choose another name",
                ),
            )
        try:
            yield self.numbers
        finally:
            self.numbers.pop(name, None)


def names_in(node: object) -> Iterator[str]:
    """The bases of the names that a tree reads."""
    todo = [node]
    while todo:
        item = todo.pop()
        if isinstance(item, s.Name):
            yield item.base
            if item.full:
                yield item.full
        if isinstance(item, tuple):
            todo.extend(item)
