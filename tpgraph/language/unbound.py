"""What is said of a name that nothing binds: what it may have meant, and how that is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from tpgraph.errors import TPNameError
from tpgraph.functions import Function
from tpgraph.language import syntax as s
from tpgraph.language.changes import Change
from tpgraph.language.foreign_words import called_here, loss_written, written_here
from tpgraph.language.vocabulary import canonical
from tpgraph.program import REDUCTIONS, Variable, join_name, split_name
from tpgraph.program.near_names import meant, nearest
from tpgraph.types import Width

__all__ = ["Answer", "KnownNames", "unbound", "unknown_function"]

Answer: TypeAlias = tuple[TPNameError, tuple[Change, ...]]
"""What is said, and the changes of the line that mend it."""


@dataclass(frozen=True)
class KnownNames:
    """The names at a place of the text."""

    bound: Mapping[str, Variable]
    numbers: Mapping[str, Fraction | int]
    widths: Mapping[str, Width]
    functions: Mapping[str, Function]

    def family(self, base: str) -> list[str]:
        """The bound members of a family, in order."""
        parts = ((name, split_name(name)) for name in self.bound)
        return [name for name, (own, index, _) in parts if own == base and index]


def unbound(known: KnownNames, full: str, node: s.Name, word: str) -> Answer:
    """What is said of a variable that is not bound; `word` is its base as the text spells it."""
    base, index, _ = split_name(full)
    if full in known.widths:
        return TPNameError(
            f"{full} is a width, whose size is not known here",
            expected="a variable or a number",
            mend=f"leave it out where a parametrization has the factors of the width already; else"
            f" declare it: scalar s -> 0 = 1/sqrt({full})",
        ), ()
    if full in known.functions:
        return TPNameError(
            f"{full} is a function", expected="arguments in parentheses", mend=f"{full}(…)"
        ), ()
    family = [one for one in known.family(base) if "~" in full or "~" not in one]
    if family and not index:
        return TPNameError(
            f"{full} is a family, not a variable", expected=f"an index, such as {family[0]}"
        ), ()
    message = f"{full} is not bound before its use"
    if family:
        shown = family if len(family) < 4 else [family[0], family[1], "…", family[-1]]
        return TPNameError(message, expected=f"one of its family: {', '.join(shown)}",
                           mend=f"declare {full}, or choose another index"), ()  # fmt: skip
    if index and base in known.bound:
        what = f"the mean of a product is mean({base} * …)"
        if known.bound[base].is_matrix:
            what = f"a product with a matrix is {base} x"
        return TPNameError(
            message,
            expected=f"{base} without an index",
            mend=f"coordinates have no names; {what}",
        ), ()
    return _misspelt(known, full, node, word, message)


def _misspelt(known: KnownNames, full: str, node: s.Name, word: str, message: str) -> Answer:
    base, index, temporary = split_name(full)
    if temporary is not None:
        mend = f"the statement of {join_name(base, index)} has no unnamed part {temporary}"
        return TPNameError(message, mend=mend), ()
    matrix = known.bound.get(canonical(word[:-1]))
    if word[-1] == "ᵗ" and matrix is not None and matrix.is_matrix:
        change = Change(node.start + len(word) - 1, node.start + len(word), "'")
        return TPNameError(message, mend=f"the transpose is {word[:-1]}'"), (change,)
    parted, changes = _parted(known, node, word, lambda rest: _is_operand(known, rest, index))
    if parted is not None:
        return TPNameError(message, mend=parted), changes
    end = node.start + len(word) if index else node.end
    near = nearest(base, _bases(known, index)) or (None if index else _member(known, base))
    if near is None and not index:
        near, end = nearest(full, [*known.bound, *known.numbers]), node.end
    mend = meant(near) or f"declare {full}, or bind it by an equation above"
    changes = (Change(node.start, end, near, guess=True),) if near is not None else ()
    return TPNameError(message, mend=mend), changes


def _bases(known: KnownNames, index: tuple[int, ...]) -> Iterator[str]:
    """The bases with which an index makes a bound name."""
    for name in known.bound:
        base, own, temporary = split_name(name)
        if own == index and temporary is None:
            yield base
    if not index:
        yield from known.numbers


def _member(known: KnownNames, base: str) -> str | None:
    """`x[1]` for `x1` and `x_1`."""
    letters = base.rstrip("0123456789")
    digits = base[len(letters) :]
    member = join_name(letters.rstrip("_"), (int(digits),)) if digits and letters else ""
    return member if member in known.bound else None


def _parted(
    known: KnownNames, name: s.Name, word: str, is_multiplied: Callable[[str], bool]
) -> tuple[str | None, tuple[Change, ...]]:
    """The mend of a word that falls into a matrix and what it multiplies: `Wx` is `W x`."""
    for place in range(1, len(word)):
        matrix = known.bound.get(canonical(word[:place]))
        if matrix is not None and matrix.is_matrix and is_multiplied(canonical(word[place:])):
            at = name.start + place
            mend = f"a space parts a matrix from what it multiplies: {word[:place]} {word[place:]}"
            return mend, (Change(at, at, " "),)
    return None, ()


def _is_operand(known: KnownNames, base: str, index: tuple[int, ...]) -> bool:
    """Whether a matrix may multiply what has this name."""
    found = known.bound.get(join_name(base, index))
    return found is not None and not found.is_scalar


def unknown_function(known: KnownNames, call: s.Invoke, word: str, text: str) -> Answer:
    """What is said of a call of what is neither a function nor a matrix; `text` is the call's."""
    name = call.name
    message = f"{name.full} is neither a function nor a matrix"
    expected = "a function of the table, one defined by fn, or a matrix"
    said = written_here(name.full)
    if said is not None:
        return TPNameError(message, expected=expected, mend=said), ()
    if loss_written(name.full) is not None:
        return _loss(call, text, message, expected)
    if name.full in {"transpose", "t"} and isinstance(call.arguments[0], s.Name):
        inner = call.arguments[0]
        own = text[inner.start - call.start : inner.end - call.start]
        mend = f"the transpose of {own} is {own}'"
        change = Change(call.start, call.end, f"{own}'")
        return TPNameError(message, expected=expected, mend=mend), (change,)
    matrices = [n for n, v in known.bound.items() if v.is_matrix]
    family = known.family(name.full)
    if family:
        index = text[call.opening - call.start + 1 : call.closing - call.start - 1].strip()
        change = Change(call.opening, call.closing, f"[{index}]")
        mend = f"an index stands in square brackets: {family[0]}"
        return TPNameError(message, expected=expected, mend=mend), (change,)
    parted, changes = _parted(
        known, name, word, lambda rest: rest in known.functions or rest in matrices
    )
    if parted is not None:
        return TPNameError(message, expected=expected, mend=parted), changes
    elsewhere = called_here(name.full)
    near = elsewhere or nearest(name.full, [*known.functions, *REDUCTIONS, *matrices, "mean"])
    mend = meant(near) or f"define it above: fn {name.full}(z) = …"
    sure = bool(elsewhere) or (near in known.functions and near == name.full.casefold())
    changes = (Change(name.start, name.end, near, guess=not sure),) if near else ()
    return TPNameError(message, expected=expected, mend=mend), changes


def _loss(call: s.Invoke, text: str, message: str, expected: str) -> Answer:
    """What is said of a loss that others have a word for, with the arguments that it has here."""
    given = [text[a.start - call.start : a.end - call.start] for a in call.arguments]
    parts = [
        one if isinstance(argument, s.Name) else f"({one})"
        for one, argument in zip(given, call.arguments, strict=True)
    ]
    output, target = parts if len(parts) == 2 else ("f", "y")
    written = loss_written(call.name.full, output, target)
    mend = f"write it by components, which are summed: {written}"
    changes = (Change(call.start, call.end, str(written), guess=True),) if len(parts) == 2 else ()
    return TPNameError(message, expected=expected, mend=mend), changes
