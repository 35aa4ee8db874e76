"""Paths by their words: `W[2],W[3]` names the isomorphism class of paths with these matrices.

A word lists W^{p¹}, W^{p³}, … in the order of the path, separated by commas; `W'`, `W^T` and `Wᵀ`
are the transpose of W. Source: Tensor Programs IIb (arXiv 2105.03703), Definition 5.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeGuard

from tpgraph.bounds import SELECTED
from tpgraph.errors import TPNameError, TPSyntaxError
from tpgraph.program import Equation, MatMul, Nonlin, Program, canonical_name, is_reduced
from tpgraph.program.any_program import reads_program
from tpgraph.transform.paths import Path, Symbol, count_paths, isomorphism_classes
from tpgraph.transform.reduced import reduce

__all__ = ["paths_along", "read_word", "select_paths", "word_text"]

_SHOWN = 12
_ENUMERATED = 2000
_SYMBOL = re.compile(
    r"\s*([^\W\d_](?:(?!ᵀ)[\w\u0300-\u036f])*)\s*(\[[^\]]*\])?\s*('|\^T|\^⊤|ᵀ|⊤)?\s*"
)


@reads_program
def select_paths(program: Program, word: str) -> tuple[Path, ...]:
    """The paths of the isomorphism class that a word names, in the reduced program.

    Raises TPSyntaxError for what is no word, TPNameError where no path has it (the message lists
    the classes that there are), and TPLimitError for more than `bounds.SELECTED` paths.
    """
    reduced = program if is_reduced(program) else reduce(program)
    symbols = read_word(word)
    found = paths_along(reduced, symbols)
    if not found:
        raise TPNameError(
            f"no path has the matrices {word_text(symbols)}", expected=_known(reduced)
        )
    return found


def read_word(text: str) -> tuple[Symbol, ...]:
    """The matrices of a word. Raises TPSyntaxError where it is none.

    >>> read_word("W[2], W[3]'")
    (('W[2]', False), ('W[3]', True))
    """
    symbols: list[Symbol] = []
    at = 0
    while match := _SYMBOL.match(text, at):
        base, index, transpose = match.groups()
        name = canonical_name(base) + (index or "").replace(" ", "")
        symbols.append((name, transpose is not None))
        at = match.end()
        if at == len(text):
            return tuple(symbols)
        if text[at] != ",":
            break
        at += 1
    raise TPSyntaxError(
        f"{text!r} names no paths",
        expected="the matrices along a path, such as W[2],W[3] or W,W",
    )


def word_text(word: Sequence[Symbol]) -> str:
    """A word as `read_word` reads it.

    >>> word_text((("W[2]", False), ("W[3]", True)))
    "W[2],W[3]'"
    """
    return ",".join(name + ("'" if transpose else "") for name, transpose in word)


def paths_along(reduced: Program, word: Sequence[Symbol]) -> tuple[Path, ...]:
    """The paths of a reduced program with these matrices, symbol by symbol.

    Raises TPLimitError if there are more than `bounds.SELECTED`.
    """
    after = _after(reduced)
    stages: list[dict[str, list[str]]] = []
    going: set[str] | None = None
    for symbol in reversed(word):
        stage: dict[str, list[str]] = {}
        for x, g in _products(reduced, symbol):
            if going is None or any(y in going for y in after.get(g, ())):
                stage.setdefault(x, []).append(g)
        stages.append(stage)
        going = set(stage)
    found: list[Path] = []
    for vectors in _walks(stages[::-1], after):
        SELECTED.require(
            len(found) + 1,
            f"more than {len(found)} paths have the matrices {word_text(word)}",
            mend="name more of the matrices along the path",
        )
        found.append(Path(vectors, tuple(word)))
    return tuple(found)


def _products(program: Program, symbol: Symbol) -> Iterator[tuple[str, str]]:
    """(x, g) of every MatMul g = W x of wide vectors with this matrix."""
    for e in program.equations:
        if _is_step(e) and (e.matrix.name, e.transpose) == symbol:
            yield e.operand.name, e.out.name


def _is_step(equation: Equation) -> TypeGuard[MatMul]:
    """Whether it is a MatMul between wide vectors."""
    return isinstance(equation, MatMul) and equation.operand.is_wide and equation.out.is_wide


def _after(program: Program) -> dict[str, list[str]]:
    """By every vector, the X-vars whose Nonlin reads it."""
    after: dict[str, list[str]] = {}
    for e in program.equations:
        if isinstance(e, Nonlin) and e.out.is_wide:
            for name in dict.fromkeys(v.name for v in e.vectors):
                after.setdefault(name, []).append(e.out.name)
    return after


def _walks(
    stages: Sequence[dict[str, list[str]]], after: dict[str, list[str]]
) -> Iterator[tuple[str, ...]]:
    """The vectors of every walk through the stages, in the program's order."""
    stack: list[tuple[str, ...]] = [(x,) for x in reversed(stages[0])]
    while stack:
        vectors = stack.pop()
        if len(vectors) % 2:
            followers = stages[len(vectors) // 2][vectors[-1]]
        elif len(vectors) == 2 * len(stages):
            yield vectors
            continue
        else:
            ahead = stages[len(vectors) // 2]
            followers = [x for x in after.get(vectors[-1], ()) if x in ahead]
        stack += [(*vectors, name) for name in reversed(followers)]


def _known(reduced: Program) -> str:
    """The classes that there are, or the matrices if there are too many classes to say."""
    if count_paths(reduced) > _ENUMERATED:
        used = dict.fromkeys(
            word_text(((e.matrix.name, e.transpose),)) for e in reduced.equations if _is_step(e)
        )
        names = [*used]
        return "a sequence of the matrices " + _listed(names)
    classes = [word_text(word) for word in isomorphism_classes(reduced)]
    if not classes:
        return "a program with a MatMul between wide vectors"
    return "one of the classes " + _listed(sorted(classes, key=lambda word: word.count(",")))


def _listed(names: Sequence[str]) -> str:
    more = f"; … ({len(names) - _SHOWN} more)" if len(names) > _SHOWN else ""
    return "; ".join(names[:_SHOWN]) + more
