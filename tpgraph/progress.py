"""How far long work is: work that knows its steps counts them, and who wants to hears.

    with heard_by(hearer):                     # whoever began the work
        draw(program)

    for wire in counted("lines", wires): …     # whoever does it

The hearer is given all that is under way as numbers, outermost first, and may end the work by
raising an exception. Without a hearer nothing is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, TypeVar

__all__ = [
    "Counted", "Hearer", "Stage", "counted", "counted_of", "counting", "heard_by", "one_more",
]  # fmt: skip

Counted: TypeAlias = Literal[
    "widths",
    "draws",
    "instructions",
    "limits",
    "vectors",
    "steps",
    "passes",
    "lines",
    "pictures",
    "tiles",
    "replicates",
    "rows",
    "points",
    "borders",
    "networks",
]
"""What is counted: widths of runs, matrices and vectors drawn, instructions executed, instructions
taken to their limits, vectors described, SGD steps, passes laid out, lines routed, pictures, tiles
of a kernel, groups of samples; rows, points and borders of a phase diagram; networks trained."""

T = TypeVar("T")


@dataclass(frozen=True)
class Stage:
    """`done` of `of` things of one kind."""

    what: Counted
    done: int
    of: int

    @property
    def next(self) -> Stage:
        """One more is done; never more than all."""
        return replace(self, done=min(self.done + 1, self.of))


Hearer: TypeAlias = Callable[[tuple[Stage, ...]], None]


@dataclass
class _Heard:
    """What is under way, and who hears of it."""

    hearer: Hearer
    stages: list[Stage]

    def tell(self) -> None:
        self.hearer(tuple(self.stages))


_heard: ContextVar[_Heard | None] = ContextVar("_heard", default=None)


@contextmanager
def heard_by(hearer: Hearer) -> Iterator[None]:
    """Have the work of the block heard."""
    token = _heard.set(_Heard(hearer, []))
    try:
        yield
    finally:
        _heard.reset(token)


@contextmanager
def counting(what: Counted, of: int) -> Iterator[None]:
    """Count `of` things in the block, each by `one_more`."""
    heard = _heard.get()
    if heard is None:
        yield
        return
    depth = len(heard.stages)
    heard.stages.append(Stage(what, 0, of))
    heard.tell()
    try:
        yield
    finally:
        del heard.stages[depth:]


def one_more() -> None:
    """Of what the innermost block counts, one more is done."""
    heard = _heard.get()
    if heard is not None and heard.stages:
        heard.stages[-1] = heard.stages[-1].next
        heard.tell()


def counted(what: Counted, items: Sequence[T]) -> Iterator[T]:
    """The items, each done when the next is asked for."""
    return counted_of(what, items, len(items))


def counted_of(what: Counted, items: Iterable[T], of: int) -> Iterator[T]:
    """The same of items of which it is known otherwise how many they are."""
    with counting(what, of):
        for item in items:
            yield item
            one_more()
