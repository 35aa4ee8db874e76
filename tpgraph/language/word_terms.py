"""Words over components, read back from the means that they are made of.

    mean(held_max(f)), mean(exp(f − m)), m + log(3 s)   is written   logsumexp(f)

A guess at a word's arguments counts where the word makes the same term of them, up to which `Once`
stands for which.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from tpgraph.errors import TPTypeError
from tpgraph.functions import Argument, Defined
from tpgraph.program import (
    REDUCTIONS,
    Call,
    Constant,
    Mean,
    Once,
    Product,
    Term,
)

__all__ = ["is_plain", "with_words"]


def with_words(term: Term, taken: Collection[str]) -> Term:
    """The term with calls of words; none of those whose names are `taken`.

    Such a call has a function that only a text can read: it stands for the word's name.
    """
    for name, guess in _GUESSES.items():
        if name in taken:
            continue
        for arguments in guess(term):
            if _makes(name, arguments, term):
                inner = tuple(with_words(_opened(argument), taken) for argument in arguments)
                return Call(_named(name, len(inner)), inner)
    match term:
        case Call(_, arguments):
            return replace(term, arguments=tuple(with_words(a, taken) for a in arguments))
        case Product(operand=operand) | Mean(operand):
            return replace(term, operand=with_words(operand, taken))
        case _:
            return term


def is_plain(term: Term) -> bool:
    """Whether a text says the term: nothing in it is computed once for several places."""
    match term:
        case Once():
            return False
        case Call(_, arguments):
            return all(map(is_plain, arguments))
        case Product(operand=operand) | Mean(operand):
            return is_plain(operand)
        case _:
            return True


def _named(name: str, count: int) -> Defined:
    return Defined(name, tuple(f"z_{i}" for i in range(count)), Argument(0))


def _opened(term: Term) -> Term:
    return term.operand if isinstance(term, Once) else term


def _makes(name: str, arguments: Sequence[Term], term: Term) -> bool:
    try:
        made = REDUCTIONS[name].make(*arguments)
    except TPTypeError:
        return False
    return _same(made, term, {})


def _same(a: Term, b: Term, once: dict[Once, Once]) -> bool:
    """Whether two terms are equal, where each `Once` of the first stands for one of the second."""
    if isinstance(a, Once) and isinstance(b, Once):
        if a not in once:
            once[a] = b
            return _same(a.operand, b.operand, once)
        return once[a] is b
    match a, b:
        case Call(f, inner, order), Call(g, other, k):
            parts = zip(inner, other, strict=False)
            same = f == g and order == k and len(inner) == len(other)
            return same and all(_same(x, y, once) for x, y in parts)
        case Mean(x), Mean(y):
            return _same(x, y, once)
        case Product(matrix, transpose, x), Product(second, turned, y):
            return matrix == second and transpose == turned and _same(x, y, once)
        case _:
            return a == b


def _is(term: Term, name: str, count: int) -> bool:
    return isinstance(term, Call) and term.function.name == name and len(term.arguments) == count


def _parts(term: Term, *path: tuple[str, int, int]) -> Term | None:
    """What stands at the end of a path of (function, number of arguments, which of them)."""
    for name, count, which in path:
        term = _opened(term) if name == "mean" else term
        if name == "mean" and isinstance(term, Mean):
            term = term.operand
        elif _is(term, name, count):
            assert isinstance(term, Call)
            term = term.arguments[which]
        else:
            return None
    return term


Guess = Callable[[Term], Iterator[tuple[Term, ...]]]


def _all(*parts: Term | None) -> Iterator[tuple[Term, ...]]:
    """The parts as arguments, where all are there."""
    found = tuple(part for part in parts if part is not None)
    if len(found) == len(parts):
        yield found


def _of_cross_entropy(term: Term) -> Iterator[tuple[Term, ...]]:
    product = ("mul", 2, 1), ("mean", 1, 0)
    inside = (*product, ("mul", 2, 1), ("add", 2, 1), ("add", 2, 1), ("neg", 1, 0))
    yield from _all(_parts(term, *inside), _parts(term, *product, ("mul", 2, 0)))


def _of_sum(term: Term) -> Iterator[tuple[Term, ...]]:
    yield from _all(_parts(term, ("mul", 2, 1), ("mean", 1, 0)))


def _of_logsumexp(term: Term) -> Iterator[tuple[Term, ...]]:
    yield from _all(_parts(term, ("add", 2, 0), ("mean", 1, 0), ("held_max", 1, 0)))


def _of_softmax(term: Term) -> Iterator[tuple[Term, ...]]:
    yield from _all(_parts(term, ("div", 2, 0), ("exp", 1, 0), ("add", 2, 0)))


def _of_layernorm(term: Term) -> Iterator[tuple[Term, ...]]:
    x = _parts(term, ("div", 2, 0), ("add", 2, 0))
    inside = _parts(term, ("div", 2, 1), ("sqrt", 1, 0))
    if x is None or inside is None:
        return
    yield (x,)
    epsilon = _parts(inside, ("add", 2, 1))
    yield x, Constant(Fraction(0)) if epsilon is None else epsilon


_GUESSES: dict[str, Guess] = {
    "softmax_cross_entropy": _of_cross_entropy,
    "sum": _of_sum,
    "logsumexp": _of_logsumexp,
    "softmax": _of_softmax,
    "layernorm": _of_layernorm,
}
